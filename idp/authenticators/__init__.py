"""The ways in: a row each."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from idp import tables
from keys.entry import Entry, statement

AUTHENTICATORS = ("passkeys", "passwords")

ENROLLED = statement(
    sa.select(
        sa.select(sa.func.count())
        .select_from(tables.passkeys)
        .where(tables.passkeys.c.account_id == sa.bindparam("of_account"))
        .scalar_subquery()
        .label("passkeys"),
        sa.exists()
        .where(tables.passwords.c.account_id == sa.bindparam("of_account"))
        .label("password"),
    )
)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Which ways in an account has."""

    passkeys: int
    password: bool


async def enrolled(entry: Entry, account_id: UUID) -> Enrolled:
    """Return which ways in an account has."""
    row = await entry.one(ENROLLED, of_account=account_id)
    return Enrolled(row["passkeys"], row["password"]) if row else Enrolled(0, password=False)
