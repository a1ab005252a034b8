"""Blocks that may take so long: what ends them, and whom they don't hold up."""

import asyncio

import pytest

from gateway.web.deadline import within


async def forever() -> None:
    await asyncio.Event().wait()


async def test_a_block_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError), within(0.01) as deadline:
        await forever()

    assert deadline.expired
    await asyncio.sleep(0)  # and the task goes on


async def test_a_block_that_is_quick_enough_is_left_alone() -> None:
    with within(10) as deadline:
        await asyncio.sleep(0)

    assert not deadline.expired


async def test_who_cancels_for_another_reason_is_obeyed() -> None:
    async def work() -> None:
        with within(10):
            await forever()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_inner_of_two_ends_alone() -> None:
    with within(10) as outer:
        with pytest.raises(TimeoutError), within(0.01):
            await forever()
        await asyncio.sleep(0)

    assert not outer.expired


async def test_an_error_of_the_block_is_told_as_it_is() -> None:
    with pytest.raises(LookupError), within(10):
        raise LookupError
