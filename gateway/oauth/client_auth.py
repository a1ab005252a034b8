"""CLIENT_AUTH: how a client proves who it is; exactly one way, the registered one.

Whatever fails, the answer has one text and one status, so nobody learns which clients
exist. Credentials in the Basic header are form-encoded first (RFC 6749 §2.3.1).

A certificate is a way only for a client that is registered so: others may show one beside
their secret or assertion, for their tokens to be bound to it.

Specs: RFC 6749 §2.3, RFC 8705 §2, OpenID Connect Core §9; RFC 7523 in ``client_assertions``.
"""

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import unquote_plus

from gateway.oauth import client_assertions, client_certificates
from gateway.oauth.refusals import ClientRefused, OAuthRefused
from gateway.settings import Settings
from gateway.web.call import Call
from keys import opaque
from keys.errors import CertificateRefused
from relying_parties import clients
from relying_parties.clients import Client
from relying_parties.profiles import CERTIFICATE_METHODS

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
    methods = used[0] if used else (await _unsaid(call),)
    client = await CLIENT_AUTH[methods[0]](call)
    if client is None or not client.live or client.registration.auth.method not in methods:
        raise ClientRefused(methods[0])
    named = call.form.text("client_id")
    if named and named != client.client_id:
        raise ClientRefused(methods[0])
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


def _used(call: Call) -> list[tuple[str, ...]]:
    """Return what the request shows; ways that look alike are read alike."""
    signed = "client_assertion" in call.form or "client_assertion_type" in call.form
    signs = {
        ("client_secret_basic",): bool(call.header("authorization")),
        (*client_assertions.READERS,): signed,
        ("client_secret_post",): "client_secret" in call.form,
    }
    return [methods for methods, there in signs.items() if there]


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
    return await client_assertions.proved(call, _find)


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
    **dict.fromkeys(client_assertions.READERS, _assertion),
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
