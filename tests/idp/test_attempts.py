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


async def test_a_wait_that_is_over_allows_one_try(pool: Pool, moment: datetime) -> None:
    """The page says when to come back: then the right password must be looked at."""
    async with Entry(pool, moment) as entry:
        for _ in range(5):
            await attempts.count(entry, "login", "a citizen")
    later = moment + timedelta(seconds=30)

    async def attempt() -> datetime | None:
        try:
            async with Entry(pool, later) as entry:
                await attempts.count(entry, "login", "a citizen")
        except TooManyAttempts as refused:
            return refused.until
        return None

    waits = await asyncio.gather(*(attempt() for _ in range(20)))

    assert sorted(waits, key=bool) == [None] + [later + timedelta(minutes=1)] * 19


@pytest.mark.parametrize("rule", ["login-address", "login-half-day"])
async def test_what_was_right_is_taken_back(pool: Pool, moment: datetime, rule: str) -> None:
    """RC-14: counted beforehand, undone afterwards; the limit is what it was."""
    most = attempts.RULES[rule].most
    async with Entry(pool, moment) as entry:
        for _ in range(most):
            await attempts.count(entry, rule, "a network")
        with pytest.raises(TooManyAttempts):
            await attempts.count(entry, rule, "a network")
        await attempts.undo(entry, rule, "a network")

        assert await attempts.count(entry, rule, "a network") == most
        with pytest.raises(TooManyAttempts):
            await attempts.check(entry, rule, "a network")


async def test_a_refused_try_makes_no_wait_longer(pool: Pool, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        for _ in range(20):
            await attempts.count(entry, "login-address", "a network")
        for _ in range(20):
            with pytest.raises(TooManyAttempts) as refused:
                await attempts.count(entry, "login-address", "a network")

    assert refused.value.until == moment + timedelta(minutes=1)
