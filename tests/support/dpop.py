"""DPoP proofs, good ones and others (RFC 9449 §4.2)."""

import hashlib
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.runtime import now
from keys import jwks, opaque
from tests.support.gateway import Gateway

KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


def jwk(key: ec.EllipticCurvePrivateKey = KEY) -> dict[str, Any]:
    public = jwks.public_jwk(key.public_key(), "ES256")
    return {name: public[name] for name in ("kty", "crv", "x", "y")}


def thumbprint(key: ec.EllipticCurvePrivateKey = KEY) -> str:
    return jwks.thumbprint(jwk(key))


def proof(
    gateway: Gateway,
    path: str = "/token",
    *,
    method: str = "POST",
    key: Any = KEY,
    alg: str = "ES256",
    token: str | None = None,
    header: Mapping[str, Any] | None = None,
    **over: Any,
) -> str:
    """Prove a key for one request; members of ``None`` are left out.

    :param token: the access token beside it, at a resource
    """
    usual = {
        "jti": opaque.handle(),
        "htm": method,
        "htu": f"{gateway.issuer}{path}",
        "iat": int(now().timestamp()),
        "ath": hashed(token) if token else None,
    }
    named = {"typ": "dpop+jwt", "jwk": jwk(KEY if alg != "ES256" else key)} | dict(header or {})
    claims = {name: value for name, value in (usual | over).items() if value is not None}
    headers = {name: value for name, value in named.items() if value is not None}
    return jwt.encode(claims, key, algorithm=alg, headers=headers)


def hashed(token: str) -> str:
    return opaque.unpadded(hashlib.sha256(token.encode()).digest())
