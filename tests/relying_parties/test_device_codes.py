"""Devices that wait: two codes of one row, answered once, gone in the end (RFC 8628)."""

import re
from datetime import timedelta
from typing import Any

import pytest

from relying_parties.errors import TooManyPushed
from relying_parties.grants import device_codes
from relying_parties.grants.device_codes import ALPHABET, INTERVAL, Answer, Asked
from tests.relying_parties.conftest import Later

KEY = b"k" * 32


async def ask(at: Later, network: bytes | None = None, **when: int) -> Asked:
    asked: Any = {"client_id": "kiosk", "request": {"scope": "openid"}, "device": ""}
    async with at(**when) as entry:
        return await device_codes.ask(entry, KEY, **asked, network=network)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("WDJB-MJHT", "WDJBMJHT", id="RFC8628-6.1-as-shown"),
        pytest.param(" wdjb mjht ", "WDJBMJHT", id="RFC8628-6.1-case-and-spaces"),
        pytest.param("w.d.j.b~m_j/h,t", "WDJBMJHT", id="RFC8628-6.1-other-separators"),
        pytest.param("AEIOU 0123", "", id="nothing-of-ours"),
        pytest.param("ß", "SS", id="letters-that-become-two"),
    ],
)
def test_a_code_is_read_as_people_type_it(text: str, read: str) -> None:
    assert device_codes.typed(text) == read


async def test_a_code_has_no_vowels_and_is_drawn(at: Later) -> None:
    """RFC8628-6.1, 5.1: twenty consonants to the eighth."""
    drawn = {(await ask(at)).user_code for _ in range(20)}

    assert len(drawn) == 20
    assert all(re.fullmatch(rf"[{ALPHABET}]{{8}}", each) for each in drawn)
    assert not set("AEIOUY") & set(ALPHABET)


async def test_it_is_found_by_either_code_and_by_no_other_key(at: Later) -> None:
    asked = await ask(at)
    async with at() as entry:
        found = await device_codes.by_user_code(entry, KEY, asked.user_code)
        other = await device_codes.by_user_code(entry, b"o" * 32, asked.user_code)

        assert found
        assert found.request["device"] == found.name == device_codes.handle(asked.device_code)
        assert await device_codes.find(entry, found.name) == found
        assert other is None


async def test_a_poll_after_its_interval_is_never_early(at: Later) -> None:
    """RFC8628-3.5: a moment less is the network's; a second too early costs five."""
    asked = await ask(at)
    told = []
    for second in (0, INTERVAL, 2 * INTERVAL - 1, 3 * INTERVAL - 4, 5 * INTERVAL):
        async with at(seconds=second) as entry:
            told.append(await device_codes.poll(entry, asked.device_code, "kiosk"))

    assert told == [*[Answer.PENDING] * 3, Answer.SLOW_DOWN, Answer.PENDING]


async def test_an_answer_is_final(at: Later) -> None:
    asked = await ask(at)
    name = device_codes.handle(asked.device_code)
    async with at(minutes=1) as entry:
        assert await device_codes.deny(entry, name, "kiosk")
        assert await device_codes.grant(entry, name) is None
        assert not await device_codes.deny(entry, name, "kiosk")
        assert await device_codes.poll(entry, asked.device_code, "kiosk") is Answer.DENIED


async def test_let_in_at_the_last_moment_it_has_a_minute(at: Later) -> None:
    asked = await ask(at)
    name = device_codes.handle(asked.device_code)
    async with at(minutes=9, seconds=50) as entry:
        assert await device_codes.grant(entry, name) == timedelta(minutes=1)
    async with at(minutes=10, seconds=5) as entry:
        assert await device_codes.poll(entry, asked.device_code, "kiosk") is Answer.GRANTED
        await device_codes.take_back(entry, name)
        assert await device_codes.poll(entry, asked.device_code, "kiosk") is Answer.DENIED


async def test_it_runs_out_and_goes(at: Later) -> None:
    asked = await ask(at)
    name = device_codes.handle(asked.device_code)
    async with at(minutes=10) as entry:
        assert await device_codes.poll(entry, asked.device_code, "kiosk") is Answer.EXPIRED
        assert await device_codes.grant(entry, name) is None
        assert not await device_codes.deny(entry, name, "kiosk")
    async with at(days=2) as entry:
        assert await device_codes.purge(entry) == 1
        assert await device_codes.poll(entry, asked.device_code, "kiosk") is None


async def test_so_many_of_a_service_wait_and_no_more(
    at: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC8628-5.1: the more wait, the better a guess."""
    monkeypatch.setattr(device_codes, "MOST", 2)
    await ask(at)
    await ask(at)

    with pytest.raises(TooManyPushed):
        await ask(at)
    assert await ask(at, minutes=11)


async def test_of_one_network_fewer_wait(at: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or one takes the place of every other device; where none is known none is counted."""
    monkeypatch.setattr(device_codes, "MOST_OF_NETWORK", 2)
    for _ in range(2):
        await ask(at, network=b"here")

    with pytest.raises(TooManyPushed):
        await ask(at, network=b"here")
    await ask(at, network=b"there")
    for _ in range(3):
        await ask(at, network=None)
    await ask(at, minutes=11, network=b"here")
