"""Once only: a value that was claimed can't be claimed again until it would have expired anyway.

Of fifty claims at once one INSERT gets the row (security: CA-08, RC-04).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import tables
from keys.entry import Entry, statement
from keys.opaque import digest

CLAIM = statement(
    pg.insert(tables.replays)
    .values(digest=sa.bindparam("digest"), expires_at=sa.bindparam("expires_at"))
    .on_conflict_do_nothing()
    .returning(tables.replays.c.digest)
)
PURGE = statement(sa.delete(tables.replays).where(tables.replays.c.expires_at < sa.bindparam("at")))


async def claim(entry: Entry, scope: str, value: str, expires_at: datetime) -> bool:
    """Use ``value`` up within ``scope``; ``False`` if it was used before."""
    key = digest(f"{len(scope)}:{scope}:{value}")
    return await entry.one(CLAIM, digest=key, expires_at=expires_at) is not None


async def purge(entry: Entry) -> int:
    """Forget what has expired; returns how many."""
    return await entry.run(PURGE, at=entry.at)
