"""Strangers on this machine, whom the gateway asks."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def a_peer(
    answer: bytes, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on this machine that notes what it is asked and says ``answer``."""
    heard: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", port, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


@asynccontextmanager
async def a_silent_peer(port: int) -> AsyncIterator[list[bytes]]:
    """A server on this machine that notes what it is asked and never says anything."""
    heard: list[bytes] = []
    over = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        await over.wait()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", port):
        yield heard
        over.set()
