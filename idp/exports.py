"""Exports: the file of everything that is held of a citizen, made when they ask for it.

    queued ──a worker makes it, part by part──▶ ready ──downloaded, once──▶ taken
       └──it could not be made five times──▶ failed      └──24 hours──▶ gone

The file is sealed under the citizen's own key. There is one at a time: who asks again gives
up the one before. Of fifty who fetch it at once one gets it, and with that it is gone here.

Specs: GDPR Art. 15, Art. 20.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import attributes, tables
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.vault import Vault

LIVES = timedelta(hours=24)  # to be made, and then to be fetched
TURN = timedelta(minutes=5)  # for which one that was taken is its worker's alone
MOST_TRIES = 5

QUEUED, READY, TAKEN, FAILED = "queued", "ready", "taken", "failed"

_exports, _x = tables.exports, tables.exports.c
_at = sa.bindparam("at", type_=tables.NOW)
_SHOWN = (
    *(_x.id, _x.account_id, _x.locale, _x.state, _x.done, _x.asked_at, _x.due_at),
    *(_x.ready_at, _x.expires_at, _x.size),
)
# As the index spells it.
_WAITS = sa.literal_column("idp.exports.state = 'queued'", sa.Boolean)

ADD = statement(
    pg.insert(_exports)
    .values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        locale=sa.bindparam("locale"),
        state=QUEUED,
        asked_at=_at,
        due_at=_at,
        expires_at=sa.bindparam("expires_at"),
    )
    .on_conflict_do_nothing()
    .returning(_x.id)
)
GIVE_UP = statement(
    sa.delete(_exports).where(
        _x.account_id == sa.bindparam("of_account"), _x.state != sa.literal_column("'queued'")
    )
)
LATEST = statement(
    sa.select(*_SHOWN)
    .where(_x.account_id == sa.bindparam("of_account"), _x.expires_at > _at)
    .order_by(_x.asked_at.desc())
    .limit(1)
)
_next = (
    sa.select(_x.id)
    .where(_WAITS, _x.due_at <= _at, _x.tries < MOST_TRIES, _x.expires_at > _at)
    .order_by(_x.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
TAKE = statement(
    sa.update(_exports)
    .where(_x.id.in_(_next.scalar_subquery()))
    .values(due_at=sa.bindparam("until", type_=tables.NOW), tries=_x.tries + 1, done=0)
    .returning(*_SHOWN)
)
WORN_OUT = statement(
    sa.update(_exports).where(_WAITS, _x.due_at <= _at, _x.tries >= MOST_TRIES).values(state=FAILED)
)
_mine = (_x.id == sa.bindparam("of_export"), _WAITS, _x.due_at == sa.bindparam("until"))
NOTE = statement(sa.update(_exports).where(*_mine).values(done=sa.bindparam("parts")))
FINISH = statement(
    sa.update(_exports)
    .where(*_mine)
    .values(
        state=READY,
        ready_at=_at,
        expires_at=sa.bindparam("ends", type_=tables.NOW),
        size=sa.bindparam("bytes"),
        sealed=sa.bindparam("body", type_=sa.LargeBinary),
    )
    .returning(_x.id)
)
_was = tables.exports.alias("was")
_old = (
    sa.select(_was.c.id, _was.c.sealed)
    .where(
        _was.c.id == sa.bindparam("of_export"),
        _was.c.account_id == sa.bindparam("of_account"),
        _was.c.state == READY,
        _was.c.expires_at > _at,
    )
    .with_for_update()
    .subquery("old")
)
FETCH = statement(
    sa.update(_exports).where(_x.id == _old.c.id).values(state=TAKEN, sealed=sa.null())
    .returning(_old.c.sealed)
)  # fmt: skip
PURGE = statement(sa.delete(_exports).where(_x.expires_at < _at))


@dataclass(frozen=True, slots=True)
class Export:
    """One file, on its way or made.

    :ivar done: how many of its parts are there
    :ivar due_at: until when the worker that has it has it
    :ivar size: in bytes, once it is made
    """

    id: UUID
    account_id: UUID
    locale: str
    state: str
    done: int
    asked_at: datetime
    due_at: datetime
    ready_at: datetime | None
    expires_at: datetime
    size: int | None


async def ask(entry: Entry, account_id: UUID, locale: str) -> bool:
    """Ask for a file, instead of any that there is; ``False`` if one is being made already."""
    await entry.run(GIVE_UP, of_account=account_id)
    added = await entry.one(
        ADD,
        id=opaque.new_id(),
        account_id=account_id,
        locale=locale,
        at=entry.at,
        expires_at=entry.at + LIVES,
    )
    return added is not None


async def latest(entry: Entry, account_id: UUID) -> Export | None:
    """Return the account's file, in whatever state, if its time is not over."""
    row = await entry.one(LATEST, of_account=account_id, at=entry.at)
    return _export(row) if row else None


async def take(entry: Entry) -> Export | None:
    """Take one that is to be made; nobody else gets it for :data:`TURN`."""
    await entry.run(WORN_OUT, at=entry.at)
    row = await entry.one(TAKE, at=entry.at, until=entry.at + TURN)
    return _export(row) if row else None


async def note(entry: Entry, one: Export, parts: int) -> None:
    """Note how many of its parts are there, for who waits for it."""
    await entry.run(NOTE, of_export=one.id, until=one.due_at, parts=parts)


async def finish(entry: Entry, vault: Vault, one: Export, body: bytes) -> bool:
    """Keep the file, sealed; ``False`` if another worker has taken it meanwhile.

    :raises AccountNotOpen: nobody is there any more to fetch it
    """
    key = await attributes.data_key(entry, vault, one.account_id)
    kept = await entry.one(
        FINISH,
        of_export=one.id,
        until=one.due_at,
        at=entry.at,
        ends=entry.at + LIVES,
        bytes=len(body),
        body=key.seal(body, *_place(one.account_id, one.id)),
    )
    return kept is not None


async def fetch(entry: Entry, vault: Vault, account_id: UUID, export_id: UUID) -> bytes | None:
    """Hand the file out, once; ``None`` if it was fetched, is over, or is another citizen's.

    :raises AccountNotOpen: there is nobody to hand it to
    """
    row = await entry.one(FETCH, of_export=export_id, of_account=account_id, at=entry.at)
    if row is None:
        return None
    key = await attributes.data_key(entry, vault, account_id)
    return key.open(row["sealed"], *_place(account_id, export_id))


async def purge(entry: Entry) -> int:
    """Delete files whose time is over, fetched or not."""
    return await entry.run(PURGE, at=entry.at)


def _place(account_id: UUID, export_id: UUID) -> tuple[str, str, str]:
    return "idp.exports", str(account_id), str(export_id)


def _export(row: Row) -> Export:
    values = dict(row.items())
    for name in ("id", "account_id"):
        values[name] = UUID(bytes=values[name].bytes)
    return Export(**values)
