"""Pings: services that must hear that a citizen answered a request, or asks something first.

    answered ──take──▶ under way ──told──▶ over, what it said is forgotten
        ▲                └──no answer, 5xx──▶ due, later │ after four tries: given up
        └──a minute without a word of the worker──┘        4xx and redirects: given up at once

What a ping says, ``auth_req_id`` and the service's own token, is sealed for as long as it is
needed; nothing else here knows either.

Specs: OpenID Connect CIBA Core 1.0 §10.2.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.events import PingGivenUp, PingTold

AGAIN = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
UNDER_WAY = timedelta(minutes=1)  # a worker that died in the meantime is not waited for longer

_r = tables.backchannel_requests.c
_at = sa.bindparam("at", type_=tables.NOW)
_next = (
    sa.select(_r.id)
    .where(_r.ping_due_at <= _at)
    .order_by(_r.ping_due_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
TAKE = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id.in_(_next.scalar_subquery()))
    .values(ping_tries=_r.ping_tries + 1, ping_due_at=sa.bindparam("until", type_=tables.NOW))
    .returning(_r.id, _r.client_id, _r.ping, _r.ping_tries, _r.ping_due_at)
)
# Of what was taken: meanwhile there may be news that the service has to hear as well.
_taken = (
    _r.id == sa.bindparam("of_request"),
    _r.ping_due_at == sa.bindparam("taken_until", type_=tables.NOW),
)
LATER = statement(
    sa.update(tables.backchannel_requests)
    .where(*_taken)
    .values(ping_due_at=sa.bindparam("next", type_=tables.NOW))
)
OVER = statement(
    sa.update(tables.backchannel_requests)
    .where(*_taken)
    .values(
        # While the citizen has not answered there will be something to hear again.
        ping=sa.case((_r.state == "pending", _r.ping), else_=sa.null()),
        ping_due_at=sa.null(),
    )
)


@dataclass(frozen=True, slots=True)
class Ping:
    """One service to tell of one request.

    :ivar tries: how often it was taken, this time included
    :ivar until: for how long it is one worker's
    """

    id: UUID
    client_id: str
    sealed: bytes = field(repr=False)
    tries: int
    until: datetime


async def take(entry: Entry, most: int = 50) -> list[Ping]:
    """Take what is due, for a minute; no other worker gets it meanwhile."""
    rows = await entry.all(TAKE, at=entry.at, until=entry.at + UNDER_WAY, most=most)
    return [
        Ping(
            UUID(bytes=row["id"].bytes),
            row["client_id"],
            row["ping"],
            row["ping_tries"],
            row["ping_due_at"],
        )
        for row in rows
    ]


async def told(entry: Entry, ping: Ping) -> None:
    """Note that the service heard it."""
    await entry.run(OVER, of_request=ping.id, taken_until=ping.until)
    entry.record(PingTold(actor=None, object=f"client:{ping.client_id}"))


async def failed(entry: Entry, ping: Ping, *, why: str, final: bool) -> None:
    """Note that it did not; try again later, unless that would be no use.

    :param why: one word, or the status that it answered
    :param final: the service refused it
    """
    later = _again(ping.tries, entry.at)
    if later is None or final:
        await entry.run(OVER, of_request=ping.id, taken_until=ping.until)
        entry.record(PingGivenUp(actor=None, object=f"client:{ping.client_id}", why=why))
        return
    await entry.run(LATER, of_request=ping.id, taken_until=ping.until, next=later)


def _again(tries: int, at: datetime) -> datetime | None:
    return at + AGAIN[tries - 1] if tries <= len(AGAIN) else None
