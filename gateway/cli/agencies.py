"""Agencies and who acts for them: the twins of the administrators' pages."""

import sys
from typing import Any

import click
import yaml

from gateway.admin import office
from gateway.cli import house
from gateway.runtime import Runtime
from idp import identifiers, invitations
from keys.entry import Entry
from relying_parties import agencies
from relying_parties.agencies import Agency
from relying_parties.errors import AgencyUnknown

BY = "operator"

_name = click.option(
    "--name", "names", multiple=True, metavar="LANGUAGE=NAME", help="Such as en=Northtown; again."
)
_contact = click.option("--contact", help="An e-mail address or a telephone number for citizens.")


@click.group()
def agency() -> None:
    """Agencies."""


@agency.command("list")
@house.json_option
def list_(as_json: bool) -> None:
    """Show every agency."""

    async def work(_runtime: Runtime, entry: Entry) -> list[dict[str, object]]:
        return [
            {"id": one.id, "name": one.name.get("en", ""), "contact": one.contact or "-"}
            for one in await agencies.listed(entry)
        ]

    house.show(house.within(work), as_json=as_json)


@agency.command()
@click.argument("agency_id")
def show(agency_id: str) -> None:
    """Print an agency as YAML, as `apply` takes it."""

    async def work(_runtime: Runtime, entry: Entry) -> Agency:
        return await _find(entry, agency_id)

    found = house.refusing(work)
    document = {
        "apiVersion": "gatehouse/v1",
        "kind": "Agency",
        "metadata": {"id": found.id},
        "spec": {"name": dict(found.name), "contact": found.contact},
    }
    click.echo(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))


@agency.command()
@click.argument("agency_id")
@_name
@_contact
def create(agency_id: str, names: tuple[str, ...], contact: str | None) -> None:
    """Let an agency join."""
    spelt = _spelt(names)

    async def work(_runtime: Runtime, entry: Entry) -> None:
        await agencies.create(entry, agency_id, name=spelt, contact=contact, by=BY)

    house.refusing(work)
    click.echo(f"{agency_id} is there")


@agency.command()
@click.argument("agency_id")
@_name
@_contact
def change(agency_id: str, names: tuple[str, ...], contact: str | None) -> None:
    """Give an agency other names or another contact; what is not named stays."""
    spelt = _spelt(names)

    async def work(_runtime: Runtime, entry: Entry) -> None:
        found = await _find(entry, agency_id)
        name, kept = {**found.name, **spelt}, contact if contact is not None else found.contact
        await agencies.change(entry, agency_id, name=name, contact=kept or None, by=BY)

    house.refusing(work)
    click.echo(f"{agency_id} is changed")


@click.group()
def member() -> None:
    """Who acts for an agency."""


@member.command("list")
@click.argument("agency_id")
@house.json_option
def list_members(agency_id: str, as_json: bool) -> None:
    """Show who acts for an agency, by the name under which it knows them."""

    async def work(_runtime: Runtime, entry: Entry) -> list[dict[str, object]]:
        await _find(entry, agency_id)
        return [
            {"member": one.subject, "role": one.role, "since": one.since.date().isoformat()}
            for one in await agencies.members(entry, agency_id)
        ]

    house.show(house.refusing(work), as_json=as_json)


@member.command()
@click.argument("agency_id")
@click.argument("email")
@click.option("--role", type=click.Choice(agencies.ROLES), required=True)
def add(agency_id: str, email: str, role: str) -> None:
    """Let somebody act for an agency: prints an address that lets them in, once, within an hour."""

    async def work(runtime: Runtime, entry: Entry) -> str:
        await _find(entry, agency_id)
        address = identifiers.normalise_email(email)
        account_id, handle, _ = await invitations.invite(entry, runtime.vault, address)
        whom = office.subject_of(runtime, account_id)
        await agencies.add_member(entry, agency_id, whom, role=role, by=BY)
        return f"{runtime.settings.issuer}/admin/invite/{handle}"

    click.echo(house.refusing(work))


@member.command()
@click.argument("agency_id")
@click.argument("email")
def remove(agency_id: str, email: str) -> None:
    """Let somebody no longer act for an agency."""

    async def work(runtime: Runtime, entry: Entry) -> bool:
        await _find(entry, agency_id)
        address = identifiers.normalise_email(email)
        account_id = await invitations.find_account(entry, runtime.vault, address)
        whom = office.subject_of(runtime, account_id) if account_id else ""
        there = any(one.subject == whom for one in await agencies.members(entry, agency_id))
        await agencies.remove_member(entry, agency_id, whom, by=BY)
        return there

    if not house.refusing(work):
        click.echo(f"error: {email} does not act for {agency_id}", err=True)
        sys.exit(3)
    click.echo(f"{email} does not act for {agency_id} any more")


async def _find(entry: Entry, agency_id: str) -> Agency:
    found = await agencies.find(entry, agency_id)
    if found is None:
        raise AgencyUnknown(agency_id)
    return found


def _spelt(names: tuple[str, ...]) -> dict[str, Any]:
    wrong = [one for one in names if "=" not in one]
    if wrong:
        raise click.UsageError(f"{wrong[0]!r} is not LANGUAGE=NAME, such as en=Northtown")
    return dict(one.split("=", 1) for one in names)
