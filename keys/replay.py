"""Once only: a value that was claimed can't be claimed again until it would have expired anyway.

Of fifty claims at once one INSERT gets the row (security: CA-08, RC-04).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import tables
from keys.entry import Entry, statement
from keys.gathering import asked
from keys.opaque import digest


def _claim() -> sa.Executable:
    claims = asked(digest=sa.LargeBinary(), expires_at=tables.replays.c.expires_at.type)
    names = ["digest", "expires_at"]
    made = (
        pg.insert(tables.replays)
        .from_select(names, sa.select(*(claims.c[name] for name in names)))
        .on_conflict_do_nothing()
        .returning(tables.replays.c.digest)
        .cte("made")
    )
    # Of two that claim the same in one statement the first one gets it.
    first = sa.func.min(claims.c.n).label("n")
    return (
        sa.select(first)
        .join_from(made, claims, claims.c.digest == made.c.digest)
        .group_by(made.c.digest)
    )


CLAIM = statement(_claim())
PURGE = statement(sa.delete(tables.replays).where(tables.replays.c.expires_at < sa.bindparam("at")))


async def claim(entry: Entry, scope: str, value: str, expires_at: datetime) -> bool:
    """Use ``value`` up within ``scope``; ``False`` if it was used before.

    Durable on return, whatever becomes of the rest: a proof that was seen is used.
    """
    key = digest(f"{len(scope)}:{scope}:{value}")
    return bool(await entry.together(CLAIM, digest=key, expires_at=expires_at))


async def purge(entry: Entry) -> int:
    """Forget what has expired; returns how many."""
    return await entry.run(PURGE, at=entry.at)
