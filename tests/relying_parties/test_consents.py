"""What a citizen gives, and their way out: security.md groups CO-01, CO-02, CO-04, CO-10."""

import asyncio
from uuid import uuid4

import pytest

from relying_parties import claims_policy, clients, consents, onboarding, receipts
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.errors import ClaimsNotAsked, ConsentUnknown, RestoreTooLate, StateConflict
from tests.factories import a_document, asks
from tests.relying_parties.conftest import CITIZEN, Later, agree


@pytest.fixture
async def by_law(at: Later, parking: Client) -> Client:
    """A service that gets names by law and addresses by choice."""
    rows = [asks("name", basis="law"), asks("address", "optional")]
    purpose = {"id": "tax", "name": {"en": "To tax dogs"}, "claims": rows}
    async with at() as entry:
        await onboarding.apply(entry, a_document("dog-tax", purposes=[purpose]))
        found = await clients.find(entry, "dog-tax")
    assert found
    return found


async def test_a_consent_is_found_by_its_citizen_and_service(
    at: Later, consent: Consent, library: Client
) -> None:
    async with at() as entry:
        found = await consents.current(entry, CITIZEN, "parking-permits")

        assert found
        assert (found.id, list(found.claims)) == (consent.id, ["name", "address"])
        # The library knows the citizen by the same subject and has no consent of theirs.
        assert not await consents.current(entry, CITIZEN, library.client_id)


async def test_a_second_decision_adds_to_the_first(
    at: Later, consent: Consent, parking: Client
) -> None:
    async with at(days=1) as entry:
        wider = await agree(entry, parking, claims=["phone_number"])

        assert wider.id == consent.id
        assert list(wider.claims) == ["name", "address", "phone_number"]
        assert wider.version == 2


async def test_what_was_refused_is_remembered_as_asked(at: Later, parking: Client) -> None:
    async with at() as entry:
        given = await agree(entry, parking, claims=["name"], asked=["name", "phone_number"])

        assert list(given.claims) == ["name"]
        assert list(given.asked) == ["name", "phone_number"]


async def test_what_is_unticked_later_is_no_longer_shared(
    at: Later, consent: Consent, parking: Client
) -> None:
    async with at() as entry:
        now = await agree(entry, parking, claims=["name"], asked=["name", "address"])

        assert list(now.claims) == ["name"]


@pytest.mark.parametrize(
    ("claims", "asked"),
    [(["name", "birthdate"], ["name"]), (["birthdate"], ["birthdate"])],
    ids=["CO-04-not-shown", "CO-02-not-registered"],
)
async def test_nothing_is_given_that_was_not_asked(
    at: Later, parking: Client, claims: list[str], asked: list[str]
) -> None:
    async with at() as entry:
        with pytest.raises(ClaimsNotAsked):
            await agree(entry, parking, claims=claims, asked=asked)


async def test_nobody_changes_the_consent_of_another(at: Later, consent: Consent) -> None:
    async with at() as entry:
        for change in (
            consents.withdraw(entry, consent.id, ["somebody-else"]),
            consents.narrow(entry, consent.id, ["somebody-else"], []),
            consents.restore(entry, consent.id, ["somebody-else"]),
            consents.withdraw(entry, uuid4(), [CITIZEN]),
        ):
            with pytest.raises(ConsentUnknown):
                await change


async def test_one_detail_can_be_stopped_and_brought_back(at: Later, consent: Consent) -> None:
    async with at() as entry:
        less = await consents.narrow(entry, consent.id, [CITIZEN], ["name"])
        assert list(less.claims) == ["name"]

    async with at(hours=23) as entry:
        again = await consents.restore(entry, consent.id, [CITIZEN])
        assert list(again.claims) == ["name", "address"]


async def test_narrowing_adds_nothing(at: Later, consent: Consent) -> None:
    async with at() as entry:
        same = await consents.narrow(
            entry, consent.id, [CITIZEN], ["name", "address", "phone_number"]
        )

        assert list(same.claims) == ["name", "address"]
        assert same.version == 1


async def test_a_withdrawal_can_be_undone_for_a_day(at: Later, consent: Consent) -> None:
    async with at() as entry:
        await consents.withdraw(entry, consent.id, [CITIZEN])
        assert not await consents.current(entry, CITIZEN, "parking-permits")
        with pytest.raises(ConsentUnknown):
            await consents.withdraw(entry, consent.id, [CITIZEN])

    async with at(hours=24) as entry:
        with pytest.raises(RestoreTooLate):
            await consents.restore(entry, consent.id, [CITIZEN])
    async with at(hours=23, minutes=59) as entry:
        await consents.restore(entry, consent.id, [CITIZEN])
        assert await consents.current(entry, CITIZEN, "parking-permits")


async def test_what_a_law_demands_outlives_stopping(at: Later, by_law: Client) -> None:
    async with at() as entry:
        given = await agree(entry, by_law, claims=["name", "address"])
        kept = await consents.withdraw(entry, given.id, [CITIZEN])

        assert (kept.state, list(kept.claims), kept.offline) == ("active", ["name"], False)
        with pytest.raises(StateConflict):
            await consents.withdraw(entry, given.id, [CITIZEN])
    async with at(hours=1) as entry:
        again = await consents.restore(entry, given.id, [CITIZEN])
        assert (list(again.claims), again.offline) == (["name", "address"], True)


async def test_what_is_over_cannot_be_changed(at: Later, consent: Consent) -> None:
    """Also before the worker wrote its end down."""
    async with at(days=365) as entry:
        for late in (
            consents.withdraw(entry, consent.id, [CITIZEN]),
            consents.narrow(entry, consent.id, [CITIZEN], ["name"]),
        ):
            with pytest.raises(ConsentUnknown):
                await late


async def test_a_newer_consent_stands_against_an_undo(
    at: Later, consent: Consent, parking: Client
) -> None:
    async with at() as entry:
        await consents.withdraw(entry, consent.id, [CITIZEN])
        await agree(entry, parking, claims=["name"])

    with pytest.raises(RestoreTooLate):
        async with at() as entry:
            await consents.restore(entry, consent.id, [CITIZEN])

    async with at() as entry:
        found = await consents.current(entry, CITIZEN, "parking-permits")
        assert found
        assert list(found.claims) == ["name"]


async def test_a_consent_ends_with_its_time(at: Later, consent: Consent) -> None:
    async with at(days=365) as entry:
        assert not await consents.current(entry, CITIZEN, "parking-permits")

        assert await consents.expire_due(entry) == 1

        [ended] = await consents.of_subjects(entry, [CITIZEN])
        assert ended.state == "expired"


async def test_a_new_decision_after_the_end_starts_anew(
    at: Later, consent: Consent, parking: Client
) -> None:
    async with at(days=366) as entry:
        new = await agree(entry, parking, claims=["name"])

        assert new.id != consent.id
        assert list(new.claims) == ["name"]


async def test_just_this_once_does_not_last(at: Later, parking: Client) -> None:
    async with at() as entry:
        once = await agree(entry, parking, claims=["name"], duration="once")
        assert not once.offline
        wanted = claims_policy.Wanted(("name",), ())
        assert claims_policy.difference(parking.registration, wanted, once)
        assert not claims_policy.difference(parking.registration, wanted, once, given_here=True)

    async with at(minutes=25) as entry:
        assert not await consents.current(entry, CITIZEN, "parking-permits")


async def test_two_tabs_at_once_leave_one_consent(at: Later, parking: Client) -> None:
    async def give(claim: str) -> Consent:
        async with at() as entry:
            return await agree(entry, parking, claims=[claim])

    both = await asyncio.gather(*(give(claim) for claim in ("name", "address") * 10))

    async with at() as entry:
        [found] = await consents.of_subjects(entry, [CITIZEN])
    assert {each.id for each in both} == {found.id}
    assert set(found.claims) == {"name", "address"}


async def test_every_change_is_told_with_its_receipt(
    at: Later, consent: Consent, parking: Client
) -> None:
    async with at() as entry:
        less = await consents.narrow(entry, consent.id, [CITIZEN], ["name"])
        latest, first = await consents.changes(entry, [CITIZEN])

        assert (latest.kind, first.kind) == ("narrowed", "given")
        told = receipts.receipt(less, parking, latest, entry.at)
        [purpose] = told["record"]["pii_processing"]["purposes"]
        assert [each["attribute"] for each in purpose["pii_information"]] == ["name"]
        assert CITIZEN not in str(told)
        assert await consents.attach_receipt(entry, consent.id, latest.version, "signed")
        assert not await consents.attach_receipt(entry, consent.id, latest.version, "forged")
