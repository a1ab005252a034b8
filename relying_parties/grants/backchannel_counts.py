"""Counts of what a service asks from behind, for those who look after services: numbers alone.

How often it was refused because it asked too often is counted by the day; everything else is
read off the requests for as long as they are kept.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import tables

SEEN = timedelta(days=30)

_r, _f = tables.backchannel_requests.c, tables.backchannel_refusals.c
_at = sa.bindparam("at", type_=tables.NOW)
_count: Any = sa.func.count()

_new = pg.insert(tables.backchannel_refusals).values(
    client_id=sa.bindparam("client_id"), day=sa.bindparam("day"), times=1
)
REFUSED = statement(
    _new.on_conflict_do_update(
        index_elements=["client_id", "day"], set_={"times": tables.backchannel_refusals.c.times + 1}
    )
)
STANDING = statement(
    sa.select(
        _count.filter(_r.state == "pending", _r.expires_at > _at).label("waiting"),
        _count.filter(_r.state == "approved").label("approved"),
        _count.filter(_r.state == "declined").label("declined"),
        _count.filter(_r.state == "pending", _r.expires_at <= _at).label("unanswered"),
    ).where(_r.client_id == sa.bindparam("of_client"))
)
REFUSALS = statement(
    sa.select(sa.func.coalesce(sa.func.sum(_f.times), 0).label("refused")).where(
        _f.client_id == sa.bindparam("of_client"), _f.day > sa.bindparam("since")
    )
)
PURGE = statement(sa.delete(tables.backchannel_refusals).where(_f.day <= sa.bindparam("before")))


async def refused(entry: Entry, client_id: str) -> None:
    """Count that a service was refused because it asked too often; it stays with the refusal."""
    await entry.run(REFUSED, client_id=client_id, day=entry.at.date())
    await entry.commit()


async def standing(entry: Entry, client_id: str) -> Mapping[str, int]:
    """Return how many requests wait, were approved, declined, not answered, and refused."""
    rows = await entry.one(STANDING, of_client=client_id, at=entry.at)
    since = (entry.at - SEEN).date()
    more = await entry.one(REFUSALS, of_client=client_id, since=since)
    counted = {**(dict(rows.items()) if rows else {}), **(dict(more.items()) if more else {})}
    return {name: int(value) for name, value in counted.items()}


async def purge(entry: Entry) -> int:
    """Forget counts of more than a month ago."""
    return await entry.run(PURGE, before=(entry.at - SEEN).date())
