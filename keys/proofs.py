"""DPoP proofs: whoever calls holds the key that a token is for, or is to be for.

A proof brings its own key along, so by itself it proves possession and nothing else. It
is good for one method at one address, within a minute, and once (the caller claims its
``jti``); at a resource it also names the token that it stands beside.

Specs: RFC 9449 §4.2, §4.3 and §11.1; FAPI 2.0 Security Profile §5.3.3.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from keys import assertions, jwks, opaque, signatures
from keys.errors import TokenRefused
from keys.opaque import unpadded

ALGORITHMS = ("ES256", "PS256", "EdDSA")
TYP = "dpop+jwt"
# A minute back for clocks that are wrong, none of it forward: what is signed ahead can be stolen.
OLDEST = timedelta(seconds=60)
NEWEST = timedelta(seconds=15)

_PUBLIC = {
    "EC": frozenset({"crv", "x", "y"}),
    "OKP": frozenset({"crv", "x"}),
    "RSA": frozenset({"n", "e"}),
}
_NAMES = frozenset({"kty", "kid", "alg", "use", "key_ops"})
_MODULUS = 683  # characters of 4096 bits: a larger one costs us more than its sender
_PORTS = {"https": 443, "http": 80}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class Proof:
    """What a genuine proof says.

    :ivar jkt: thumbprint of its key (RFC 7638)
    :ivar until: when it would be refused for its age: its ``jti`` is kept so long
    :ivar nonce: the one of ours that it repeats, not judged here
    """

    jkt: str
    jti: str
    until: datetime
    nonce: str | None


def read(
    raw: str, *, method: str, address: str, at: datetime, access_token: str | None = None
) -> Proof:
    """Verify a proof.

    :param address: where the request came, as we publish it, whatever ``Host`` said
    :param access_token: at a resource, the token beside it
    :raises TokenRefused: with the first check that failed as its reason
    """
    header = assertions.strict_header(raw, brings=frozenset({"jwk"}))
    if header["alg"] not in ALGORITHMS:
        raise TokenRefused("alg")
    if header.get("typ") != TYP:
        raise TokenRefused("typ")
    jwk = _public(header.get("jwk"))
    assertions.check_signature(raw, {"alg": header["alg"]}, [jwk])
    claims = assertions.strict_claims(raw)
    _check_request(claims, method, address)
    if access_token is not None:
        _check_token(claims, access_token)
    issued = _issued(claims, at)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str | None):
        raise TokenRefused("nonce")
    return Proof(_named(*jwk.items()), _jti(claims), issued + OLDEST, nonce)


@lru_cache(signatures.REMEMBERED)
def _named(*members: tuple[str, str]) -> str:
    return jwks.thumbprint(dict(members))


def _public(jwk: object) -> Mapping[str, str]:
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kty"), str):
        raise TokenRefused("jwk")
    members = _PUBLIC.get(jwk["kty"])
    # One that brings its private half along is no secret any more.
    if members is None or not members <= jwk.keys() <= members | _NAMES:
        raise TokenRefused("jwk")
    if not all(isinstance(jwk[name], str) and len(jwk[name]) <= _MODULUS for name in members):
        raise TokenRefused("jwk")
    return {name: jwk[name] for name in ("kty", *members)}


def _check_request(claims: Mapping[str, Any], method: str, address: str) -> None:
    if claims.get("htm") != method:
        raise TokenRefused("htm")
    named = claims.get("htu")
    if named == address:  # as nearly everybody spells it
        return
    if not isinstance(named, str) or _normal(named) != _normal(address):
        raise TokenRefused("htu")


def _check_token(claims: Mapping[str, Any], access_token: str) -> None:
    expected = unpadded(hashlib.sha256(access_token.encode()).digest())
    given = claims.get("ath")
    if not isinstance(given, str) or not given.isascii() or not opaque.same(given, expected):
        raise TokenRefused("ath")


def _issued(claims: Mapping[str, Any], at: datetime) -> datetime:
    value = claims.get("iat")
    # RFC 9449 §4.2 wants ``iat`` alone; other times in it are nobody's to judge.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**33:
        raise TokenRefused("iat")
    issued = datetime.fromtimestamp(value, UTC)
    if not -OLDEST <= issued - at <= NEWEST:
        raise TokenRefused("iat")
    return issued


def _jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= 256:
        raise TokenRefused("jti")
    return jti


def _normal(address: str) -> tuple[str, str, int | None, str]:
    """Spell an address as RFC 3986 §6.2.2 and §6.2.3 do, without query and fragment."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise TokenRefused("htu") from error
    if "@" in parts.netloc:
        raise TokenRefused("htu")
    path = _ESCAPE.sub(_unescaped, parts.path) or "/"
    return parts.scheme, host, port or _PORTS.get(parts.scheme), path


def _unescaped(found: "re.Match[str]") -> str:
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()
