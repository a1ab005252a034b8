"""Reminders: each once, in the morning of its day, of nothing that has no end worth a word.

The usual consent is given at noon of 24 November and holds for 365 days.
"""

import asyncio

import pytest

from relying_parties import claims_policy, clients, consents, onboarding, reminders
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.errors import ConsentUnknown
from relying_parties.grants import refresh_tokens
from tests.factories import a_document, asks
from tests.relying_parties.conftest import CITIZEN, TOKEN_LIVES, Later, agree, issue, redeem

FORTNIGHT = {"days": 350, "hours": 20}  # eight in the morning, fourteen days before the day
TWO_DAYS = {"days": 362, "hours": 20}


async def told(at: Later, **moment: float) -> int:
    async with at(**moment) as entry:
        return len(await reminders.take(entry))


async def test_each_reminder_is_told_once_from_eight_in_the_morning(
    at: Later, consent: Consent
) -> None:
    early = await told(at, days=350, hours=19, minutes=59)
    tries = [told(at, **FORTNIGHT) for _ in range(50)]
    first = await asyncio.gather(*tries)
    between = await told(at, days=362, hours=19)
    second = await asyncio.gather(*(told(at, **TWO_DAYS) for _ in range(50)))
    last = await told(at, days=364, hours=23)

    assert (early, between, last) == (0, 0, 0)
    assert (sum(first), sum(second)) == (1, 1)


async def test_what_a_worker_did_not_finish_is_due_still(at: Later, consent: Consent) -> None:
    async def dies() -> None:
        async with at(**FORTNIGHT) as entry:
            assert await reminders.take(entry)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await dies()

    assert await told(at, **FORTNIGHT) == 1


async def test_a_worker_that_comes_late_tells_of_the_nearer_day_alone(
    at: Later, consent: Consent
) -> None:
    assert await told(at, **TWO_DAYS) == 1
    assert await told(at, **TWO_DAYS) == 0


async def test_nobody_is_told_of_what_has_no_end_worth_a_word(at: Later, parking: Client) -> None:
    """For once, no detail at all, by law, stopped, or shorter than the reminder is early."""
    rows = [asks("name", basis="law")]
    lawful = {"id": "tax", "name": {"en": "To tax dogs"}, "claims": rows}
    short = {"id": "all", "name": {"en": "To lend"}, "keepDays": 14, "claims": [asks("name")]}
    made = {}
    async with at() as entry:
        for name, purpose in (("dog-tax", lawful), ("lends", short), ("shut", short)):
            await onboarding.apply(entry, a_document(name, purposes=[purpose]))
            made[name] = await clients.find(entry, name)
    async with at() as entry:
        await agree(entry, parking, claims=["name"], duration="once")
        for client in made.values():
            assert client
            given = await agree(entry, client, claims=["name"])
            if client.client_id == "shut":
                await consents.withdraw(entry, given.id, [CITIZEN])

    # Fourteen days: a word on the first day would be none; the one of two days comes.
    assert await told(at, minutes=1) == 0
    assert await told(at, days=13) == 1
    assert [await told(at, **when) for when in (FORTNIGHT, TWO_DAYS)] == [0, 0]


async def test_whoever_lets_it_end_is_not_told_again(at: Later, consent: Consent) -> None:
    assert await told(at, **FORTNIGHT) == 1
    async with at(days=352) as entry:
        assert not await reminders.may_end(entry, consent)
        await reminders.let_end(entry, consent)
        await reminders.let_end(entry, consent)
        assert await reminders.may_end(entry, consent)

    assert await told(at, **TWO_DAYS) == 0


async def test_what_goes_on_for_longer_has_reminders_of_its_own(
    at: Later, consent: Consent, parking: Client
) -> None:
    assert await told(at, **FORTNIGHT) == 1
    async with at(days=352) as entry:
        await reminders.let_end(entry, consent)
        longer = await consents.prolong(entry, consent.id, [CITIZEN], parking, days=30)
        assert not await reminders.may_end(entry, longer)

    assert await told(at, **TWO_DAYS) == 0
    assert await told(at, days=368, hours=20) == 1
    assert await told(at, days=380, hours=20) == 1


async def test_what_was_told_is_forgotten_with_its_end(at: Later, consent: Consent) -> None:
    await told(at, **FORTNIGHT)

    async with at(days=364) as entry:
        assert await reminders.purge(entry) == 0
    async with at(days=366) as entry:
        assert await reminders.purge(entry) == 1


@pytest.mark.parametrize(
    ("days", "offered"),
    [(0, []), (1, [365]), (200, [182, 365]), (350, [30, 182, 365])],
)
async def test_longer_is_offered_within_what_the_purposes_allow(
    consent: Consent, parking: Client, at: Later, days: int, offered: list[int]
) -> None:
    moment = at(days=days).at

    assert consents.longer(consent, parking.registration, moment) == offered


async def test_nothing_is_prolonged_beyond_its_purposes(
    at: Later, consent: Consent, parking: Client
) -> None:
    """N1: twelve months from the day of the decision at most, whatever a form says."""
    async with at(days=350) as entry:
        new = await consents.prolong(entry, consent.id, [CITIZEN], parking, days=9999)
        again = await consents.prolong(entry, consent.id, [CITIZEN], parking, days=9999)
        most = claims_policy.keep_days(parking.registration, new.claims)

        assert (new.expires_at - entry.at).days == most == 365
        assert (new.version, again.version) == (2, 2)
        assert [one.kind for one in await consents.changes(entry, [CITIZEN])] == [
            "prolonged",
            "given",
        ]


async def test_only_what_is_theirs_and_in_force_is_prolonged(
    at: Later, consent: Consent, parking: Client
) -> None:
    async with at() as entry:
        once = await agree(entry, parking, claims=["name"], duration="once")
    for moment, whose in (({"days": 10}, "somebody-else"), ({"days": 366}, CITIZEN)):
        async with at(**moment) as entry:
            with pytest.raises(ConsentUnknown):
                await consents.prolong(entry, consent.id, [whose], parking, days=365)
    async with at(minutes=1) as entry:
        with pytest.raises(ConsentUnknown):
            await consents.prolong(entry, once.id, [CITIZEN], parking, days=365)


async def test_what_is_read_in_their_absence_goes_on(
    at: Later, consent: Consent, parking: Client
) -> None:
    """And only that: what the service let lie idle, or the citizen stopped, stays dead."""
    tokens = []
    for days in (300, 349):
        async with at(days=days) as entry:
            done = await redeem(entry, await issue(entry, consent))
            assert done
            tokens.append(
                await refresh_tokens.start(
                    entry, code=done.code, client_id="parking-permits", scope="openid",
                    expires_at=consent.expires_at,
                )
            )  # fmt: skip
    async with at(days=350) as entry:
        await consents.prolong(entry, consent.id, [CITIZEN], parking, days=365)

    idle, used = [], []
    for days in (370, 395, 424):
        async with at(days=days) as entry:
            for token, seen in zip(tokens, (idle, used), strict=True):
                found = await refresh_tokens.use(
                    entry, token, client_id="parking-permits", token_lives=TOKEN_LIVES
                )
                seen.append(found is not None)

    assert (idle, used) == ([False] * 3, [True] * 3)
