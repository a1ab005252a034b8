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
import os
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import argon2
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import tables
from idp.authenticators import breached
from idp.errors import HasherBusy, PasswordRefused
from idp.events import PasswordDisabled, PasswordSet, SignInFailed
from keys.entry import Entry, statement

SHORTEST, LONGEST = 15, 1024
WAIT = 2.0  # seconds in the queue
MOST_FAILURES = 100  # in a row; then the password is no way in any more

_passwords = tables.passwords.c

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
STORED = statement(
    sa.select(_passwords.hash).where(
        _passwords.account_id == sa.bindparam("of_account"), _passwords.failures < MOST_FAILURES
    )
)
FAILED = statement(
    sa.update(tables.passwords)
    .where(_passwords.account_id == sa.bindparam("of_account"))
    .values(failures=_passwords.failures + 1)
    .returning(_passwords.failures)
)
WORKED = statement(
    sa.update(tables.passwords)
    .where(_passwords.account_id == sa.bindparam("of_account"), _passwords.failures > 0)
    .values(failures=0)
)


class Hasher:
    """Hashes passwords on a few threads, never more than there are cores."""

    def __init__(self, pepper: bytes) -> None:
        threads = os.cpu_count() or 1
        self._pepper = pepper
        self._argon = argon2.PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
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

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._argon.verify(stored, self._peppered(password))
        except argon2.exceptions.VerificationError:
            return False

    def _peppered(self, password: str) -> bytes:
        normal = unicodedata.normalize("NFKC", password[: LONGEST * 2])
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

    :param words: what it must not be made of: the address, our own name
    :raises PasswordRefused: ``short``, ``long``, ``context`` or ``breached``
    """
    normal = unicodedata.normalize("NFKC", password)
    if len(normal) < SHORTEST:
        raise PasswordRefused("short")
    if len(normal) > LONGEST:
        raise PasswordRefused("long")
    folded = normal.casefold()
    for word in words:
        for part in (word.casefold(), *word.casefold().split("@")):
            rest = folded.replace(part, "") if len(part) > 3 else folded
            if len(rest) < SHORTEST // 2:
                raise PasswordRefused("context")
    if len(frozenset(folded)) < 5 or breached.contains(normal):
        raise PasswordRefused("breached")


async def set(entry: Entry, account_id: UUID, hashed: str) -> None:  # noqa: A001 - passwords.set
    """Store the hash of a new password."""
    await entry.run(SET, account_id=account_id, hash=hashed, at=entry.at)
    whom = f"account:{account_id}"
    entry.record(PasswordSet(whom, whom))


async def stored(entry: Entry, account_id: UUID) -> str | None:
    """Return the hash, unless there is none or too many wrong passwords disabled it."""
    row = await entry.one(STORED, of_account=account_id)
    return row["hash"] if row else None


async def record_failure(entry: Entry, account_id: UUID) -> None:
    """Count a wrong password; the hundredth in a row disables it, and it alone."""
    row = await entry.one(FAILED, of_account=account_id)
    whom = f"account:{account_id}"
    entry.record(SignInFailed(None, whom))
    if row is not None and row["failures"] == MOST_FAILURES:
        entry.record(PasswordDisabled(None, whom))


async def record_success(entry: Entry, account_id: UUID) -> None:
    """Forget the wrong ones."""
    await entry.run(WORKED, of_account=account_id)
