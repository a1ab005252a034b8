"""How Alembic reaches the database: asyncpg, the three rooms' tables, one migrator at a time."""

import asyncio

import asyncpg
import sqlalchemy as sa
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from idp import tables as idp
from keys import tables as keys
from relying_parties import tables as relying_parties

METADATA = [keys.metadata, idp.metadata, relying_parties.metadata]
SCHEMAS = {metadata.schema for metadata in METADATA}
LOCK = 7_236_514_803  # any number, as long as nobody else locks it


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Compare our schemas only."""
    return name in SCHEMAS if kind == "schema" else True


def migrate(connection: sa.Connection) -> None:
    """Run the migrations in one transaction, alone."""
    connection.execute(sa.text("SET lock_timeout = '10s'"))
    connection.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))
    try:
        for schema in sorted(name for name in SCHEMAS if name):
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            include_schemas=True,
            include_name=ours,
            version_table_schema="keys",
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(sa.select(sa.func.pg_advisory_unlock(LOCK)))
        connection.commit()


async def online() -> None:
    """Connect and migrate."""
    url = context.config.get_main_option("sqlalchemy.url") or ""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        # SQLAlchemy would hand `sslmode` and its like on as arguments that asyncpg does not know.
        async_creator=lambda: asyncpg.connect(url),
        poolclass=NullPool,
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(online())
