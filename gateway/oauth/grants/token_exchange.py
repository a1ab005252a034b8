"""The token exchange grant: a resource that was called for a citizen calls another for them.

Only with a token that is for the caller itself, only to a resource that its registration
names for citizens, at its own agency, and only while the citizen's consent lives. The new
token says who acts and who acted before; it dies no later than the one it came of.

Specs: RFC 8693 §2.1, §2.2 and §4.1.
"""

from collections.abc import Mapping
from typing import Any

from gateway.oauth import audiences, rich, targets
from gateway.oauth.audiences import Citizen
from gateway.oauth.jwt_access_tokens import Worth
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.sender import Sender
from gateway.oauth.targets import Target
from gateway.web.call import Call
from keys import opaque
from relying_parties.clients import Client
from relying_parties.grants import access_tokens, exchanged
from relying_parties.grants.access_tokens import Found
from relying_parties.grants.exchanged import Exchange
from relying_parties.resources import SIGNED

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type
DEEPEST = 4  # who acted before: beyond, somebody goes round in circles


async def redeem(call: Call, client: Client, sender: Sender) -> dict[str, Any]:
    """Give the client a token for another resource, for the citizen of the one it was called with.

    :raises UnknownKey: the resource wants a signed token and none signs at the moment
    :raises OAuthRefused: ``unauthorized_client``, ``invalid_request``, ``invalid_target``,
        ``invalid_scope``
    """
    registration = client.registration
    rich.refuse(call)
    # Who can keep no secret offers no resource that could be called (RFC 8693 §5).
    if registration.public or registration.resource is None or not registration.on_behalf:
        raise OAuthRefused("unauthorized_client", "not registered to exchange tokens")
    _judge(call)
    found = await _subject(call, client)
    target = await targets.one_for_citizens(call, client)
    act = _actors(client, found)
    lives_until = call.entry.at + registration.profile.access_token_ttl
    exchange = Exchange(
        client_id=client.client_id,
        code=found.code,
        server=target.server.client_id,
        resource=target.resource.identifier,
        scope=targets.scope(call.form.text("scope"), target),
        expires_at=min(found.expires_at, lives_until),
        act=act,
        cnf=sender.cnf,
    )
    token = _token(call, target, found, exchange)
    if not await exchanged.issue(call.entry, token, exchange):
        raise _unusable()
    return {
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "expires_in": int((exchange.expires_at - call.entry.at).total_seconds()),
        "scope": exchange.scope,
    }


def _judge(call: Call) -> None:
    """Refuse what RFC 8693 §2.1 has and we have not."""
    form = call.form
    if form.text("subject_token_type") != ACCESS_TOKEN or not form.text("subject_token"):
        raise OAuthRefused("invalid_request", "subject_token must be an access token")
    if form.text("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise OAuthRefused("invalid_request", "requested_token_type must be an access token")
    if "actor_token" in form or "actor_token_type" in form:
        raise OAuthRefused("invalid_request", "the client itself is the actor")
    if "audience" in form:
        raise OAuthRefused("invalid_target", "name the resource, not an audience")


async def _subject(call: Call, client: Client) -> Found:
    """Return the citizen's token that the client was called with."""
    found = await access_tokens.find(call.entry, call.form.text("subject_token"))
    offered = client.registration.resource
    if found is None or offered is None or found.resource != offered.identifier:
        raise _unusable()
    caller = await call.runtime.client(found.client_id)
    if caller is None or not targets.still(
        caller.registration.on_behalf, found.resource, found.scope
    ):
        raise _unusable()
    return found


def _actors(client: Client, found: Found) -> Mapping[str, Any]:
    """Return who acts now, around those who acted before."""
    before = found.act or {"sub": found.client_id}
    if _depth(before) >= DEEPEST:
        raise OAuthRefused("invalid_request", "too many services have acted already")
    return {"sub": client.client_id, "act": before}


def _depth(act: Mapping[str, Any]) -> int:
    return 1 + (_depth(act["act"]) if "act" in act else 0)


def _token(call: Call, target: Target, found: Found, exchange: Exchange) -> str:
    if target.resource.tokens != SIGNED:
        return opaque.handle()
    citizen = Citizen(found.citizen, found.granted_to, found.auth_time, found.acr, act=exchange.act)
    worth = Worth(exchange.client_id, exchange.scope, exchange.expires_at, exchange.cnf)
    return audiences.signed(call, target, citizen, worth)


def _unusable() -> OAuthRefused:
    # RFC 8693 §2.2.2: one text for unknown, ended, and for somebody else.
    return OAuthRefused("invalid_request", "the subject_token is unknown, over, or not for you")
