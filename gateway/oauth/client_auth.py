"""CLIENT_AUTH: how a client proves who it is; exactly one way, the registered one.

Whatever fails, the answer has one text and one status, so nobody learns which clients
exist. Credentials in the Basic header are form-encoded first (RFC 6749 §2.3.1).

A certificate is a way only for a client that is registered so: others may show one beside
their secret or assertion, for their tokens to be bound to it.

Specs: RFC 6749 §2.3, RFC 7523 §3, RFC 10070 (audience), RFC 8705 §2, OpenID Connect Core §9.
"""

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from gateway.oauth import client_certificates, client_keys
from gateway.oauth.refusals import ClientRefused, OAuthRefused
from gateway.settings import Settings
from gateway.web.call import Call
from keys import assertions, opaque, replay
from keys.assertions import Expected
from keys.errors import CertificateRefused, TokenRefused
from relying_parties import clients
from relying_parties.clients import Client
from relying_parties.profiles import CERTIFICATE_METHODS

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

log = logging.getLogger("gatehouse")

Method = Callable[[Call], Awaitable[Client | None]]


async def authenticate(call: Call) -> Client:
    """Return the client that this request proves to come from.

    :raises OAuthRefused: more than one way at once, or a parameter came twice
    :raises ClientRefused: everything else
    """
    # RFC 8707 §2: this one may come more than once; who reads it says how often.
    if set(call.form.repeated()) - {"resource"}:
        raise OAuthRefused("invalid_request", "a parameter came more than once")
    _one_authorization(call)
    used = _used(call)
    if len(used) > 1:
        raise OAuthRefused("invalid_request", "more than one way of client authentication")
    method = used[0] if used else await _unsaid(call)
    client = await CLIENT_AUTH[method](call)
    if client is None or not client.live or client.registration.auth.method != method:
        raise ClientRefused(method)
    named = call.form.text("client_id")
    if named and named != client.client_id:
        raise ClientRefused(method)
    return client


def pace(call: Call, client: Client) -> None:
    """Count a request of a client that proved who it is.

    An app on a thousand phones is a thousand clients with one name, and anybody can say
    that name: it is counted for each network.

    :raises TooFast: it has to wait
    """
    public = client.registration.auth.method == "none"
    call.runtime.paces.take(f"{client.client_id} {call.address}" if public else client.client_id)


def _one_authorization(call: Call) -> None:
    # Which of two counts is read differently by every server and proxy on the way.
    if len(call.header_lines("authorization")) > 1:
        raise OAuthRefused("invalid_request", "the Authorization header came more than once")


def _used(call: Call) -> list[str]:
    signs = {
        "client_secret_basic": bool(call.header("authorization")),
        "private_key_jwt": "client_assertion" in call.form or "client_assertion_type" in call.form,
        "client_secret_post": "client_secret" in call.form,
    }
    return [method for method, there in signs.items() if there]


async def _unsaid(call: Call) -> str:
    """Say which way it is if the request names none: its certificate alone, or none at all."""
    client = await _find(call, call.form.text("client_id")) if call.aliased else None
    registered = client.registration.auth.method if client else ""
    return registered if registered in CERTIFICATE_METHODS else "none"


async def _none(call: Call) -> Client | None:
    return await _find(call, call.form.text("client_id"))


async def _basic(call: Call) -> Client | None:
    scheme, _, encoded = call.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
        name, colon, secret = decoded.partition(":")
        client_id, secret = (unquote_plus(part, errors="strict") for part in (name, secret))
    except (binascii.Error, ValueError):
        return None
    return await _by_secret(call, client_id, secret) if colon else None


async def _post(call: Call) -> Client | None:
    return await _by_secret(call, call.form.text("client_id"), call.form.text("client_secret"))


async def _by_secret(call: Call, client_id: str, secret: str) -> Client | None:
    client = await _find(call, client_id)
    if client is None:
        opaque.digest(secret)  # an unknown client costs what a known one does
        return None
    right = clients.secret_is_right(client, secret, call.entry.at)
    return client if right else None


async def _assertion(call: Call) -> Client | None:
    raw = call.form.text("client_assertion")
    client = None
    try:
        client = await _named(call, raw)
        await _prove(call, client, raw)
    except (TokenRefused, UnicodeError) as error:
        # The answer tells nothing, so an operator must be able to. Anything can stand in a
        # token: of what it says, only a name that is registered goes to the log.
        known, reason = client.client_id if client else None, getattr(error, "reason", "format")
        log.warning("client assertion refused", extra={"client": known, "reason": reason})
        return None
    return client


async def _named(call: Call, raw: str) -> Client:
    """Return the client that an assertion says it comes from.

    :raises TokenRefused: reason ``type`` or ``unknown_client``, or it can't be read
    """
    if call.form.text("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefused("type")
    assertions.strict_header(raw)
    named = assertions.strict_claims(raw).get("sub")
    client = await _find(call, named) if isinstance(named, str) else None
    if client is None:
        raise TokenRefused("unknown_client")
    return client


async def _prove(call: Call, client: Client, raw: str) -> None:
    """See that the assertion is the client's, and new.

    :raises TokenRefused: reason ``method``, ``replayed`` or ``not_live``, or what is wrong with it
    """
    if client.registration.auth.method != "private_key_jwt":
        raise TokenRefused("method")
    claims = await _read(call, client, raw)
    ends = datetime.fromtimestamp(min(float(claims["exp"]), 4e9), UTC) + assertions.SKEW
    if not await replay.claim(call.entry, f"assertion:{client.client_id}", claims["jti"], ends):
        raise TokenRefused("replayed")
    if not client.live:
        raise TokenRefused("not_live")


async def _read(call: Call, client: Client, raw: str) -> Mapping[str, Any]:
    expected = Expected(
        algs=frozenset(client.registration.assertion_algs),
        typs=client.registration.profile.assertion_typs,
        issuer=client.client_id,
        subject=client.client_id,
        audience=_audience(call, client, raw),
        longest=client.registration.profile.assertion_lives,
    )
    return await client_keys.verified(call, client, raw, expected)


def _audience(call: Call, client: Client, raw: str) -> str:
    issuer: str = call.runtime.settings.issuer
    profile, alias = client.registration.profile, call.runtime.settings.mtls_address
    endpoints = [f"{issuer}{path}" for path in profile.assertion_to]
    if profile.backchannel and alias:  # to a service that shows certificates these are they
        endpoints += [f"{alias}{path}" for path in profile.assertion_to]
    named = assertions.strict_claims(raw).get("aud") if endpoints else None
    # The one that it names, as text and nothing else, is then pinned.
    return named if isinstance(named, str) and named in endpoints else issuer


async def _vouched(call: Call) -> Client | None:
    return await _by_certificate(call, client_certificates.vouched)


async def _self_signed(call: Call) -> Client | None:
    return await _by_certificate(call, client_certificates.own)


async def _by_certificate(
    call: Call, see: Callable[[Call, Client], Awaitable[None]]
) -> Client | None:
    client = await _find(call, call.form.text("client_id"))
    if client is None:
        return None
    try:
        await see(call, client)
    except CertificateRefused as error:
        told = {"client": client.client_id, "reason": error.reason}
        log.warning("client certificate refused", extra=told)
        return None
    return client


async def _find(call: Call, client_id: str) -> Client | None:
    if not client_id or len(client_id) > 256 or "\0" in client_id:
        return None
    client: Client | None = await call.runtime.client(client_id)
    return client


CLIENT_AUTH: Mapping[str, Method] = {
    "client_secret_basic": _basic,
    "client_secret_post": _post,
    "private_key_jwt": _assertion,
    "tls_client_auth": _vouched,
    "self_signed_tls_client_auth": _self_signed,
    "none": _none,
}


def offered(settings: Settings) -> list[str]:
    """Return the ways that work here: certificates only where clients can show them."""
    vouching = settings.client_authorities is not None
    works = {"tls_client_auth": vouching, "self_signed_tls_client_auth": True}
    return [
        method
        for method in CLIENT_AUTH
        if method not in works or (bool(settings.mtls_address) and works[method])
    ]
