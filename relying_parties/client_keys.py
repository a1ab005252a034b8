"""Which public keys a service may register.

A weak, private or symmetric key would let others sign as the service, or hand us a
secret that we must not hold.

Specs: RFC 7517, RFC 7518 §6, RFC 8725 §3.2, FAPI 2.0 Security Profile §5.4.1.
"""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from keys import certificates

MOST = 20
RSA_BITS = range(2048, 8193)  # above, one verification would cost milliseconds
EXPONENTS = range(65537, 2**32)

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_REMOTE = frozenset({"jku", "x5u"})


def problems(jwks: object, path: str) -> Iterator[tuple[str, str]]:
    """Say what is wrong with a JWK set, as (path, word)."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not keys:
        yield path, "keys_missing"
        return
    if len(keys) > MOST:
        yield f"{path}.keys", "too_many"
        return
    for number, word in enumerate(_words(keys)):
        if word:
            yield f"{path}.keys[{number}]", word


def fit(keys: Sequence[Any]) -> tuple[Mapping[str, Any], ...]:
    """Return those keys of a published set that could be registered: no other proves anything."""
    return tuple(key for key, word in zip(keys, _words(keys), strict=True) if word is None)


def _words(keys: Sequence[Any]) -> Iterator[str | None]:
    """Say of each key in one word what is wrong with it, or ``None``."""
    kids: set[str] = set()
    for key in keys:
        # RFC 7517 §4.5, OpenID Connect Core §10.1: the only key of a set needs no name.
        word = _problem(key, named=len(keys) > 1)
        if word is None and "kid" in key:
            word = "kid_twice" if key["kid"] in kids else None
            kids.add(key["kid"])
        yield word


def _problem(key: object, *, named: bool) -> str | None:
    if not isinstance(key, dict):
        return "not_a_key"
    if word := _unwanted(key) or (_naming(key) if named or "kid" in key else None):
        return word
    kty = key.get("kty")
    check = _CHECKS.get(kty) if isinstance(kty, str) else None
    if check is None:
        return "key_type"
    try:
        return check(key) or _certified(key)
    except (AttributeError, KeyError, TypeError, ValueError, UnsupportedAlgorithm):
        return "malformed_key"


def _unwanted(key: Mapping[str, Any]) -> str | None:
    if key.get("kty") == "oct":
        return "symmetric_key"
    if _PRIVATE & key.keys():
        return "private_key"
    if _REMOTE & key.keys():
        return "remote_key"
    return None if key.get("use", "sig") in ("sig", "enc") else "use"


def _naming(key: Mapping[str, Any]) -> str | None:
    kid = key.get("kid")
    good = isinstance(kid, str) and 1 <= len(kid) <= 256 and kid.isprintable()
    return None if good else "kid_missing"


def _certified(key: Mapping[str, Any]) -> str | None:
    # RFC 7517 §4.7: what it carries is its own, or it says two things at once.
    return "foreign_certificate" if "x5c" in key and not certificates.fits(key) else None


def _rsa(key: Mapping[str, Any]) -> str | None:
    modulus, exponent = _number(key["n"]), _number(key["e"])
    if modulus.bit_length() not in RSA_BITS:
        return "rsa_size"
    if exponent not in EXPONENTS or exponent % 2 == 0:
        return "rsa_exponent"
    rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return None


def _ec(key: Mapping[str, Any]) -> str | None:
    if key["crv"] != "P-256":
        return "curve"
    x, y = _bytes(key["x"]), _bytes(key["y"])
    if len(x) != 32 or len(y) != 32:
        return "malformed_key"
    point = (int.from_bytes(x), int.from_bytes(y))
    try:
        ec.EllipticCurvePublicNumbers(*point, ec.SECP256R1()).public_key()
    except ValueError:
        return "not_on_curve"
    return None


def _okp(key: Mapping[str, Any]) -> str | None:
    if key["crv"] != "Ed25519":
        return "curve"
    ed25519.Ed25519PublicKey.from_public_bytes(_bytes(key["x"]))
    return None


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "RSA": _rsa,
    "EC": _ec,
    "OKP": _okp,
}


def _bytes(text: str) -> bytes:
    if not text.isascii() or len(text) > 2048 or "=" in text:
        raise ValueError
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text))
