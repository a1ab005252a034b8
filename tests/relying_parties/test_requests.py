"""Requests of citizens: a line that only grows, and opens for its citizen alone."""

from datetime import timedelta

import pytest

from keys.sealing import DataKey
from relying_parties import requests
from relying_parties.clients import Client
from relying_parties.errors import ReferenceTaken, StateConflict
from relying_parties.request_states import State
from relying_parties.requests import File
from tests.relying_parties.conftest import CITIZEN, Later

KEY, OTHER = DataKey(bytes(32)), DataKey(bytes([1]) * 32)
FILE = File("parking-permits", CITIZEN, "NT-1", "mac-of-NT-1")
WORDS = {"en": "Words"}


async def report(at: Later, name: str, minutes: int, file: File = FILE) -> bool:
    async with at(hours=1) as entry:
        moment = entry.at - timedelta(minutes=60 - minutes)
        return await requests.report(entry, KEY, file, State(name, moment, WORDS, WORDS, {}))


async def line(at: Later, key: DataKey = KEY) -> list[str]:
    async with at(hours=2) as entry:
        [one] = await requests.of_subjects(entry, KEY, [CITIZEN])
        whole = await requests.find(entry, key, one.id, [CITIZEN])
    return [each.state.state for each in whole.states] if whole else []


async def test_the_newest_by_the_service_s_moment_counts(at: Later, parking: Client) -> None:
    assert await report(at, "in_progress", 10)
    assert await report(at, "decided", 30)
    assert await report(at, "waiting_for_you", 20)
    assert not await report(at, "decided", 30)

    assert await line(at) == ["decided", "waiting_for_you", "in_progress"]
    async with at(hours=2) as entry:
        [one] = await requests.of_subjects(entry, KEY, [CITIZEN])
    assert one.now.state == "decided"


async def test_history_is_not_written_anew(at: Later, parking: Client) -> None:
    await report(at, "decided", 30)

    with pytest.raises(StateConflict):
        await report(at, "closed", 30)


async def test_a_number_is_of_one_citizen(at: Later, parking: Client) -> None:
    await report(at, "received", 1)

    with pytest.raises(ReferenceTaken):
        await report(at, "received", 2, File("parking-permits", "another", "NT-1", "mac-of-NT-1"))


async def test_another_key_opens_nothing(at: Later, parking: Client) -> None:
    await report(at, "received", 1)

    assert await line(at, OTHER) == []
    async with at(hours=2) as entry:
        assert await requests.of_subjects(entry, OTHER, [CITIZEN]) == []
        assert await requests.of_subjects(entry, KEY, ["another"]) == []


async def test_what_does_not_open_is_not_taken_for_the_same(at: Later, parking: Client) -> None:
    """A key that was lost, or a row that was altered: nothing takes its place."""
    await report(at, "received", 1)
    async with at(hours=1) as entry:
        moment = entry.at - timedelta(minutes=59)
        same = State("received", moment, WORDS, WORDS, {})
        with pytest.raises(StateConflict):
            await requests.report(entry, OTHER, FILE, same)


async def test_a_citizen_hears_once_a_day_of_a_request(at: Later, parking: Client) -> None:
    await report(at, "received", 1)
    async with at(hours=1) as entry:
        assert await requests.take_news(entry) == [("parking-permits", CITIZEN)]
    await report(at, "decided", 30)

    async with at(hours=24) as entry:
        assert await requests.take_news(entry) == []
    async with at(hours=25) as entry:
        assert len(await requests.take_news(entry)) == 1
    async with at(hours=50) as entry:
        assert await requests.take_news(entry) == []
