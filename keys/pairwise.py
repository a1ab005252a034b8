"""Pairwise subjects and session ids: the same citizen is another person to each agency.

`sub` and `sid` are HMACs; without the key nobody can tell that two of them belong
to one citizen. Inputs are length-prefixed, so no two of them collide by spelling.

Specs: OpenID Connect Core §8.1.
"""

import hashlib
import hmac
import uuid
from typing import NewType

from keys.errors import NotSealedHere
from keys.opaque import unpadded
from keys.sealing import DataKey

Subject = NewType("Subject", str)


def _mac(key: bytes, *parts: bytes) -> str:
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return unpadded(hmac.digest(key, message, hashlib.sha256))


def subject(key: bytes, sector: str, account_id: uuid.UUID) -> Subject:
    """Who this citizen is to everyone in ``sector``; never changes, never reused."""
    return Subject(_mac(key, b"sub", sector.encode(), account_id.bytes))


def sid(key: bytes, client_id: str, session_id: uuid.UUID) -> str:
    """Name a session to one client; a global name would link agencies."""
    return _mac(key, b"sid", client_id.encode(), session_id.bytes)


def reference(key: bytes, client_id: str, number: str) -> str:
    """Name a file of a client's so that it is found by the client's own number alone."""
    return _mac(key, b"reference", client_id.encode(), number.encode())


def named(key: bytes, client_id: str, how: str, said: bytes) -> str:
    """Name whom a client means by what it said, so that the same is told again and no more.

    :param how: what ``said`` is, such as an address; the same person named otherwise is another
    """
    return _mac(key, b"named", client_id.encode(), how.encode(), said)


def seal_citizen(sealer: DataKey, account_id: uuid.UUID, client_id: str) -> bytes:
    """Make the reference by which a client's rows lead back to the citizen."""
    return sealer.seal(account_id.bytes, "citizen", client_id)


def open_citizen(sealer: DataKey, sealed: bytes, client_id: str) -> uuid.UUID:
    """Follow the reference.

    :raises NotSealedHere: it was made for another client
    """
    return uuid.UUID(bytes=sealer.open(sealed, "citizen", client_id))


def citizen_of(sealer: DataKey, sealed: bytes, client_id: str) -> uuid.UUID | None:
    """Follow the reference; ``None`` if it leads nowhere, where it must hold up nobody else."""
    try:
        return open_citizen(sealer, sealed, client_id)
    except NotSealedHere:
        return None
