"""Services: list, show, suspend, resume, retire, secrets."""

import sys
from datetime import timedelta
from typing import Any

import click
import yaml

from gateway.cli import house
from gateway.oauth import claims
from gateway.runtime import Runtime
from keys.entry import Entry
from relying_parties import clients, initial_access_tokens
from relying_parties.errors import ClientUnknown
from relying_parties.metadata.rules import Rules
from relying_parties.streams import delivery, subscriptions

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
@click.argument("agency_id")
@click.option("--uses", type=click.IntRange(1, 1000), default=1, help="How many services.")
@click.option("--days", type=click.IntRange(1, 90), default=7, help="For how long.")
def invite(agency_id: str, uses: int, days: int) -> None:
    """Let services of an agency register themselves: prints an initial access token."""

    async def work(_runtime: Runtime, entry: Entry) -> str:
        lives = timedelta(days=days)
        return await initial_access_tokens.issue(entry, agency_id, lives=lives, uses=uses, by=BY)

    click.echo(house.refusing(work))
    click.echo("This is shown once.", err=True)


@rp.command()
@click.argument("client_id")
def secret(client_id: str) -> None:
    """Issue another secret; the one before works for a day."""

    async def work(runtime: Runtime, entry: Entry) -> str:
        await _there(entry, client_id)
        sealer = runtime.vault.sealer
        return await clients.issue_secret(entry, client_id, by=BY, sealer=sealer)

    click.echo(house.refusing(work))
    click.echo("This is shown once.", err=True)


@rp.command()
@click.argument("client_id")
@click.option("--send-again", is_flag=True, help="Tell once more what was given up.")
@house.json_option
def events(client_id: str, *, send_again: bool, as_json: bool) -> None:
    """Show the event stream of a service, and how many events it was told or missed."""

    async def work(_runtime: Runtime, entry: Entry) -> list[dict[str, Any]]:
        await _there(entry, client_id)
        if send_again:
            await delivery.send_again(entry, client_id, by=BY)
        stream = await subscriptions.of_client(entry, client_id)
        if stream is None:
            return []
        counted = await delivery.standing(entry, client_id)
        return [
            {
                "status": stream.status,
                "reason": stream.reason or "",
                "method": stream.wish.method,
                "told": counted.get("told", 0),
                "waiting": counted.get("due", 0),
                "given_up": counted.get("dead", 0),
            }
        ]

    house.show(house.refusing(work), as_json=as_json)


@rp.command()
@click.argument("client_id")
@click.option("--reason", required=True)
def suspend(client_id: str, reason: str) -> None:
    """Stop a service now: its tokens read nothing any more."""

    async def work(_runtime: Runtime, entry: Entry) -> None:
        await _there(entry, client_id)
        await clients.suspend(entry, client_id, reason, by=BY)

    house.refusing(work)
    click.echo(f"{client_id} is suspended")


@rp.command()
@click.argument("client_id")
def resume(client_id: str) -> None:
    """Let a suspended service work again."""

    async def work(_runtime: Runtime, entry: Entry) -> None:
        await _there(entry, client_id)
        await clients.resume(entry, client_id, by=BY)

    house.refusing(work)
    click.echo(f"{client_id} is live")


@rp.command()
@click.argument("client_id")
@click.confirmation_option(prompt="The service ends for good. Go on?")
def retire(client_id: str) -> None:
    """End a service for good: its id is never used again."""

    async def work(_runtime: Runtime, entry: Entry) -> None:
        await _there(entry, client_id)
        await clients.retire(entry, client_id, by=BY)

    house.refusing(work)
    click.echo(f"{client_id} is retired")


def rules(runtime: Runtime) -> Rules:
    """Return what registrations are judged by on this gateway."""
    return claims.rules(runtime.settings)


async def _there(entry: Entry, client_id: str) -> None:
    """Tell a name that nobody has apart from a service that is in another state."""
    if await clients.find(entry, client_id) is None:
        raise ClientUnknown(client_id)
