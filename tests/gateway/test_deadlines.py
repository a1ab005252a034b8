"""HT-05, F-27: everything has an end, also what a client does not read and a handler that hangs.

The server as it is shipped, with shorter times; sockets of this machine.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from starlette.responses import Response

from gateway import settings
from gateway.web import dispatch, door
from gateway.web.call import Call
from gateway.web.dispatch import Dispatcher, Route
from gateway.web.pace import PAGES, Buckets
from idp import attempts
from idp.errors import TooManyAttempts
from keys.entry import Entry
from keys.pool import Pool

HOST = b"localhost:8000"
AGAIN = b"GET /large HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n"
LAST = AGAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
MEGABYTES = 8


@dataclass
class Life:
    """What the dispatcher needs of a runtime."""

    pool: Pool
    settings: settings.Settings
    pages: Buckets

    def entry(self) -> Entry:
        return Entry(self.pool, datetime(2026, 11, 24, 12, tzinfo=UTC))


async def large(_call: Call) -> Response:
    return Response(b"x" * MEGABYTES * 1024 * 1024)


async def hangs(call: Call) -> Response:
    """Write, and then never answer."""
    await attempts.count(call.entry, "proofing", "somebody")
    await asyncio.Event().wait()
    raise AssertionError


async def refuses(call: Call) -> Response:
    raise TooManyAttempts(call.entry.at.replace(minute=2))


async def breaks(_call: Call) -> Response:
    """Answer with a header that is two."""
    response = Response(b"x")
    response.raw_headers.append((b"location", b"/x\r\nset-cookie: a=b"))
    return response


ROUTES = (
    Route("/breaks", {"GET": breaks}, "protocol"),
    Route("/large", {"GET": large}, "protocol"),
    Route("/hangs", {"GET": hangs, "POST": hangs}, "protocol"),
    Route("/refuses", {"GET": refuses}, "protocol"),
)


@pytest.fixture
async def port(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server that is less patient."""
    monkeypatch.setattr(door, "UNREAD_SECONDS", 1.0)
    monkeypatch.setattr(dispatch, "SECONDS", 0.5)
    life = Life(pool, settings.Settings(database_url="x"), Buckets(PAGES))
    config = uvicorn.Config(
        Dispatcher(ROUTES, lambda: life),
        http=door.Door,
        ws="none",
        lifespan="off",
        timeout_keep_alive=1,
        log_config=None,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server._serve([listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[socket.socket]:
    """A client that takes little at a time and does not read."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        yield client


async def aborted(client: socket.socket) -> float:
    """Return after how many seconds the other side gave up, without reading a byte."""
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(15):
            while True:
                # A connection that was reset says so to whoever writes.
                await asyncio.get_running_loop().sock_sendall(client, b"\r\n")
                await asyncio.sleep(0.02)
    return time.monotonic() - began


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(AGAIN * 50, id="HT-05-pipelined"),
        pytest.param(AGAIN, id="HT-05-one-answer"),
        pytest.param(LAST, id="HT-05-after-the-last"),
    ],
)
async def test_who_does_not_read_is_not_waited_for(
    port: int, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """And nothing goes wrong with what was asked besides."""
    async with connected(port) as client:
        await asyncio.get_running_loop().sock_sendall(client, sent)

        assert await aborted(client) < 8
    assert not caplog.records


async def test_who_reads_slowly_gets_everything(port: int) -> None:
    """Each part that is read gives time for the next."""
    loop, came = asyncio.get_running_loop(), 0
    async with connected(port) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        await loop.sock_sendall(client, LAST)
        began = time.monotonic()
        while part := await loop.sock_recv(client, 1 << 20):
            came += len(part)
            await asyncio.sleep(0.1)

    assert came > MEGABYTES * 1024 * 1024
    assert time.monotonic() - began > 0.5


async def test_a_handler_that_hangs_is_over_and_undone(port: int, pool: Pool) -> None:
    """F-27: the client hears that it may come again; the connection goes on."""
    asked = b"GET /hangs HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked + asked)
    async with asyncio.timeout(10):
        heads = [(await _answer(reader)).lower() for _ in range(2)]
    writer.close()

    for head in heads:
        assert head.startswith(b"http/1.1 503")
        assert b"\r\nretry-after: 5\r\n" in head
        assert b"temporarily_unavailable" in head
    async with pool.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM idp.attempts") == 0


async def test_a_limit_that_no_page_speaks_of_says_when_to_come_back(port: int) -> None:
    """RL-08."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /refuses HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n")
    head = (await _answer(reader)).lower()
    writer.close()

    assert head.startswith(b"http/1.1 429")
    assert b"\r\nretry-after: 120\r\n" in head


async def _answer(reader: asyncio.StreamReader) -> Any:
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return head + await reader.readexactly(int(length))


@pytest.mark.parametrize(
    ("sent", "ends"),
    [
        pytest.param(b"GET /refuses HTTP/1.1\r\n", False, id="RFC9112-9.3-kept"),
        pytest.param(b"GET /refuses HTTP/1.0\r\n", True, id="RFC9112-9.3-of-version-1.0"),
        pytest.param(
            b"GET /refuses HTTP/1.1\r\nConnection: close\r\n", True, id="RFC9112-9.6-asked"
        ),
    ],
)
async def test_a_connection_is_kept_unless_somebody_wants_otherwise(
    port: int, sent: bytes, ends: bool
) -> None:
    request = sent + b"Host: " + HOST + b"\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(1 if ends else 2):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)

        assert b"\r\ndate: " in head
        assert (b"connection: close" in head.lower()) is ends
    if ends:
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_a_header_that_breaks_in_two_is_not_sent(port: int) -> None:
    """HT: what a line break in a value would make is nobody's header."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /breaks HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n")

    answer = await reader.read()

    assert b"set-cookie" not in answer
    writer.close()
    await writer.wait_closed()
