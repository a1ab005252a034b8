"""What was done stays written down, and altering it shows: LG-04."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from keys import finality, journal
from keys.entry import Entry
from keys.events import KeysRotated
from keys.pool import Pool


async def write(pool: Pool, moment: datetime, *objects: str) -> None:
    async with Entry(pool, moment) as entry:
        for each in objects:
            entry.record(KeysRotated("operator", each, "token", "ES256"))


async def chain(pool: Pool, moment: datetime) -> int:
    """Chain all there is, however long transactions of other tests hold up its being final."""
    chained = 0
    async with asyncio.timeout(60):
        while (await verify(pool, moment)).unchained:
            async with Entry(pool, moment) as entry:
                chained += await journal.chain(entry)
    return chained


async def verify(pool: Pool, moment: datetime) -> journal.Verdict:
    async with Entry(pool, moment) as entry:
        return await journal.verify(entry)


async def damage(url: str, sql: str, *given: Any) -> None:
    """Do what only somebody with the keys of the house can."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        assert not (await connection.execute(sql, *given)).endswith(" 0")
    finally:
        await connection.close()


async def test_what_is_chained_verifies(pool: Pool, moment: datetime) -> None:
    await write(pool, moment, "a", "b", "c")
    assert await chain(pool, moment) == 3
    await write(pool, moment, "d")

    assert await verify(pool, moment) == journal.Verdict(1, 3, 1, None)
    assert await chain(pool, moment) == 1
    assert await verify(pool, moment) == journal.Verdict(2, 4, 0, None)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE keys.journal SET kind = 'Nothing' WHERE object = 'e'",
        "UPDATE keys.journal SET actor = NULL WHERE object = 'e'",
        "UPDATE keys.journal SET fields = '{}' WHERE object = 'e'",
        "UPDATE keys.journal SET at = at + interval '1 s' WHERE object = 'e'",
        "DELETE FROM keys.journal WHERE object = 'e'",
        "DELETE FROM keys.journal WHERE object = 'd'",
        "UPDATE keys.journal_batches SET digest = sha256('x') WHERE number = 2",
        "UPDATE keys.journal_batches SET rows = rows + 1 WHERE number = 2",
    ],
)
async def test_damage_is_found_and_placed(
    pool: Pool, database_url: str, moment: datetime, sql: str
) -> None:
    """LG-04: the batch is named, and the events in which to look."""
    for each in ("ab", "def", "gh"):
        await write(pool, moment, *each)
        await chain(pool, moment)

    await damage(database_url, sql)

    verdict = await verify(pool, moment)
    assert (verdict.broken, verdict.between) == (2, (3, 5))


async def test_a_row_that_is_slipped_in_is_found(
    pool: Pool, database_url: str, moment: datetime
) -> None:
    await write(pool, moment, "a", "b")
    await chain(pool, moment)
    await damage(database_url, "DELETE FROM keys.journal WHERE object = 'a'")

    await damage(
        database_url,
        "INSERT INTO keys.journal (seq, at, kind, actor, object, fields) OVERRIDING SYSTEM VALUE"
        " VALUES (1, $1, 'KeysRotated', 'operator', 'forged', '{}')",
        moment,
    )

    assert (await verify(pool, moment)).broken == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE keys.journal SET kind = 'x'",
        "DELETE FROM keys.journal",
        "TRUNCATE keys.journal",
        "DELETE FROM keys.journal_batches",
    ],
)
async def test_the_database_itself_refuses_to_change_a_row(
    pool: Pool, database_url: str, moment: datetime, sql: str
) -> None:
    await write(pool, moment, "a")
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await connection.execute(sql)
    finally:
        await connection.close()


async def test_a_transaction_that_is_still_open_is_waited_for(pool: Pool, moment: datetime) -> None:
    """Its rows have lower numbers than the newest one: chained around, they would look forged."""
    await write(pool, moment, "a")
    async with Entry(pool, moment) as slow:
        slow.record(KeysRotated(None, "slow", "token", "ES256"))
        await slow.run(finality.SET_CURSOR, cursor="other", seq=0, snapshot=None)
        await write(pool, moment, "b")
        async with Entry(pool, moment) as entry:
            await journal.chain(entry)
        async with Entry(pool, moment) as entry:
            assert await journal.chain(entry) == 0

    assert await chain(pool, moment) == 3
    assert (await verify(pool, moment)).broken is None


async def test_two_workers_chain_a_row_once(pool: Pool, moment: datetime) -> None:
    for number in range(5):
        await write(pool, moment, f"{number}", f"{number}'")
        await asyncio.gather(*(chain(pool, moment) for _ in range(4)))

    await chain(pool, moment)
    verdict = await verify(pool, moment)
    assert (verdict.rows, verdict.unchained, verdict.broken) == (10, 0, None)


async def test_it_is_searched_by_each_of_its_names(pool: Pool, moment: datetime) -> None:
    await write(pool, moment, "a")
    await write(pool, moment + timedelta(hours=1), "b")

    async with Entry(pool, moment) as entry:
        for wanted, names in (
            ({}, "ba"), ({"object": "a"}, "a"), ({"actor": "operator"}, "ba"),
            ({"actor": "nobody"}, ""), ({"kind": "KeysRotated", "limit": 1}, "b"),
            ({"since": moment + timedelta(minutes=1)}, "b"), ({"before": 2}, "a"),
        ):  # fmt: skip
            found = await journal.search(entry, **wanted)
            assert "".join(one.object or "" for one in found) == names
