"""Userinfo: what the citizen shares with this service, now (OpenID Connect Core §5.3).

Signed, encrypted or both as the service registered, and as JSON if it said nothing.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway.oauth import answers, claims, client_keys, resource
from gateway.oauth.disclosure import disclose
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from idp.errors import AccountNotOpen
from keys import encryption, opaque, signing
from keys.encryption import Recipient
from relying_parties.clients import Client

_INTERACTION = "x-fapi-interaction-id"


async def read(call: Call) -> Response:
    """Release the claims that the token, the registration and the consent agree on."""
    try:
        admitted = await resource.admit(call, "openid")
        wish = admitted.client.registration.userinfo_encryption
        reader = await client_keys.recipient(call, admitted.client, wish)
    except OAuthRefused as refusal:
        return resource.refused(call, refusal)
    found, client = admitted.token, admitted.client
    allowed = claims.allowed(client.registration, found.claims, found, call.entry.at)
    try:
        values = await disclose(call, client, found, allowed, "userinfo")
    except AccountNotOpen:
        return resource.refused(call, OAuthRefused("invalid_token", status=401))
    answer = _answer(call, client, reader, {"sub": found.subject, **values})
    if client.registration.profile.traced:
        answer.headers[_INTERACTION] = _interaction(call)
    return answer


def _interaction(call: Call) -> str:
    """Return the id that the client gave this interaction, or one for it (FAPI 1.0 §6.2.1-11)."""
    try:
        return str(UUID(call.header(_INTERACTION)))
    except ValueError:
        return str(opaque.new_id())


def _answer(
    call: Call, client: Client, reader: Recipient | None, told: Mapping[str, Any]
) -> Response:
    alg = client.registration.userinfo_alg
    if alg is None and reader is None:
        return answers.told(told)
    if alg is None:
        content, cty = json.dumps(told), None
    else:
        # Not by the key of ID tokens: this one names no session and must never pass for a hint.
        named = {**told, "iss": call.runtime.settings.issuer, "aud": client.client_id}
        content, cty = signing.sign(call.runtime.keyring, named, purpose="event", alg=alg), "JWT"
    return answers.sealed(encryption.encrypt(content, reader, cty=cty) if reader else content)
