"""Introspection: whether a token of the caller's, or for it, is alive (RFC 7662).

Who asks for it by ``Accept`` gets the answer as a JWT that can be kept as evidence; its
type and the key for events make sure that nobody takes it for a token.

Specs: RFC 7662 §2, RFC 9701 §4 and §5, RFC 9470 §6.2, RFC 9396 §9.2.
"""

from typing import Any

from starlette.responses import Response

from gateway.oauth import answers, client_auth, managed, rich, sender, targets
from gateway.oauth.refusals import ClientRefused, OAuthRefused
from gateway.web.call import Call
from gateway.web.headers import PROTOCOL
from keys import pairwise, signing
from relying_parties.clients import Client
from relying_parties.grants import access_tokens, client_tokens
from relying_parties.grants.access_tokens import Found
from relying_parties.grants.client_tokens import Own

_TYP = "token-introspection+jwt"
SIGNED = f"application/{_TYP}"


@answers.protocol
async def look(call: Call) -> Response:
    """Tell the caller about a token that concerns it; any other is not active (RFC 7662 §2.2).

    :raises UnknownKey: the answer was to be signed and none signs at the moment
    """
    client = await client_auth.authenticate(call)
    if client.registration.public:
        raise ClientRefused("public")
    if not call.form.text("token"):
        raise OAuthRefused("invalid_request", "token is missing")
    told = await _known(call, client, call.form.text("token")) or {"active": False}
    return _signed(call, client, told) if _wants_signed(call) else answers.told(told)


async def _known(call: Call, client: Client, token: str) -> dict[str, Any] | None:
    offered = client.registration.resource
    resource = offered.identifier if offered else None
    found = await access_tokens.introspect(
        call.entry, token, client_id=client.client_id, resource=resource
    )
    if found is not None:
        return await _of_citizen(call, client, found)
    own = await client_tokens.find(call.entry, token)
    if own is None or (own.resource != resource and own.client_id != client.client_id):
        return None
    caller = await call.runtime.client(own.client_id)
    if caller is None or not _still(call, caller, own):
        return None
    # RFC 9068 §2.2 has it so in its tokens: who acts in its own name is its own subject.
    return {**_common(call, own), "sub": own.client_id, "aud": own.resource}


def _still(call: Call, caller: Client, own: Own) -> bool:
    """Whether the caller is registered still for what its token is for."""
    if own.resource == managed.address(call.runtime.settings.issuer):
        return caller.registration.grant_management is not None
    registered = targets.calls(caller, call.runtime.settings.issuer)
    return targets.still(registered, own.resource, own.scope)


async def _of_citizen(call: Call, client: Client, found: Found) -> dict[str, Any] | None:
    told = {**_common(call, found), **_about_citizen(found)}
    if found.resource is None:
        return told | rich.told(call, client, found)
    caller = await call.runtime.client(found.client_id)
    # What another service made of it ends with the one that the citizen let in.
    first = await call.runtime.client(found.granted_to)
    if caller is None or first is None or not first.live:
        return None
    if not targets.still(caller.registration.on_behalf, found.resource, found.scope):
        return None
    if found.granted_to != client.client_id:
        # RFC 7662 §5: the resource's own name for the citizen, never the client's.
        vault = call.runtime.vault
        account_id = pairwise.open_citizen(vault.sealer, found.citizen, found.granted_to)
        told["sub"] = pairwise.subject(vault.pairwise, client.sector, account_id)
    return {**told, **rich.told(call, caller, found, found.resource), "aud": found.resource}


def _common(call: Call, found: Found | Own) -> dict[str, Any]:
    return {
        "active": True,
        "scope": found.scope,
        "client_id": found.client_id,
        "token_type": sender.token_type(found.cnf),
        "iss": call.runtime.settings.issuer,
        "iat": int(found.issued_at.timestamp()),
        "exp": int(found.expires_at.timestamp()),
        **({"cnf": found.cnf} if found.cnf else {}),
    }


def _about_citizen(found: Found) -> dict[str, Any]:
    return {
        "sub": found.subject,
        # RFC 9470 §6.2: of the sign-in itself, which no refresh improves.
        "auth_time": int(found.auth_time.timestamp()),
        **({"acr": found.acr} if found.acr else {}),
        **({"act": found.act} if found.act else {}),
    }


def _wants_signed(call: Call) -> bool:
    for each in call.header("accept").lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        if kind == SIGNED:
            return not any(one.removeprefix("q=").strip("0.") == "" for one in parameters)
    return False


def _signed(call: Call, client: Client, told: dict[str, Any]) -> Response:
    # RFC 9701 §5: what is said of the token stands apart, and neither sub nor exp outside it.
    claims = {
        "iss": call.runtime.settings.issuer,
        "aud": client.client_id,
        "iat": int(call.entry.at.timestamp()),
        "token_introspection": told,
    }
    alg = client.registration.introspection_alg
    signed = signing.sign(call.runtime.keyring, claims, purpose="event", alg=alg, typ=_TYP)
    return Response(signed, headers={**PROTOCOL, "content-type": SIGNED})
