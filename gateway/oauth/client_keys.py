"""What a client signed, verified with the keys that it registered or publishes."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.oauth import remote_keys
from gateway.web.call import Call
from keys import assertions
from keys.assertions import Expected, VerifiedClaims
from keys.errors import TokenRefused
from relying_parties.clients import Client


async def verified(call: Call, client: Client, raw: str, expected: Expected) -> VerifiedClaims:
    """Verify ``raw``; a key that is not known yet is looked for where the client publishes.

    :raises TokenRefused: with the first check that failed as its reason
    """
    at = call.entry.at
    keys = await _keys(call, client)
    try:
        return assertions.read(raw, keys, expected, at)
    except TokenRefused as error:
        # A key that is not known yet: the client may have rotated.
        if error.reason != "unknown_kid" or client.registration.auth.jwks_uri is None:
            raise
    return assertions.read(raw, await _keys(call, client, again=True), expected, at)


async def _keys(call: Call, client: Client, *, again: bool = False) -> Sequence[Mapping[str, Any]]:
    auth = client.registration.auth
    if auth.jwks is not None or auth.jwks_uri is None:
        return auth.jwks or ()
    await call.entry.release()  # never a connection while a stranger takes their time
    return await remote_keys.fetch(call.runtime, auth.jwks_uri, again=again)
