"""One unit of work: an answer commits, a crash undoes all, the events go with it."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import journal, opaque, replay, tables
from keys.entry import Entry, statement
from keys.events import KeysRotated
from keys.pool import Pool

COUNT = statement(sa.select(sa.func.count().label("rows")).select_from(tables.replays))
ADD = statement(
    pg.insert(tables.replays)
    .values(digest=sa.bindparam("digest"), expires_at=sa.bindparam("expires_at"))
    .on_conflict_do_nothing()
)
EVENT = KeysRotated(None, None, "token", "ES256")


async def count(pool: Pool, moment: datetime) -> int:
    async with Entry(pool, moment) as entry:
        row = await entry.one(COUNT)
        assert row
        return int(row["rows"])


async def claim(entry: Entry, value: str) -> bool:
    ends = entry.at + timedelta(minutes=1)
    return bool(await entry.run(ADD, digest=opaque.digest(value), expires_at=ends))


async def test_an_answer_commits(pool: Pool, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        await claim(entry, "one")
        entry.record(EVENT)

    async with Entry(pool, moment) as entry:
        assert [one.kind for one in await journal.search(entry)] == ["KeysRotated"]
    assert await count(pool, moment) == 1


async def crash(pool: Pool, moment: datetime, *, after_commit: bool) -> None:
    async with Entry(pool, moment) as entry:
        await claim(entry, "one")
        entry.record(EVENT)
        if after_commit:
            await entry.release()
            await claim(entry, "two")
        _ = 1 / 0


async def test_a_crash_undoes_all(pool: Pool, moment: datetime) -> None:
    with pytest.raises(ZeroDivisionError):
        await crash(pool, moment, after_commit=False)

    async with Entry(pool, moment) as entry:
        assert await journal.search(entry) == []
    assert await count(pool, moment) == 0


async def test_a_crash_after_a_commit_undoes_what_came_later(pool: Pool, moment: datetime) -> None:
    with pytest.raises(ZeroDivisionError):
        await crash(pool, moment, after_commit=True)

    assert await count(pool, moment) == 1


async def test_reading_opens_no_transaction(pool: Pool, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        await entry.one(COUNT)
        connection = await pool.take()  # another one: the entry holds its own
        pool.give_back(connection)

        assert not entry._connection.is_in_transaction()
        await claim(entry, "one")
        assert entry._connection.is_in_transaction()


async def test_a_released_entry_holds_nothing_and_goes_on(pool: Pool, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        await claim(entry, "one")
        await entry.release()
        assert entry._connection is None
        assert not await claim(entry, "one")
        assert entry.at == moment


async def test_what_is_asked_together_joins_a_transaction(pool: Pool, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        assert await claim(entry, "one")
        assert await count(pool, moment) == 0
        row = await entry.sole(COUNT)

        assert row
        assert row["rows"] == 1


def test_parameters_come_in_the_order_of_the_sql() -> None:
    made = statement(
        sa.select(tables.replays).where(
            tables.replays.c.expires_at < sa.bindparam("b"),
            tables.replays.c.digest == sa.bindparam("a"),
        )
    )

    assert made.arguments({"a": 1, "b": 2}) == [2, 1]
    assert not made.writes


def test_a_missing_parameter_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        replay.PURGE.arguments({})


@pytest.mark.parametrize(
    "core",
    [
        sa.insert(tables.replays).values(digest=sa.bindparam("a"), expires_at=sa.bindparam("b")),
        sa.delete(tables.replays),
        sa.select(tables.replays).with_for_update(),
        sa.select(sa.func.pg_advisory_xact_lock(1)),
    ],
    ids=["insert", "delete", "row-lock", "advisory-lock"],
)
def test_what_writes_or_locks_needs_a_transaction(core: sa.Executable) -> None:
    assert statement(core).writes
