"""What a token is worth at the moment of its use: security.md CO-01, CO-07."""

from collections.abc import Awaitable, Callable

import pytest

from keys.entry import Entry
from relying_parties import clients, consents
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.grants import access_tokens, families
from tests.relying_parties.conftest import CITIZEN, Later, agree, issue, redeem

PARKING = "parking-permits"


@pytest.fixture
async def token(at: Later, consent: Consent) -> str:
    """One that reads name and address."""
    async with at() as entry:
        done = await redeem(entry, await issue(entry, consent))
    assert done
    return done.access_token


async def test_a_token_lives_five_minutes(at: Later, token: str) -> None:
    async with at(minutes=4, seconds=59) as entry:
        assert await access_tokens.find(entry, token)
    async with at(minutes=5) as entry:
        assert not await access_tokens.find(entry, token)


@pytest.mark.parametrize("other", ["", "x", "x" * 43, "\x00", "é", "a" * 5000])
async def test_what_is_no_token_finds_nothing(at: Later, token: str, other: str) -> None:
    async with at() as entry:
        assert not await access_tokens.find(entry, other)
        assert not await access_tokens.find(entry, f"{token}-{other}")


async def test_a_token_is_not_kept_as_it_is(at: Later, token: str) -> None:
    """A leaked table redeems nothing."""
    async with at() as entry:
        found = await access_tokens.find(entry, token)

        assert found
        assert token not in repr(found)
        assert found.citizen == b"sealed"
        assert "sealed" not in repr(found)


async def test_a_token_reads_what_is_agreed_now(at: Later, token: str, consent: Consent) -> None:
    """CO-07: what was stopped is gone at once; what is added later was not asked for then."""
    async with at() as entry:
        await consents.narrow(entry, consent.id, [CITIZEN], ["name"])
        less = await access_tokens.find(entry, token)

        assert less
        assert less.claims == ("name",)


async def test_a_token_is_not_stretched_by_a_later_consent(
    at: Later, token: str, parking: Client
) -> None:
    """CO-01."""
    async with at() as entry:
        await agree(entry, parking, claims=["phone_number"])
        found = await access_tokens.find(entry, token)

        assert found
        assert found.claims == ("name", "address")


async def _withdraw(entry: Entry, consent: Consent) -> None:
    await consents.withdraw(entry, consent.id, [CITIZEN])


async def _suspend(entry: Entry, _: Consent) -> None:
    await clients.suspend(entry, PARKING, "incident", "operator")


async def _retire(entry: Entry, _: Consent) -> None:
    await clients.retire(entry, PARKING, "operator")


async def _sign_out(entry: Entry, _: Consent) -> None:
    await families.end_for_subjects(entry, [CITIZEN], offline_too=True)


@pytest.mark.parametrize("end", [_withdraw, _suspend, _retire, _sign_out])
async def test_a_token_dies_with_what_it_stands_on(
    at: Later, token: str, consent: Consent, end: Callable[[Entry, Consent], Awaitable[None]]
) -> None:
    async with at() as entry:
        await end(entry, consent)

        assert not await access_tokens.find(entry, token)


async def test_a_token_dies_with_the_time_of_the_consent(at: Later, parking: Client) -> None:
    """Before the worker writes the end down: 'just this once' is over after its minutes."""
    async with at() as entry:
        once = await agree(entry, parking, claims=["name"], duration="once")
    async with at(minutes=24) as entry:
        done = await redeem(entry, await issue(entry, once))
        assert done
        assert await access_tokens.find(entry, done.access_token)
    async with at(minutes=25) as entry:
        assert not await access_tokens.find(entry, done.access_token)


async def test_an_undo_does_not_wake_a_token(at: Later, token: str, consent: Consent) -> None:
    async with at() as entry:
        await consents.withdraw(entry, consent.id, [CITIZEN])
        await consents.restore(entry, consent.id, [CITIZEN])

        assert not await access_tokens.find(entry, token)


async def test_a_service_knows_of_its_own_tokens_only(
    at: Later, token: str, library: Client
) -> None:
    async with at() as entry:
        assert not await access_tokens.introspect(entry, token, client_id=library.client_id)
        assert not await access_tokens.revoke(entry, token, client_id=library.client_id)
        assert await access_tokens.introspect(entry, token, client_id=PARKING)


async def test_a_token_is_taken_back_once(at: Later, token: str) -> None:
    async with at() as entry:
        assert await access_tokens.revoke(entry, token, client_id=PARKING)
        assert not await access_tokens.revoke(entry, token, client_id=PARKING)
        assert not await access_tokens.find(entry, token)
