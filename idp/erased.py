"""What is deleted of a citizen here, table by table, and what stays and why.

Every table that has a row by account stands in one of the two: tests/architecture sees to it.
The next table is one row.
"""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

from idp import tables
from keys.entry import Entry, Statement, statement


def _all_of(table: sa.Table, column: str = "account_id") -> tuple[sa.Table, Statement]:
    theirs = table.c[column] == sa.bindparam("of_account", type_=sa.Uuid)
    return table, statement(sa.delete(table).where(theirs))


# The account is the last: everything else points to it.
ERASED: tuple[tuple[sa.Table, Statement], ...] = (
    _all_of(tables.person_keys),
    _all_of(tables.attributes),
    _all_of(tables.evidence),
    _all_of(tables.proofings),
    _all_of(tables.identifiers),
    _all_of(tables.passkeys),
    _all_of(tables.passwords),
    _all_of(tables.known_devices),
    _all_of(tables.sessions),
    _all_of(tables.recoveries),
    _all_of(tables.invitations),
    _all_of(tables.signups),
    _all_of(tables.exports),
    _all_of(tables.notice_channels),
    _all_of(tables.accounts, "id"),
)

KEPT: Mapping[str, str] = {
    "erasures": "ids and moments: that there was an account, and that it was deleted when",
    "notices": "mail on its way, the last one too; a day after it left it is deleted",
    "attempts": "digests of what was tried, without whom; they run out within hours",
}


async def forget(entry: Entry, account_id: UUID) -> int:
    """Delete every row of an account; return how many."""
    return sum([await entry.run(delete, of_account=account_id) for _, delete in ERASED])
