"""The history of the schema leads to the tables that the rooms declare, forth and back."""

import asyncio
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from gateway import migrations
from gateway.api import health
from idp import tables as idp
from keys import tables as keys
from relying_parties import tables as relying_parties
from tests.conftest import create_database

METADATA = [keys.metadata, idp.metadata, relying_parties.metadata]


async def test_the_history_ends_at_the_declared_tables(postgres_url: str) -> None:
    url = await create_database(postgres_url, "gatehouse_history")

    assert await differences(url) == []


async def test_forth_back_and_forth_again(postgres_url: str) -> None:
    url = await create_database(postgres_url, "gatehouse_back")

    await asyncio.to_thread(migrations.downgrade, url, "base")
    await asyncio.to_thread(migrations.upgrade, url)

    assert await differences(url) == []


async def test_of_two_migrators_at_once_one_waits(postgres_url: str) -> None:
    url = await create_database(postgres_url, "gatehouse_twice")
    await asyncio.to_thread(migrations.downgrade, url, "base")

    work = "import sys; from gateway import migrations; migrations.upgrade(sys.argv[1])"
    both = [await asyncio.create_subprocess_exec(sys.executable, "-c", work, url) for _ in range(2)]

    assert [await one.wait() for one in both] == [0, 0]
    assert await differences(url) == []


def test_whoever_is_ready_has_the_newest_revision() -> None:
    scripts = Path(migrations.__file__).parent / "versions"
    every = {path.name.partition("_")[0] for path in scripts.glob("[0-9]*.py")}

    assert every - health.TOO_OLD == {migrations.newest()}


async def differences(url: str) -> list[object]:
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1))
    schemas = {metadata.schema for metadata in METADATA}

    def compare(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in schemas,
                "include_object": lambda _o, name, kind, *_: name != "alembic_version",
                "target_metadata": METADATA,
            },
        )
        return list(compare_metadata(context, METADATA))  # type: ignore[arg-type]

    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found
