"""The journal and the ledger: search the one, and check that nobody altered either."""

import sys
from pathlib import Path

import click

from gateway.cli import house
from gateway.runtime import Runtime
from keys import journal
from keys.entry import Entry
from keys.journal import Verdict
from relying_parties import ledger_audit
from relying_parties.ledger_audit import Report


@click.group()
def audit() -> None:
    """Search the journal; check it, and the ledger."""


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


SAYS = {
    "altered": "line {release} was altered after it was sealed at place {place}",
    "missing": "line {release}, sealed at place {place}, is gone",
    "moved": "line {release} stands in another order than it was sealed in: look at place {place}",
    "slipped_in": "line {release} was slipped in among lines that were sealed before",
    "rewritten": "the tree was rewritten: its first {place} leaves are not those of the checkpoint",
    "forged": "the checkpoint of {place} lines was not signed by a key of ours",
    "cut_off": "the ledger was cut off or rolled back: a checkpoint says that it had {place} lines",
}


@audit.command()
@click.option(
    "--published",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of checkpoints that were kept elsewhere, one on each line.",
)
def verify(published: Path | None) -> None:
    """Recompute the journal's chain and the ledger's tree; whatever was altered is named."""
    kept = published.read_text().split() if published else []

    async def work(runtime: Runtime, entry: Entry) -> tuple[Verdict, Report]:
        found = await ledger_audit.verify(entry, runtime.settings.issuer, kept)
        return await journal.verify(entry), found

    verdict, report = house.within(work)
    chained, sealed = _chained(verdict), _sealed(report)
    if not (chained and sealed):
        sys.exit(1)


def _chained(verdict: Verdict) -> bool:
    if verdict.between is None:
        click.echo(
            f"✔ {verdict.rows} events in {verdict.batches} batches;"
            f" {verdict.unchained} are too new to be chained"
        )
        return True
    first, last = verdict.between
    click.echo(
        f"✖ batch {verdict.broken} is not what was chained: look at events {first} to {last},"
        " and at those of your latest backup",
        err=True,
    )
    return False


def _sealed(report: Report) -> bool:
    for one in report.findings:
        place = "unknown" if one.place is None else one.place
        release = "unknown" if one.release is None else one.release
        click.echo(f"✖ {SAYS[one.code].format(release=release, place=place)}", err=True)
    if not report.findings:
        click.echo(
            f"✔ {report.lines} lines of the ledger under {report.checkpoints} checkpoints and"
            f" {report.published} that were kept elsewhere; {report.waiting} are too new to be"
            " sealed"
        )
    return not report.findings
