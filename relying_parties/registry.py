"""One number that rises with every change of an agency, service, secret or registration.

Workers keep the services that they met in memory and drop them when the number has moved.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import tables

VERSION = statement(sa.select(tables.registry.c.version).where(tables.registry.c.one == 1))

_INSERT = pg.insert(tables.registry).values(one=1, version=1)

BUMP = statement(
    _INSERT.on_conflict_do_update(
        index_elements=["one"], set_={"version": tables.registry.c.version + 1}
    )
)


async def version(entry: Entry) -> int:
    """Return the present number; 0 before the first change."""
    row = await entry.one(VERSION)
    return row["version"] if row else 0


async def bump(entry: Entry) -> None:
    """Raise the number, in the transaction of the change."""
    await entry.run(BUMP)
