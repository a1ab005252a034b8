"""Asides: requests that a citizen put aside, and when they want to be reminded of them.

    waiting ──until a moment──▶ aside ──the moment──▶ told, and waiting as before
       ▲                          │
       └──────"not after all"─────┘

Nothing of it reaches the service. The request itself is neither changed nor locked, and no key
joins the two tables: a poll in the same moment would see either. Each is told once, however
many workers look.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.errors import MomentRefused
from relying_parties.grants.backchannel_requests import Asked

NEAREST = timedelta(minutes=15)  # from now, and to the end: somebody has to read it and answer

_a, _r = tables.asides.c, tables.backchannel_requests.c
_at = sa.bindparam("at", type_=tables.NOW)
_put = pg.insert(tables.asides).values(
    **{name: sa.bindparam(name) for name in ("request_id", "citizen", "due_at", "ends_at")},
    told_at=sa.null(),
)
PUT = statement(
    _put.on_conflict_do_update(
        index_elements=["request_id"],
        set_={"due_at": _put.excluded.due_at, "told_at": sa.null()},
    )
)
OF = statement(
    sa.select(_a.request_id, _a.due_at, _a.told_at).where(
        _a.request_id == sa.any_(sa.bindparam("requests", type_=pg.ARRAY(sa.Uuid)))
    )
)
TAKE_BACK = statement(sa.delete(tables.asides).where(_a.request_id == sa.bindparam("of_request")))
_due = (
    sa.select(_a.request_id)
    .where(_a.told_at.is_(None), _a.due_at <= _at)
    .order_by(_a.due_at, _a.request_id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_taken = (
    sa.update(tables.asides)
    .where(_a.request_id.in_(_due.scalar_subquery()))
    .values(told_at=_at)
    .returning(_a.request_id, _a.citizen)
    .cte("taken")
)
TAKE = statement(
    # Whoever answered meanwhile needs no reminder.
    sa.select(_taken.c.citizen, _r.client_id, _r.expires_at)
    .join_from(_taken, tables.backchannel_requests, _r.id == _taken.c.request_id)
    .where(_r.state == "pending", _r.expires_at > _at)
)
PURGE = statement(
    sa.delete(tables.asides).where(_a.ends_at < sa.bindparam("before", type_=tables.NOW))
)


@dataclass(frozen=True, slots=True)
class Aside:
    """Until when a request is out of the way; ``told`` if that moment has been."""

    due_at: datetime
    told: bool

    def away(self, at: datetime) -> bool:
        """Whether it is out of the way still."""
        return not self.told and self.due_at > at


@dataclass(frozen=True, slots=True)
class Reminder:
    """One citizen to tell; ``citizen`` is the sealed reference."""

    client_id: str
    citizen: bytes = field(repr=False)
    expires_at: datetime


def span(asked: Asked, at: datetime) -> tuple[datetime, datetime] | None:
    """Return the first and the last moment at which a reminder is of use, if there is any."""
    first, last = at + NEAREST, asked.expires_at - NEAREST
    return (first, last) if asked.state == "pending" and first <= last else None


async def put(entry: Entry, asked: Asked, citizen: bytes, *, until: datetime) -> None:
    """Put a request aside, or choose another moment for one that is.

    :param citizen: sealed reference to whom to remind
    :raises MomentRefused: too soon, or too near the end of the request
    """
    possible = span(asked, entry.at)
    if possible is None or not possible[0] <= until <= possible[1]:
        raise MomentRefused
    await entry.run(
        PUT, request_id=asked.id, citizen=citizen, due_at=until, ends_at=asked.expires_at
    )


async def take_back(entry: Entry, request_id: UUID) -> None:
    """Let a request wait as if it had never been put aside."""
    await entry.run(TAKE_BACK, of_request=request_id)


async def of(entry: Entry, requests: Collection[UUID]) -> dict[UUID, Aside]:
    """Return which of these requests were put aside."""
    if not requests:
        return {}
    rows = await entry.all(OF, requests=list(requests))
    return {
        UUID(bytes=row["request_id"].bytes): Aside(row["due_at"], row["told_at"] is not None)
        for row in rows
    }


async def take(entry: Entry, most: int = 100) -> list[Reminder]:
    """Take the reminders that are due; durable with what is done about them."""
    rows = await entry.all(TAKE, at=entry.at, most=most)
    return [Reminder(row["client_id"], row["citizen"], row["expires_at"]) for row in rows]


async def purge(entry: Entry) -> int:
    """Forget what was put aside of requests that are over."""
    return await entry.run(PURGE, before=entry.at)
