"""What one sign-on costs: a gateway of one worker, a load of its own, CPU read from the kernel.

The load client is in another process and speaks plain HTTP/1.1 over kept connections,
one per citizen, so what is measured is the gateway and its database and nothing else.
"""

import asyncio
import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import click

from gateway import migrations, postgres, settings
from gateway.cli import house
from gateway.cli.services import rules
from gateway.runtime import Runtime
from idp import accounts, attributes, sessions
from keys import opaque, pairwise
from keys.entry import Entry
from relying_parties import clients, consents, onboarding
from relying_parties.consents import Decision

CITIZENS = 64
CLAIMS = ("name", "given_name", "family_name", "email")
REDIRECT = "http://127.0.0.1:9/cb"
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Result:
    """What one kind of request cost."""

    what: str
    done: int
    per_second: float
    server_ms: float
    database_ms: float


async def seed(runtime: Runtime, entry: Entry, prefix: str = "bench") -> dict[str, Any]:
    """Register a service and let citizens be signed in and agree; returns cookies and secret."""
    agency = {
        "apiVersion": "gatehouse/v1",
        "kind": "Agency",
        "metadata": {"id": prefix},
        "spec": {"name": {"en": "Benchmark"}, "contact": None},
    }
    await onboarding.apply(entry, agency)
    secrets: dict[str, str] = {}
    for alg in ("ES256", "RS256"):
        client_id = f"{prefix}-{alg.lower()}"
        applied = await onboarding.apply(
            entry, _service(client_id, prefix, alg), rules=rules(runtime)
        )
        secrets[client_id] = applied.secret or ""
    cookies = [await _citizen(runtime, entry, number, list(secrets)) for number in range(CITIZENS)]
    return {"secrets": secrets, "cookies": cookies, "redirect_uri": REDIRECT}


def run(seconds: float, connections: int) -> None:
    """Start everything, measure, print the table, stop everything."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as folder:
        place = Path(folder)
        place.chmod(0o711)
        database = postgres.start(place / "postgres", postgres.binaries(), durable=True)
        try:
            asyncio.run(_measure(place, database, seconds, connections))
        finally:
            database.stop()


async def _measure(
    place: Path, database: postgres.Running, seconds: float, connections: int
) -> None:
    port = postgres.free_port()
    environment = {
        "GATEHOUSE_DATABASE_URL": database.url,
        "GATEHOUSE_MASTER_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
        "GATEHOUSE_ENVIRONMENT": "test",
        "GATEHOUSE_ISSUER": f"http://127.0.0.1:{port}",
        "GATEHOUSE_ALLOW_LOOPBACK": "true",
        "GATEHOUSE_PORT": str(port),
        "GATEHOUSE_WORKERS": "1",
    }
    await asyncio.to_thread(migrations.upgrade, database.url)
    os.environ["GATEHOUSE_MASTER_KEY"] = environment["GATEHOUSE_MASTER_KEY"]
    async with house.opened(settings.read(environment)) as runtime, runtime.entry() as entry:
        facts = await seed(runtime, entry)
    begun = time.monotonic()
    server = subprocess.Popen(  # noqa: ASYNC220 - our own module
        [sys.executable, "-m", "gateway.cli", "serve"],
        env={**{k: v for k, v in os.environ.items() if "GATEHOUSE" not in k}, **environment},
        cwd=place,
    )
    try:
        await _answering(port)
        ready = time.monotonic() - begun
        started = _memory(server.pid)
        load = Load(port, facts, connections, seconds, server.pid, database.process.pid)
        results = [await load.measure(what, steps) for what, steps in SCENARIOS]
        _show(results, started, _memory(server.pid))
        click.echo(f"ready after {ready:.2f} s")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


class Load:
    """Citizens who sign on again and again, each over a connection of its own."""

    def __init__(
        self,
        port: int,
        facts: Mapping[str, Any],
        connections: int,
        seconds: float,
        server: int,
        database: int,
    ) -> None:
        self.port = port
        self.facts = facts
        self._connections = connections
        self._seconds = seconds
        self._server, self._database = server, database
        secret = facts["secrets"]["bench-es256"]
        self.basic = base64.b64encode(f"bench-es256:{quote(secret)}".encode()).decode()

    async def measure(self, what: str, steps: Callable[["Load", "Browser"], Any]) -> Result:
        """Repeat ``steps`` on every connection and read what it cost."""
        counts = [0] * self._connections
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
        return Result(what, done, done / took, each[0], each[1])

    def _cpu(self) -> tuple[float, float]:
        return _seconds(self._server), _seconds(self._database)


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
        _expect(answer, b"200")
        yield


async def userinfo(load: Load, opened: Browser) -> AsyncIterator[None]:
    """Read userinfo with one token."""
    verifier = opaque.handle()
    code = await _code(opened, verifier, "openid profile email")
    token = (await _tokens(load, opened, code, verifier))["access_token"]
    yield
    while True:
        answer = await opened.ask("GET", "/userinfo", f"authorization: Bearer {token}\r\n")
        _expect(answer, b"200")
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
        _expect(answer, b'"active":true')
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
        _expect(answer, b"id_token")
        yield


async def discovery(_load: Load, opened: Browser) -> AsyncIterator[None]:
    """Read the metadata."""
    yield
    while True:
        _expect(await opened.ask("GET", "/.well-known/openid-configuration"), b"200")
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
    _expect(answer, b"code=")
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
    _expect(answer, b"access_token")
    told: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return told


def _expect(answer: bytes, text: bytes) -> None:
    if text not in answer:
        raise click.ClickException(f"unexpected answer: {answer[:300]!r}")


async def _answering(port: int) -> None:
    for _ in range(300):
        try:
            async with browser(port, "") as opened:
                _expect(await opened.ask("GET", "/health/ready"), b"200")
                return
        except OSError:
            await asyncio.sleep(0.02)
    raise click.ClickException("the gateway does not answer")


async def _citizen(runtime: Runtime, entry: Entry, number: int, client_ids: list[str]) -> str:
    vault = runtime.vault
    account = await accounts.open_account(entry, vault, email=f"user{number}@example.test")
    for claim, value in (("given_name", "User"), ("family_name", f"Number {number}")):
        await attributes.record(
            entry, vault, account.id, claim, value, source_type="self", by=f"account:{account.id}"
        )
    for client_id in client_ids:
        client = await clients.find(entry, client_id)
        if client is None:
            raise click.ClickException(client_id)
        await consents.give(
            entry,
            subject=pairwise.subject(vault.pairwise, client.sector, account.id),
            client=client,
            citizen=pairwise.seal_citizen(vault.sealer, account.id, client_id),
            decision=Decision(CLAIMS, CLAIMS, "until", True, "en", b"bench"),
        )
    _, handle = await sessions.start(
        entry, account.id, kind="citizen", amr=("pop", "user", "mfa"), aal=2, device="bench"
    )
    return f"__Host-sid={handle}"


def _service(client_id: str, agency: str, alg: str) -> dict[str, Any]:
    why = {"en": "To measure"}
    asked = [{"claim": claim, "need": "needed", "basis": "consent", "why": why} for claim in CLAIMS]
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Service",
        "metadata": {"id": client_id, "agency": agency},
        "spec": {
            "name": {"en": "Benchmark"},
            "profile": "oidc-basic",
            "redirectUris": [REDIRECT],
            "auth": {"method": "client_secret_basic"},
            "idTokenAlg": alg,
            "offlineAccess": True,
            "purposes": [{"id": "all", "name": {"en": "To measure"}, "claims": asked}],
        },
    }


def _show(results: list[Result], before: float, after: float) -> None:
    click.echo(f"{'':38} {'done/s':>8} {'server ms':>10} {'database ms':>12} {'both ms':>8}")
    for one in results:
        both = one.server_ms + one.database_ms
        click.echo(
            f"{one.what:38} {one.per_second:8.0f} {one.server_ms:10.3f}"
            f" {one.database_ms:12.3f} {both:8.3f}"
        )
    click.echo(f"\nmemory of the worker: {before:.0f} MB at the start, {after:.0f} MB at the end")


def _tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in children.split()]
    return found


def _seconds(root: int) -> float:
    total = 0
    for pid in _tree(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICK


def _memory(root: int) -> float:
    most = 0.0
    for pid in _tree(root):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        most = max(most, int(status.partition("VmRSS:")[2].split()[0]) / 1024)
    return most
