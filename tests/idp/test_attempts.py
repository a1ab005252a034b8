"""Limits hold, also when everybody comes at once."""

import asyncio
from datetime import datetime, timedelta

import pytest

from idp import attempts
from idp.errors import TooManyAttempts
from keys.entry import Entry
from keys.pool import Pool


async def test_of_fifty_at_once_as_many_pass_as_are_allowed(pool: Pool, moment: datetime) -> None:
    async def attempt() -> bool:
        try:
            async with Entry(pool, moment) as entry:
                await attempts.count(entry, "recover", "a citizen")
        except TooManyAttempts:
            return False
        return True

    passed = await asyncio.gather(*(attempt() for _ in range(50)))

    assert passed.count(True) == attempts.RULES["recover"].most


async def test_waits_grow_to_an_hour(pool: Pool, moment: datetime) -> None:
    waits, at = [], moment
    for _ in range(14):
        async with Entry(pool, at) as entry:
            try:
                await attempts.count(entry, "login", "a citizen", "a network")
                await attempts.check(entry, "login", "a citizen", "a network")
            except TooManyAttempts:
                pass
        async with Entry(pool, at) as entry:
            try:
                await attempts.check(entry, "login", "a citizen", "a network")
            except TooManyAttempts as refused:
                waits.append(refused.until - at)
                at = refused.until

    assert waits[:3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert waits[-1] == timedelta(hours=1)


async def test_a_limit_belongs_to_whom_it_names(entry: Entry) -> None:
    for _ in range(3):
        await attempts.count(entry, "mail", "ab", "c")

    await attempts.check(entry, "mail", "a", "bc")
    with pytest.raises(TooManyAttempts):
        await attempts.check(entry, "mail", "ab", "c")


async def test_what_worked_is_forgotten(entry: Entry) -> None:
    for _ in range(5):
        await attempts.count(entry, "login", "a citizen")
    await attempts.clear(entry, "login", "a citizen")

    await attempts.check(entry, "login", "a citizen")
