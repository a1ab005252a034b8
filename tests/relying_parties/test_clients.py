"""A service that was approved, what it proves itself with, and its end: security.md CA-28."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from keys import opaque
from keys.entry import Entry
from keys.pool import Pool
from relying_parties import clients, onboarding
from relying_parties.clients import Client
from relying_parties.errors import ClientUnknown, SecretNotUsed, StateConflict
from tests.factories import MOMENT, a_client, a_document
from tests.relying_parties.conftest import Later

BY = "admin:ben"


@pytest.fixture
async def pool_secret(at: Later, parking: Client) -> str:
    """The first secret of the swimming pool."""
    made = a_document("pool", profile="oidc-basic", auth={"method": "client_secret_basic"})
    async with at() as entry:
        applied = await onboarding.apply(entry, made)
    assert applied.secret
    return applied.secret


async def works(at: Later, secret: str, **when: float) -> bool:
    async with at(**when) as entry:
        found = await clients.find(entry, "pool")
        assert found
        return clients.secret_is_right(found, secret, entry.at)


@pytest.mark.parametrize("client_id", ["nobody", "", "PARKING-PERMITS", "parking-permits ", "é"])
async def test_a_service_is_found_by_its_very_id(
    at: Later, parking: Client, client_id: str
) -> None:
    async with at() as entry:
        assert not await clients.find(entry, client_id)


async def test_what_was_never_approved_is_not_there(at: Later, parking: Client) -> None:
    async with at() as entry:
        await onboarding.draft(entry, a_document("zoo"), author=BY)

        assert not await clients.find(entry, "zoo")
        assert [each.client_id for each in await clients.listed(entry)] == ["parking-permits"]
        with pytest.raises(ClientUnknown):
            await clients.issue_secret(entry, "zoo", by=BY)


async def test_a_secret_is_kept_as_a_digest(at: Later, pool_secret: str, pool: Pool) -> None:
    async with at() as entry:
        found = await clients.find(entry, "pool")

    async with pool.connection() as connection:
        rows = await connection.fetch(
            "SELECT t::text AS line FROM relying_parties.client_secrets t"
        )
    assert found
    assert found.secrets[0].digest == opaque.digest(pool_secret)
    assert pool_secret not in repr(found)
    assert repr(found.secrets[0].digest) not in repr(found)
    assert not [row for row in rows if pool_secret in row["line"]]


async def test_a_replaced_secret_ends_when_it_was_said(at: Later, pool_secret: str) -> None:
    async with at(hours=1) as entry:
        await clients.issue_secret(entry, "pool", by=BY, overlap=timedelta(minutes=10))

    assert await works(at, pool_secret, hours=1, minutes=9)
    assert not await works(at, pool_secret, hours=1, minutes=10)


@pytest.mark.parametrize("overlap", [timedelta(0), timedelta(days=-3)])
async def test_a_leaked_secret_ends_at_once(
    at: Later, pool_secret: str, overlap: timedelta
) -> None:
    async with at(hours=1) as entry:
        new = await clients.issue_secret(entry, "pool", by=BY, overlap=overlap)

    assert not await works(at, pool_secret, hours=1)
    assert await works(at, new, hours=1)


async def test_a_later_rotation_does_not_lengthen_an_overlap(at: Later, pool_secret: str) -> None:
    """CA-28: a day at most, however often somebody presses the button."""
    async with at(hours=1) as entry:
        await clients.issue_secret(entry, "pool", by=BY)
    async with at(hours=20) as entry:
        await clients.issue_secret(entry, "pool", by=BY)

    assert not await works(at, pool_secret, hours=20)


async def test_secrets_issued_at_once_leave_two_at_most(at: Later, pool_secret: str) -> None:
    async def rotate(second: int) -> str:
        async with at(minutes=1, seconds=second) as entry:
            return await clients.issue_secret(entry, "pool", by=BY)

    new = await asyncio.gather(*(rotate(second) for second in range(6)))

    assert len(set(new)) == 6
    right = [await works(at, secret, minutes=2) for secret in (pool_secret, *new)]
    assert 1 <= sum(right) <= 2
    assert not right[0]


async def test_no_secret_opens_a_service_that_uses_none(at: Later, parking: Client) -> None:
    assert not clients.secret_is_right(a_client(), "", MOMENT)
    async with at() as entry:
        with pytest.raises(SecretNotUsed):
            await clients.issue_secret(entry, "parking-permits", by=BY)


async def _suspend(entry: Entry) -> None:
    await clients.suspend(entry, "parking-permits", "incident", BY)


async def _resume(entry: Entry) -> None:
    await clients.resume(entry, "parking-permits", BY)


async def _retire(entry: Entry) -> None:
    await clients.retire(entry, "parking-permits", BY)


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ((_suspend,), "suspended"),
        ((_suspend, _resume), "live"),
        ((_suspend, _retire), "retired"),
        ((_retire,), "retired"),
    ],
)
async def test_a_service_is_stopped_and_let_go_on(
    at: Later,
    parking: Client,
    steps: tuple[Callable[[Entry], Awaitable[None]], ...],
    status: str,
) -> None:
    async with at() as entry:
        for step in steps:
            await step(entry)
        found = await clients.find(entry, "parking-permits")

        assert found
        assert (found.status, found.live) == (status, status == "live")
        with pytest.raises(StateConflict):
            await steps[-1](entry)


async def test_a_retired_service_does_not_come_back(at: Later, parking: Client) -> None:
    async with at() as entry:
        await _retire(entry)
        for step in (_suspend, _resume, _retire):
            with pytest.raises(StateConflict):
                await step(entry)
