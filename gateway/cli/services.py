"""Services and agencies: list, show, suspend, secrets, and apply from YAML."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml

from gateway.cli import house
from gateway.runtime import Runtime
from idp import catalog
from keys.entry import Entry
from relying_parties import clients, onboarding
from relying_parties.errors import RegistrationInvalid, RelyingPartyError
from relying_parties.metadata import Rules
from relying_parties.onboarding import Applied

BY = "operator"


@click.group()
def rp() -> None:
    """Services (relying parties)."""


@rp.command("list")
@house.json_option
def list_(as_json: bool) -> None:
    """Show every service that was approved."""

    async def work(_runtime: Runtime, entry: Entry) -> list[dict[str, object]]:
        return [
            {
                "id": client.client_id,
                "agency": client.agency.id,
                "status": client.status,
                "profile": client.registration.profile.name,
                "version": client.version,
            }
            for client in await clients.listed(entry)
        ]

    house.show(house.within(work), as_json=as_json)


@rp.command()
@click.argument("client_id")
def show(client_id: str) -> None:
    """Print a service's approved registration as YAML."""

    async def work(_runtime: Runtime, entry: Entry) -> dict[str, Any] | None:
        found = await clients.find(entry, client_id)
        return dict(found.registration.document) if found else None

    document = house.within(work)
    if document is None:
        click.echo(f"error: no service is called {client_id}", err=True)
        sys.exit(3)
    click.echo(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))


@rp.command()
@click.argument("client_id")
def secret(client_id: str) -> None:
    """Issue another secret; the one before works for a day."""

    async def work(_runtime: Runtime, entry: Entry) -> str:
        return await clients.issue_secret(entry, client_id, by=BY)

    click.echo(_refusing(work))
    click.echo("This is shown once.", err=True)


@rp.command()
@click.argument("client_id")
@click.option("--reason", required=True)
def suspend(client_id: str, reason: str) -> None:
    """Stop a service now: its tokens read nothing any more."""

    async def work(_runtime: Runtime, entry: Entry) -> None:
        await clients.suspend(entry, client_id, reason, by=BY)

    _refusing(work)
    click.echo(f"{client_id} is suspended")


@rp.command()
@click.argument("client_id")
def resume(client_id: str) -> None:
    """Let a suspended service work again."""

    async def work(_runtime: Runtime, entry: Entry) -> None:
        await clients.resume(entry, client_id, by=BY)

    _refusing(work)
    click.echo(f"{client_id} is live")


@click.command()
@click.option("-f", "path", type=click.Path(exists=True, path_type=Path), required=True)
def apply(path: Path) -> None:
    """Make agencies and services be as the YAML says; unchanged ones are left alone."""
    documents = list(_documents(path))
    # Agencies first: a service needs the one that it names.
    documents.sort(key=lambda one: one.get("kind") != "Agency" if isinstance(one, dict) else 2)

    async def work(runtime: Runtime, entry: Entry) -> list[Applied]:
        return [
            await onboarding.apply(entry, document, by=BY, rules=rules(runtime))
            for document in documents
        ]

    for applied in _refusing(work):
        click.echo(f"{applied.kind} {applied.id}: {'changed' if applied.changed else 'unchanged'}")
        if applied.secret:
            click.echo(f"  client_id: {applied.id}\n  client_secret: {applied.secret}")
            click.echo("  The secret is shown once.", err=True)


def rules(runtime: Runtime) -> Rules:
    """Return what registrations are judged by on this gateway."""
    return Rules(allow_loopback=runtime.settings.allow_loopback, claims=frozenset(catalog.BY_NAME))


def _documents(path: Path) -> Iterator[Any]:
    files = [path] if path.is_file() else sorted(path.glob("*.y*ml"))
    for file in files:
        if not file.name.startswith("."):
            yield from (one for one in yaml.safe_load_all(file.read_text()) if one is not None)


def _refusing(work: Any) -> Any:
    """Run ``work``; what a room refuses is told in words of its own."""
    try:
        return house.within(work)
    except RegistrationInvalid as error:
        for where, problem in error.problems:
            click.echo(f"error: {where or 'the document'}: {problem.replace('_', ' ')}", err=True)
        sys.exit(6)
    except RelyingPartyError as error:
        click.echo(f"error: {error.code.replace('_', ' ')} {error}", err=True)
        sys.exit(4)
