"""Administrators for tests: invited as the operator invites them, or at work already."""

from playwright.sync_api import Page

from idp import accounts, sessions
from tests.support.demo import Demo
from tests.support.gateway import Citizen, Gateway


def invited(demo: Demo, email: str, *roles: str) -> str:
    """Invite somebody on the command line; returns the invitation's address."""
    given = [part for role in roles for part in ("--role", role)]
    return demo.command("admin", "invite", email, *given).strip()


def come_in(page: Page, invitation: str) -> None:
    """Open an invitation and make the passkey."""
    page.goto(invitation)
    with page.expect_navigation():  # to its end: before its script is there the button only sends
        page.locator("#invitation-open").click()
    page.locator("#passkey-button").click()
    page.wait_for_url("**/admin")


async def officer(gateway: Gateway, *roles: str) -> Citizen:
    """Somebody with these roles who is at work, signed in just now."""
    return await at_work(gateway, await gateway.citizen(), *roles)


async def at_work(gateway: Gateway, someone: Citizen, *roles: str) -> Citizen:
    """Give somebody roles and start a session at work."""
    async with gateway.runtime.entry() as entry:
        for role in roles:
            await accounts.grant_role(entry, someone.account, role, by="test")
        session, handle = await sessions.start(
            entry, someone.account, kind="admin", amr=("pop", "user", "mfa"), aal=2, device="test"
        )
    return Citizen(someone.account, session.id, someone.email, f"__Host-adm={handle}")
