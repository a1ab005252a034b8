"""Once means once."""

import asyncio
from datetime import datetime, timedelta

from keys import replay
from keys.entry import Entry
from keys.pool import Pool


async def test_of_fifty_claims_at_once_one_holds(pool: Pool, moment: datetime) -> None:
    async def claim() -> bool:
        async with Entry(pool, moment) as entry:
            return await replay.claim(entry, "test", "value", moment + timedelta(minutes=1))

    claims = await asyncio.gather(*(claim() for _ in range(50)))

    assert claims.count(True) == 1


async def test_a_value_belongs_to_its_scope(entry: Entry, moment: datetime) -> None:
    assert await replay.claim(entry, "ab", "c", moment)
    assert await replay.claim(entry, "a", "bc", moment)
    assert not await replay.claim(entry, "ab", "c", moment)


async def test_what_expired_is_forgotten(entry: Entry, moment: datetime) -> None:
    await replay.claim(entry, "test", "old", moment - timedelta(seconds=1))
    await replay.claim(entry, "test", "new", moment + timedelta(seconds=1))

    assert await replay.purge(entry) == 1
    assert not await replay.claim(entry, "test", "new", moment)
