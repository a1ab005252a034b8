"""The entry: one unit of work, one moment, the events recorded in it.

A statement is written with SQLAlchemy Core beside the rule that it serves and is
compiled once, when it is first asked; asyncpg runs the resulting SQL (ADR 1).

    nothing ──one/all──▶ reading (a borrowed connection, no transaction)
       └──a statement that writes──▶ writing (BEGIN) ──▶ commit │ roll back

Leaving ``async with`` without an exception commits, so a refusal that must be
remembered is returned, or raised and handled inside the block; an unexpected
exception rolls everything back.
"""

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from keys import gathering, tables
from keys.events import Event
from keys.pool import Pool

DIALECT = dialect()  # type: ignore[no-untyped-call]

Row = Mapping[str, Any]

_COMPILED = ("_fixed", "order", "sql", "writes")
_WRITES = ("INSERT INTO", "UPDATE", "DELETE FROM", "advisory_xact_lock")


class Statement:
    """A Core statement compiled once: the SQL that asyncpg runs, and the order of its parameters.

    It is compiled when it is first asked: a process asks few of the product's hundreds, and a
    new one should answer soon.

    :ivar writes: any part of it changes or locks rows
    """

    __slots__ = ("_core", "_fixed", "order", "sql", "writes")

    _fixed: Mapping[str, Any]
    order: tuple[str, ...]
    sql: str
    writes: bool

    def __init__(self, core: sa.Executable) -> None:
        self._core: Any = core

    def __getattr__(self, name: str) -> Any:
        # Python comes here only for what is not there yet, so a compiled one costs nothing more.
        if name not in _COMPILED:
            raise AttributeError(name)
        compiled: Any = self._core.compile(
            dialect=DIALECT, compile_kwargs={"render_postcompile": True}
        )
        self.order = tuple(compiled.positiontup or ())
        self._fixed = {key: value for key, value in compiled.params.items() if value is not None}
        self.sql = compiled.string
        # A lock, of a row or an advisory one, is held only inside a transaction.
        self.writes = any(word in self.sql for word in _WRITES)
        return object.__getattribute__(self, name)

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """Put ``given`` into the order of the SQL; a name that is missing is a KeyError."""
        fixed = self._fixed
        return [given[name] if name in given else fixed[name] for name in self.order]


def statement(core: sa.Executable) -> Statement:
    """Compile ``core`` for asyncpg."""
    return Statement(core)


_JOURNAL = statement(
    sa.insert(tables.journal).values(
        at=sa.bindparam("at"),
        kind=sa.bindparam("kind"),
        actor=sa.bindparam("actor"),
        object=sa.bindparam("object"),
        fields=sa.bindparam("fields"),
    )
)


class Entry:
    """One unit of work against the database at one moment.

    :ivar at: the moment of everything in it, aware, UTC
    """

    __slots__ = ("_connection", "_events", "_pool", "_transaction", "at")

    def __init__(self, pool: Pool, at: datetime) -> None:
        self.at = at
        self._pool = pool
        self._connection: Any = None
        self._transaction: Any = None
        self._events: list[Event] = []

    async def one(self, query: Statement, /, **given: Any) -> Row | None:
        """Run ``query`` and return its first row, or ``None``."""
        connection = await self._ready(query)
        row: Row | None = await connection.fetchrow(query.sql, *query.arguments(given))
        return row

    async def all(self, query: Statement, /, **given: Any) -> list[Row]:
        """Run ``query`` and return its rows."""
        connection = await self._ready(query)
        rows: list[Row] = await connection.fetch(query.sql, *query.arguments(given))
        return rows

    async def run(self, query: Statement, /, **given: Any) -> int:
        """Run ``query`` for its effect and return how many rows it touched."""
        connection = await self._ready(query)
        status: str = await connection.execute(query.sql, *query.arguments(given))
        return int(status.rsplit(" ", 1)[-1])

    async def sole(self, query: Statement, /, **given: Any) -> Row | None:
        """Run a writing ``query`` that is this unit's whole transaction.

        One statement is atomic by itself, so BEGIN and COMMIT are saved on the
        paths where they would cost as much as the work. If the entry has written
        already, the statement joins that transaction.
        """
        connection = self._connection or await self._borrow()
        row: Row | None = await connection.fetchrow(query.sql, *query.arguments(given))
        return row

    async def together(self, query: Statement, /, **question: Any) -> list[Row]:
        """Run ``query`` with what other units ask now; what it writes is durable on return.

        Inside a transaction the question is asked alone, as a part of it.

        :param query: a statement over :func:`keys.gathering.asked`
        """
        if self._transaction is not None:
            alone = gathering.arrays(query, [question])
            rows: list[Row] = await self._connection.fetch(query.sql, *alone)
            return rows
        self._give_back()  # who waits for a connection must not hold one
        return await self._pool.gathering(query).ask(question)

    def record(self, event: Event) -> None:
        """Add ``event`` to the journal, in the same transaction as everything else here."""
        self._events.append(event)

    async def commit(self) -> None:
        """Write the recorded events, make the unit durable, and go on at the same moment."""
        for event in self._events:
            await self.run(
                _JOURNAL,
                at=self.at,
                kind=event.kind,
                actor=event.actor,
                object=event.object,
                fields=event.fields(),
            )
        self._events = []
        if self._transaction is not None:
            transaction, self._transaction = self._transaction, None
            await transaction.commit()

    async def release(self) -> None:
        """Commit and give the connection back, before something slow; the next call borrows again.

        Argon2 and outbound calls never run while a connection is held.
        """
        await self.commit()
        self._give_back()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                await self.commit()
            elif self._transaction is not None:
                transaction, self._transaction = self._transaction, None
                if not self._connection.is_closed():
                    await transaction.rollback()
        finally:
            self._give_back()

    async def _ready(self, query: Statement) -> Any:
        connection = self._connection or await self._borrow()
        if query.writes and self._transaction is None:
            transaction = connection.transaction()
            await transaction.start()
            self._transaction = transaction
        return connection

    async def _borrow(self) -> Any:
        self._connection = await self._pool.take()
        return self._connection

    def _give_back(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._pool.give_back(connection)
