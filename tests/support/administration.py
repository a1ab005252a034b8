"""Administrators for tests, invited as the operator invites them."""

from tests.support.demo import Demo


def invited(demo: Demo, email: str, *roles: str) -> str:
    """Invite somebody on the command line; returns the invitation's address."""
    given = [part for role in roles for part in ("--role", role)]
    return demo.command("admin", "invite", email, *given).strip()
