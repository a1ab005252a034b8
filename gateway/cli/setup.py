"""Setting up and looking after: init, migrate, worker."""

import asyncio
import contextlib
import signal
from pathlib import Path

import click

from gateway import logs, migrations
from gateway import worker as duties
from gateway.cli import house
from keys import master


@click.command()
@house.home_option
def init(home: Path | None) -> None:
    """Make the master key and print the settings that go with it."""
    path = (home or house.home()) / "master.key"
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
