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


_expected = sa.bindparam("expected", type_=sa.Integer)


def _move(before: str, after: str) -> Any:
    return statement(
        sa.update(tables.attributes)
        .where(
            _attributes.account_id == sa.bindparam("of_account"),
            _attributes.claim == sa.bindparam("of_claim"),
            _attributes.status == before,
            _attributes.source_type != "self",
            _attributes.version == sa.func.coalesce(_expected, _attributes.version),
        )
        .values(status=after)
        .returning(_attributes.id)
    )


OPEN = _move("active", DISPUTED)
DROP = _move(DISPUTED, "active")


STANDS = statement(
    sa.select(_attributes.id).where(
        _attributes.account_id == sa.bindparam("of_account"),
        _attributes.claim == sa.bindparam("of_claim"),
        _attributes.status == DISPUTED,
        _attributes.source_type != "self",
        _attributes.version == _expected,
    )
)


async def begin(entry: Entry, account_id: UUID, claim: str, expected: int | None = None) -> None:
    """Note that the citizen says a detail is wrong: from now on nobody gets it.

    :param expected: the version that they say it of; what was written since is not meant
    :raises NothingToDispute: nobody else wrote it, or it is contested already
    """
    whose = {"of_account": account_id, "of_claim": claim}
    if await entry.one(OPEN, **whose, expected=expected) is None:
        raise NothingToDispute(claim)
    whom = f"account:{account_id}"
    entry.record(AttributeDisputed(whom, whom, claim))


async def stands(entry: Entry, account_id: UUID, claim: str, version: int) -> bool:
    """Whether the citizen contests this version of a detail."""
    whose = {"of_account": account_id, "of_claim": claim}
    return await entry.one(STANDS, **whose, expected=version) is not None


async def drop(entry: Entry, account_id: UUID, claim: str) -> None:
    """Note that the citizen contests the detail no more.

    :raises NothingToDispute: it is not contested
    """
    whose = {"of_account": account_id, "of_claim": claim}
    if await entry.one(DROP, **whose, expected=None) is None:
        raise NothingToDispute(claim)
    whom = f"account:{account_id}"
    entry.record(DisputeDropped(whom, whom, claim))
