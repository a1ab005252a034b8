"""The client credentials grant: a service acts in its own name, at one resource.

No citizen stands behind the token, so it tells of none, opens nothing that is theirs, and
there is nothing to refresh.

Specs: RFC 6749 §4.4, RFC 8707 §2.2, RFC 9700 §2.3.
"""

from typing import Any

from gateway.oauth import jwt_access_tokens, managed, rich, targets
from gateway.oauth.jwt_access_tokens import Worth
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.sender import Sender
from gateway.web.call import Call
from keys import opaque
from relying_parties.clients import Client
from relying_parties.grants import client_tokens
from relying_parties.grants.client_tokens import Order
from relying_parties.resources import SIGNED


async def redeem(call: Call, client: Client, sender: Sender) -> dict[str, Any]:
    """Give the client a token for what its registration names.

    :raises UnknownKey: the resource wants a signed token and none signs at the moment
    :raises OAuthRefused: ``unauthorized_client``, ``invalid_target``, ``invalid_scope``
    """
    registration = client.registration
    rich.refuse(call)
    if managed.api_meant(call):
        return await _for_grants(call, client, sender)
    # RFC 6749 §4.4: for confidential clients only, whatever an older approval said.
    if registration.public or not targets.calls(client, call.runtime.settings.issuer):
        raise OAuthRefused("unauthorized_client", "not registered to act in its own name")
    target = await targets.own(call, client)
    lives = registration.profile.access_token_ttl
    order = Order(
        client_id=client.client_id,
        server=target.server.client_id,
        resource=target.resource.identifier,
        scope=targets.scope(call.form.text("scope"), target),
        lives=lives,
        cnf=sender.cnf,
    )
    if target.resource.tokens == SIGNED:
        worth = Worth(order.client_id, order.scope, call.entry.at + lives, order.cnf)
        token = jwt_access_tokens.own(call.runtime, target, worth, call.entry.at)
    else:
        token = opaque.handle()
    if not await client_tokens.issue(call.entry, token, order):
        raise OAuthRefused("invalid_target", "resource is not offered at the moment")
    return {
        "access_token": token,
        "expires_in": int(lives.total_seconds()),
        "scope": order.scope,
    }


async def _for_grants(call: Call, client: Client, sender: Sender) -> dict[str, Any]:
    """Give the client a token for the API on its own grants (Grant Management §6.1)."""
    if client.registration.grant_management is None:
        raise OAuthRefused("unauthorized_client", "not registered to manage grants")
    wanted = dict.fromkeys(call.form.text("scope").split()) or dict.fromkeys(managed.SCOPES)
    if not wanted.keys() <= set(managed.SCOPES):
        raise OAuthRefused("invalid_scope", "no scopes of this API")
    lives = client.registration.profile.access_token_ttl
    order = Order(
        client_id=client.client_id,
        server=client.client_id,
        resource=managed.address(call.runtime.settings.issuer),
        scope=" ".join(wanted),
        lives=lives,
        cnf=sender.cnf,
    )
    token = opaque.handle()
    if not await client_tokens.issue(call.entry, token, order):
        raise OAuthRefused("unauthorized_client", "this client is not live")
    return {
        "access_token": token,
        "expires_in": int(lives.total_seconds()),
        "scope": order.scope,
    }
