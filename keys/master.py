"""The master key: 32 bytes under which everything at rest is sealed.

It lives outside the database, in a file that only its owner can read or in the
environment, so that a dump of the database alone opens nothing.
"""

import base64
import binascii
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keys import opaque
from keys.errors import MasterKeyMissing, MasterKeyUnsafe

VARIABLE = "GATEHOUSE_MASTER_KEY"
SIZE = 32


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The root of all sealing."""

    value: bytes = field(repr=False)


def create(path: Path) -> MasterKey:
    """Draw a master key and write it to ``path``, readable by its owner alone.

    :raises FileExistsError: there is one already; it is never overwritten
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = MasterKey(opaque.random_bytes(SIZE))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.urlsafe_b64encode(key.value) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def load(path: Path | None, environment: Mapping[str, str]) -> MasterKey:
    """Read the master key from the environment, else from the file at ``path``.

    :raises MasterKeyMissing: there is none
    :raises MasterKeyUnsafe: others could read or replace the file, or it is not a key
    """
    if VARIABLE in environment:
        return _parse(environment[VARIABLE].encode(), VARIABLE)
    if path is None:
        raise MasterKeyMissing(f"set {VARIABLE} or name a file")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError as error:
        raise MasterKeyMissing(f"{path} does not exist") from error
    except OSError as error:
        raise MasterKeyUnsafe(f"{path} is a symbolic link or can't be read") from error
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(file.fileno())
        if stat.S_IMODE(facts.st_mode) & 0o077:
            raise MasterKeyUnsafe(f"{path} is open to others: chmod 600 it")
        if facts.st_uid != os.geteuid():
            raise MasterKeyUnsafe(f"{path} belongs to another user")
        if _replaceable(path.parent):
            raise MasterKeyUnsafe(f"{path.parent} is open to others: chmod go-w it")
        return _parse(file.read(256), str(path))


def _replaceable(folder: Path) -> bool:
    """Whether others could put another file in the place of one in ``folder``."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    return bool(mode & 0o022) and not mode & stat.S_ISVTX


def _parse(text: bytes, source: str) -> MasterKey:
    try:
        value = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise MasterKeyUnsafe(f"{source} is not base64url") from error
    if len(value) != SIZE:
        raise MasterKeyUnsafe(f"{source} holds {len(value)} bytes instead of {SIZE}")
    return MasterKey(value)
