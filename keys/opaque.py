"""Handles: the only source of randomness, and the digests that stand for them.

A handle goes out once, to whoever may present it again; what is stored is its
SHA-256. It has 256 bits, so a plain hash can't be searched back (ASVS 6.5.2).
"""

import base64
import hashlib
import hmac
import secrets  # noqa: TID251 - this is the one place
import uuid
from typing import NewType

Digest = NewType("Digest", bytes)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: read aloud without mistakes


def handle() -> str:
    """Draw 256 bits as 43 characters that are safe in addresses, cookies and headers."""
    return secrets.token_urlsafe(32)


def random_bytes(count: int) -> bytes:
    """Draw ``count`` bytes."""
    return secrets.token_bytes(count)


def digits(count: int) -> str:
    """Draw ``count`` decimal digits, each equally likely."""
    return "".join(secrets.choice("0123456789") for _ in range(count))


def letters(count: int, alphabet: str) -> str:
    """Draw ``count`` letters of ``alphabet``, each equally likely."""
    return "".join(secrets.choice(alphabet) for _ in range(count))


def new_id() -> uuid.UUID:
    """Draw a random record id (RFC 9562 version 4)."""
    return uuid.UUID(bytes=secrets.token_bytes(16), version=4)


def reference() -> str:
    """Draw a reference that a person can read to somebody, such as ``7K2M-Q4PX``."""
    text = "".join(secrets.choice(_CROCKFORD) for _ in range(8))
    return f"{text[:4]}-{text[4:]}"


def digest(value: str) -> Digest:
    """Return what is stored instead of a handle."""
    return Digest(hashlib.sha256(value.encode()).digest())


def same(one: bytes | str, other: bytes | str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def unpadded(value: bytes) -> str:
    """Spell bytes as base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value
