"""The revision of the schema that the database is at; Alembic keeps it beside our tables."""

import sqlalchemy as sa

from keys.entry import Entry, statement

REVISION = statement(
    sa.select(sa.column("version_num")).select_from(sa.table("alembic_version", schema="keys"))
)


async def revision(entry: Entry) -> str | None:
    """Return the revision, or ``None`` if no migration ever ran to its end."""
    row = await entry.one(REVISION)
    return row["version_num"] if row else None
