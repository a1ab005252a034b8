"""Request objects: the request as a JWT that its client signed, so that no browser alters it.

    request=JWT ─(decrypt)─verify──▶ parameters, those inside alone
    request_uri=registered address ──fetch──▶ JWT ──…

Only what is inside counts (RFC 9101 §5). OpenID Connect Core §6.1 also lets parameters
outside fill gaps, which a service under ``oidc-basic`` may rely on. Whatever is wrong with
an object is ``invalid_request_object``.

Specs: RFC 9101, OpenID Connect Core §6, FAPI 2.0 Message Signing §5.3.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway import outbound
from gateway.oauth import client_keys
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.verified import shape
from gateway.outbound import OutboundRefused
from gateway.web.call import Call
from gateway.web.params import Params
from keys import assertions, encryption
from keys.assertions import Expected, VerifiedClaims
from keys.errors import TokenRefused
from relying_parties import response_types
from relying_parties.clients import Client

LONGEST = timedelta(minutes=60)  # FAPI 2.0 Message Signing §5.3.1: from nbf to exp, and nbf back
TYPS = frozenset({"oauth-authz-req+jwt", "jwt", None})

_OURS = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti", "sub"})


async def opened(call: Call, client: Client, given: Params) -> Params:
    """Return the parameters that count: those of the object, or ``given`` if there is none.

    :raises OAuthRefused: ``invalid_request_object``, ``invalid_request_uri``, or
        ``invalid_request`` where the service must sign its requests and did not
    """
    raw = await _raw(call, client, given)
    if raw is None:
        if client.registration.require_signed_request:
            raise OAuthRefused("invalid_request", "this client must sign its request (JAR)")
        return given
    claims = await _claims(call, client, raw)
    whose = claims.get("client_id", client.client_id)
    if given.text("client_id", client.client_id) != whose:
        raise _refused("client_id")
    outside = given.singles() if client.registration.profile.merges_objects else {}
    outside = {name: outside[name] for name in outside if name not in ("request", "request_uri")}
    if _kinds(outside) and "response_type" in claims and _kinds(outside) != _kinds(claims):
        raise _refused("response_type")  # OpenID Connect Core §6.1
    return parameters({**outside, "client_id": client.client_id, **claims})


async def verified(call: Call, client: Client, raw: str, expected: Expected) -> VerifiedClaims:
    """Open and verify a request object.

    :raises OAuthRefused: ``invalid_request_object``
    """
    try:
        if encryption.encrypted(raw):  # around what was signed (RFC 9101 §6.1)
            raw = encryption.decrypt(call.runtime.keyring, raw)
        claims = await client_keys.verified(call, client, raw, expected)
    except TokenRefused as error:
        raise _refused(error.reason) from error
    _check(claims, client, call.entry.at)
    return claims


def parameters(claims: Mapping[str, Any]) -> Params:
    """Return the parameters that stand in an object, and nothing of what stands around them."""
    said = {name: value for name, value in claims.items() if value is not None}
    inside = [(name, _text(value)) for name, value in said.items() if name not in _OURS]
    named = _several(claims.get("resource"))
    rest = [pair for pair in inside if pair[0] != "resource" or not named]
    return Params.of([*rest, *(("resource", each) for each in named)]).said()


async def _claims(call: Call, client: Client, raw: str) -> Mapping[str, Any]:
    expected = _expected(call, client)
    # OpenID Connect Core §6.1 has objects that nobody signed; anybody on the way can write one.
    allowed = call.runtime.settings.conformance and "none" in client.registration.request_algs
    if client.registration.require_signed_request or not (allowed and raw.endswith(".")):
        return await verified(call, client, raw, expected)
    try:
        claims = assertions.unsigned(raw, expected, call.entry.at)
    except TokenRefused as error:
        raise _refused(error.reason) from error
    _check(claims, client, call.entry.at)
    return claims


async def _raw(call: Call, client: Client, given: Params) -> str | None:
    uri = given.text("request_uri")
    if "request" in given:
        if uri:
            raise OAuthRefused("invalid_request", "request and request_uri at once")
        return given.text("request")
    if not uri:
        return None
    # Only an address that was approved: any other would let strangers send us anywhere (SS-01).
    # A fragment tells when what is there has changed, and is no part of where it is (Core §6.2).
    approved = {each.partition("#")[0] for each in client.registration.request_uris}
    if uri.partition("#")[0] not in approved:
        unheard = not client.registration.request_uris
        error = "request_uri_not_supported" if unheard else "invalid_request_uri"
        raise OAuthRefused(error)
    await call.entry.release()  # never a connection while a stranger takes their time
    try:
        body = await outbound.fetch(
            uri.partition("#")[0],
            accept="application/oauth-authz-req+jwt, application/jwt",
            allow_loopback=call.runtime.settings.allow_loopback,
        )
        return body.decode("ascii").strip()
    except (OutboundRefused, UnicodeDecodeError) as error:
        raise OAuthRefused("invalid_request_uri", "nothing readable is there") from error


def _expected(call: Call, client: Client) -> Expected:
    profile = client.registration.profile
    return Expected(
        algs=frozenset(client.registration.request_algs),
        typs=TYPS,
        issuer=client.client_id,
        audience=call.runtime.settings.issuer,
        many=True,
        longest=LONGEST,
        required=("exp", "nbf") if profile.dated_objects else (),
        named=not profile.merges_objects,
        deepest=shape.DEPTH + 1,
    )


def _check(claims: Mapping[str, Any], client: Client, at: datetime) -> None:
    if {"request", "request_uri"} & claims.keys():  # RFC 9101 §4
        raise _refused("nested")
    if (
        claims.get("sub") == client.client_id
    ):  # it could pass for a client assertion (RFC 9101 §10.8)
        raise _refused("sub")
    begins, ends = claims.get("nbf"), claims.get("exp")
    longest = LONGEST.total_seconds()
    if begins is not None and at.timestamp() - begins > longest:
        raise _refused("nbf")
    if begins is not None and ends is not None and ends - begins > longest:
        raise _refused("exp")


def _kinds(given: Mapping[str, Any]) -> str:
    return response_types.spelled(str(given.get("response_type", "")))


def _several(value: Any) -> list[str]:
    """Read the one member that may be an array of texts (RFC 8707 §2.1)."""
    texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return value if texts else []


def _text(value: Any) -> str:
    """Spell a member as a parameter is: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _refused(why: str) -> OAuthRefused:
    return OAuthRefused("invalid_request_object", f"the request object is refused: {why}")
