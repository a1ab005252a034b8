"""Passwords: the other way in.

    typed ──NFKC──▶ HMAC with the pepper ──Argon2id──▶ stored

The pepper is not in the database, so a stolen table can't be searched. Hashing costs
memory on purpose; a small pool of threads does it, and whoever would have to wait too
long is told to come back. An unknown account costs the same time as a wrong password.

Specs: SP 800-63B-4 §3.1.1.2, RFC 9106, ASVS 6.2.
"""

import asyncio
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import argon2
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import devices, tables
from idp.authenticators import breached
from idp.errors import HasherBusy, PasswordRefused
from idp.events import PasswordDisabled, PasswordSet, SignInFailed
from keys.entry import Entry, Row, statement

SHORTEST, LONGEST = 15, 1024
WAIT = 2.0  # seconds in the queue
MEMORY = 47104  # KiB of Argon2id, one pass, one lane
# Wrong ones in a row; then the password works only where it was used before. With the
# five tries that each of ten known devices has, never more than a hundred in all.
MOST_FAILURES = 50
NOBODY = UUID(int=0)  # stands for an account that is not there: the same statements run

_passwords = tables.passwords.c
_identifiers = tables.identifiers.c
_devices = tables.known_devices.c

_set = pg.insert(tables.passwords).values(
    account_id=sa.bindparam("account_id"),
    hash=sa.bindparam("hash"),
    failures=0,
    changed_at=sa.bindparam("at"),
)
SET = statement(
    _set.on_conflict_do_update(
        index_elements=["account_id"],
        set_={
            "hash": _set.excluded.hash,
            "failures": 0,
            "changed_at": _set.excluded.changed_at,
        },
    )
)
ASKED = statement(
    sa.select(
        _identifiers.account_id,
        _passwords.hash,
        _passwords.failures,
        _devices.digest.is_not(None).label("known"),
        tables.accounts.c.status,
    )
    .select_from(
        tables.identifiers.join(tables.accounts, tables.accounts.c.id == _identifiers.account_id)
        .outerjoin(tables.passwords, _passwords.account_id == _identifiers.account_id)
        .outerjoin(
            tables.known_devices,
            sa.and_(
                _devices.account_id == _identifiers.account_id,
                _devices.digest == sa.bindparam("of_device"),
                _devices.expires_at > sa.bindparam("at", type_=tables.NOW),
                _devices.failures < devices.MOST_FAILURES,
            ),
        )
    )
    .where(_identifiers.kind == "email", _identifiers.lookup == sa.bindparam("wanted"))
)
FAILED = statement(
    sa.update(tables.passwords)
    .where(_passwords.account_id == sa.bindparam("of_account"))
    .values(failures=_passwords.failures + 1)
    .returning(_passwords.failures)
)
FAILED_HERE = statement(
    sa.update(tables.known_devices)
    .where(
        _devices.account_id == sa.bindparam("of_account"),
        _devices.digest == sa.bindparam("of_device"),
    )
    .values(failures=_devices.failures + 1)
    .returning(_devices.account_id)
)
# Only over the hash that was checked: neither another sign-in nor a change is undone.
REHASH = statement(
    sa.update(tables.passwords)
    .where(
        _passwords.account_id == sa.bindparam("of_account"),
        _passwords.hash == sa.bindparam("old"),
    )
    .values(hash=sa.bindparam("new"))
)
SINCE = statement(
    sa.select(_passwords.account_id).where(
        _passwords.account_id == sa.bindparam("of_account"),
        _passwords.changed_at <= sa.bindparam("moment", type_=tables.NOW),
    )
)
WORKED = statement(
    sa.update(tables.passwords)
    .where(_passwords.account_id == sa.bindparam("of_account"), _passwords.failures > 0)
    .values(failures=0)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What there is to try a password on.

    :ivar account_id: :data:`NOBODY` if the address has no account
    :ivar hash: ``None`` if no password can be right, from here
    :ivar known: whether the device is one of the account's
    """

    account_id: UUID
    hash: str | None = field(repr=False)
    known: bool
    device: bytes = field(repr=False)


class Hasher:
    """Hashes passwords on a few threads."""

    def __init__(self, pepper: bytes, *, memory: int = MEMORY, threads: int = 1) -> None:
        """Make the threads.

        :param memory: KiB that one hash takes
        :param threads: hashes at once; more than there are cores gain nothing
        """
        self._pepper = pepper
        self._argon = argon2.PasswordHasher(time_cost=1, memory_cost=memory, parallelism=1)
        self._threads = ThreadPoolExecutor(threads, "argon2")
        self._places = asyncio.Semaphore(threads)
        self._dummy = self._argon.hash(b"nobody's password")

    async def hash(self, password: str) -> str:
        """Hash a new password.

        :raises HasherBusy: no thread came free in time
        """
        return str(await self._run(self._argon.hash, self._peppered(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Check a password; ``None`` takes as long as a wrong one.

        :raises HasherBusy: no thread came free in time
        """
        right = await self._run(self._matches, stored or self._dummy, password)
        return bool(right) and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether ``stored`` was made at another cost than what is made today."""
        return bool(self._argon.check_needs_rehash(stored))

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._argon.verify(stored, self._peppered(password))
        except argon2.exceptions.VerificationError:
            return False

    def _peppered(self, password: str) -> bytes:
        normal = unicodedata.normalize("NFKC", password)
        return hmac.digest(self._pepper, normal.encode(), hashlib.sha256)

    async def _run(self, function: object, *arguments: object) -> object:
        try:
            await asyncio.wait_for(self._places.acquire(), WAIT)
        except TimeoutError as error:
            raise HasherBusy from error
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, function, *arguments)  # type: ignore[arg-type]
        finally:
            self._places.release()


def check_policy(password: str, words: Iterable[str]) -> None:
    """Judge a new password.

    :param words: what it must not be made of: the citizen's names and addresses, our own
        name, and that of the service
    :raises PasswordRefused: ``short``, ``long``, ``context`` or ``breached``
    """
    normal = unicodedata.normalize("NFKC", password)
    # One sign may stand for a sentence: what nobody typed makes nothing harder to guess.
    if min(len(password), len(normal)) < SHORTEST:
        raise PasswordRefused("short")
    if len(normal) > LONGEST:
        raise PasswordRefused("long")
    folded = normal.casefold()
    rest = folded
    for part in sorted(_parts(words), key=len, reverse=True):
        rest = rest.replace(part, "")
    if len(rest) < SHORTEST // 2:
        raise PasswordRefused("context")
    if len(frozenset(folded)) < 5 or breached.contains(normal):
        raise PasswordRefused("breached")


def _parts(words: Iterable[str]) -> frozenset[str]:
    folded = [unicodedata.normalize("NFKC", word).casefold() for word in words]
    parts = (part for word in folded for part in (word, *re.split(r"[\W_]+", word)))
    return frozenset(part for part in parts if len(part) > 3)


async def set(entry: Entry, account_id: UUID, hashed: str) -> None:  # noqa: A001 - passwords.set
    """Store the hash of a new password."""
    await entry.run(SET, account_id=account_id, hash=hashed, at=entry.at)
    whom = f"account:{account_id}"
    entry.record(PasswordSet(whom, whom))


async def asked(entry: Entry, lookup: bytes, device: bytes) -> Asked:
    """Return what the password of an address is tried on; one statement, whoever it is.

    :param lookup: keyed digest of the address
    :param device: digest of the device's handle
    """
    row = await entry.one(ASKED, wanted=lookup, of_device=device, at=entry.at)
    if row is None:
        return Asked(NOBODY, None, known=False, device=device)
    account_id = UUID(bytes=row["account_id"].bytes)
    return Asked(account_id, None if _useless(row) else row["hash"], row["known"], device)


def _useless(row: Row) -> bool:
    """Whether no password is right: of a locked account the right one is as wrong as any."""
    spent = row["hash"] is not None and row["failures"] >= MOST_FAILURES and not row["known"]
    return spent or row["status"] != "open"


async def record_failure(entry: Entry, tried: Asked) -> None:
    """Count a wrong password, against the device if it is known; nobody's is counted alike."""
    if tried.known:
        await entry.run(FAILED_HERE, of_account=tried.account_id, of_device=tried.device)
        row = None
    else:
        row = await entry.one(FAILED, of_account=tried.account_id)
    whom = None if tried.account_id == NOBODY else f"account:{tried.account_id}"
    entry.record(SignInFailed(None, whom))
    if row is not None and row["failures"] == MOST_FAILURES:
        entry.record(PasswordDisabled(None, whom))


async def record_success(entry: Entry, account_id: UUID) -> None:
    """Forget the wrong ones."""
    await entry.run(WORKED, of_account=account_id)


async def unchanged_since(entry: Entry, account_id: UUID, moment: datetime) -> bool:
    """Whether the account's password of ``moment`` is the one of today."""
    return await entry.one(SINCE, of_account=account_id, moment=moment) is not None


async def rehash(entry: Entry, tried: Asked, hashed: str) -> None:
    """Store the same password at today's cost, unless its hash is another one by now."""
    await entry.run(REHASH, of_account=tried.account_id, old=tried.hash, new=hashed)
