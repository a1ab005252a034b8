"""Corrections: one open at a time, answered once, forgotten in time."""

from typing import Any

import pytest

from relying_parties import corrections
from relying_parties.clients import Client
from relying_parties.corrections import Correction, Proposal
from relying_parties.errors import StateConflict, TooManyStates
from tests.relying_parties.conftest import CITIZEN, Later

PARKING = "parking-permits"


async def propose(at: Later, claim: str = "name", **delta: int) -> Correction | None:
    async with at(**delta) as entry:
        given = Proposal(corrections.new_id(), PARKING, CITIZEN, claim, b"sealed")
        return await corrections.propose(entry, given)


async def answer(at: Later, one: Correction, state: str, **delta: Any) -> Correction | None:
    async with at(**delta) as entry:
        return await corrections.answer(entry, one, state, None)


async def test_one_waits_for_each_detail(at: Later, parking: Client) -> None:
    assert await propose(at)
    assert await propose(at) is None
    assert await propose(at, "address")


async def test_an_answer_counts_once_and_to_the_minute(at: Later, parking: Client) -> None:
    one = await propose(at)
    assert one is not None

    first = await answer(at, one, "accepted", minutes=3, seconds=7)
    again = await answer(at, one, "disputed", minutes=4)

    assert again is None
    assert first is not None
    assert first.state == "accepted"
    assert first.answered_at is not None
    assert first.answered_at.second == 0
    assert await propose(at)


async def test_what_ran_out_is_not_answered(at: Later, parking: Client) -> None:
    one = await propose(at)
    assert one is not None

    assert await answer(at, one, "accepted", days=60) is None
    async with at(days=60) as entry:
        found = await corrections.find(entry, one.id, [CITIZEN])
        assert found is not None
        assert found.state == "expired"
        assert await corrections.open_of(entry, PARKING, CITIZEN, "name") is None
    assert await propose(at, days=60)


async def test_what_was_taken_back_is_gone_for_the_citizen(at: Later, parking: Client) -> None:
    one = await propose(at)
    assert one is not None
    async with at(minutes=1) as entry:
        await corrections.withdraw(entry, PARKING, one.id)
        assert await corrections.of_subjects(entry, [CITIZEN]) == []
        assert await corrections.take_news(entry) == []
        with pytest.raises(StateConflict):
            await corrections.withdraw(entry, PARKING, one.id)


async def test_there_are_five_in_thirty_days(at: Later, parking: Client) -> None:
    for claim in ("name", "address", "email", "birthdate", "given_name"):
        assert await propose(at, claim)

    with pytest.raises(TooManyStates):
        await propose(at, "family_name", days=29)
    assert await propose(at, "family_name", days=31)


async def test_another_service_finds_nothing(at: Later, parking: Client, library: Client) -> None:
    one = await propose(at)
    assert one is not None

    async with at() as entry:
        assert await corrections.of_service(entry, "library", one.id) is None
        assert await corrections.find(entry, one.id, ["another"]) is None
        assert await corrections.open_of(entry, "library", CITIZEN, "name") is None
