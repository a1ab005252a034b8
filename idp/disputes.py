"""Disputes: what a citizen says is wrong about them, until it is settled.

    active ──begin──▶ disputed ──drop──▶ active
                         └──the register writes another value──▶ superseded

Only what somebody else wrote can be contested: what citizens told, they change themselves.
A register that says the same again settles nothing (:func:`idp.attributes.record`).

Specs: GDPR Art. 16 and 18.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from idp import tables
from idp.attribute_records import DISPUTED
from idp.errors import NothingToDispute
from idp.events import AttributeDisputed, DisputeDropped
from keys.entry import Entry, statement

_attributes = tables.attributes.c


def _move(before: str, after: str) -> Any:
    return statement(
        sa.update(tables.attributes)
        .where(
            _attributes.account_id == sa.bindparam("of_account"),
            _attributes.claim == sa.bindparam("of_claim"),
            _attributes.status == before,
            _attributes.source_type != "self",
        )
        .values(status=after)
        .returning(_attributes.id)
    )


OPEN = _move("active", DISPUTED)
DROP = _move(DISPUTED, "active")


async def begin(entry: Entry, account_id: UUID, claim: str) -> None:
    """Note that the citizen says a detail is wrong: from now on nobody gets it.

    :raises NothingToDispute: nobody else wrote it, or it is contested already
    """
    if await entry.one(OPEN, of_account=account_id, of_claim=claim) is None:
        raise NothingToDispute(claim)
    whom = f"account:{account_id}"
    entry.record(AttributeDisputed(whom, whom, claim))


async def drop(entry: Entry, account_id: UUID, claim: str) -> None:
    """Note that the citizen contests the detail no more.

    :raises NothingToDispute: it is not contested
    """
    if await entry.one(DROP, of_account=account_id, of_claim=claim) is None:
        raise NothingToDispute(claim)
    whom = f"account:{account_id}"
    entry.record(DisputeDropped(whom, whom, claim))
