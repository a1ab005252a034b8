"""Pushed requests: their client's, for ninety seconds, used once (security: RC-11, PR)."""

import asyncio

import pytest

from relying_parties import pending, pushed
from relying_parties.errors import TooManyPushed
from tests.relying_parties.conftest import Later

REQUEST = {"client_id": "library", "scope": "openid"}


async def test_a_pushed_request_is_its_clients_for_ninety_seconds(at: Later) -> None:
    async with at() as entry:
        request_uri = await pushed.push(entry, "library", REQUEST)
        assert request_uri.startswith("urn:ietf:params:oauth:request_uri:")
        assert not await pushed.find(entry, request_uri, "parking-permits")
        assert not await pushed.find(entry, request_uri.rsplit(":", 1)[1], "library")

    async with at(seconds=89) as entry:
        assert await pushed.find(entry, request_uri, "library") == REQUEST
    async with at(seconds=90) as entry:
        assert not await pushed.find(entry, request_uri, "library")
        assert not await pushed.use(entry, request_uri, "library")


async def test_a_pushed_request_is_used_at_once_or_never(at: Later) -> None:
    async with at() as entry:
        request_uri = await pushed.push(entry, "library", REQUEST)

        assert await pushed.use(entry, request_uri, "library")
        assert not await pushed.use(entry, request_uri, "library")
        assert not await pushed.find(entry, request_uri, "library")


async def test_of_fifty_at_once_one_uses_it(at: Later) -> None:
    """Whoever asks together is answered apart, as if each had come alone."""
    async with at() as entry:
        uris = [await pushed.push(entry, "library", {**REQUEST, "n": n}) for n in range(2)]

    async def attempt(number: int, client_id: str) -> tuple[int, bool]:
        async with at() as entry:
            return number, await pushed.use(entry, uris[number], client_id)

    async def found(number: int) -> int:
        async with at() as entry:
            request = await pushed.find(entry, uris[number], "library")
        assert request
        return int(request["n"])

    whose = ["library", "parking-permits"]
    assert await asyncio.gather(*(found(n % 2) for n in range(50))) == [0, 1] * 25
    tries = await asyncio.gather(*(attempt(n % 2, whose[n % 4 // 2]) for n in range(100)))
    assert sorted(number for number, used in tries if used) == [0, 1]


async def test_a_client_has_room_for_so_many(at: Later) -> None:
    """PR-20: those that wait count; not another's, not what was answered, not what ran out."""
    async with at() as entry:
        first, *_ = [await pushed.push(entry, "library", REQUEST, most=3) for _ in range(3)]
        with pytest.raises(TooManyPushed) as refused:
            await pushed.push(entry, "library", REQUEST, most=3)
        await pushed.push(entry, "parking-permits", REQUEST, most=3)
        await pushed.use(entry, first, "library")
        await pushed.push(entry, "library", REQUEST, most=3)
        with pytest.raises(TooManyPushed):
            await pushed.push(entry, "library", REQUEST, most=3)

        assert refused.value.until == entry.at + pushed.LIVES
    async with at(seconds=90) as entry:
        await pushed.push(entry, "library", REQUEST, most=1)
    async with at(hours=2) as entry:
        assert await pending.purge(entry) == 6
