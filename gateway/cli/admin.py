"""Administrators: invite, list, remove."""

import sys

import click

from gateway.cli import house
from gateway.runtime import Runtime
from idp import accounts, identifiers, invitations
from keys.entry import Entry

BY = "operator"


@click.group()
def admin() -> None:
    """Administrators."""


@admin.command()
@click.argument("email")
@click.option("--role", "roles", type=click.Choice(accounts.ROLES), multiple=True, required=True)
def invite(email: str, roles: tuple[str, ...]) -> None:
    """Invite somebody: prints an address that lets them in, once, within an hour.

    Hand it to them by a way that is theirs alone: whoever opens it first has it.
    """

    async def work(runtime: Runtime, entry: Entry) -> str:
        return await invited(runtime, entry, email, roles)

    click.echo(house.refusing(work))


async def invited(runtime: Runtime, entry: Entry, email: str, roles: tuple[str, ...]) -> str:
    """Give whoever has, or will have, the address the roles, and return the invitation."""
    address = identifiers.normalise_email(email)
    account_id, handle, _ = await invitations.invite(entry, runtime.vault, address)
    for role in roles:
        await accounts.grant_role(entry, account_id, role, by=BY)
    return f"{runtime.settings.issuer}/admin/invite/{handle}"


@admin.command("list")
@house.json_option
def list_(as_json: bool) -> None:
    """Show every administrator."""

    async def work(runtime: Runtime, entry: Entry) -> list[dict[str, object]]:
        return [
            {
                "email": ", ".join(await identifiers.emails(entry, runtime.vault, account.id))
                or "(invited)",
                "roles": ", ".join(account.roles),
                "status": account.status,
            }
            for account in await accounts.staff(entry)
        ]

    house.show(house.within(work), as_json=as_json)


@admin.command()
@click.argument("email")
def remove(email: str) -> None:
    """Take every role of an administrator."""

    async def work(runtime: Runtime, entry: Entry) -> bool:
        address = identifiers.normalise_email(email)
        account_id = await invitations.find_account(entry, runtime.vault, address)
        if account_id is None:
            return False
        for role in accounts.ROLES:
            await accounts.take_role(entry, account_id, role, by=BY)
        return True

    if not house.refusing(work):
        click.echo(f"error: nobody has the address {email}", err=True)
        sys.exit(3)
    click.echo(f"{email} is no administrator any more")
