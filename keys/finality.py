"""Finality: up to which number the rows of a table that only grows can't get a new one.

Numbers are drawn before rows are committed, so a row may become visible after one with a
higher number. What was the newest row when we looked, and every row before it, is final
as soon as each transaction of that time has ended:

    look: note the newest row, draw a transaction number ──later: none below it runs──▶ final

The number must be drawn: the newest that a snapshot knows of is the newest that *ended*, and
one that began later may already hold the number of a row.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import tables
from keys.entry import Entry, Statement, statement

_cursors = tables.cursors.c

CURSOR = statement(sa.select(tables.cursors).where(_cursors.name == sa.bindparam("cursor")))
_set = pg.insert(tables.cursors).values(
    name=sa.bindparam("cursor"), seq=sa.bindparam("seq"), snapshot=sa.bindparam("snapshot")
)
SET_CURSOR = statement(
    _set.on_conflict_do_update(
        index_elements=["name"], set_={"seq": _set.excluded.seq, "snapshot": _set.excluded.snapshot}
    )
)


def newest(number: sa.ColumnElement[int]) -> Statement:
    """Return the statement that looks at a table, whose rows ``number`` numbers."""
    now = sa.func.pg_current_snapshot()
    return statement(
        sa.select(
            sa.func.coalesce(sa.func.max(number), 0).label("seq"),
            sa.func.pg_current_xact_id().cast(sa.Text).label("snapshot"),
            sa.func.pg_snapshot_xmin(now).cast(sa.Text).label("oldest"),
        )
    )


async def reached(entry: Entry, look: Statement, cursor: str) -> int | None:
    """Look, note what is there for the next time, and tell what has become final.

    :param look: what :func:`newest` made; ``cursor`` names where its notes are
    :returns: the number of a row that is final, or ``None`` while nothing new is
    """
    noted, now = await entry.one(CURSOR, cursor=cursor), await entry.one(look)
    if now is None:
        return None
    final = None
    if noted is not None and noted["snapshot"] is not None:
        if int(now["oldest"]) < noted["snapshot"]:
            return None
        final = int(noted["seq"])
    await entry.run(SET_CURSOR, cursor=cursor, seq=now["seq"], snapshot=int(now["snapshot"]))
    return final
