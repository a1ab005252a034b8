"""The keys that a client registered or publishes: what it signed, and whom to encrypt to."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.oauth import remote_keys
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from keys import assertions, certificates, encryption
from keys.assertions import Expected, Unproved, VerifiedClaims
from keys.certificates import Certificate
from keys.encryption import Recipient
from keys.errors import TokenRefused
from relying_parties.clients import Client
from relying_parties.registration import Encryption


async def verified(
    call: Call, client: Client, raw: str | Unproved, expected: Expected
) -> VerifiedClaims:
    """Verify ``raw``; a key that is not known yet is looked for where the client publishes.

    :raises TokenRefused: with the first check that failed as its reason
    """
    at = call.entry.at
    keys = await _keys(call, client)
    try:
        return assertions.read(raw, keys, expected, at)
    except TokenRefused as error:
        if client.registration.auth.jwks_uri is None or not may_have_rotated(raw, error.reason):
            raise
    return assertions.read(raw, await _keys(call, client, again=True), expected, at)


async def certified(call: Call, client: Client, shown: Certificate) -> bool:
    """Whether ``shown`` is of a key of the client's, looked for anew where it publishes them."""
    if any(certificates.is_of(shown, key) for key in await _keys(call, client)):
        return True
    if client.registration.auth.jwks_uri is None:
        return False
    return any(certificates.is_of(shown, key) for key in await _keys(call, client, again=True))


async def recipient(call: Call, client: Client, wish: Encryption | None) -> Recipient | None:
    """Return whom an answer is encrypted to; ``None`` for a service that asked for no such thing.

    To be asked before anything is used up: the keys may have to be fetched.

    :raises OAuthRefused: no key for this is published; nothing goes out in the open instead
    """
    if wish is None:
        return None
    key = encryption.fit(await _keys(call, client), wish.alg)
    if key is None and client.registration.auth.jwks_uri is not None:
        key = encryption.fit(await _keys(call, client, again=True), wish.alg)
    if key is None:
        raise OAuthRefused("invalid_request", "this client publishes no key to encrypt to")
    return Recipient(key, wish.alg, wish.enc)


def may_have_rotated(raw: str | Unproved, reason: str) -> bool:
    """Whether ``raw``, refused for ``reason``, may be signed with a key that is not known yet.

    A client with one key need not name it (OpenID Connect Core §10.1), so a new one looks
    like a bad signature of the old one.
    """
    if reason == "signature":
        read = raw.header if isinstance(raw, Unproved) else assertions.strict_header(raw)
        return "kid" not in read
    return reason == "unknown_kid"


async def _keys(call: Call, client: Client, *, again: bool = False) -> Sequence[Mapping[str, Any]]:
    auth = client.registration.auth
    if auth.jwks is not None or auth.jwks_uri is None:
        return auth.jwks or ()
    await call.entry.release()  # never a connection while a stranger takes their time
    return await remote_keys.fetch(call.runtime, auth.jwks_uri, client.client_id, again=again)
