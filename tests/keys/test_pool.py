"""A pool gives back what it borrowed, also from a database that does not answer any more."""

import asyncio
import contextlib
from urllib.parse import urlsplit

from keys.pool import Pool, PoolPolicy


class Wire:
    """Carries bytes between the pool and the database, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: list[asyncio.StreamWriter] = []

    def cut(self) -> None:
        """Let nothing through any more, and close nothing either."""
        self._flowing.clear()

    async def end(self) -> None:
        """Take it away."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for to in self._ends:
            to.transport.abort()

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        for source, to in ((reader, back), (there, writer)):
            self._tasks.append(asyncio.create_task(self._carry(source, to)))
            self._ends.append(to)

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while part := await source.read(65536):
                await self._flowing.wait()
                to.write(part)


async def test_it_closes_although_nobody_answers(postgres_url: str) -> None:
    """F-26: a process that is told to end does so, whatever has become of its database."""
    parts = urlsplit(postgres_url)
    wire = Wire(parts.hostname or "", parts.port or 5432)
    async with await asyncio.start_server(wire.join, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()
        pool = Pool(url, PoolPolicy(statement=0.1))
        async with pool.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1
        wire.cut()

        async with asyncio.timeout(10):
            await pool.close()
        await wire.end()

    assert connection.is_closed()
