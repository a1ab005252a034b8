"""AD-10: a logo is fetched once for each approved version, and kept."""

from typing import Any

import pytest
import sqlalchemy as sa

from keys.entry import Entry, statement
from relying_parties import clients, logos, onboarding
from relying_parties.clients import Client
from relying_parties.logos import Due
from relying_parties.pictures import Picture
from tests.factories import a_document
from tests.relying_parties.conftest import Later

ADDRESS = "https://parking.example/logo.png"
PICTURE = Picture("image/png", b"one")
REFUSALS = statement(
    sa.text("SELECT actor, object, fields FROM keys.journal WHERE kind = 'LogoRefused'")
)


async def approve(entry: Entry, **spec: Any) -> None:
    await onboarding.apply(entry, a_document(**({"logo": ADDRESS} | spec)))


async def shown(entry: Entry) -> str | None:
    found = await clients.find(entry, "parking-permits")
    assert found
    return found.logo


@pytest.fixture
async def due(at: Later, parking: Client) -> Due:
    """The logo of the service's second version, taken to be fetched."""
    async with at() as entry:
        await approve(entry)
        [taken] = await logos.take(entry)
        return taken


async def test_who_has_no_logo_is_not_asked_for_one(at: Later, parking: Client) -> None:
    async with at() as entry:
        assert await logos.take(entry) == []


async def test_a_logo_is_taken_once_and_shown(at: Later, due: Due) -> None:
    assert due == Due("parking-permits", 2, ADDRESS, last=False)
    async with at(seconds=1) as entry:
        assert await logos.take(entry) == [], "somebody has taken it"
        await logos.keep(entry, due, PICTURE)

    async with at(days=30) as entry:
        digest = await shown(entry)
        assert digest
        assert await logos.find(entry, "parking-permits", digest) == PICTURE
        assert await logos.find(entry, "parking-permits", "0" * 32) is None
        assert await logos.take(entry) == [], "what the service shows later does not matter"


async def test_the_next_version_is_asked_for_again_and_the_old_one_shown_meanwhile(
    at: Later, due: Due
) -> None:
    async with at() as entry:
        await logos.keep(entry, due, PICTURE)
        before = await shown(entry)
        await approve(entry, name={"en": "Permits"})
        [again] = await logos.take(entry)

        assert again.version == 3
        assert await shown(entry) == before
        await logos.keep(entry, again, Picture("image/png", b"two"))
        assert await shown(entry) not in (None, before)


async def test_a_new_address_ends_the_old_picture_at_once(at: Later, due: Due) -> None:
    async with at() as entry:
        await logos.keep(entry, due, PICTURE)
        await approve(entry, logo=f"{ADDRESS}?new")

        assert await shown(entry) is None
        [again] = await logos.take(entry)
        assert again.address == f"{ADDRESS}?new"
        assert await shown(entry) is None


async def test_an_answer_for_a_version_that_is_over_is_dropped(at: Later, due: Due) -> None:
    async with at() as entry:
        await approve(entry, logo=f"{ADDRESS}?new")
        await logos.take(entry)
        await logos.keep(entry, due, PICTURE)

        assert await shown(entry) is None


async def test_a_service_that_does_not_answer_is_asked_six_times(at: Later, due: Due) -> None:
    asked = [due]
    for hours in range(1, 9):
        async with at(hours=3 * hours) as entry:
            asked += await logos.take(entry)

    assert [one.last for one in asked] == [False] * 5 + [True]


async def test_a_picture_that_was_refused_is_not_asked_for_again(at: Later, due: Due) -> None:
    async with at() as entry:
        await logos.refuse(entry, due, "large")

    async with at(days=1) as entry:
        assert await logos.take(entry) == []
        assert await shown(entry) is None


async def test_the_journal_tells_what_became_of_it_and_blames_nobody(at: Later, due: Due) -> None:
    async with at() as entry:
        await logos.refuse(entry, due, "large")

    async with at() as entry:
        [row] = await entry.all(REFUSALS)
    assert (row["actor"], row["object"]) == (None, "client:parking-permits")
    assert "large" in str(row["fields"])
