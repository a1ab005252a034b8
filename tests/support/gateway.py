"""The real gateway as a test stands on it: two processes, one database, services and citizens.

Both processes answer for one issuer, as two nodes behind a balancer do, so a test decides
which of them it asks. What is written is compared by :meth:`Gateway.unchanged`.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from gateway import settings
from gateway.cli import house
from gateway.cli.services import rules
from gateway.postgres import free_port
from gateway.runtime import FRESH, Runtime
from idp import accounts, attributes, sessions
from idp.authenticators import passwords
from keys import master, pairwise, signing
from relying_parties import clients, consents, onboarding
from relying_parties.consents import Consent, Decision
from tests.support import servers

ROOT = Path(__file__).parents[2]
NODES = 2
# What a refusal may write: what happened, and how often somebody tried.
COUNTED = ("keys.journal", "keys.journal_batches", "keys.cursors", "idp.attempts")

_TABLES = (
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
    " WHERE schemaname IN ('keys', 'idp', 'relying_parties')"
)


@dataclass(frozen=True)
class Citizen:
    """Somebody who is signed in: their account, session, address and cookie."""

    account: UUID
    session: UUID
    email: str
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        return {"cookie": self.cookie}


@dataclass
class Gateway:
    """Two running processes, and hands into the database behind them."""

    environment: Mapping[str, str]
    database: str
    ports: tuple[int, ...]
    folder: Path
    runtime: Runtime
    http: httpx2.AsyncClient
    secrets: dict[str, str] = field(default_factory=dict)
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    _numbers: int = 0
    _digests: str = ""

    @property
    def issuer(self) -> str:
        return self.environment["GATEHOUSE_ISSUER"]

    @property
    def authority(self) -> str:
        return self.issuer.partition("//")[2]

    def start(self, port: int, *options: str, **settings: str) -> "subprocess.Popen[bytes]":
        """Start one process that answers at ``port``, as the product starts itself.

        :param options: of the command
        :param settings: what it is told otherwise than the others
        """
        log = self.folder / f"gateway-{port}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "gateway.cli",
                    "serve",
                    "--workers",
                    "1",
                    "--port",
                    f"{port}",
                    *options,
                ],
                cwd=ROOT,
                env={**_without_ours(), **self.environment, **settings},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )
        servers.listens(port, process, log)
        return process

    @contextlib.asynccontextmanager
    async def another(self, *options: str, **settings: str) -> AsyncIterator[int]:
        """Run one more process for as long as it takes; the number of its node."""
        port = free_port()
        process = await asyncio.to_thread(self.start, port, *options, **settings)
        self.ports = (*self.ports, port)
        try:
            yield len(self.ports) - 1
        finally:
            self.ports = tuple(one for one in self.ports if one != port)
            process.terminate()
            await asyncio.to_thread(process.wait, 30)

    def logs(self) -> str:
        """Return everything that the processes said."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("gateway-*.log")))

    async def ask(self, method: str, path: str, *, node: int = 0, **how: Any) -> httpx2.Response:
        """Send a request to one of the processes; redirects are told, not followed.

        Headers are a mapping, or pairs where one comes more than once.
        """
        given = how.pop("headers", {})
        headers: Any = [*given.items()] if isinstance(given, Mapping) else [*given]
        if not any(name.lower() == "host" for name, _ in headers):
            headers.append(("host", self.authority))
        address = f"http://127.0.0.1:{self.ports[node]}{path}"
        return await self.http.request(method, address, headers=headers, **how)

    async def get(self, path: str, **how: Any) -> httpx2.Response:
        return await self.ask("GET", path, **how)

    async def post(self, path: str, form: Any = None, **how: Any) -> httpx2.Response:
        return await self.ask("POST", path, data=form, **how)

    async def raw(self, sent: bytes, *, node: int = 0, patience: float = 20) -> bytes:
        """Send bytes as they are; return what came until the other side closed.

        :raises TimeoutError: the connection was still open after ``patience`` seconds
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[node])
        try:
            with contextlib.suppress(ConnectionError):
                writer.write(sent)
                await writer.drain()
            async with asyncio.timeout(patience):
                return await _to_the_end(reader)
        finally:
            writer.transport.abort()

    @contextlib.asynccontextmanager
    async def unchanged(self, *but: str) -> AsyncIterator[None]:
        """Compare every table before and after, ``but`` those named; what is counted may grow."""
        before = await self.tables()
        yield
        after = await self.tables()
        differ = {name for name in before if before[name] != after[name]} - set(but)
        assert not differ, f"a refusal wrote to {sorted(differ)}"

    async def tables(self) -> dict[str, str]:
        """Return a digest of each table's rows; when a session was seen last does not count."""
        if not self._digests:
            names = [row["name"] for row in await self.rows(_TABLES) if row["name"] not in COUNTED]
            self._digests = " UNION ALL ".join(_digest(name) for name in names)
        return {row["name"]: row["digest"] for row in await self.rows(self._digests)}

    async def dump(self) -> str:
        """Return all that the database holds, as text; bytes are spelt as text where they are."""
        names = await self.rows(_TABLES)
        everything = []
        for one in names:
            rows = await self.rows(f"SELECT t::text AS line FROM {one['name']} t")
            everything += [one["name"], *(row["line"] for row in rows)]
        return "\n".join(everything)

    async def rows(self, sql: str, *given: Any) -> list[Any]:
        """Ask the database itself."""
        async with self.runtime.pool.connection() as connection:
            found: list[Any] = await connection.fetch(sql, *given)
            return found

    async def service(self, document: Mapping[str, Any]) -> str:
        """Register a service, or change it; return its secret, empty if it has none."""
        async with self.runtime.entry() as entry:
            applied = await onboarding.apply(
                entry, document, rules=rules(self.runtime), sealer=self.runtime.vault.sealer
            )
        if applied.secret:
            self.secrets[applied.id] = applied.secret
        return applied.secret or ""

    def sign_id_token(
        self, claims: Mapping[str, Any], *, purpose: str = "token", typ: str | None = None
    ) -> str:
        """Sign with the gateway's own key what it would not sign by itself."""
        return signing.sign(self.runtime.keyring, claims, purpose=purpose, alg="ES256", typ=typ)

    async def settled(self) -> None:
        """Wait until both processes see what was registered: they look once a second."""
        await asyncio.sleep(FRESH + 0.05)

    async def citizen(self, *client_ids: str, aal: int = 2) -> Citizen:
        """Let somebody new be signed in and agree to what the services ask."""
        self._numbers += 1
        email = f"citizen{self._numbers}@example.test"
        vault = self.runtime.vault
        async with self.runtime.entry() as entry:
            account = await accounts.open_account(entry, vault, email=email)
            for claim, value in (("given_name", "Ana"), ("family_name", f"Number {self._numbers}")):
                await attributes.record(
                    entry, vault, account.id, claim, value, source_type="self", by="test"
                )
        for client_id in client_ids:
            await self.agree(account.id, client_id)
        session, cookie = await self.sign_in(account.id, aal=aal)
        return Citizen(account.id, session, email, cookie)

    async def sign_in(self, account: UUID, *, aal: int = 2) -> tuple[UUID, str]:
        """Start a session; return its id and its cookie."""
        amr = ("pop", "user", "mfa") if aal == 2 else ("pwd",)
        async with self.runtime.entry() as entry:
            session, handle = await sessions.start(
                entry, account, kind="citizen", amr=amr, aal=aal, device="test"
            )
        return session.id, f"__Host-sid={handle}"

    async def set_password(self, account: UUID, password: str) -> None:
        """Give somebody a password."""
        hashed = await self.runtime.hasher.hash(password)
        async with self.runtime.entry() as entry:
            await passwords.set(entry, account, hashed)

    async def agree(self, account: UUID, client_id: str, *, offline: bool = True) -> Consent:
        """Let a citizen agree to everything that a service may ask."""
        vault = self.runtime.vault
        async with self.runtime.entry() as entry:
            client = await clients.find(entry, client_id)
            assert client is not None, client_id
            asked = list(client.registration.asked)
            return await consents.give(
                entry,
                subject=pairwise.subject(vault.pairwise, client.sector, account),
                client=client,
                citizen=pairwise.seal_citizen(vault.sealer, account, client_id),
                decision=Decision(asked, asked, "until", offline, "en", b"test"),
            )


@contextlib.asynccontextmanager
async def running(database: str, folder: Path) -> AsyncIterator[Gateway]:
    """Run two processes against ``database``, whose schema is there and empty."""
    ports = tuple(free_port() for _ in range(NODES))
    key = folder / "keys" / "master.key"
    master.create(key)
    environment = {
        "GATEHOUSE_DATABASE_URL": database,
        "GATEHOUSE_MASTER_KEY_FILE": str(key),
        "GATEHOUSE_ENVIRONMENT": "test",
        "GATEHOUSE_COUNTRY": "GB",
        "GATEHOUSE_ISSUER": f"http://127.0.0.1:{ports[0]}",
        "GATEHOUSE_ALLOW_LOOPBACK": "true",
        # Nobody hands certificates over here; who wants that starts one more process.
        "GATEHOUSE_MTLS_ADDRESS": "https://mtls.gateway.test",
        "GATEHOUSE_RATE_LIMITS": "false",  # everybody here comes from one network
    }
    async with (
        house.opened(settings.read(environment)) as runtime,
        httpx2.AsyncClient(trust_env=False, timeout=30) as http,
    ):
        gateway = Gateway(environment, database, ports, folder, runtime, http)
        try:
            gateway.processes += [gateway.start(port) for port in ports]
            yield gateway
        finally:
            for process in gateway.processes:
                process.send_signal(signal.SIGTERM)
            for process in gateway.processes:
                process.wait(30)
        said = gateway.logs()
        assert '"level": "error"' not in said, said
        _tells_no_secret(said, [*gateway.secrets.values(), gateway.runtime.vault.pepper.hex()])


def _tells_no_secret(said: str, secrets: Iterable[str]) -> None:
    """LG-02, LG-08: whatever was asked, the log holds nothing of anybody."""
    for secret in (*secrets, "@example.test", "code=", "state=", "request_uri=", "eyJ"):
        assert secret not in said, f"the log tells {secret}"


def _digest(table: str) -> str:
    row = "(to_jsonb(t) - 'seen_at')" if table == "idp.sessions" else "t"
    return (
        f"SELECT '{table}' AS name, count(*) || ' ' || coalesce(sum(hashtextextended({row}::text,"
        f" 0)::numeric), 0) AS digest FROM {table} t"
    )


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    came = b""
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65536):
            came += part
    return came


def _without_ours() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if "GATEHOUSE" not in name}
