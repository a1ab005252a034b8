"""Receivers of events, on this machine: some hear, one hangs up, one never answers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from gateway import postgres

_ACCEPTED = b"HTTP/1.0 202 Accepted\r\ncontent-length: 0\r\n\r\n"


@dataclass
class Hearing:
    """Where receivers are, and when each event came: monotonic seconds by the receiver's path.

    :ivar silent: the port of somebody who takes a connection and says nothing
    :ivar closed: a port where nobody is
    :ivar back: set once both hear as everybody does
    """

    port: int
    silent: int
    closed: int
    back: asyncio.Event = field(default_factory=asyncio.Event)
    heard: dict[str, list[float]] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def events(self) -> int:
        """How many came, to all of them."""
        return sum(len(each) for each in self.heard.values())

    async def until(self, events: int, *, within: float) -> None:
        """Wait until so many came.

        :raises TimeoutError: they did not, in ``within`` seconds
        """
        async with asyncio.timeout(within):
            while self.events < events:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def receivers() -> AsyncIterator[Hearing]:
    """Listen as agencies do, until the context ends."""
    own = Hearing(postgres.free_port(), postgres.free_port(), postgres.free_port())

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = head.lower().partition("content-length:")[2].partition("\r\n")[0]
        await reader.readexactly(int(length))
        own.heard.setdefault(head.split(" ")[1], []).append(time.monotonic())
        own.news.set()
        writer.write(_ACCEPTED)
        await writer.drain()
        writer.close()

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if own.back.is_set():
            await hear(reader, writer)
            return
        await reader.read()
        writer.close()

    async def come_back() -> None:
        await own.back.wait()
        await ways.enter_async_context(await asyncio.start_server(hear, "127.0.0.1", own.closed))

    async with AsyncExitStack() as ways, asyncio.TaskGroup() as returning:
        for answer, port in ((hear, own.port), (ignore, own.silent)):
            server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=1024)
            await ways.enter_async_context(server)
        returning.create_task(come_back())
        yield own
        own.back.set()
