"""Client assertions: a client proves who it is by what it signs, with a key or with its secret.

    the client it names ──▶ the way that it registered ──▶ that way's reader ──▶ once

The token never says which reader it gets, so what a key of a client can be seen to be is
never tried as a secret. Everything else is the same for both.

Specs: RFC 7523 §3, RFC 10070 (audience), OpenID Connect Core §9.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from gateway.oauth import client_keys
from gateway.web.call import Call
from keys import assertions, macs, replay
from keys.assertions import Expected, Unproved, VerifiedClaims
from keys.errors import NotSealedHere, TokenRefused
from relying_parties import clients
from relying_parties.clients import Client

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

log = logging.getLogger("gatehouse")

Reader = Callable[[Call, Client, Unproved, Expected], Awaitable[VerifiedClaims]]
Find = Callable[[Call, str], Awaitable[Client | None]]


async def proved(call: Call, find: Find) -> Client | None:
    """Return the client whose assertion came, if it is in order and new."""
    raw = call.form.text("client_assertion")
    client = None
    try:
        shown = _shown(call, raw)
        client = await _named(call, shown, find)
        await _prove(call, client, shown)
    except (TokenRefused, UnicodeError) as error:
        # The answer tells nothing, so an operator must be able to. Anything can stand in a
        # token: of what it says, only a name that is registered goes to the log.
        known, reason = client.client_id if client else None, getattr(error, "reason", "format")
        log.warning("client assertion refused", extra={"client": known, "reason": reason})
        return None
    return client


def _shown(call: Call, raw: str) -> Unproved:
    """Read an assertion, which proves nothing yet.

    :raises TokenRefused: reason ``type``, or it can't be read
    """
    if call.form.text("client_assertion_type") != TYPE:
        raise TokenRefused("type")
    return assertions.unproved(raw)


async def _named(call: Call, shown: Unproved, find: Find) -> Client:
    """Return the client that an assertion says it comes from.

    :raises TokenRefused: reason ``unknown_client``
    """
    named = shown.claims.get("sub")
    client = await find(call, named) if isinstance(named, str) else None
    if client is None:
        raise TokenRefused("unknown_client")
    return client


async def _prove(call: Call, client: Client, shown: Unproved) -> None:
    """See that the assertion is the client's, and new.

    :raises TokenRefused: reason ``method``, ``replayed`` or ``not_live``, or what is wrong with it
    """
    reader = READERS.get(client.registration.auth.method)
    if reader is None:
        raise TokenRefused("method")
    claims = await reader(call, client, shown, _expected(call, client, shown))
    ends = datetime.fromtimestamp(min(float(claims["exp"]), 4e9), UTC) + assertions.SKEW
    if not await replay.claim(call.entry, f"assertion:{client.client_id}", claims["jti"], ends):
        raise TokenRefused("replayed")
    if not client.live:
        raise TokenRefused("not_live")


def _expected(call: Call, client: Client, shown: Unproved) -> Expected:
    return Expected(
        algs=frozenset(client.registration.assertion_algs),
        typs=client.registration.profile.assertion_typs,
        issuer=client.client_id,
        subject=client.client_id,
        audience=_audience(call, client, shown),
        longest=client.registration.profile.assertion_lives,
    )


def _audience(call: Call, client: Client, shown: Unproved) -> str:
    issuer: str = call.runtime.settings.issuer
    profile, alias = client.registration.profile, call.runtime.settings.mtls_address
    endpoints = [f"{issuer}{path}" for path in profile.assertion_to]
    if profile.backchannel and alias:  # to a service that shows certificates these are they
        endpoints += [f"{alias}{path}" for path in profile.assertion_to]
    named = shown.claims.get("aud") if endpoints else None
    # The one that it names, as text and nothing else, is then pinned.
    return named if isinstance(named, str) and named in endpoints else issuer


async def _by_secret(
    call: Call, client: Client, shown: Unproved, expected: Expected
) -> VerifiedClaims:
    at = call.entry.at
    try:
        secrets = clients.signing_secrets(client, call.runtime.vault.sealer, at)
    except NotSealedHere as error:  # somebody moved it here from another service's row
        raise TokenRefused("secret") from error
    return macs.read(shown, secrets, expected, at)


READERS: Mapping[str, Reader] = {
    "private_key_jwt": client_keys.verified,
    "client_secret_jwt": _by_secret,
}
