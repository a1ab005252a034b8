"""F-04, I1, I5, C14: PostgreSQL that is killed in the middle of an erasure leaves it to go on.

A server of its own, which may lose nothing, and the worker's own loop, which outlives it.
Each step is stopped half done, by a row that somebody else holds, when the server is killed.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
import pytest

from gateway import postgres, settings
from gateway.cli import house
from gateway.postgres import free_port
from gateway.routes import ROUTES
from gateway.web.dispatch import Dispatcher
from keys import journal, master
from tests.conftest import _open_the_way, create_database
from tests.spec.test_a_killed_erasure import steps
from tests.spec.test_a_killed_worker_s_duties import running
from tests.spec.test_leaving import STAY
from tests.support import leaving, letters, services, signals
from tests.support.gateway import Citizen, Gateway
from tests.support.servers import breathe
from tests.support.signals import Api

pytestmark = pytest.mark.timeout(180)

TELLS = "killed-tells"
PURGED = f"{signals.RISC}account-purged"
# What each step comes to when it has done something already.
HALF: dict[str, str] = {
    "waiting": "SELECT FROM relying_parties.codes WHERE subject = ANY($1) FOR UPDATE",
    "closed": "SELECT FROM relying_parties.consents WHERE subject = ANY($1) FOR UPDATE",
    "told": "SELECT FROM idp.accounts WHERE id = $1 FOR UPDATE",
}
# Each step waits until it is let: else it would be over before anybody holds anything.
LATER = """
CREATE FUNCTION idp.later() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.due_at := now() + interval '1 day'; RETURN NEW; END $$
"""
ONE_BY_ONE = (
    "CREATE TRIGGER later BEFORE UPDATE ON idp.erasures FOR EACH ROW"
    " WHEN (NEW.stage <> OLD.stage) EXECUTE FUNCTION idp.later()"
)
# Who is at it holds it: it is due already.
DUE = (
    "UPDATE idp.erasures SET due_at = now() - interval '1 minute' WHERE id ="
    " (SELECT id FROM idp.erasures WHERE stage = $1 AND due_at > now() FOR UPDATE SKIP LOCKED)"
)
# The duties that this takes, in a hurry.
WORKS = """
import asyncio
from gateway import erasing, signals, worker
from gateway.cli import house

async def main():
    async with house.opened() as runtime:
        await worker.run(runtime)

worker.DUTIES = worker.Duty(signals.gather, 0.1), worker.Duty(erasing.erase, 0.1)
asyncio.run(main())
"""
WAITS = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Server:
    """PostgreSQL as it is shipped: what was said to be done is done."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self.start()

    def start(self) -> None:
        """Start it, or start it again on what lies there."""
        self.running = postgres.start(self._folder, postgres.binaries(), port=self._port)

    def kill(self) -> None:
        """Kill every process of it at once."""
        os.killpg(self.running.process.pid, signal.SIGKILL)
        self.running.process.wait()


@dataclass(frozen=True)
class Alone:
    """A gateway in this process, and the server that nobody else stands on."""

    server: Server
    gateway: Gateway


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Alone]:
    _open_the_way(tmp_path)
    server = Server(tmp_path / "postgres")
    try:
        database = await create_database(server.running.url, "gatehouse_alone")
        key, port = tmp_path / "master.key", free_port()
        master.create(key)
        environment = {
            "GATEHOUSE_DATABASE_URL": database,
            "GATEHOUSE_MASTER_KEY_FILE": str(key),
            "GATEHOUSE_ENVIRONMENT": "test",
            "GATEHOUSE_COUNTRY": "GB",
            "GATEHOUSE_ISSUER": f"http://127.0.0.1:{port}",
            "GATEHOUSE_ALLOW_LOOPBACK": "true",
        }
        async with house.opened(settings.read(environment)) as runtime:
            app = httpx2.ASGITransport(app=Dispatcher(ROUTES, lambda: runtime))
            async with httpx2.AsyncClient(transport=app) as http:
                yield Alone(
                    server, Gateway(environment, database, (port,), tmp_path, runtime, http)
                )
    finally:
        server.kill()


async def served(gateway: Gateway) -> tuple[Citizen, Citizen, Api]:
    """Two people who share with two services, one of which hears what becomes of them."""
    await gateway.service(
        {
            "apiVersion": "gatehouse/v1",
            "kind": "Agency",
            "metadata": {"id": "northtown"},
            "spec": {"name": {"en": "Northtown"}, "contact": None},
        }
    )
    await gateway.service(services.document("basic"))
    await gateway.service(signals.document(TELLS))
    await gateway.settled()
    people = [await gateway.citizen("basic", TELLS) for _ in range(2)]
    for one in people:
        await services.tokens(gateway, one, scope="openid offline_access")
    return people[0], people[1], await signals.api(gateway, TELLS)


@asynccontextmanager
async def holding(gateway: Gateway, stage: str, whose: object) -> AsyncIterator[None]:
    """Hold what the step of a stage comes to."""
    connection = await asyncpg.connect(gateway.database)
    transaction = connection.transaction()
    await transaction.start()
    assert await connection.fetch(HALF[stage], whose)
    yield
    connection.terminate()


async def rows_of(gateway: Gateway, someone: Citizen, subjects: list[str]) -> dict[str, list[str]]:
    """Return every row that names a citizen, by table."""
    found: dict[str, list[str]] = {}
    for table, column, kind in await leaving.columns(gateway):
        whose = [str(someone.account)] if kind == "account_id" else subjects
        sql = f"SELECT t::text AS row FROM {table} t WHERE {column}::text = ANY($1) ORDER BY 1"
        if rows := await gateway.rows(sql, whose):
            found[table] = [row["row"] for row in rows]
    return found


async def test_an_erasure_goes_on_when_the_database_is_back(alone: Alone) -> None:
    """Nothing half done is there, all that should go is gone, and the service hears of it."""
    gateway, server = alone.gateway, alone.server
    someone, other, api = await served(gateway)
    stream = await api.create()
    theirs, others = [
        [await signals.subject(gateway, one, name) for name in ("basic", TELLS)]
        for one in (someone, other)
    ]
    untouched = await rows_of(gateway, other, others)
    await leaving.asked(gateway, someone)
    for sql in (LATER, ONE_BY_ONE):
        await gateway.rows(sql)

    async with running(gateway, "-c", WORKS) as worker:
        for stage, number in (("waiting", 0), ("closed", 1), ("told", 2)):
            await signals.gathered(gateway)  # nothing is final while somebody holds something
            async with holding(gateway, stage, someone.account if number == 2 else theirs):
                while not await gateway.rows(WAITS):
                    await gateway.rows(DUE, stage)
                    breathe()
                server.kill()
            await asyncio.to_thread(server.start)  # our own connections hear of it meanwhile
            while (taken := await steps(gateway, [someone])) == number:
                await gateway.rows(DUE, stage)
                breathe()
            assert taken == number + 1
        assert worker.returncode is None
    told = [signals.read(gateway, raw) for raw in (await api.poll(stream))["sets"].values()]
    async with gateway.runtime.entry() as entry:
        chain = await journal.verify(entry)

    assert {one["sub_id"]["sub"] for one in told if PURGED in one["events"]} == {theirs[1]}
    assert set(await rows_of(gateway, someone, theirs)) <= set(STAY)
    assert not await gateway.rows(
        "SELECT FROM idp.person_keys WHERE account_id = $1", someone.account
    )
    assert await rows_of(gateway, other, others) == untouched
    names = [name for name, _ in await letters.queued(gateway, someone.email)]
    assert names.count("account-gone") == 1
    assert chain.broken is None
