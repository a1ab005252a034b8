"""The ways in, and which of them an account has.

Whatever changes which ones an account has takes the account's row first, so of two
changes at once the later one sees what the earlier did.
"""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from idp import tables
from idp.errors import AccountNotOpen
from keys.entry import Entry, statement

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


HOLD = statement(
    sa.select(tables.accounts.c.status)
    .where(tables.accounts.c.id == sa.bindparam("of_account"))
    .with_for_update(key_share=True)  # sessions and the like may still begin
)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Which ways in an account has; none is false."""

    passkeys: int
    password: bool

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.passkeys > 0 or self.password


async def enrolled(entry: Entry, account_id: UUID) -> Enrolled:
    """Return which ways in an account has."""
    row = await entry.one(ENROLLED, of_account=account_id)
    return Enrolled(row["passkeys"], row["password"]) if row else Enrolled(0, password=False)


async def held(entry: Entry, account_id: UUID) -> Enrolled:
    """Return which ways in an account has, and let nobody else change them until the entry ends.

    :raises AccountNotOpen: locked, closed or unknown
    """
    row = await entry.one(HOLD, of_account=account_id)
    if row is None or row["status"] != "open":
        raise AccountNotOpen
    return await enrolled(entry, account_id)
