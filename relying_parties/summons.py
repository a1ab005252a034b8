"""Summons: citizens who have to be told that something waits for their answer.

    asked ──take──▶ under way ──told, or nobody to tell──▶ noted
                        └──a minute without a word of the worker──▶ due again

The worker tells them, not who asks: a request to an address that nobody has is taken in the
same time and by the same statements as any other. No row is held while somebody is told,
because a poll waits for who holds its row, and would see how long that takes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import tables

UNDER_WAY = timedelta(minutes=1)  # a worker that died in the meantime is not waited for longer

_r = tables.backchannel_requests.c
_at = sa.bindparam("at", type_=tables.NOW)
_until = sa.bindparam("until", type_=tables.NOW)
_next = (
    sa.select(_r.id)
    .where(
        _r.noticed_at.is_(None),
        sa.or_(_r.notice_due_at.is_(None), _r.notice_due_at <= _at),
    )
    .order_by(_r.created_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
TAKE = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id.in_(_next.scalar_subquery()))
    .values(notice_due_at=_until)
    .returning(_r.id, _r.client_id, _r.citizen, _r.in_detail, _r.state, _r.expires_at)
)
# Of what was taken: meanwhile there may be news that the citizen has to hear as well.
NOTE = statement(
    sa.update(tables.backchannel_requests)
    .where(
        _r.id == sa.any_(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid))), _r.notice_due_at == _until
    )
    .values(noticed_at=_at, notice_due_at=sa.null())
)


@dataclass(frozen=True, slots=True)
class Summons:
    """One citizen to tell, if there is one.

    :ivar citizen: the sealed reference
    :ivar in_detail: which of the two budgets it is of
    """

    id: UUID
    client_id: str
    citizen: bytes = field(repr=False)
    in_detail: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What one worker looks after until a moment.

    :ivar nobody: requests that nobody has to hear of
    """

    until: datetime
    summons: Sequence[Summons]
    nobody: Sequence[UUID]


async def take(entry: Entry, most: int = 50) -> Taken:
    """Take requests of which nobody was told, for a minute; no other worker gets them meanwhile."""
    until = entry.at + UNDER_WAY
    rows = await entry.all(TAKE, at=entry.at, until=until, most=most)
    found = {
        UUID(bytes=row["id"].bytes): Summons(
            UUID(bytes=row["id"].bytes),
            row["client_id"],
            row["citizen"],
            row["in_detail"],
            row["expires_at"],
        )
        for row in rows
        if row["citizen"] is not None and row["state"] == "pending" and row["expires_at"] > entry.at
    }
    every = [UUID(bytes=row["id"].bytes) for row in rows]
    return Taken(until, [*found.values()], [one for one in every if one not in found])


async def note(entry: Entry, taken: Taken, ids: Collection[UUID]) -> None:
    """Note that these were told; durable with what was done about it, and the last of it."""
    await entry.run(NOTE, ids=list(ids), until=taken.until, at=entry.at)
