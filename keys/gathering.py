"""Gathering: what many requests ask at the same time is one statement, and one commit.

While one statement is under way, what other requests bring waits; the next statement
takes all of it. Who comes alone waits for nobody but the loop's next few turns. A round
trip and a commit are dearer than the row in them, so under load several requests share both.

    ask ──▶ waiting ──the one before has ended──▶ under way ──▶ answered │ refused

Each request goes on with the rows that are its own, when they are durable. A group that
the database refuses is asked one by one, so that a bad question fails alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import outages

if TYPE_CHECKING:
    from keys.pool import Pool

MOST = 200  # questions of one statement
# Of the loop, before a group is asked: whoever is being read from their socket just now joins.
# Alone they cost some ten microseconds; of sixteen sign-ons at once they spare two statements
# in three, and as many of the steps of a service with keys, which come at odds.
TURNS = 20

Row = Mapping[str, Any]
Question = tuple[Row, asyncio.Future[list[Row]]]


class Query(Protocol):
    """A statement over :func:`asked`."""

    @property
    def sql(self) -> str:
        """What the database runs."""

    @property
    def order(self) -> tuple[str, ...]:
        """The names of the parameters."""


def asked(**kinds: Any) -> Any:
    """Return the questions of a statement as a table: a column each, and their number ``n``.

    A row of the answer belongs to the question whose ``n`` it carries. The first column is
    never null; of a statement that changes rows it is their key.
    """
    arrays: list[Any] = [sa.bindparam(name, type_=pg.ARRAY(kind)) for name, kind in kinds.items()]
    columns: list[Any] = [sa.column(name, kind) for name, kind in kinds.items()]
    table = sa.func.unnest(*arrays).table_valued(*columns, with_ordinality="n", name="asked")
    return table.render_derived()


def words(column: Any) -> Any:
    """Return a text of words as an array: an array of arrays would have to be even."""
    return sa.func.string_to_array(column, sa.literal_column("' '"), type_=pg.ARRAY(sa.Text))


class Gathering:
    """Questions on their way into one statement, over connections of ``pool``."""

    def __init__(self, pool: "Pool", query: Query) -> None:
        self._pool = pool
        self._query = query
        self._waiting: list[Question] = []
        self._work: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, question: Row) -> list[Row]:
        """Run the statement for ``question`` and whatever else is waiting; return its rows.

        :raises DatabaseBusy: no connection came free in time; nothing was written
        """
        loop = self._loop or self._here()
        answer: asyncio.Future[list[Row]] = loop.create_future()
        self._waiting.append((question, answer))
        if self._work is None:
            self._work = loop.create_task(self._drain())
        return await answer

    def _here(self) -> asyncio.AbstractEventLoop:
        # Asked once, like the pool's connections: each time it is a call into the kernel.
        self._loop = asyncio.get_running_loop()
        return self._loop

    async def _drain(self) -> None:
        try:
            while self._waiting:
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                # Every process locks rows in the same order, so no two groups wait for each other.
                group.sort(key=self._first)
                await self._settle(group)
        finally:
            self._work = None

    def _first(self, question: Question) -> Any:
        return question[0][self._query.order[0]]

    async def _settle(self, group: Sequence[Question]) -> None:
        try:
            rows = await self._fetch(arrays(self._query, [question for question, _ in group]))
        except asyncpg.PostgresError as error:
            # In an outage they would all wait again, one after the other.
            if len(group) > 1 and outages.state(error) in (None, *outages.COLLISIONS):
                for each in group:
                    await self._settle([each])
            else:
                _refuse(group, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must learn of it
            _refuse(group, error)
        else:
            _answer(group, rows)

    async def _fetch(self, columns: list[list[Any]]) -> list[Row]:
        connection = await self._pool.take()
        try:
            rows: list[Row] = await connection.fetch(self._query.sql, *columns)
            return rows
        finally:
            self._pool.give_back(connection)


def arrays(query: Query, questions: Sequence[Row]) -> list[list[Any]]:
    """Spell questions as the parameters of ``query``."""
    return [[question[name] for question in questions] for name in query.order]


def _answer(group: Sequence[Question], rows: Sequence[Row]) -> None:
    own: list[list[Row]] = [[] for _ in group]
    for row in rows:
        own[row["n"] - 1].append(row)
    for (_, answer), found in zip(group, own, strict=True):
        if not answer.done():  # its request may have been given up meanwhile
            answer.set_result(found)


def _refuse(group: Sequence[Question], error: Exception) -> None:
    for _, answer in group:
        if not answer.done():
            answer.set_exception(error)
