"""What citizens agreed to beforehand: what lies within it, and that it ends."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import authorization_details, consents, erased, standing_rules
from relying_parties.consents import Consent
from relying_parties.errors import ConsentMissing, StateConflict
from relying_parties.standing_rules import Rule
from tests.relying_parties.conftest import CITIZEN, Later

WAITING = statement(
    sa.text(
        "SELECT 1 AS one FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
)
ASKED: Mapping[str, Any] = {
    "type": "proactive-decision",
    "action": {"en": "We pay you", "fr": "Nous payons"},
    "data": ["name", "email"],
    "effect": "You need not apply",
    "amount": {"currency": "EUR", "value": "100.00"},
    "deadline": "2027-03-01",
    "legal_basis": "Act, section 3",
    "reference": "R-1",
}


def beforehand(**over: Any) -> Mapping[str, Any]:
    rule = authorization_details.standing({**ASKED, **over})
    assert rule
    return rule


def test_what_is_of_one_time_is_left_open() -> None:
    assert ASKED.keys() - beforehand().keys() == {"deadline", "reference"}
    assert authorization_details.standing({"type": "data-share", "topic": "x"}) is None


@pytest.mark.parametrize(
    ("over", "inside"),
    [
        pytest.param({}, True, id="the-same"),
        pytest.param({"reference": "R-2", "deadline": "2028-01-01"}, True, id="another-time"),
        pytest.param({"data": ["email"]}, True, id="fewer-details"),
        pytest.param({"data": ["email", "name"]}, True, id="in-another-order"),
        pytest.param({"amount": {"currency": "EUR", "value": "99.999"}}, True, id="less"),
        pytest.param({"amount": {"currency": "EUR", "value": "100"}}, True, id="spelt-otherwise"),
        pytest.param({"amount": {"currency": "EUR", "value": "100.01"}}, False, id="more"),
        pytest.param({"amount": {"currency": "USD", "value": "1"}}, False, id="other-money"),
        pytest.param({"data": ["email", "phone_number"]}, False, id="another-detail"),
        pytest.param({"effect": "You need not apply."}, False, id="a-letter-more"),
        pytest.param({"action": {"en": "We pay you"}}, False, id="a-language-less"),
        pytest.param({"locations": ["https://a.example"]}, False, id="a-member-more"),
    ],
)
def test_what_lies_within(over: dict[str, Any], inside: bool) -> None:
    """N8: only of lists and amounts less is less."""
    assert authorization_details.within({**ASKED, **over}, beforehand()) is inside


def test_a_member_less_is_another_question() -> None:
    less = {name: value for name, value in ASKED.items() if name != "amount"}

    assert not authorization_details.within(less, beforehand())
    assert not authorization_details.within({"type": "data-share"}, beforehand())


async def rule(entry: Entry, consent: Consent, **over: Any) -> Rule:
    usual: dict[str, Any] = {
        "id": opaque.new_id(),
        "client_id": consent.client_id,
        "subject": CITIZEN,
        "citizen": b"sealed",
        "consent_id": consent.id,
        "detail": beforehand(),
        "scope": "openid profile",
        "resources": [],
        "ial": 1,
        "aal": 2,
        "amr": ["pop"],
        "auth_time": entry.at,
        "shown_digest": b"shown",
        "given_at": entry.at,
        "ends_at": entry.at + timedelta(days=30),
    }
    made = Rule(**usual | over)
    await standing_rules.give(entry, made)
    return made


async def held(entry: Entry, consent: Consent) -> list[Rule]:
    return await standing_rules.hold(entry, CITIZEN, consent.client_id)


async def test_it_stands_until_its_last_day(at: Later, consent: Consent) -> None:
    async with at() as entry:
        made = await rule(entry, consent)
        assert await held(entry, consent) == [made]
        assert await standing_rules.hold(entry, "another", consent.client_id) == []
    async with at(days=30) as entry:
        assert await held(entry, consent) == []
        assert [one.id for one in await standing_rules.of(entry, [CITIZEN])] == [made.id]


@pytest.mark.parametrize("days", [0, 366])
async def test_a_year_is_the_longest(at: Later, consent: Consent, days: int) -> None:
    async with at() as entry:
        with pytest.raises(StateConflict):
            await rule(entry, consent, ends_at=entry.at + timedelta(days=days))


async def test_the_citizen_ends_it_once(at: Later, consent: Consent) -> None:
    async with at() as entry:
        made = await rule(entry, consent)
        assert not await standing_rules.end(entry, made.id, ["another"])
        assert await standing_rules.end(entry, made.id, [CITIZEN])
        assert not await standing_rules.end(entry, made.id, [CITIZEN])
        assert await held(entry, consent) == []
        [over] = await standing_rules.of(entry, [CITIZEN])
        assert over.ended_by == standing_rules.CITIZEN


async def test_it_ends_with_the_consent_and_no_undo_revives_it(at: Later, consent: Consent) -> None:
    async with at() as entry:
        await rule(entry, consent)
        await consents.withdraw(entry, consent.id, [CITIZEN])
    async with at(minutes=1) as entry:
        await consents.restore(entry, consent.id, [CITIZEN])
        assert await held(entry, consent) == []
        [over] = await standing_rules.of(entry, [CITIZEN])
        assert over.ended_by == standing_rules.CONSENT


@pytest.mark.parametrize("first", ["withdrawn", "given"])
async def test_none_is_given_beside_a_withdrawal(at: Later, consent: Consent, first: str) -> None:
    """RC: whichever comes first, undoing the withdrawal brings no rule back."""
    acts: dict[str, Callable[[Entry], Awaitable[object]]] = {
        "withdrawn": lambda entry: consents.withdraw(entry, consent.id, [CITIZEN]),
        "given": lambda entry: rule(entry, consent),
    }

    async def second() -> None:
        async with at() as entry:
            await acts["given" if first == "withdrawn" else "withdrawn"](entry)

    async with at() as entry:
        await acts[first](entry)
        other = asyncio.create_task(second())
        async with at() as watching:
            while not other.done() and not await watching.one(WAITING):
                pass
    if first == "given":
        await other
    else:
        with pytest.raises(ConsentMissing):
            await other
    async with at(minutes=1) as entry:
        await consents.restore(entry, consent.id, [CITIZEN])

        assert await held(entry, consent) == []


async def test_ten_uses_in_thirty_days(at: Later, consent: Consent) -> None:
    asked = {"scopes": ["openid"], "resources": ()}
    async with at() as entry:
        made = await rule(entry, consent, ends_at=entry.at + timedelta(days=300))
        rules = await held(entry, consent)
        for _ in range(10):
            assert await standing_rules.answering(entry, rules, [ASKED], **asked) == [made]
            await standing_rules.use(entry, made, request_id=opaque.new_id(), detail=ASKED)
        assert await standing_rules.answering(entry, rules, [ASKED], **asked) is None
        assert len(await standing_rules.uses(entry, [CITIZEN])) == 10
    async with at(days=31) as entry:
        assert await standing_rules.answering(entry, rules, [ASKED], **asked) == [made]


@pytest.mark.parametrize(
    "over", [{"scopes": ["openid", "email"]}, {"resources": ["https://a.example"]}]
)
async def test_more_than_was_seen_is_not_let(
    at: Later, consent: Consent, over: dict[str, Any]
) -> None:
    async with at() as entry:
        await rule(entry, consent)
        rules = await held(entry, consent)
        given: dict[str, Any] = {"scopes": ["openid"], "resources": ()} | over
        assert await standing_rules.answering(entry, rules, [ASKED], **given) is None
        assert await standing_rules.answering(entry, rules, [], **given) is None


async def test_it_goes_with_the_citizen(at: Later, consent: Consent) -> None:
    async with at() as entry:
        made = await rule(entry, consent)
        await standing_rules.use(entry, made, request_id=opaque.new_id(), detail=ASKED)
        await erased.forget(entry, [CITIZEN])
        assert await standing_rules.of(entry, [CITIZEN]) == []
        assert await standing_rules.uses(entry, [CITIZEN]) == []
