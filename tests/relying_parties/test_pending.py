"""Requests on their way: bound to a browser, answered once (security.md RC-11, PR)."""

import asyncio

import pytest

from relying_parties import pending
from relying_parties.errors import TooManyPushed
from tests.relying_parties.conftest import Later

REQUEST = {"client_id": "library", "scope": "openid"}
HERE, ELSEWHERE = "browser-here", "browser-elsewhere"


async def begin(at: Later, request_uri: str | None = None) -> str:
    async with at() as entry:
        return await pending.open(
            entry, request=REQUEST, client_id="library", browser=HERE, request_uri=request_uri
        )


async def test_an_interaction_belongs_to_its_browser(at: Later) -> None:
    handle = await begin(at)

    async with at(minutes=1) as entry:
        found = await pending.find(entry, handle, HERE)
        assert found
        assert found.request == REQUEST
        assert not await pending.find(entry, handle, ELSEWHERE)
        assert not await pending.use(entry, handle, ELSEWHERE)
        assert not await pending.find(entry, "x" * 43, HERE)
        assert await pending.use(entry, handle, HERE)


async def test_steps_are_remembered(at: Later) -> None:
    handle = await begin(at)

    async with at() as entry:
        assert await pending.note(entry, handle, "signed_in", {"at": 7})
        assert await pending.note(entry, handle, "consented", "id")
        found = await pending.find(entry, handle, HERE)

        assert found
        assert found.steps == {"signed_in": {"at": 7}, "consented": "id"}


async def test_an_interaction_ends_after_a_quarter_of_an_hour(at: Later) -> None:
    handle = await begin(at)

    async with at(minutes=15) as entry:
        assert not await pending.find(entry, handle, HERE)
        assert not await pending.note(entry, handle, "late", 1)
        assert not await pending.use(entry, handle, HERE)


async def test_an_interaction_is_answered_once(at: Later) -> None:
    handle = await begin(at)

    async def attempt() -> bool:
        async with at() as entry:
            return await pending.use(entry, handle, HERE)

    assert sum(await asyncio.gather(*(attempt() for _ in range(50)))) == 1
    async with at() as entry:
        found = await pending.find(entry, handle, HERE)
        assert found
        assert found.used_at


async def test_a_pushed_request_is_its_clients_for_ninety_seconds(at: Later) -> None:
    async with at() as entry:
        request_uri = await pending.push(entry, "library", REQUEST)
        assert request_uri.startswith("urn:ietf:params:oauth:request_uri:")
        assert not await pending.pushed(entry, request_uri, "parking-permits")
        assert not await pending.pushed(entry, request_uri.rsplit(":", 1)[1], "library")

    async with at(seconds=89) as entry:
        assert await pending.pushed(entry, request_uri, "library") == REQUEST
    async with at(seconds=90) as entry:
        assert not await pending.pushed(entry, request_uri, "library")
        assert not await pending.use_pushed(entry, request_uri, "library")


async def test_a_pushed_request_in_two_tabs_is_answered_once(at: Later) -> None:
    async with at() as entry:
        request_uri = await pending.push(entry, "library", REQUEST)
    tabs = [await begin(at, request_uri), await begin(at, request_uri)]

    async def attempt(handle: str) -> bool:
        async with at(minutes=5) as entry:
            return await pending.use(entry, handle, HERE)

    assert sorted(await asyncio.gather(*(attempt(each) for each in tabs))) == [False, True]


async def test_a_pushed_request_is_used_at_once_or_never(at: Later) -> None:
    async with at() as entry:
        request_uri = await pending.push(entry, "library", REQUEST)

        assert await pending.use_pushed(entry, request_uri, "library")
        assert not await pending.use_pushed(entry, request_uri, "library")
        assert not await pending.pushed(entry, request_uri, "library")


async def test_what_is_over_is_purged_in_batches(at: Later) -> None:
    for _ in range(3):
        await begin(at)
    async with at() as entry:
        await pending.push(entry, "library", REQUEST)

    async with at(minutes=75, seconds=1) as entry:
        assert await pending.purge(entry, limit=2) == 3
        assert await pending.purge(entry, limit=2) == 1
        assert await pending.purge(entry, limit=2) == 0


async def test_a_client_has_room_for_so_many(at: Later) -> None:
    """PR-20: those that wait count; not another's, not what was answered, not what ran out."""
    async with at() as entry:
        first, *_ = [await pending.push(entry, "library", REQUEST, most=3) for _ in range(3)]
        with pytest.raises(TooManyPushed) as refused:
            await pending.push(entry, "library", REQUEST, most=3)
        await pending.push(entry, "parking-permits", REQUEST, most=3)
        await pending.use_pushed(entry, first, "library")
        await pending.push(entry, "library", REQUEST, most=3)
        with pytest.raises(TooManyPushed):
            await pending.push(entry, "library", REQUEST, most=3)

        assert refused.value.until == entry.at + pending.PUSHED
    async with at(seconds=90) as entry:
        await pending.push(entry, "library", REQUEST, most=1)
    async with at(hours=2) as entry:
        assert await pending.purge(entry) == 6
