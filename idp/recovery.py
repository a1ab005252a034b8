"""Recovery: back into an account whose ways in are lost.

    started ──wait──▶ ready ──complete──▶ done (every session ended)
       └──cancel, from any mail or by who is signed in──▶ stopped

Several may run beside each other: who starts another has to wait as long again, and
every address is told again, so nobody rides on a wait that somebody else began. One
that is completed, or stopped, ends all of the account's.

Reading somebody's mail is not being them. An account that has a passkey, or whose
citizen is verified, waits a day, and every address it has is told how to stop it.

Specs: SP 800-63B §4.2, ASVS 6.4.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from idp import accounts, authenticators, devices, sessions, tables
from idp.errors import RecoveryOver
from idp.events import RecoveryCancelled, RecoveryCompleted, RecoveryStarted
from keys import opaque
from keys.entry import Entry, statement

WAIT = timedelta(hours=24)
LIFETIME = timedelta(hours=72)
RECENT = timedelta(hours=1)  # to set up new ways in afterwards

_recoveries = tables.recoveries.c
_running = sa.and_(
    _recoveries.cancelled_at.is_(None),
    _recoveries.completed_at.is_(None),
    _recoveries.expires_at > sa.bindparam("at", type_=tables.NOW),
)

ADD = statement(
    sa.insert(tables.recoveries).values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        digest=sa.bindparam("digest"),
        cancel_digest=sa.bindparam("cancel_digest"),
        started_at=sa.bindparam("at"),
        ready_at=sa.bindparam("ready_at"),
        expires_at=sa.bindparam("expires_at"),
    )
)
FIND = statement(
    sa.select(tables.recoveries).where(_recoveries.digest == sa.bindparam("of_recovery"), _running)
)
COMPLETE = statement(
    sa.update(tables.recoveries)
    .where(
        _recoveries.digest == sa.bindparam("of_recovery"),
        _running,
        _recoveries.ready_at <= sa.bindparam("at", type_=tables.NOW),
    )
    .values(completed_at=sa.bindparam("at"))
    .returning(_recoveries.account_id)
)
_found = tables.recoveries.alias("found").c
CANCEL = statement(
    sa.update(tables.recoveries)
    .where(
        _recoveries.account_id.in_(
            sa.select(_found.account_id)
            .where(
                _found.cancel_digest == sa.bindparam("of_cancel"),
                _found.cancelled_at.is_(None),
                _found.completed_at.is_(None),
                _found.expires_at > sa.bindparam("at", type_=tables.NOW),
            )
            .scalar_subquery()
        ),
        _running,
    )
    .values(cancelled_at=sa.bindparam("at"))
    .returning(_recoveries.account_id)
)
CANCEL_ALL = statement(
    sa.update(tables.recoveries)
    .where(_recoveries.account_id == sa.bindparam("of_account"), _running)
    .values(cancelled_at=sa.bindparam("at"))
    .returning(_recoveries.account_id)
)
UNDER_WAY = statement(
    sa.select(_recoveries.ready_at, _recoveries.expires_at)
    .where(_recoveries.account_id == sa.bindparam("of_account"), _running)
    .order_by(_recoveries.ready_at)
    .limit(1)
)
RECENTLY = statement(
    sa.select(_recoveries.id).where(
        _recoveries.account_id == sa.bindparam("of_account"),
        _recoveries.completed_at > sa.bindparam("since", type_=tables.NOW),
    )
)


@dataclass(frozen=True, slots=True)
class Started:
    """A recovery that began; ``cancel`` goes into every mail."""

    handle: str = field(repr=False)
    cancel: str = field(repr=False)
    ready_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery under way."""

    account_id: UUID
    ready_at: datetime
    expires_at: datetime


async def start(entry: Entry, account_id: UUID) -> Started:
    """Begin; the caller tells every address of the account.

    :raises AccountNotOpen: through the account's own functions, later
    """
    account = await accounts.find(entry, account_id)
    enrolled = await authenticators.enrolled(entry, account_id)
    strong = enrolled.passkeys > 0 or (account is not None and account.ial > 0)
    ready = entry.at + (WAIT if strong else timedelta(0))
    started = Started(opaque.handle(), opaque.handle(), ready, ready + LIFETIME)
    await entry.run(
        ADD,
        id=opaque.new_id(),
        account_id=account_id,
        digest=opaque.digest(started.handle),
        cancel_digest=opaque.digest(started.cancel),
        at=entry.at,
        ready_at=started.ready_at,
        expires_at=started.expires_at,
    )
    entry.record(RecoveryStarted(None, f"account:{account_id}"))
    return started


async def find(entry: Entry, handle: str) -> Recovery | None:
    """Return a recovery under way."""
    row = await entry.one(FIND, of_recovery=opaque.digest(handle), at=entry.at)
    if row is None:
        return None
    return Recovery(UUID(bytes=row["account_id"].bytes), row["ready_at"], row["expires_at"])


async def complete(entry: Entry, handle: str) -> UUID:
    """Finish: every session and every other recovery ends, and no device is known.

    The caller sets the new way in. Returns the account.

    :raises RecoveryOver: stopped, finished, run out, or not ready yet
    """
    row = await entry.one(COMPLETE, of_recovery=opaque.digest(handle), at=entry.at)
    if row is None:
        raise RecoveryOver
    account_id = UUID(bytes=row["account_id"].bytes)
    await entry.run(CANCEL_ALL, of_account=account_id, at=entry.at)
    await sessions.end_all(entry, account_id)
    await devices.forget(entry, account_id)
    await accounts.credentials_changed(entry, account_id)
    whom = f"account:{account_id}"
    entry.record(RecoveryCompleted(whom, whom))
    return account_id


async def is_recent(entry: Entry, account_id: UUID) -> bool:
    """Whether the account was recovered just now: all its sessions are of after that."""
    since = entry.at - RECENT
    return await entry.one(RECENTLY, of_account=account_id, since=since) is not None


async def under_way(entry: Entry, account_id: UUID) -> Recovery | None:
    """Return the account's recovery that is ready first, if any runs."""
    row = await entry.one(UNDER_WAY, of_account=account_id, at=entry.at)
    return Recovery(account_id, row["ready_at"], row["expires_at"]) if row else None


async def cancel(entry: Entry, handle: str) -> UUID:
    """Stop it and those beside it, from a mail. Returns the account.

    :raises RecoveryOver: stopped, finished or run out
    """
    row = await entry.one(CANCEL, of_cancel=opaque.digest(handle), at=entry.at)
    if row is None:
        raise RecoveryOver
    account_id = UUID(bytes=row["account_id"].bytes)
    _stopped(entry, account_id)
    return account_id


async def cancel_all(entry: Entry, account_id: UUID) -> None:
    """Stop whatever runs, by who is signed in; nothing if nothing does."""
    if await entry.one(CANCEL_ALL, of_account=account_id, at=entry.at) is not None:
        _stopped(entry, account_id)


def _stopped(entry: Entry, account_id: UUID) -> None:
    whom = f"account:{account_id}"
    entry.record(RecoveryCancelled(whom, whom))
