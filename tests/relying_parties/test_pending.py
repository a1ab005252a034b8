"""Interactions: bound to a browser, answered once (security.md RC-11, PR)."""

import asyncio

from relying_parties import pending, pushed
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


async def test_a_pushed_request_in_two_tabs_is_answered_once(at: Later) -> None:
    async with at() as entry:
        request_uri = await pushed.push(entry, "library", REQUEST)
    tabs = [await begin(at, request_uri), await begin(at, request_uri)]

    async def attempt(handle: str) -> bool:
        async with at(minutes=5) as entry:
            return await pending.use(entry, handle, HERE)

    assert sorted(await asyncio.gather(*(attempt(each) for each in tabs))) == [False, True]


async def test_what_is_over_is_purged_in_batches(at: Later) -> None:
    for _ in range(3):
        await begin(at)
    async with at() as entry:
        await pushed.push(entry, "library", REQUEST)

    async with at(minutes=75, seconds=1) as entry:
        assert await pending.purge(entry, limit=2) == 3
        assert await pending.purge(entry, limit=2) == 1
        assert await pending.purge(entry, limit=2) == 0
