"""Tokens as nobody of good will makes them: any header, any payload, any signature."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encoded(value: Any) -> str:
    """Spell bytes, or JSON, as base64url."""
    plain = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def spelt(header: Any, payload: Any) -> str:
    """Return the part of a compact token that is signed."""
    return f"{encoded(header)}.{encoded(payload)}"


def altered(token: str) -> str:
    """Return a compact token whose signature begins otherwise."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def made(payload: Any, header: Any, key: ec.EllipticCurvePrivateKey) -> str:
    """Sign what may be no JSON at all: bytes stand as they are."""
    signed = spelt(header, payload)
    r, s = numbers(signed, key)
    return f"{signed}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"


def numbers(signed: str, key: ec.EllipticCurvePrivateKey) -> tuple[int, int]:
    """Return the two numbers of an ES256 signature."""
    return decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))


def hmac_made(payload: Any, header: Any, secret: bytes) -> str:
    """Sign with HMAC, whatever the secret is."""
    named = {name: value for name, value in header.items() if value is not None}
    signed = spelt(named, payload)
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
