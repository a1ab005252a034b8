"""Summons: citizens who have to be told that something waits for their answer.

The worker tells them, not who asks: a request to an address that nobody has is taken in the
same time and by the same statements as any other.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from keys.entry import Entry, statement
from relying_parties import tables

_r = tables.backchannel_requests.c
_at = sa.bindparam("at", type_=tables.NOW)
_next = (
    sa.select(_r.id)
    .where(_r.noticed_at.is_(None))
    .order_by(_r.created_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
TAKE = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id.in_(_next.scalar_subquery()))
    .values(noticed_at=_at)
    .returning(_r.id, _r.client_id, _r.citizen, _r.in_detail, _r.state, _r.expires_at)
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


async def take(entry: Entry, most: int = 50) -> list[Summons]:
    """Take those whom nobody has told; durable with what is done about them."""
    rows = await entry.all(TAKE, at=entry.at, most=most)
    return [
        Summons(
            UUID(bytes=row["id"].bytes),
            row["client_id"],
            row["citizen"],
            row["in_detail"],
            row["expires_at"],
        )
        for row in rows
        if row["citizen"] is not None and row["state"] == "pending" and row["expires_at"] > entry.at
    ]
