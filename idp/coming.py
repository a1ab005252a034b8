"""What a citizen told us beforehand: it holds from its day on, and can be dropped until then.

    coming ──its day──▶ active, and what held before is superseded as of the day before
       └──dropped, or told anew──▶ withdrawn

Readings look at the day themselves (:mod:`idp.readings`), so nobody waits for these rows to be
put in order; that happens when the next value is written, or when the worker comes by.
"""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from idp import tables
from idp.events import ComingDropped
from keys.entry import Entry, Row, statement

_a = tables.attributes.c
COMING = sa.literal_column("'coming'", sa.Text)
_today = sa.bindparam("today", type_=sa.Date)
_OF_CLAIM = (
    _a.account_id == sa.bindparam("of_account"),
    _a.claim == sa.bindparam("of_claim"),
    _a.status == COMING,
)

DUE_OF_CLAIM = statement(
    sa.select(_a.id, _a.account_id, _a.claim, _a.valid_from)
    .where(*_OF_CLAIM, _a.valid_from <= _today)
    .with_for_update()
)
DUE = statement(
    sa.select(_a.id, _a.account_id, _a.claim, _a.valid_from)
    .where(_a.status == COMING, _a.valid_from <= _today)
    .order_by(_a.valid_from, _a.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
END = statement(
    sa.update(tables.attributes)
    .where(
        _a.account_id == sa.bindparam("of_account"),
        _a.claim == sa.bindparam("of_claim"),
        sa.not_(_a.verified),
        _a.status.in_([sa.literal_column("'active'"), sa.literal_column("'disputed'")]),
    )
    .values(
        status="superseded",
        valid_until=sa.func.coalesce(_a.valid_until, sa.bindparam("left", type_=sa.Date)),
    )
)
BEGIN = statement(
    sa.update(tables.attributes).where(_a.id == sa.bindparam("of_row")).values(status="active")
)
DROP = statement(
    sa.update(tables.attributes)
    .where(*_OF_CLAIM, _a.valid_from > _today)
    .values(status="withdrawn")
    .returning(_a.valid_from)
)


async def arrive(entry: Entry, account_id: UUID, claim: str) -> None:
    """Put one claim in order, before anything is written about it."""
    row = await entry.one(
        DUE_OF_CLAIM, of_account=account_id, of_claim=claim, today=entry.at.date()
    )
    if row is not None:
        await _begin(entry, row)


async def arrive_all(entry: Entry, limit: int = 500) -> int:
    """Put up to ``limit`` claims in order whose day has come; return how many."""
    rows = await entry.all(DUE, today=entry.at.date(), most=limit)
    for row in rows:
        await _begin(entry, row)
    return len(rows)


async def drop(entry: Entry, account_id: UUID, claim: str) -> bool:
    """Forget what was to come of a claim; false if nothing was."""
    row = await entry.one(DROP, of_account=account_id, of_claim=claim, today=entry.at.date())
    if row is None:
        return False
    whom = f"account:{account_id}"
    entry.record(ComingDropped(whom, whom, claim))
    return True


async def _begin(entry: Entry, row: Row) -> None:
    left = row["valid_from"] - timedelta(days=1)
    await entry.run(END, of_account=row["account_id"], of_claim=row["claim"], left=left)
    await entry.run(BEGIN, of_row=row["id"])
