"""What citizens ask back: sealed under their own key, one question at a time, gone on request."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from idp.erasures import GRACE
from keys import opaque
from keys.entry import Entry, statement
from keys.sealing import DataKey
from relying_parties import erased, inquiries, tables
from relying_parties.errors import StateConflict, WordsInvalid
from relying_parties.grants import backchannel_orders, backchannel_requests
from relying_parties.grants.backchannel_orders import Order
from relying_parties.grants.backchannel_requests import Asked
from tests.relying_parties.conftest import CITIZEN, Later

KEY = DataKey(b"k" * 32)
MOVE = statement(
    sa.update(tables.inquiries)
    .where(tables.inquiries.c.request_id == sa.bindparam("here"))
    .values(request_id=sa.bindparam("there"))
)


async def asked(entry: Entry, **over: Any) -> Asked:
    usual: dict[str, Any] = {
        "id": opaque.new_id(),
        "client_id": "hotline",
        "subject": CITIZEN,
        "named": "citizen",
        "citizen": None,
        "request": {"authorization_details": [{"type": "x"}]},
        "message": "Booking 4711",
    }
    made = Order(**usual | over)
    await backchannel_orders.ask(entry, opaque.handle(), made)
    held = await backchannel_requests.hold(entry, made.id, [made.subject])
    assert held
    return held


async def ask(entry: Entry, held: Asked, words: str = "Which account?") -> None:
    await inquiries.ask(entry, KEY, held, words=words, citizen=b"sealed")


async def test_a_question_and_its_answer(at: Later) -> None:
    async with at() as entry:
        held = await asked(entry)
        await ask(entry, held, "Which\n account? ")
        with pytest.raises(StateConflict):
            await ask(entry, held)
    async with at(seconds=9) as entry:
        mine = await inquiries.hold(entry, "hotline", held.id)
        assert mine
        assert mine.citizen == b"sealed"
        await inquiries.answer(entry, KEY, mine, words="That one")
        with pytest.raises(StateConflict):
            await inquiries.answer(entry, KEY, mine, words="Or that one")

    async with at(seconds=10) as entry:
        said = (await inquiries.of_requests(entry, KEY, [held.id]))[held.id]
        assert await inquiries.find(entry, "library", held.id) is None
        assert await inquiries.of_client(entry, "library") == []

    assert [(one.kind, one.words) for one in said] == [
        ("question", "Which account?"),
        ("answer", "That one"),
    ]
    assert not inquiries.waits(said)


async def test_nobody_who_said_nothing_shows(at: Later) -> None:
    """A request to an address that nobody has looks the same."""
    async with at() as entry:
        held = await asked(entry)

        assert await inquiries.of_client(entry, "hotline") == []
        assert await inquiries.hold(entry, "hotline", held.id) is None


async def test_the_service_reads_it_until_a_week_after_the_end(at: Later) -> None:
    """Longer than a request waits and that no service could tell who deleted their account."""
    async with at() as entry:
        held = await asked(entry, lives=timedelta(days=7))
        await ask(entry, held)
    for days, there in ((13, True), (14, False)):
        async with at(days=days) as entry:
            assert bool(await inquiries.of_client(entry, "hotline")) is there
            assert bool(await inquiries.find(entry, "hotline", held.id)) is there
            assert bool(await inquiries.hold(entry, "hotline", held.id)) is there
            assert await inquiries.of(entry, KEY, [CITIZEN])  # the citizen reads it still

    assert backchannel_orders.IN_DETAIL.longest + inquiries.READABLE <= GRACE


async def test_what_is_over_is_not_talked_about(at: Later) -> None:
    async with at() as entry:
        held = await asked(entry)
        await ask(entry, held)
    async with at(minutes=6) as entry:
        late = await inquiries.hold(entry, "hotline", held.id)
        assert late
        assert late.state == "expired"
        with pytest.raises(StateConflict):
            await inquiries.answer(entry, KEY, late, words="That one")


@pytest.mark.parametrize("words", ["", " ", "x" * 601, "a <b>", "a \x00"])
async def test_words_are_plain(at: Later, words: str) -> None:
    async with at() as entry:
        held = await asked(entry)
        with pytest.raises(WordsInvalid):
            await ask(entry, held, words)


async def test_what_turns_text_is_left_out(at: Later) -> None:
    async with at() as entry:
        held = await asked(entry)
        await ask(entry, held, "\u202ewhy\u200b?")
        [one] = (await inquiries.of_requests(entry, KEY, [held.id]))[held.id]

    assert one.words == "why?"


async def test_a_reason_is_a_row_or_words_or_nothing(at: Later) -> None:
    async with at() as entry:
        held = await asked(entry)
        for reason, words in (("", " "), ("not_now", ""), ("", "No")):
            await inquiries.because(entry, KEY, held, reason=reason, words=words, citizen=b"sealed")
        with pytest.raises(WordsInvalid):
            await inquiries.because(entry, KEY, held, reason="x", words="", citizen=b"sealed")
        said = (await inquiries.of_requests(entry, KEY, [held.id]))[held.id]

    assert {(one.reason, one.words) for one in said} == {("not_now", ""), ("", "No")}


async def test_words_open_with_their_key_at_their_place_alone(at: Later) -> None:
    async with at() as entry:
        held, other = await asked(entry), await asked(entry, subject="another")
        await ask(entry, held)
        await ask(entry, other, "And which of these?")
        assert await inquiries.of_requests(entry, DataKey(b"x" * 32), [held.id]) == {}
        await entry.run(MOVE, there=other.id, here=held.id)
        said = await inquiries.of_requests(entry, KEY, [held.id, other.id])
        # What was altered keeps nobody from reading the rest.
        assert [one.words for one in said.pop(other.id)] == ["And which of these?"]
        assert said == {}
        assert await inquiries.of(entry, KEY, [CITIZEN, "another"]) != []


async def test_all_of_it_can_be_read(at: Later) -> None:
    async with at() as entry:
        held, other = await asked(entry), await asked(entry, subject="another")
        await ask(entry, held)
        await ask(entry, other)

        [(client_id, one)] = await inquiries.of(entry, KEY, [CITIZEN])
        assert (client_id, one.words) == ("hotline", "Which account?")
        await erased.forget(entry, [CITIZEN])
        assert await inquiries.of(entry, KEY, [CITIZEN]) == []
        assert len(await inquiries.of(entry, KEY, ["another"])) == 1
