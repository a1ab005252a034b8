"""The journal: every change of state, append-only, chained so that altering it shows.

Rows are written in the transaction of what they describe. A chain at commit would
make all writers wait for one another, so the worker chains rows in batches once
they are final:

    rows ──chain, first look: note the newest row and the newest transaction──▶ noted
         ──chain, later: every transaction of that time has ended──▶ a batch

A batch's digest covers its rows, in order, and the digest of the batch before. A
row that is altered, removed or slipped in afterwards breaks its batch.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import finality, tables
from keys.entry import Entry, Row, statement

CHAIN = "chain"  # name of the chain's own cursor
_START = bytes(32)
_MOST = 5000  # rows of a batch

_rows = tables.journal.c
_batches = tables.journal_batches.c


SEARCH = statement(
    sa.select(tables.journal)
    .where(
        sa.or_(
            sa.bindparam("actor", type_=sa.Text).is_(None), _rows.actor == sa.bindparam("actor")
        ),
        sa.or_(
            sa.bindparam("object", type_=sa.Text).is_(None), _rows.object == sa.bindparam("object")
        ),
        sa.or_(sa.bindparam("kind", type_=sa.Text).is_(None), _rows.kind == sa.bindparam("kind")),
        sa.or_(
            sa.bindparam("since", type_=tables.NOW).is_(None), _rows.at >= sa.bindparam("since")
        ),
        _rows.seq < sa.bindparam("before", type_=sa.BigInteger),
    )
    .order_by(_rows.seq.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
ABOUT = statement(
    sa.select(tables.journal)
    .where(
        sa.or_(_rows.actor == sa.bindparam("whom"), _rows.object == sa.bindparam("whom")),
        # In the words of the partial indexes, so that the planner takes them.
        sa.text("kind NOT IN ('CodeIssued', 'TokensIssued', 'ClaimsReleased')"),
        _rows.seq < sa.bindparam("before", type_=sa.BigInteger),
    )
    .order_by(_rows.seq.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
BETWEEN = statement(
    sa.select(tables.journal)
    .where(_rows.seq > sa.bindparam("after"), _rows.seq <= sa.bindparam("last"))
    .order_by(_rows.seq)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
OF_KIND = statement(
    sa.select(tables.journal)
    .where(
        _rows.kind == sa.bindparam("kind"),
        _rows.seq > sa.bindparam("after"),
        _rows.seq <= sa.bindparam("last"),
    )
    .order_by(_rows.seq)
)
NEWEST = finality.newest(_rows.seq)
LAST_BATCH = statement(sa.select(tables.journal_batches).order_by(_batches.number.desc()).limit(1))
ALL_BATCHES = statement(sa.select(tables.journal_batches).order_by(_batches.number))
ADD_BATCH = statement(
    pg.insert(tables.journal_batches)
    .values(
        number=sa.bindparam("number"),
        first_seq=sa.bindparam("first_seq"),
        last_seq=sa.bindparam("last_seq"),
        rows=sa.bindparam("rows"),
        digest=sa.bindparam("digest"),
        at=sa.bindparam("at"),
    )
    .on_conflict_do_nothing()
    .returning(_batches.number)
)


@dataclass(frozen=True, slots=True)
class Journalled:
    """An event as it was written down."""

    seq: int
    at: datetime
    kind: str
    actor: str | None
    object: str | None
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying the chain found.

    :ivar broken: number of the first batch whose rows are not those that were chained
    :ivar between: the first and the last ``seq`` of that batch: the damage is there
    """

    batches: int
    rows: int
    unchained: int
    broken: int | None
    between: tuple[int, int] | None = None


def cte(
    kind: str,
    *,
    actor: sa.ColumnElement[Any],
    object: sa.ColumnElement[Any],  # noqa: A002 - the column's name
    fields: sa.ColumnElement[Any],
    source: sa.FromClause,
    at: sa.ColumnElement[Any] | None = None,
) -> sa.CTE:
    """Journal each row of ``source`` in the statement that changes it (ADR 4).

    :param at: the moment of each row; without it, the statement needs a parameter ``at``
    """
    rows = sa.select(
        sa.bindparam("at", type_=tables.NOW) if at is None else at,
        sa.literal_column(f"'{kind}'", sa.Text),
        actor,
        object,
        fields,
    ).select_from(source)
    written = sa.insert(tables.journal).from_select(
        ["at", "kind", "actor", "object", "fields"], rows
    )
    return written.cte("journalled")


async def search(
    entry: Entry,
    *,
    actor: str | None = None,
    object: str | None = None,  # noqa: A002 - the column's name
    kind: str | None = None,
    since: datetime | None = None,
    before: int = 2**62,
    limit: int = 50,
) -> list[Journalled]:
    """Return the newest events that match, newest first."""
    rows = await entry.all(
        SEARCH, actor=actor, object=object, kind=kind, since=since, before=before, most=limit
    )
    return [_journalled(row) for row in rows]


async def about(
    entry: Entry, whom: str, *, before: int = 2**62, limit: int = 50
) -> list[Journalled]:
    """Return what ``whom`` did and what was done to them, newest first; not the hot path's rows."""
    rows = await entry.all(ABOUT, whom=whom, before=before, most=limit)
    return [_journalled(row) for row in rows]


async def of_kind(entry: Entry, kind: str, *, after: int, last: int) -> list[Journalled]:
    """Return the events of one kind behind ``after``, up to ``last``, oldest first."""
    rows = await entry.all(OF_KIND, kind=kind, after=after, last=last)
    return [_journalled(row) for row in rows]


async def chain(entry: Entry) -> int:
    """Chain the rows that have become final; returns how many.

    Two workers at once chain the same batch; the second finds it there.
    """
    final = await finality.reached(entry, NEWEST, CHAIN)
    return 0 if final is None else await _batch(entry, final)


async def verify(entry: Entry) -> Verdict:
    """Recompute every batch's digest from the rows."""
    before, last, total = _START, 0, 0
    batches = await entry.all(ALL_BATCHES)
    for batch in batches:
        rows = await entry.all(BETWEEN, after=last, last=batch["last_seq"], most=_MOST + 1)
        digest = _digest(before, rows)
        if digest != batch["digest"] or len(rows) != batch["rows"]:
            between = (last + 1, batch["last_seq"])
            return Verdict(len(batches), total, 0, batch["number"], between)
        before, last, total = digest, batch["last_seq"], total + len(rows)
    loose = await entry.all(BETWEEN, after=last, last=2**62, most=_MOST)
    return Verdict(len(batches), total, len(loose), None)


async def _batch(entry: Entry, upto: int) -> int:
    last = await entry.one(LAST_BATCH)
    number, after, before = (
        (last["number"] + 1, last["last_seq"], last["digest"]) if last else (1, 0, _START)
    )
    total = 0
    while rows := await entry.all(BETWEEN, after=after, last=upto, most=_MOST):
        before = _digest(before, rows)
        added = await entry.one(
            ADD_BATCH,
            number=number,
            first_seq=rows[0]["seq"],
            last_seq=rows[-1]["seq"],
            rows=len(rows),
            digest=before,
            at=entry.at,
        )
        if added is None:
            return total
        number, after, total = number + 1, rows[-1]["seq"], total + len(rows)
    return total


def _digest(before: bytes, rows: Iterable[Row]) -> bytes:
    sum_ = hashlib.sha256(before)
    for row in rows:
        line = [
            row["seq"], row["at"].isoformat(), row["kind"], row["actor"], row["object"],
            row["fields"],
        ]  # fmt: skip
        text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        sum_.update(hashlib.sha256(text.encode()).digest())
    return sum_.digest()


def _journalled(row: Row) -> Journalled:
    return Journalled(**dict(row.items()))
