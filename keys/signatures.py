"""Signatures by keys of others, over the text that came.

The form of a token is judged by :mod:`keys.assertions` before anybody comes here, so
PyJWT is asked for its algorithms and not to read the token once more. A key that was read
is remembered: whoever signs comes again soon, and reading a key costs a fifth of a proof.

Specs: RFC 7515 §5.2, RFC 7518 §3, RFC 8725 §3.1 and §3.5.
"""

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jwt
from jwt import InvalidKeyError, PyJWK

REMEMBERED = 512  # keys of a process
# What a key is made of; whatever else stands in a JWK is said about it.
_MADE_OF = ("kty", "crv", "x", "y", "n", "e")


def good(raw: str, jwk: Mapping[str, Any], alg: str) -> bool:
    """Whether the compact ``raw`` is signed with the key of ``jwk`` by ``alg``.

    A key that is none, is of another kind than ``alg`` wants or is too short has signed nothing,
    nor has a secret: whoever knows it could have.
    """
    if jwk.get("kty") == "oct":
        return False
    signed, _, signature = raw.rpartition(".")
    try:
        algorithm, key = _read(alg, *(jwk.get(name) for name in _MADE_OF))
        return bool(algorithm.verify(signed.encode(), key, canonical(signature)))
    except (jwt.PyJWTError, ValueError, TypeError, NotImplementedError):  # the last by ``none``
        return False


def canonical(part: str) -> bytes:
    """Decode a part of a compact token, of which there is one spelling (RFC 7515 §2).

    :raises ValueError: it has another one
    """
    decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode():
        raise binascii.Error("not as it is spelled")
    return decoded


@lru_cache(REMEMBERED)
def _read(alg: str, *members: str | None) -> tuple[Any, Any]:
    jwk = {name: value for name, value in zip(_MADE_OF, members, strict=True) if value is not None}
    made = PyJWK(jwk, algorithm=alg)
    algorithm: Any = made.Algorithm
    key = algorithm.prepare_key(made.key)  # sees to the curve
    if algorithm.check_key_length(key):
        raise InvalidKeyError("too short")
    return algorithm, key
