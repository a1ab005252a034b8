"""Public keys as JSON Web Keys: thumbprints and the set that the world reads.

Specs: RFC 7517, RFC 7638.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from keys.opaque import unpadded

_THUMBPRINT = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Name a key by itself (RFC 7638 §3).

    :raises KeyError: a required member is missing, or the type is not a public one
    """
    members = {name: jwk[name] for name in _THUMBPRINT[jwk["kty"]]}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return unpadded(hashlib.sha256(text.encode()).digest())


def public_jwk(
    key: EllipticCurvePublicKey | RSAPublicKey, alg: str, use: str = "sig"
) -> dict[str, Any]:
    """Spell a public key of ours as a JWK, its thumbprint as ``kid``."""
    numbers: Any = key.public_numbers()
    if isinstance(key, RSAPublicKey):
        jwk = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    else:
        jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": unpadded(numbers.x.to_bytes(32, "big")),
            "y": unpadded(numbers.y.to_bytes(32, "big")),
        }
    return {**jwk, "kid": thumbprint(jwk), "use": use, "alg": alg}


def document(keys: Iterable[Mapping[str, Any]]) -> bytes:
    """Serialise the set once; every request gets these bytes."""
    return json.dumps({"keys": list(keys)}, separators=(",", ":")).encode()


def _number(value: int) -> str:
    return unpadded(value.to_bytes((value.bit_length() + 7) // 8, "big"))
