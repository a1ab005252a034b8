"""A pool of PostgreSQL connections: last in, first out, nothing reset between borrowers.

asyncpg's own pool wraps each connection in a proxy and sends a reset query; that
costs as much again as a read by primary key. Nothing of ours sets session state,
so a connection goes back as it came; one that broke or was left inside a
transaction is closed instead.

Knows nothing of tables, entries or events.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from keys.errors import DatabaseBusy
from keys.gathering import Gathering, Query


@dataclass(frozen=True, slots=True)
class PoolPolicy:
    """How many connections one process holds, and how long anything may wait (seconds)."""

    size: int = 10
    wait: float = 1.0
    connect: float = 5.0
    statement: float = 2.5
    lock: float = 2.0


class Pool:
    """Connections of one process to one database."""

    def __init__(self, url: str, policy: PoolPolicy | None = None) -> None:
        self._url = url
        self._policy = policy or PoolPolicy()
        self._idle: list[Any] = []
        self._free = asyncio.Semaphore(self._policy.size)
        self._gatherings: dict[str, Gathering] = {}

    def gathering(self, query: Query) -> Gathering:
        """Return where the questions of ``query`` gather in this process."""
        found = self._gatherings.get(query.sql)
        if found is None:
            found = self._gatherings[query.sql] = Gathering(self, query)
        return found

    async def take(self) -> Any:
        """Borrow a connection.

        :raises DatabaseBusy: none came free within the policy's ``wait``, or the
            database can't be reached
        """
        if self._free.locked():
            await self._turn()
        else:
            await self._free.acquire()  # at once: a clock for every call would be dear
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await self._connect()
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            self._free.release()
            raise DatabaseBusy from error
        except BaseException:
            self._free.release()
            raise

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(self._policy.wait):
                await self._free.acquire()
        except TimeoutError as error:
            raise DatabaseBusy from error

    def give_back(self, connection: Any) -> None:
        """Return what :meth:`take` lent."""
        if connection.is_closed():
            pass
        elif connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append(connection)
        self._free.release()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """Lend a connection for a block."""
        connection = await self.take()
        try:
            yield connection
        finally:
            self.give_back(connection)

    async def close(self) -> None:
        """Close every idle connection; a database that does not answer keeps nobody from going."""
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.close()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection.terminate()

    async def _connect(self) -> Any:
        policy = self._policy
        connection = await asyncpg.connect(
            self._url,
            timeout=policy.connect,
            command_timeout=policy.statement * 2,
            server_settings={
                "application_name": "gatehouse",
                "statement_timeout": f"{int(policy.statement * 1000)}",
                "lock_timeout": f"{int(policy.lock * 1000)}",
                "idle_in_transaction_session_timeout": "10000",
                "jit": "off",
                # Every statement of ours goes by a key: planning it again tells nothing new,
                # and one that was planned while its table was empty must not read it whole
                # for as long as the connection lives.
                "plan_cache_mode": "force_generic_plan",
                "enable_seqscan": "off",
                # Joins are made in the order in which they are written, from the keys that a
                # question brings: a planner that believes a table empty may begin with all of it.
                "join_collapse_limit": "1",
                "cpu_tuple_cost": "1",
                "timezone": "UTC",
            },
        )
        await connection.set_type_codec(
            "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )
        return connection
