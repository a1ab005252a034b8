"""The master key: 32 bytes under which everything at rest is sealed.

It lives outside the database, in a file that only its owner can read or in the
environment, so that a dump of the database alone opens nothing.
"""

import base64
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
    :raises MasterKeyUnsafe: others could replace it in this folder
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _be_a_closed_folder(path.parent)
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
        (security: KE-01)
    """
    if VARIABLE in environment:
        return _parse(environment[VARIABLE].encode(errors="replace"), VARIABLE)
    if path is None:
        raise MasterKeyMissing(f"set {VARIABLE} or name a file")
    try:
        # Not blocking: a pipe in the file's place would otherwise be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise MasterKeyMissing(f"{path} does not exist") from error
    except OSError as error:
        raise MasterKeyUnsafe(f"{path} is a symbolic link or can't be read") from error
    try:
        _be_closed_to_others(path, os.fstat(descriptor))
        return _parse(os.read(descriptor, 256), str(path))
    finally:
        os.close(descriptor)


def _be_closed_to_others(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise MasterKeyUnsafe(f"{path} is not a file")
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise MasterKeyUnsafe(f"{path} is open to others: chmod 600 it")
    if facts.st_uid != os.geteuid():
        raise MasterKeyUnsafe(f"{path} belongs to another user")
    _be_a_closed_folder(path.parent)


def _be_a_closed_folder(folder: Path) -> None:
    facts = folder.stat()
    # Where others may write, they may put another file of ours in its place. That they may
    # look into the folder is harmless: the file itself is closed to them.
    if stat.S_IMODE(facts.st_mode) & 0o022 and not facts.st_mode & stat.S_ISVTX:
        raise MasterKeyUnsafe(f"others may write in {folder}: chmod go-w it")
    if facts.st_uid not in (0, os.geteuid()):
        raise MasterKeyUnsafe(f"{folder} belongs to another user")


def _parse(text: bytes, source: str) -> MasterKey:
    try:
        value = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except ValueError as error:
        raise MasterKeyUnsafe(f"{source} is not base64url") from error
    if len(value) != SIZE:
        raise MasterKeyUnsafe(f"{source} holds {len(value)} bytes instead of {SIZE}")
    return MasterKey(value)
