"""Nonces that we hand out and know again without having kept them.

A nonce is the number of a half minute and a MAC of it, so every process knows every
other's, after a restart, too. It is good in its own half minute and the two after it.

Specs: RFC 9449 §8 and §9.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from keys.opaque import unpadded

SLOT = timedelta(seconds=30)
SLOTS = 3  # in which one is good
_MAC = 16  # bytes: a guess is worth one request


def make(key: bytes, at: datetime) -> str:
    """Return the nonce of this half minute."""
    return _spelt(key, _slot(at))


def good(key: bytes, nonce: str, at: datetime) -> bool:
    """Whether ``nonce`` is one of ours that has not run out."""
    try:
        slot = int.from_bytes(base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))[:4])
    except ValueError:
        return False
    fresh = 0 <= _slot(at) - slot < SLOTS
    return fresh and hmac.compare_digest(_spelt(key, slot).encode(), nonce.encode())


def _slot(at: datetime) -> int:
    return int(at.timestamp() // SLOT.total_seconds())


def _spelt(key: bytes, slot: int) -> str:
    number = slot.to_bytes(4)
    return unpadded(number + hmac.digest(key, number, hashlib.sha256)[:_MAC])
