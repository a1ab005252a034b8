"""Setting up and looking after: init, migrate, check, worker."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import asyncpg
import click
import httpx2

from gateway import logs, migrations, settings
from gateway import worker as duties
from gateway.cli import house
from gateway.runtime import now
from keys import master
from keys.errors import KeysError

_SKEW = 5.0  # seconds between our clock and the database's


@click.command()
@click.option("--home", type=click.Path(path_type=Path), default=Path(".gatehouse"))
def init(home: Path) -> None:
    """Make the master key and print the settings that go with it."""
    path = home / "master.key"
    if path.exists():
        click.echo(f"{path} exists already; nothing was changed")
        return
    master.create(path)
    click.echo(f"wrote {path}: keep a copy where the database's backups are not")
    click.echo(f"export GATEHOUSE_MASTER_KEY_FILE={path.resolve()}")
    click.echo("export GATEHOUSE_DATABASE_URL=postgresql://…")
    click.echo("export GATEHOUSE_ISSUER=https://…")


@click.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    migrations.upgrade(house.configured().database_url)
    click.echo(f"the schema is at {migrations.newest()}")


@click.command()
def worker() -> None:
    """Send mail, chain the journal, expire, purge, rotate."""
    logs.set_up()

    async def run() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, lambda: task and task.cancel())
        async with house.opened() as runtime:
            await duties.run(runtime)

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(run())


@click.command()
def check() -> None:
    """Look whether everything is as it must be; each line says how to mend it."""
    found = [_configuration()]
    if found[0][0]:
        found += asyncio.run(_running(house.configured()))
    for right, what, advice in found:
        click.echo(f"{'✔' if right else '✖'} {what}{'' if right else f': {advice}'}")
    sys.exit(0 if all(right for right, _, _ in found) else 1)


Finding = tuple[bool, str, str]


def _configuration() -> Finding:
    try:
        given = house.configured()
        master.load(given.master_key_file, os.environ)
    except (settings.SettingsInvalid, KeysError) as error:
        return False, "configuration", str(error)
    return True, "configuration and master key", ""


async def _running(given: settings.Settings) -> list[Finding]:
    found: list[Finding] = []
    try:
        connection = await asyncpg.connect(given.database_url, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return [(False, "database", f"can't connect ({type(error).__name__})")]
    try:
        found.append(await _version(connection))
        found.append(await _clock(connection))
        found.append(await _schema(connection))
    finally:
        await connection.close()
    found.append(await _keys(given))
    found.append((given.issuer.startswith("https") or not given.production, "TLS", "use https"))
    found.append(await _discovery(given))
    return found


async def _version(connection: asyncpg.Connection) -> Finding:
    number = connection.get_server_version().major
    return number >= 16, f"PostgreSQL {number}", "16 or newer is needed"


async def _clock(connection: asyncpg.Connection) -> Finding:
    theirs = await connection.fetchval("SELECT clock_timestamp()")
    skew = abs((theirs - now()).total_seconds())
    return skew < _SKEW, "clock", f"it differs from the database's by {skew:.0f} s: set up NTP"


async def _schema(connection: asyncpg.Connection) -> Finding:
    known = await connection.fetchval("SELECT to_regclass('keys.alembic_version')")
    at = (
        await connection.fetchval("SELECT version_num FROM keys.alembic_version") if known else None
    )
    return at == migrations.newest(), f"schema {at}", "run gatehouse migrate"


async def _keys(given: settings.Settings) -> Finding:
    try:
        async with house.opened(given) as runtime:
            runtime.keyring.active("token", "ES256")
    except KeysError as error:
        return False, "keys", f"{error.code}: was the database sealed under another master key?"
    return True, "keys", ""


async def _discovery(given: settings.Settings) -> Finding:
    started = time.monotonic()
    try:
        async with httpx2.AsyncClient(timeout=3) as http:
            answer = await http.get(f"{given.issuer}/.well-known/openid-configuration")
        right = answer.status_code == httpx2.codes.OK and answer.json()["issuer"] == given.issuer
    except (httpx2.HTTPError, ValueError, KeyError):
        return False, "discovery", f"{given.issuer} does not answer: run gatehouse serve"
    return (
        right,
        f"discovery ({(time.monotonic() - started) * 1000:.0f} ms)",
        "another issuer answers",
    )
