"""Person keys: what each citizen's details are sealed under, in a table of their own.

    drawn with the account ──wrapped under the master key──▶ one row ──erased──▶ gone for good

The row is all there is of a key. Deleting it makes everything under it noise: details,
addresses, the lines of the ledger; in every copy of the rest as well, as long as this one
table is copied apart and its copies are kept for a few days only (ADR 12).
"""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import tables
from keys.entry import Entry, statement
from keys.sealing import DataKey
from keys.vault import Vault

# What is wrapped is bound to its citizen by the name of the table that it once stood in.
_PLACE = "idp.accounts"

_keys, _accounts = tables.person_keys.c, tables.accounts.c

ADD = statement(
    sa.insert(tables.person_keys).values(
        account_id=sa.bindparam("account_id"), wrapped=sa.bindparam("wrapped")
    )
)
DESTROY = statement(
    sa.delete(tables.person_keys).where(_keys.account_id == sa.bindparam("of_account"))
)

OF_OPEN = statement(
    sa.select(_keys.account_id, _keys.wrapped)
    .join_from(tables.person_keys, tables.accounts, _accounts.id == _keys.account_id)
    .where(
        _keys.account_id == sa.any_(sa.bindparam("accounts", type_=pg.ARRAY(sa.Uuid))),
        _accounts.status == sa.literal_column("'open'", sa.Text),
    )
)


async def draw(entry: Entry, vault: Vault, account_id: UUID) -> DataKey:
    """Draw a key for a new account and keep its wrapping."""
    key, wrapped = vault.sealer.new_data_key(_PLACE, str(account_id))
    await entry.run(ADD, account_id=account_id, wrapped=wrapped)
    return key


def unwrap(vault: Vault, account_id: UUID, wrapped: bytes) -> DataKey:
    """Return the key that a row holds.

    :raises NotSealedHere: another citizen's, or altered
    """
    return vault.sealer.data_key(wrapped, _PLACE, str(account_id))


async def of_open(entry: Entry, vault: Vault, accounts: Collection[UUID]) -> dict[UUID, DataKey]:
    """Return the keys of those accounts that are open, in one statement."""
    found = {}
    for row in await entry.all(OF_OPEN, accounts=list(accounts)):
        account_id = UUID(bytes=row["account_id"].bytes)
        found[account_id] = unwrap(vault, account_id, row["wrapped"])
    return found


async def destroy(entry: Entry, account_id: UUID) -> bool:
    """Destroy the key; ``False`` if there is none any more."""
    return bool(await entry.run(DESTROY, of_account=account_id))
