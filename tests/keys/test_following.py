"""Whoever follows the journal sees every event once and in order, whatever runs meanwhile."""

import asyncio
from datetime import datetime

from keys import following
from keys.entry import Entry
from keys.events import KeysReplaced, KeysRotated
from keys.pool import Pool

KINDS = ("KeysRotated",)
LOOKS = 400


async def write(pool: Pool, moment: datetime, *objects: str) -> None:
    async with Entry(pool, moment) as entry:
        for each in objects:
            entry.record(KeysRotated("operator", each, "token", "ES256"))


async def look(pool: Pool, moment: datetime, most: int = 500) -> list[str | None]:
    async with Entry(pool, moment) as entry:
        return [one.object for one in await following.follow(entry, "test", KINDS, most)]


async def seen(pool: Pool, moment: datetime, count: int, most: int = 500) -> list[str | None]:
    """Look until ``count`` were seen: transactions of other tests may hold up their being final."""
    found: list[str | None] = []
    for _ in range(LOOKS):
        found += await look(pool, moment, most)
        if len(found) >= count:
            break
    return found


async def test_everything_is_seen_once_and_in_order(pool: Pool, moment: datetime) -> None:
    await write(pool, moment, "a", "b")
    assert await seen(pool, moment, 2) == ["a", "b"]
    await write(pool, moment, "c")
    assert await seen(pool, moment, 1) == ["c"]
    assert [await look(pool, moment) for _ in range(3)] == [[], [], []]


async def test_other_kinds_are_passed_over(pool: Pool, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        entry.record(KeysReplaced("operator", "x", "token", "ES256"))
        entry.record(KeysRotated("operator", "a", "token", "ES256"))

    assert await seen(pool, moment, 1) == ["a"]


async def test_many_come_in_several_looks(pool: Pool, moment: datetime) -> None:
    names = [f"{number}" for number in range(25)]
    await write(pool, moment, *names)

    assert await seen(pool, moment, 25, most=10) == names


async def test_what_is_still_being_written_is_waited_for(pool: Pool, moment: datetime) -> None:
    """A lower number may be committed after a higher one, and is not passed."""
    slow = Entry(pool, moment)
    slow.record(KeysRotated("operator", "slow", "token", "ES256"))
    async with slow:
        transaction = pool.connection()
        async with transaction as connection:
            own = connection.transaction()
            await own.start()
            await connection.execute(
                "INSERT INTO keys.journal (at, kind, actor, object, fields)"
                " VALUES ($1, 'KeysRotated', 'operator', 'slower', '{}')",
                moment,
            )
            await write(pool, moment, "quick")
            for _ in range(5):
                assert await look(pool, moment) == []
            await own.commit()

    assert await seen(pool, moment, 3) == ["slower", "quick", "slow"]


async def test_of_many_at_once_each_event_is_one_s(pool: Pool, moment: datetime) -> None:
    await write(pool, moment, *"abcdefgh")

    found = [
        one
        for _ in range(20)
        for each in await asyncio.gather(*(look(pool, moment, most=3) for _ in range(6)))
        for one in each
    ]

    assert sorted(str(one) for one in found) == list("abcdefgh")


async def test_a_look_that_fails_saw_nothing(pool: Pool, moment: datetime) -> None:
    await write(pool, moment, "a")
    for _ in range(3):
        entry = Entry(pool, moment)
        await following.follow(entry, "test", KINDS)
        await entry.__aexit__(RuntimeError, RuntimeError(), None)

    assert await seen(pool, moment, 1) == ["a"]
