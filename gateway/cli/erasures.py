"""Erasures: who is gone, and that they are gone again after a copy was restored."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click

from gateway.cli import house
from gateway.runtime import Runtime
from idp import erasures as rows
from keys.entry import Entry


@click.group()
def erasures() -> None:
    """Accounts that their citizens had deleted."""


@erasures.command("list")
def list_() -> None:
    """Print the ids of those that are gone, to keep where the database is not."""

    async def work(_runtime: Runtime, entry: Entry) -> Sequence[UUID]:
        return await rows.gone(entry)

    for account_id in house.within(work):
        click.echo(account_id)


@erasures.command()
@click.argument("kept", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def apply(kept: Path) -> None:
    """Delete again who is named in KEPT, now; whoever is not here any more is left alone."""
    try:
        named = [UUID(line.strip()) for line in kept.read_text().splitlines() if line.strip()]
    except ValueError as error:
        raise click.UsageError(f"{kept} has a line that is no id") from error

    async def work(_runtime: Runtime, entry: Entry) -> int:
        return await rows.again(entry, named)

    click.echo(f"{house.within(work)} to be deleted again; the worker does it within minutes")
