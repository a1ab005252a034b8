"""Accounts of citizens: lock one that must not be used, and open it again.

For what an operator learns by another way than the gateway: a death, an account in the wrong
hands. Services that may know are told by `account-disabled` and `account-enabled`.
"""

import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

import click

from gateway.cli import house
from gateway.oauth import locking
from gateway.runtime import Runtime
from idp import accounts, identifiers
from idp.errors import AccountNotOpen
from keys.entry import Entry

BY = "operator"
REASONS = ("deceased", "misused", "asked")

Work = Callable[[Runtime, Entry, UUID], Awaitable[None]]


@click.group()
def account() -> None:
    """Accounts of citizens."""


@account.command()
@click.argument("email")
@click.option("--reason", type=click.Choice(REASONS), required=True, help="For the journal.")
def lock(email: str, reason: str) -> None:
    """Lock an account: nobody signs in, and all that services hold of it ends."""

    async def work(runtime: Runtime, entry: Entry, account_id: UUID) -> None:
        theirs = await locking.lock(entry, runtime.vault, account_id, reason, BY)
        await entry.release()
        await locking.once_more(runtime, theirs)

    _on(email, work, f"{email} is not open")
    click.echo(f"{email} is locked; nothing that was signed in with it works any more")


@account.command()
@click.argument("email")
def unlock(email: str) -> None:
    """Open a locked account again; its citizen signs in anew."""

    async def work(_runtime: Runtime, entry: Entry, account_id: UUID) -> None:
        await accounts.unlock(entry, account_id, BY)

    _on(email, work, f"{email} is not locked")
    click.echo(f"{email} is open again")


def _on(email: str, work: Work, conflict: str) -> None:
    async def with_account(runtime: Runtime, entry: Entry) -> tuple[int, str]:
        named = identifiers.normalise_email(email)
        account_id = await identifiers.find_account(entry, runtime.vault, named)
        if account_id is None:
            return 3, f"nobody has the address {email}"
        try:
            await work(runtime, entry, account_id)
        except AccountNotOpen:
            return 4, conflict
        return 0, ""

    code, problem = house.refusing(with_account)
    if code:
        click.echo(f"error: {problem}", err=True)
        sys.exit(code)
