"""Gathering: rows of many requests, written by one statement in one commit.

While one statement is under way, the rows that other requests bring wait; when it has
committed, the next one takes them all. Who comes alone waits for nobody, and a commit
is dearer than the row in it: under load several requests share one.

    add ──▶ waiting ──the one before has ended──▶ under way ──▶ durable │ refused

Each request goes on when its own row is durable. A group that the database refuses is
written row by row, so that one bad row fails alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg

if TYPE_CHECKING:
    from keys.pool import Pool

MOST = 200  # rows of one statement

Row = Mapping[str, Any]


class Writing(Protocol):
    """A statement whose parameters are arrays, an element of each for a row."""

    sql: str
    order: tuple[str, ...]


class Gathering:
    """Rows on their way into one statement, over connections of ``pool``."""

    def __init__(self, pool: "Pool", query: Writing) -> None:
        self._pool = pool
        self._query = query
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def add(self, row: Row) -> None:
        """Write ``row`` with whatever else is waiting; return when it is durable.

        :raises DatabaseBusy: no connection came free in time; nothing was written
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((row, done))
        if self._work is None:
            self._work = loop.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._settle(group)
        finally:
            self._work = None

    async def _settle(self, group: Sequence[tuple[Row, asyncio.Future[None]]]) -> None:
        try:
            await self._write([row for row, _ in group])
        except asyncpg.PostgresError as error:
            if len(group) > 1:
                for each in group:
                    await self._settle([each])
            else:
                _tell(group, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must learn of it
            _tell(group, error)
        else:
            _tell(group, None)

    async def _write(self, rows: Sequence[Row]) -> None:
        columns = [[row[name] for row in rows] for name in self._query.order]
        async with self._pool.connection() as connection:
            await connection.execute(self._query.sql, *columns)


def _tell(group: Sequence[tuple[Row, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in group:
        if done.done():  # its request was given up meanwhile
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
