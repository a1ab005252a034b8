"""Logouts: services that must hear that a session of theirs ended.

    due ──take──▶ under way ──told──▶ told
     ▲                └──no answer, 5xx──▶ due, later │ after four tries: given up
     └──a minute without a word of the worker──┘        4xx: given up at once

A service has a session of a citizen if a code was issued to it in that session. It hears
of each end once, however often the end is noticed, and by its own names for both.

Specs: OpenID Connect Back-Channel Logout 1.0 §2.3 to §2.8.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.events import LogoutGivenUp, LogoutTold

AGAIN = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
UNDER_WAY = timedelta(minutes=1)  # a worker that died in the meantime is not waited for longer
KEPT = timedelta(days=7)

_codes, _clients, _logouts = tables.codes.c, tables.clients.c, tables.logouts
_at = sa.bindparam("at", type_=tables.NOW)
_uri = _clients.registration["spec"]["backchannelLogoutUri"].astext

_ended = (
    sa.select(
        sa.func.gen_random_uuid(),
        *(_codes.client_id, sa.func.min(_codes.subject), _codes.sid),
        *(sa.literal_column("'due'", sa.Text), sa.literal_column("0", sa.Integer), _at, _at),
    )
    .join_from(tables.codes, tables.clients, _clients.client_id == _codes.client_id)
    .where(
        _codes.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))),
        _codes.sid == sa.any_(sa.bindparam("sids", type_=pg.ARRAY(sa.Text))),
        _clients.status == "live",
        _uri.is_not(None),
    )
    .group_by(_codes.client_id, _codes.sid)
)
QUEUE = statement(
    pg.insert(_logouts)
    .from_select(
        ["id", "client_id", "subject", "sid", "state", "tries", "created_at", "due_at"], _ended
    )
    .on_conflict_do_nothing()
)

OPENED = statement(
    sa.select(_codes.client_id, _codes.sid)
    .join_from(tables.codes, tables.clients, _clients.client_id == _codes.client_id)
    .where(
        _codes.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))),
        _codes.sid == sa.any_(sa.bindparam("sids", type_=pg.ARRAY(sa.Text))),
        _clients.status == "live",
    )
    .group_by(_codes.client_id, _codes.sid)
    .order_by(_codes.client_id, _codes.sid)
)

_next = (
    sa.select(_logouts.c.id)
    .where(_logouts.c.state == "due", _logouts.c.due_at <= _at)
    .order_by(_logouts.c.due_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
TAKE = statement(
    sa.update(_logouts)
    .where(_logouts.c.id.in_(_next.scalar_subquery()))
    .values(tries=_logouts.c.tries + 1, due_at=sa.bindparam("until", type_=tables.NOW))
    .returning(*(_logouts.c[name] for name in ("id", "client_id", "subject", "sid", "tries")))
)
SETTLE = statement(
    sa.update(_logouts)
    .where(_logouts.c.id == sa.bindparam("logout"))
    .values(state=sa.bindparam("became"), due_at=sa.bindparam("next", type_=tables.NOW))
)
HEARD_OF = statement(
    sa.select(_logouts.c.client_id, _logouts.c.state, sa.func.count().label("logouts"))
    .where(_logouts.c.client_id == sa.bindparam("of_client"))
    .group_by(_logouts.c.client_id, _logouts.c.state)
)
PURGE = statement(
    sa.delete(_logouts).where(_logouts.c.created_at < sa.bindparam("before", type_=tables.NOW))
)


@dataclass(frozen=True, slots=True)
class Logout:
    """One service to tell of one session.

    :ivar tries: how often it was taken, this time included
    """

    id: UUID
    client_id: str
    subject: str
    sid: str
    tries: int


@dataclass(frozen=True, slots=True)
class Opened:
    """One service that has a session of a citizen, and what it calls the session."""

    client_id: str
    sid: str


async def opened(entry: Entry, subjects: Collection[str], sids: Collection[str]) -> list[Opened]:
    """Return every service that was opened with one of these sessions, by id."""
    rows = await entry.all(OPENED, subjects=list(subjects), sids=list(sids))
    return [Opened(**row) for row in rows]


async def queue(entry: Entry, subjects: Collection[str], sids: Collection[str]) -> int:
    """Note every service that holds one of these sessions; again changes nothing."""
    if not sids:
        return 0
    return await entry.run(QUEUE, subjects=list(subjects), sids=list(sids), at=entry.at)


async def take(entry: Entry, most: int = 50) -> list[Logout]:
    """Take what is due, for a minute; no other worker gets it meanwhile."""
    rows = await entry.all(TAKE, at=entry.at, until=entry.at + UNDER_WAY, most=most)
    return [Logout(**row) for row in rows]


async def told(entry: Entry, logout: Logout) -> None:
    """Note that the service heard it."""
    await entry.run(SETTLE, logout=logout.id, became="told", next=entry.at)
    entry.record(LogoutTold(actor=None, object=f"client:{logout.client_id}"))


async def failed(entry: Entry, logout: Logout, *, why: str, final: bool) -> None:
    """Note that it did not; try again later, unless that would be no use.

    :param why: one word, or the status that it answered
    :param final: the service refused the token itself
    """
    later = _again(logout.tries, entry.at)
    if later is None or final:
        await entry.run(SETTLE, logout=logout.id, became="given_up", next=entry.at)
        entry.record(LogoutGivenUp(actor=None, object=f"client:{logout.client_id}", why=why))
        return
    await entry.run(SETTLE, logout=logout.id, became="due", next=later)


async def standing(entry: Entry, client_id: str) -> dict[str, int]:
    """Return how many logouts of the last week the service was told, has to hear, or missed."""
    rows = await entry.all(HEARD_OF, of_client=client_id)
    return {row["state"]: row["logouts"] for row in rows}


async def purge(entry: Entry) -> int:
    """Delete what is a week old; returns how many rows went."""
    return await entry.run(PURGE, before=entry.at - KEPT)


def _again(tries: int, at: datetime) -> datetime | None:
    return at + AGAIN[tries - 1] if tries <= len(AGAIN) else None
