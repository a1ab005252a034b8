"""The journal: search it, and check that nobody altered it."""

import sys

import click

from gateway.cli import house
from gateway.runtime import Runtime
from keys import journal
from keys.entry import Entry
from keys.journal import Verdict


@click.group()
def audit() -> None:
    """Search the journal, and check it."""


@audit.command()
@click.option("--actor", help="Who did it, such as client:parking-permits or operator.")
@click.option("--object", "object_", help="What it was done to.")
@click.option("--kind", help="What happened, such as ServiceSuspended.")
@click.option("--limit", default=50, show_default=True)
@house.json_option
def search(
    actor: str | None, object_: str | None, kind: str | None, limit: int, as_json: bool
) -> None:
    """Show events, newest first."""

    async def work(_runtime: Runtime, entry: Entry) -> list[dict[str, object]]:
        found = await journal.search(entry, actor=actor, object=object_, kind=kind, limit=limit)
        return [
            {
                "seq": one.seq,
                "at": one.at.isoformat(timespec="seconds"),
                "kind": one.kind,
                "actor": one.actor or "-",
                "object": one.object or "-",
            }
            for one in found
        ]

    house.show(house.within(work), as_json=as_json)


@audit.command()
def verify() -> None:
    """Recompute the chain; a row that was altered, removed or slipped in is found."""

    async def work(_runtime: Runtime, entry: Entry) -> Verdict:
        return await journal.verify(entry)

    verdict = house.within(work)
    if verdict.between is not None:
        first, last = verdict.between
        click.echo(
            f"✖ batch {verdict.broken} is not what was chained: look at events {first} to {last},"
            " and at those of your latest backup",
            err=True,
        )
        sys.exit(1)
    click.echo(
        f"✔ {verdict.rows} events in {verdict.batches} batches;"
        f" {verdict.unchained} are too new to be chained"
    )
