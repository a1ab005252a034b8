"""Citizens who sign on again and again, over plain HTTP/1.1 and kept connections."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import click

from gateway.cli.bench import budget, kernel
from gateway.cli.bench.people import REDIRECT
from keys import opaque

if TYPE_CHECKING:
    from gateway.cli.bench.standing import Gateway


@dataclass(frozen=True, slots=True)
class Result:
    """What one kind of request cost.

    :ivar speed: of the core at that time, in RSA-2048 signatures a CPU second
    """

    what: str
    done: int
    per_second: float
    server_ms: float
    database_ms: float
    speed: float

    @property
    def both_ms(self) -> float:
        """CPU of the gateway and of its database."""
        return self.server_ms + self.database_ms


class Load:
    """Citizens who sign on again and again, each over a connection of its own."""

    def __init__(self, gateway: "Gateway", connections: int, seconds: float) -> None:
        self.port = gateway.base.port
        self.facts = gateway.base.facts
        self._connections = connections
        self._seconds = seconds
        self._server, self._database = gateway.pid, gateway.base.database.process.pid
        secret = self.facts["secrets"]["bench-es256"]
        self.basic = base64.b64encode(f"bench-es256:{quote(secret)}".encode()).decode()

    async def measure(self, what: str, steps: Callable[["Load", "Browser"], Any]) -> Result:
        """Repeat ``steps`` on every connection and read what it cost."""
        counts, speed = [0] * self._connections, budget.speed()
        stop = time.monotonic() + self._seconds + 0.5

        async def citizen(number: int) -> None:
            async with browser(self.port, self.facts["cookies"][number]) as opened:
                work = steps(self, opened)
                await anext(work)
                while time.monotonic() < stop:
                    await anext(work)
                    counts[number] += 1

        tasks = [asyncio.create_task(citizen(number)) for number in range(self._connections)]
        await asyncio.sleep(0.5)
        before, cpu, base = sum(counts), self._cpu(), time.monotonic()
        await asyncio.gather(*tasks)
        took, done = time.monotonic() - base, sum(counts) - before
        after = self._cpu()
        each = [1000 * (one - other) / done for one, other in zip(after, cpu, strict=True)]
        speed = (speed + budget.speed()) / 2
        return Result(what, done, done / took, each[0], each[1], speed)

    async def repeat(self, steps: Callable[["Load", "Browser"], Any], times: int) -> None:
        """Repeat ``steps`` so many times in all."""
        left = iter(range(times))

        async def citizen(number: int) -> None:
            async with browser(self.port, self.facts["cookies"][number]) as opened:
                work = steps(self, opened)
                await anext(work)
                for _ in left:
                    await anext(work)

        await asyncio.gather(*(citizen(number) for number in range(self._connections)))

    def _cpu(self) -> tuple[float, float]:
        return kernel.seconds(self._server), kernel.seconds(self._database)


class Browser:
    """One kept connection and one citizen's cookie."""

    def __init__(self, reader: Any, writer: Any, port: int, cookie: str) -> None:
        self._reader, self._writer = reader, writer
        self._port, self.cookie = port, cookie

    async def ask(self, method: str, path: str, headers: str = "", body: str = "") -> bytes:
        """Send a request and return head and body of the answer."""
        kind = "content-type: application/x-www-form-urlencoded\r\n" if body else ""
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n{kind}{headers}"
            f"content-length: {len(body)}\r\n\r\n{body}".encode()
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return bytes(head + await self._reader.readexactly(int(length or 0)))


@asynccontextmanager
async def browser(port: int, cookie: str) -> AsyncIterator[Browser]:
    """Open a connection for one citizen."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Browser(reader, writer, port, cookie)
    finally:
        writer.close()


async def sign_on(load: Load, opened: Browser) -> AsyncIterator[None]:
    """Authorize, exchange the code, read userinfo: the whole of it, again and again."""
    yield
    while True:
        verifier = opaque.handle()
        code = await _code(opened, verifier, "openid profile email")
        tokens = await _tokens(load, opened, code, verifier)
        answer = await opened.ask(
            "GET", "/userinfo", f"authorization: Bearer {tokens['access_token']}\r\n"
        )
        expect(answer, b"200")
        yield


async def userinfo(load: Load, opened: Browser) -> AsyncIterator[None]:
    """Read userinfo with one token."""
    verifier = opaque.handle()
    code = await _code(opened, verifier, "openid profile email")
    token = (await _tokens(load, opened, code, verifier))["access_token"]
    yield
    while True:
        answer = await opened.ask("GET", "/userinfo", f"authorization: Bearer {token}\r\n")
        expect(answer, b"200")
        yield


async def introspect(load: Load, opened: Browser) -> AsyncIterator[None]:
    """Introspect one token."""
    verifier = opaque.handle()
    code = await _code(opened, verifier, "openid")
    token = (await _tokens(load, opened, code, verifier))["access_token"]
    yield
    while True:
        answer = await opened.ask(
            "POST", "/introspect", f"authorization: Basic {load.basic}\r\n", f"token={token}"
        )
        expect(answer, b'"active":true')
        yield


async def refresh(load: Load, opened: Browser) -> AsyncIterator[None]:
    """Refresh with one token."""
    verifier = opaque.handle()
    code = await _code(opened, verifier, "openid offline_access")
    token = (await _tokens(load, opened, code, verifier))["refresh_token"]
    yield
    while True:
        answer = await opened.ask(
            "POST",
            "/token",
            f"authorization: Basic {load.basic}\r\n",
            f"grant_type=refresh_token&refresh_token={token}",
        )
        expect(answer, b"id_token")
        yield


async def discovery(_load: Load, opened: Browser) -> AsyncIterator[None]:
    """Read the metadata."""
    yield
    while True:
        expect(await opened.ask("GET", "/.well-known/openid-configuration"), b"200")
        yield


SCENARIOS = (
    ("sign-on (authorize, token, userinfo)", sign_on),
    ("userinfo", userinfo),
    ("introspect", introspect),
    ("refresh", refresh),
    ("discovery", discovery),
)


async def _code(opened: Browser, verifier: str, scope: str) -> str:
    challenge = opaque.unpadded(hashlib.sha256(verifier.encode()).digest())
    query = urlencode(
        {
            "client_id": "bench-es256",
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": scope,
            "state": verifier[:16],
            "nonce": verifier[16:32],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    answer = await opened.ask("GET", f"/authorize?{query}", f"cookie: {opened.cookie}\r\n")
    expect(answer, b"code=")
    return answer.partition(b"code=")[2].partition(b"&")[0].decode()


async def _tokens(load: Load, opened: Browser, code: str, verifier: str) -> dict[str, Any]:
    body = urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": verifier,
        }
    )
    answer = await opened.ask("POST", "/token", f"authorization: Basic {load.basic}\r\n", body)
    expect(answer, b"access_token")
    told: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return told


def expect(answer: bytes, text: bytes) -> None:
    """Go on only if ``text`` is in the answer."""
    if text not in answer:
        raise click.ClickException(f"unexpected answer: {answer[-1200:]!r}")
