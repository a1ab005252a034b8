"""Following the journal: every event of some kinds once, in order, soon after it is final.

A row gets its number before its transaction ends, so a reader that takes the newest number
for the end would pass rows that are not there yet. What was newest at one look is final when
every transaction that had begun by then has ended:

    look: note the newest row, draw a transaction number ──later: none below it runs──▶ final

The row is read first: whoever holds a lower number of a row has a lower transaction number, too.
A follower does what it wants with the rows in the same entry, so they are dealt with once,
whenever it dies. Of two at once, one gets nothing.
"""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import tables
from keys.entry import Entry, statement
from keys.finality import CURSOR, SET_CURSOR
from keys.journal import Journalled

_rows, _cursors = tables.journal.c, tables.cursors.c

BEGIN = statement(
    pg.insert(tables.cursors)
    .values(name=sa.bindparam("cursor"), seq=sa.literal_column("0", sa.BigInteger))
    .on_conflict_do_nothing()
)
NEWEST = statement(sa.select(sa.func.coalesce(sa.func.max(_rows.seq), 0).label("seq")))
LOCK = statement(
    sa.select(_cursors.seq)
    .where(_cursors.name == sa.bindparam("cursor"))
    .with_for_update(skip_locked=True)
)
RUNNING = statement(
    sa.select(
        sa.func.pg_current_xact_id().cast(sa.Text).label("ours"),
        sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot()).cast(sa.Text).label("oldest"),
    )
)
UNREAD = statement(
    sa.select(tables.journal)
    .where(
        _rows.seq > sa.bindparam("after"),
        _rows.seq <= sa.bindparam("last"),
        _rows.kind == sa.any_(sa.bindparam("kinds", type_=pg.ARRAY(sa.Text))),
    )
    .order_by(_rows.seq)
    .limit(sa.bindparam("most", type_=sa.Integer))
)

PASSED = statement(
    sa.select(sa.literal_column("1", sa.Integer)).where(
        sa.exists().where(
            _cursors.name == sa.bindparam("cursor"),
            _cursors.seq
            >= sa.select(sa.func.max(_rows.seq))
            .where(
                _rows.object == sa.bindparam("whom"),
                _rows.kind == sa.bindparam("kind"),
                # In the words of the partial index, so that the planner takes it.
                sa.text("kind NOT IN ('CodeIssued', 'TokensIssued', 'ClaimsReleased')"),
            )
            .scalar_subquery(),
        )
    )
)


async def follow(
    entry: Entry, name: str, kinds: Collection[str], most: int = 500
) -> list[Journalled]:
    """Return the next events of ``kinds``; with the entry's commit they count as dealt with.

    :param entry: one in which nothing was written yet
    :param name: of the follower; a new one begins with the first row there is
    """
    newest = await entry.one(NEWEST)
    place = await entry.one(LOCK, cursor=name)  # draws our transaction number
    if place is None:  # another worker is at it, or nobody ever was
        await entry.run(BEGIN, cursor=name)
        return []
    final = await _final(entry, f"{name} noted", newest["seq"] if newest else 0)
    if final <= place["seq"]:
        return []
    rows = await entry.all(UNREAD, after=place["seq"], last=final, kinds=list(kinds), most=most)
    last = rows[-1]["seq"] if len(rows) == most else final
    await entry.run(SET_CURSOR, cursor=name, seq=last, snapshot=None)
    return [Journalled(**dict(row.items())) for row in rows]


async def _final(entry: Entry, cursor: str, newest: int) -> int:
    """Return the last row that is final, and note which one may be at a later look."""
    running = await entry.one(RUNNING)
    noted = await entry.one(CURSOR, cursor=cursor)
    if running is None:
        return 0
    if noted is not None and int(running["oldest"]) < noted["snapshot"]:
        return 0
    if noted is None or noted["seq"] != newest:
        await entry.run(SET_CURSOR, cursor=cursor, seq=newest, snapshot=int(running["ours"]))
    return int(noted["seq"]) if noted is not None else 0


async def passed(entry: Entry, name: str, *, kind: str, whom: str) -> bool:
    """Whether a follower has dealt with the latest event of ``kind`` about ``whom``."""
    return await entry.one(PASSED, cursor=name, kind=kind, whom=whom) is not None
