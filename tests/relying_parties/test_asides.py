"""What citizens put aside: told once, at its moment, unless they answered; gone on request."""

import asyncio
from datetime import timedelta

import pytest

from relying_parties import asides, erased
from relying_parties.asides import NEAREST
from relying_parties.errors import MomentRefused
from relying_parties.grants import backchannel_requests
from relying_parties.grants.backchannel_requests import Asked
from tests.relying_parties.conftest import CITIZEN, Later
from tests.relying_parties.test_inquiries import asked

WEEK, DAY = timedelta(days=7), timedelta(days=1)


@pytest.fixture
async def request_of_a_week(at: Later) -> Asked:
    """A request that its citizen put aside for a day."""
    async with at() as entry:
        held = await asked(entry, lives=WEEK)
        await asides.put(entry, held, b"sealed", until=entry.at + DAY)
    return held


async def told(at: Later, **moment: float) -> int:
    async with at(**moment) as entry:
        return len(await asides.take(entry))


async def test_it_is_told_once_from_its_moment_on(at: Later, request_of_a_week: Asked) -> None:
    early = await told(at, hours=23)
    tries = await asyncio.gather(*(told(at, days=1) for _ in range(50)))
    late = await told(at, days=2)

    assert (early, sum(tries), late) == (0, 1, 0)


async def test_what_a_worker_did_not_finish_is_due_still(
    at: Later, request_of_a_week: Asked
) -> None:
    async def dies() -> None:
        async with at(days=1) as entry:
            assert await asides.take(entry)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await dies()

    assert await told(at, days=1) == 1


async def test_whoever_answered_or_let_it_end_is_not_told(
    at: Later, request_of_a_week: Asked
) -> None:
    async with at() as entry:
        other = await asked(entry, lives=WEEK, subject="another")
        await asides.put(entry, other, b"sealed", until=entry.at + WEEK - NEAREST)
        await backchannel_requests.decline(entry, request_of_a_week)

    assert await told(at, days=1) == 0
    assert await told(at, days=8) == 0


async def test_another_moment_takes_the_place_of_the_first_and_is_told_anew(
    at: Later, request_of_a_week: Asked
) -> None:
    assert await told(at, days=1) == 1
    async with at(days=1) as entry:
        await asides.put(entry, request_of_a_week, b"sealed", until=entry.at + DAY)
        known = await asides.of(entry, [request_of_a_week.id])
    between = await told(at, days=1, hours=23)

    assert known[request_of_a_week.id].away(entry.at)
    assert (between, await told(at, days=2)) == (0, 1)


@pytest.mark.parametrize("until", [timedelta(0), NEAREST - timedelta(seconds=1), WEEK, -DAY])
async def test_a_moment_that_leaves_no_time_is_refused(at: Later, until: timedelta) -> None:
    async with at() as entry:
        held = await asked(entry, lives=WEEK)
        with pytest.raises(MomentRefused):
            await asides.put(entry, held, b"sealed", until=entry.at + until)

        assert await asides.of(entry, [held.id]) == {}


async def test_it_goes_with_its_citizen_and_with_its_request(
    at: Later, request_of_a_week: Asked
) -> None:
    async with at() as entry:
        other = await asked(entry, lives=DAY, subject="another")
        await asides.put(entry, other, b"sealed", until=entry.at + NEAREST)
        await erased.forget(entry, [CITIZEN])
        after = await asides.of(entry, [request_of_a_week.id, other.id])
    async with at(days=2) as entry:
        await asides.purge(entry)
        later = await asides.of(entry, [other.id])

    assert set(after) == {other.id}
    assert later == {}
