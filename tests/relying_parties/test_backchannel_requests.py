"""Requests from behind: held for one service and one citizen, answered once, never nagging."""

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import erased, inquiries, pings, summons, tables
from relying_parties.errors import TooManyAsked
from relying_parties.grants import (
    backchannel_counts,
    backchannel_orders,
    backchannel_polls,
    backchannel_requests,
)
from relying_parties.grants.backchannel_orders import Order
from relying_parties.grants.backchannel_polls import Fate
from relying_parties.summons import Taken
from tests.relying_parties.conftest import CITIZEN, Later

WAITING = statement(sa.text("SELECT 1 AS one FROM pg_locks WHERE NOT granted"))
ROWS = statement(sa.select(tables.backchannel_requests))
REQUEST = {"client_id": "hotline", "scope": "openid"}


def order(**over: Any) -> Order:
    usual: dict[str, Any] = {
        "id": opaque.new_id(),
        "client_id": "hotline",
        "subject": CITIZEN,
        "citizen": b"sealed",
        "request": REQUEST,
        "message": "Booking 4711",
    }
    given = usual | over
    named = f"{given['client_id']} {given['subject']}"
    return Order(**{"named": named} | given)


async def ask(entry: Entry, **over: Any) -> tuple[str, Order]:
    name, made = opaque.handle(), order(**over)
    await backchannel_orders.ask(entry, name, made)
    return name, made


async def answer(entry: Entry, made: Order, *, yes: bool) -> None:
    held = await backchannel_requests.hold(entry, made.id, [made.subject])
    assert held
    assert held.state == "pending"
    if yes:
        await backchannel_requests.approve(entry, held)
    else:
        await backchannel_requests.decline(entry, held)


async def fate(entry: Entry, name: str, client_id: str = "hotline") -> Fate:
    return (await backchannel_polls.poll(entry, name, client_id=client_id)).fate


async def test_a_request_is_one_clients_and_one_citizens(at: Later) -> None:
    async with at() as entry:
        name, made = await ask(entry)

    async with at(seconds=1) as entry:
        assert await fate(entry, name, "library") is Fate.UNKNOWN
        assert await fate(entry, "x" * 43) is Fate.UNKNOWN
        assert await backchannel_requests.find(entry, made.id, ["somebody-else"]) is None
        assert await backchannel_requests.hold(entry, made.id, []) is None
        assert await backchannel_requests.of_subjects(entry, ["somebody-else"]) == []
        [listed] = await backchannel_requests.of_subjects(entry, ["another", CITIZEN])
        assert listed == await backchannel_requests.find(entry, made.id, [CITIZEN])
        assert (listed.id, listed.message, listed.state) == (made.id, "Booking 4711", "pending")


@pytest.mark.parametrize(
    ("seconds", "wanted", "interval"),
    [
        pytest.param(4, Fate.TOO_EARLY, 10, id="CIBA-11-slow-down"),
        pytest.param(5, Fate.PENDING, 5, id="CIBA-7.3-interval"),
        pytest.param(299, Fate.PENDING, 5, id="CIBA-7.3-to-the-end"),
        pytest.param(300, Fate.EXPIRED, 5, id="CIBA-11-expired"),
    ],
)
async def test_when_a_poll_comes(at: Later, seconds: int, wanted: Fate, interval: int) -> None:
    async with at() as entry:
        name, _ = await ask(entry)
        assert await fate(entry, name) is Fate.PENDING

    async with at(seconds=seconds) as entry:
        assert await fate(entry, name) is wanted
    async with at(seconds=seconds + interval - 1) as entry:
        early = await fate(entry, name)
        assert early is (Fate.EXPIRED if seconds + interval > 300 else Fate.TOO_EARLY)


async def test_a_yes_is_used_once(at: Later) -> None:
    async with at() as entry:
        name, made = await ask(entry)
        await answer(entry, made, yes=True)

    async def come() -> Fate:
        async with at(seconds=1) as entry:
            found = await backchannel_polls.poll(entry, name, client_id="hotline")
            if found.fate is Fate.APPROVED and found.id:
                await backchannel_polls.use(entry, found.id)
            return found.fate

    fates = await asyncio.gather(*(come() for _ in range(50)))

    assert fates.count(Fate.APPROVED) == 1
    assert fates.count(Fate.USED) + fates.count(Fate.TOO_EARLY) == 49


async def test_a_service_that_was_pinged_need_not_wait_for_our_note_of_it(at: Later) -> None:
    """CIBA §10.2, §11: ``slow_down`` is for requests that nobody has answered."""
    async with at() as entry:
        name, made = await ask(entry, ping=b"sealed")
        await answer(entry, made, yes=True)
    async with at(seconds=1) as entry:
        [ping] = await pings.take(entry)

    async def come() -> Fate:
        async with at(seconds=1) as entry:
            return await fate(entry, name)

    async with at(seconds=1) as noting:
        await pings.told(noting, ping)
        coming = asyncio.create_task(come())
        async with at() as watching:
            while not coming.done() and not await watching.one(WAITING):
                pass

    assert await coming is Fate.APPROVED


async def test_a_service_that_comes_while_we_tell_the_citizen_is_not_too_early(at: Later) -> None:
    """CIBA §11: who never came before can't have come too often."""
    async with at() as entry:
        name, _ = await ask(entry)

    async def come() -> Fate:
        async with at(seconds=1) as entry:
            return await fate(entry, name)

    async with at(seconds=1) as telling:
        assert (await summons.take(telling)).summons
        coming = asyncio.create_task(come())
        async with at() as watching:
            while not coming.done() and not await watching.one(WAITING):
                pass

    assert await coming is Fate.PENDING


async def test_a_no_stays_no(at: Later) -> None:
    async with at() as entry:
        name, made = await ask(entry)
        await answer(entry, made, yes=False)

    async with at(minutes=10) as entry:
        assert await fate(entry, name) is Fate.DECLINED


async def test_a_citizen_is_answered_for_once(at: Later) -> None:
    """Who holds the row decides; who comes next sees how."""
    async with at() as entry:
        _, made = await ask(entry)

    async def say(*, yes: bool) -> bool:
        async with at(seconds=1) as entry:
            held = await backchannel_requests.hold(entry, made.id, [CITIZEN])
            if held is None or held.state != "pending":
                return False
            settle = backchannel_requests.approve if yes else backchannel_requests.decline
            await settle(entry, held)
            return True

    said = await asyncio.gather(*(say(yes=bool(n % 2)) for n in range(20)))

    assert said.count(True) == 1


async def test_one_waits_at_a_time(at: Later) -> None:
    """CIBA-10: for one citizen; others, and other services, are not hindered."""
    async with at() as entry:
        await ask(entry)

    async with at(minutes=2) as entry:
        with pytest.raises(TooManyAsked) as stop:
            await ask(entry)
        assert stop.value.until == entry.at + timedelta(minutes=3)
        await ask(entry, subject="another")
        await ask(entry, client_id="library")
    async with at(minutes=5) as entry:
        await ask(entry)


async def test_whom_a_service_names_in_two_ways_is_two_to_it(at: Later) -> None:
    """Or being told to wait would tell that an address is that of a subject."""
    async with at() as entry:
        _, first = await ask(entry, named="the address")
    async with at(seconds=1) as entry:
        _, second = await ask(entry, named="the subject")
        for named in ("the address", "the subject"):
            with pytest.raises(TooManyAsked) as stop:
                await ask(entry, named=named)
            assert stop.value.until - entry.at <= timedelta(minutes=5)
        assert not await backchannel_orders.too_much(entry, first.id, in_detail=False)
        assert await backchannel_orders.too_much(entry, second.id, in_detail=False)
    async with at(minutes=6) as entry:
        _, third = await ask(entry, named="the address")
        assert not await backchannel_orders.too_much(entry, third.id, in_detail=False)
    async with at(minutes=12) as entry:
        _, fourth = await ask(entry, named="the subject")
        # Three an hour without a yes, whoever they were to.
        assert await backchannel_orders.too_much(entry, fourth.id, in_detail=False)


async def test_three_an_hour_without_a_yes(at: Later) -> None:
    async with at() as entry:
        _, made = await ask(entry)
        await answer(entry, made, yes=True)  # counts for nothing
    for minutes in (10, 20, 30):
        async with at(minutes=minutes) as entry:
            _, made = await ask(entry)
            await answer(entry, made, yes=False)

    async with at(minutes=40) as entry:
        with pytest.raises(TooManyAsked) as stop:
            await ask(entry)
        assert stop.value.until == entry.at + timedelta(minutes=30)
    async with at(minutes=70) as entry:
        await ask(entry)


async def test_fifty_at_once_are_one(at: Later) -> None:
    async def one() -> bool:
        async with at() as entry:
            try:
                await ask(entry)
            except TooManyAsked:
                return False
            return True

    assert sum(await asyncio.gather(*(one() for _ in range(50)))) == 1


async def test_a_service_does_not_fill_the_table(
    at: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = dataclasses.replace(backchannel_orders.PLAIN, everywhere=3)
    monkeypatch.setattr(backchannel_orders, "PLAIN", few)
    async with at() as entry:
        for number in range(3):
            await ask(entry, subject=f"citizen-{number}")

        with pytest.raises(TooManyAsked):
            await ask(entry, subject="one-more")
        await ask(entry, subject="one-more", client_id="library")


async def test_citizens_are_told_once_and_in_time(at: Later) -> None:
    """Answered, expired, or known by a subject alone: there is nobody to tell."""
    async with at() as entry:
        _, told = await ask(entry)
        await ask(entry, subject="by-id-token", citizen=None)
        _, answered = await ask(entry, subject="quick")
        await answer(entry, answered, yes=True)
        await ask(entry, subject="late", lives=timedelta(seconds=1))

    async with at(seconds=2) as entry:
        taken = await summons.take(entry)
        assert [one.id for one in taken.summons] == [told.id]
        assert len(taken.nobody) == 3
        assert taken_none(await summons.take(entry))
        await summons.note(entry, taken, taken.nobody)
    async with at(minutes=2) as entry:  # that worker died
        again = await summons.take(entry)
        assert ([one.id for one in again.summons], again.nobody) == ([told.id], [])
        await summons.note(entry, taken, [told.id])  # it did not, and comes too late
    async with at(minutes=4) as entry:
        last = await summons.take(entry)
        assert [one.id for one in last.summons] == [told.id]
        await summons.note(entry, last, [told.id])
    async with at(minutes=4, seconds=50) as entry:
        assert taken_none(await summons.take(entry))


def taken_none(taken: Taken) -> bool:
    return not taken.summons and not taken.nobody


async def test_who_wants_pings_is_due_with_the_answer(at: Later) -> None:
    async with at() as entry:
        await ask(entry)
        _, made = await ask(entry, subject="pinged", ping=b"what it says")
        assert await pings.take(entry) == []
        await answer(entry, made, yes=False)

    async with at(seconds=1) as entry:
        [due] = await pings.take(entry)
        assert (due.id, due.sealed, due.tries) == (made.id, b"what it says", 1)
        await pings.told(entry, due)
    async with at(hours=1) as entry:
        assert await pings.take(entry) == []


async def test_what_is_over_goes_a_day_later(at: Later) -> None:
    async with at() as entry:
        name, _ = await ask(entry)

    async with at(hours=24) as entry:
        assert await backchannel_requests.purge(entry) == 0
        assert await fate(entry, name) is Fate.EXPIRED
    async with at(hours=24, minutes=6) as entry:
        assert await backchannel_requests.purge(entry) == 1
        assert await fate(entry, name) is Fate.UNKNOWN


async def test_what_is_asked_in_detail_has_its_own_budget(at: Later) -> None:
    """Three wait at a time, five a week; a question on the phone is not hindered by them."""
    detailed = {"request": {**REQUEST, "authorization_details": [{"type": "x"}]}}
    async with at() as entry:
        for _ in range(3):
            await ask(entry, **detailed, lives=timedelta(days=1))
        with pytest.raises(TooManyAsked) as stop:
            await ask(entry, **detailed)
        assert stop.value.until == entry.at + timedelta(days=1)
        await ask(entry)

    async with at(days=2) as entry:
        await ask(entry, **detailed)
        await ask(entry, **detailed)
        with pytest.raises(TooManyAsked) as stop:
            await ask(entry, **detailed)
        assert stop.value.until == entry.at + timedelta(days=5)
        assert await backchannel_requests.purge(entry) == 1  # that of the phone


async def test_what_was_asked_in_detail_is_looked_up_for_a_month(at: Later) -> None:
    detailed = {"request": {**REQUEST, "authorization_details": [{"type": "x"}]}}
    async with at() as entry:
        await ask(entry, **detailed)

    async with at(days=29) as entry:
        assert await backchannel_requests.purge(entry) == 0
    async with at(days=31) as entry:
        assert await backchannel_requests.purge(entry) == 1


async def test_a_ping_that_is_under_way_does_not_swallow_the_next(at: Later) -> None:
    """What is told while the answer comes in is not the answer."""
    async with at() as entry:
        _, made = await ask(entry, ping=b"what it says")
        await entry.run(inquiries.TELL_SERVICE, of_request=made.id, whom=None, at=entry.at)
    async with at(seconds=1) as entry:
        [question] = await pings.take(entry)
        await answer(entry, made, yes=True)
    async with at(seconds=2) as entry:
        await pings.told(entry, question)
        [decided] = await pings.take(entry)

    assert (decided.id, decided.sealed, decided.tries) == (made.id, b"what it says", 1)


async def test_all_of_it_can_be_read(at: Later) -> None:
    async with at() as entry:
        _, made = await ask(entry)
        await ask(entry, subject="another")

        assert [one.id for one in await backchannel_requests.of(entry, [CITIZEN])] == [made.id]


async def test_who_goes_takes_no_answer_along(at: Later) -> None:
    """GDPR Art. 17: nothing leads to them, and no poll, ping or limit tells that they went."""
    async with at() as entry:
        fates = {}
        asked = {"hotline": None, "library": False, "parking": True, "northtown": True}
        for client, told in asked.items():
            name, made = await ask(entry, client_id=client, ping=b"what it says")
            if told is not None:
                await answer(entry, made, yes=told)
            fates[client] = name
    async with at(seconds=1) as entry:
        taken = await summons.take(entry)
        await summons.note(entry, taken, [one.id for one in taken.summons])
        yes = await backchannel_polls.poll(entry, fates["northtown"], client_id="northtown")
        assert yes.id
        await backchannel_polls.use(entry, yes.id)
    async with at(seconds=2) as entry:
        await erased.forget(entry, [CITIZEN])

        rows = [dict(row) for row in await entry.all(ROWS)]
        assert await backchannel_requests.of(entry, [CITIZEN]) == []
        assert len({row["subject"] for row in rows}) == 4
        for row in rows:
            assert (row["citizen"], row["request"], row["message"]) == (None, {}, "")
            # Whatever happened at a moment that the journal knows, too, is not told of any more.
            told_of = [row[name] for name in ("decided_at", "noticed_at", "used_at")]
            assert set(told_of) <= {None, row["created_at"]}
        found = {client: await fate(entry, name, client) for client, name in fates.items()}
        fates_of_all = [Fate.PENDING, Fate.DECLINED, Fate.APPROVED, Fate.USED]
        assert list(found.values()) == fates_of_all
        with pytest.raises(TooManyAsked):
            await ask(entry)
        assert len(await pings.take(entry)) == 3
    async with at(minutes=5) as entry:
        assert not (await summons.take(entry)).summons
        assert await fate(entry, fates["hotline"]) is Fate.EXPIRED
        await ask(entry)


async def test_it_is_counted_what_becomes_of_them(at: Later) -> None:
    """For those who look after services: numbers, and nobody."""
    async with at() as entry:
        _, no = await ask(entry)
        with pytest.raises(TooManyAsked):
            await ask(entry)
        _, yes = await ask(entry, subject="another")
        await ask(entry, subject="nobody", lives=timedelta(seconds=1))
        await ask(entry, subject="a-fourth")
    async with at(seconds=2) as entry:
        await answer(entry, no, yes=False)
        await answer(entry, yes, yes=True)
        told = await backchannel_counts.standing(entry, "hotline")
        other = await backchannel_counts.standing(entry, "library")

    assert told == {"waiting": 1, "approved": 1, "declined": 1, "unanswered": 1, "refused": 1}
    assert not any(other.values())
    async with at(days=31) as entry:
        assert await backchannel_counts.purge(entry) == 1
