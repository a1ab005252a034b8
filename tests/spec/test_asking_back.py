"""A citizen asks back before they answer, the office answers; and why somebody says no.

Specs: product N7, CIBA Core 1.0 §11, group LG.
"""

import asyncio
import dataclasses
import re
from typing import Any

import httpx2
import pytest

from gateway import summoning
from gateway.routes import ROUTES
from gateway.web.dispatch import Dispatcher
from tests.spec.test_ciba_inbox import mails
from tests.spec.test_statements import EACH_SECOND
from tests.support import administration, asking, offices
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.offices import refund

OFFICE, OTHER = "asks-back", "asks-too"
QUESTION, ANSWER = "Which account is that?", "The one that ends in 42"


@pytest.fixture(scope="module", autouse=True)
async def registered(gateway: Gateway) -> None:
    """Two offices that ask in detail."""
    await offices.register(gateway, OFFICE)
    await offices.register(gateway, OTHER)


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and was never asked."""
    return await gateway.citizen()


async def only(gateway: Gateway, token: str, request_id: str) -> Any:
    """Return what the office reads of one request."""
    answer = await offices.call(gateway, token, "GET", f"/{request_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def named(gateway: Gateway, auth_req_id: str) -> str:
    """Return the id of a request, as the API has it."""
    return (await asking.waiting(gateway, auth_req_id)).rsplit("/", 1)[1]


async def test_a_question_is_answered(gateway: Gateway, ana: Citizen) -> None:
    """The poll stays as it is, the office reads and answers, the citizen is told and reads."""
    request = await offices.ask(gateway, ana, OFFICE, refund())
    token, name = await offices.token(gateway, OFFICE), await named(gateway, request)

    asked = await offices.inquire(gateway, ana, request, f"  {QUESTION}\n")
    polled = await asking.poll(gateway, request, OFFICE)
    listed = (await offices.call(gateway, token, "GET", "?open=true")).json()["inquiries"]
    while await summoning.summon_citizens(gateway.runtime):
        pass
    before = len(await mails(gateway, ana))
    answered = await offices.call(gateway, token, "POST", f"/{name}", {"answer": ANSWER})
    await summoning.summon_citizens(gateway.runtime)
    told = len(await mails(gateway, ana)) - before
    page = await Browser(gateway, ana.cookie).follow(await asking.waiting(gateway, request))
    closed = (await offices.call(gateway, token, "GET", "?open=true")).json()["inquiries"]

    assert QUESTION in asked.text
    assert "inquiry-send" not in asked.text  # one at a time
    assert polled.json()["error"] == "authorization_pending"
    [mine] = [one for one in listed if one["request_id"] == name]
    assert mine["waits_for_answer"]
    assert mine["binding_message"] == asking.MESSAGE
    assert mine["authorization_details"] == [refund()]
    assert [(one["kind"], one["words"]) for one in mine["said"]] == [("question", QUESTION)]
    assert answered.status_code == 200, answered.text
    assert told == 1
    assert ANSWER in page.text
    assert "inquiry-send" in page.text
    assert name not in [one["request_id"] for one in closed]


async def test_it_does_not_wait_longer_for_it(gateway: Gateway, ana: Citizen) -> None:
    """The page says until when, and a question moves nothing."""
    request = await offices.ask(gateway, ana, OFFICE, refund())
    column = "SELECT expires_at FROM relying_parties.backchannel_requests WHERE id::text = $1"
    name = await named(gateway, request)
    [before] = await gateway.rows(column, name)

    asked = await offices.inquire(gateway, ana, request, QUESTION)
    [after] = await gateway.rows(column, name)

    assert before["expires_at"] == after["expires_at"]
    assert "They wait for your decision until" in asked.text


async def test_another_office_reads_nothing_of_it(gateway: Gateway, ana: Citizen) -> None:
    """Unknown and another's are the same; so is a request that nobody said anything about."""
    request, silent = [
        await offices.ask(gateway, ana, OFFICE, refund(reference=f"R{n}")) for n in range(2)
    ]
    await offices.inquire(gateway, ana, request, QUESTION)
    name, other = await named(gateway, request), await offices.token(gateway, OTHER)
    own = await offices.token(gateway, OFFICE)

    answers = [
        await offices.call(gateway, other, "GET", f"/{name}"),
        await offices.call(gateway, other, "POST", f"/{name}", {"answer": ANSWER}),
        await offices.call(gateway, own, "GET", f"/{await named(gateway, silent)}"),
        await offices.call(gateway, own, "GET", "/nothing"),
    ]
    listed = (await offices.call(gateway, other, "GET")).json()["inquiries"]
    bare = await gateway.get(offices.INQUIRIES)

    assert {one.status_code for one in answers} == {404}
    assert len({one.text for one in answers}) == 1
    assert listed == []
    assert bare.status_code == 401


@pytest.mark.parametrize(
    "given",
    [{"answer": ""}, {"answer": 7}, {}, {"answer": "x" * 601}, {"answer": "<b>x</b>"}, "[]", "{"],
)
async def test_a_bad_answer_is_refused(gateway: Gateway, ana: Citizen, given: Any) -> None:
    request = await offices.ask(gateway, ana, OFFICE, refund())
    await offices.inquire(gateway, ana, request, QUESTION)
    token, name = await offices.token(gateway, OFFICE), await named(gateway, request)

    answer = await offices.call(gateway, token, "POST", f"/{name}", given)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert len((await only(gateway, token, name))["said"]) == 1


async def test_a_long_list_takes_no_more_statements(gateway: Gateway) -> None:
    """It costs the database the same whether one citizen said something or five did."""
    await offices.register(gateway, "asks-many")
    token, seen = await offices.token(gateway, "asks-many"), []
    for more in (1, 4):
        for _ in range(more):
            someone = await gateway.citizen()
            request = await offices.ask(gateway, someone, "asks-many", refund())
            await offices.inquire(gateway, someone, request, QUESTION)
        seen.append(await statements(gateway, token))

    assert [number for number, _ in seen] == [1, 5]
    assert seen[0][1] == seen[1][1]


async def test_one_that_was_altered_is_missing_and_no_other(gateway: Gateway) -> None:
    """F-40: the office reads on what opens."""
    await offices.register(gateway, "asks-whole")
    token = await offices.token(gateway, "asks-whole")
    requests = []
    for _ in range(2):
        someone = await gateway.citizen()
        requests.append(await offices.ask(gateway, someone, "asks-whole", refund()))
        await offices.inquire(gateway, someone, requests[-1], QUESTION)
    names = [await named(gateway, one) for one in requests]
    await gateway.rows(
        "UPDATE relying_parties.backchannel_requests SET citizen = 'x' WHERE id::text = $1",
        names[0],
    )

    listed = (await offices.call(gateway, token, "GET")).json()["inquiries"]
    missing = await offices.call(gateway, token, "GET", f"/{names[0]}")

    assert [one["request_id"] for one in listed] == [names[1]]
    assert missing.status_code == 404


async def statements(gateway: Gateway, token: str) -> tuple[int, list[str]]:
    """List what waits in this process; how much that is, and what the database was asked."""
    runtime, asked = gateway.runtime, list[str]()
    transport = httpx2.ASGITransport(app=Dispatcher(ROUTES, lambda: runtime))
    async with httpx2.AsyncClient(transport=transport) as http:
        inside = dataclasses.replace(gateway, http=http)
        await offices.call(inside, token, "GET", "?open=true")  # now the service is known here
        async with runtime.pool.connection() as connection:
            connection.add_query_logger(note := lambda told: asked.append(told.query))
        told = await offices.call(inside, token, "GET", "?open=true")
        connection.remove_query_logger(note)
    return len(told.json()["inquiries"]), [sql for sql in asked if sql not in EACH_SECOND]


async def test_fifty_answers_are_one(gateway: Gateway, ana: Citizen) -> None:
    request = await offices.ask(gateway, ana, OFFICE, refund())
    await offices.inquire(gateway, ana, request, QUESTION)
    token, name = await offices.token(gateway, OFFICE), await named(gateway, request)

    said = await asyncio.gather(
        *(
            offices.call(gateway, token, "POST", f"/{name}", {"answer": f"No {n}"})
            for n in range(50)
        )
    )

    codes = [one.status_code for one in said]
    assert codes.count(200) == 1
    assert codes.count(409) == 49
    assert len((await only(gateway, token, name))["said"]) == 2


@pytest.mark.parametrize(
    "words", ["", "   ", "x" * 601, "<script>"], ids=["empty", "blank", "long", "markup"]
)
async def test_a_question_is_plain_and_short(gateway: Gateway, ana: Citizen, words: str) -> None:
    """The page says so, keeps what was typed, and nothing was sent."""
    request = await offices.ask(gateway, ana, OFFICE, refund())

    page = await offices.inquire(gateway, ana, request, words)

    assert page.status_code == 422
    assert "Write your question" in page.text
    assert "<script>x" not in page.text
    [row] = await gateway.rows("SELECT count(*) AS said FROM relying_parties.inquiries"
        " WHERE request_id::text = $1", await named(gateway, request))  # fmt: skip
    assert row["said"] == 0


async def test_five_questions_are_enough(gateway: Gateway, ana: Citizen) -> None:
    request = await offices.ask(gateway, ana, OFFICE, refund())
    token, name = await offices.token(gateway, OFFICE), await named(gateway, request)
    for n in range(5):
        asked = await offices.inquire(gateway, ana, request, f"Question {n}")
        assert f"Question {n}" in asked.text
        await offices.call(gateway, token, "POST", f"/{name}", {"answer": ANSWER})

    page = await Browser(gateway, ana.cookie).follow(await asking.waiting(gateway, request))

    assert "inquiry-send" not in page.text


async def test_on_the_phone_one_just_asks(gateway: Gateway, ana: Citizen) -> None:
    """A request that waits for minutes has no questions: nobody reads them in time."""
    request = await asking.ask(gateway, ana, OFFICE)

    page = await Browser(gateway, ana.cookie).follow(await asking.waiting(gateway, request))

    assert "inquiry-send" not in page.text


async def test_a_no_may_say_why(gateway: Gateway, ana: Citizen) -> None:
    """Its service reads it; the token answer says no more than it did."""
    request = await offices.ask(gateway, ana, OFFICE, refund())
    token, name = await offices.token(gateway, OFFICE), await named(gateway, request)
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(await asking.waiting(gateway, request))

    over = await browser.fill(
        page,
        "request-decline",
        {"answer": "decline", "reason": "wrong", "why": "The sum is too low"},
    )
    polled = (await asking.poll(gateway, request, OFFICE)).json()

    [said] = (await only(gateway, token, name))["said"]
    assert (said["kind"], said["reason"], said["words"]) == (
        "reason", "wrong", "The sum is too low",
    )  # fmt: skip
    assert "The sum is too low" in over.text
    assert "Something in it is not right" in over.text
    assert polled["error"] == "access_denied"
    assert "sum" not in polled["error_description"]


async def test_nobody_has_to_say_why(gateway: Gateway, ana: Citizen) -> None:
    request = await offices.ask(gateway, ana, OFFICE, refund())
    await asking.decline(gateway, ana, request)
    token, name = await offices.token(gateway, OFFICE), await named(gateway, request)

    answer = await offices.call(gateway, token, "GET", f"/{name}")

    assert answer.status_code == 404
    assert (await asking.poll(gateway, request, OFFICE)).json()["error"] == "access_denied"


@pytest.mark.parametrize("over", [{"reason": "nonsense"}, {"why": "x" * 301}])
async def test_a_reason_that_is_none_declines_nothing(
    gateway: Gateway, ana: Citizen, over: dict[str, str]
) -> None:
    request = await offices.ask(gateway, ana, OFFICE, refund())
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(await asking.waiting(gateway, request))

    answer = await browser.fill(page, "request-decline", {"answer": "decline"} | over)

    assert answer.status_code == 422
    assert (await asking.poll(gateway, request, OFFICE)).json()["error"] == "authorization_pending"


async def test_no_table_or_journal_holds_the_words(gateway: Gateway, ana: Citizen) -> None:
    """LG-02: sealed under the citizen's key, and gone from what the office reads with it."""
    request = await offices.ask(gateway, ana, OFFICE, refund())
    words = "The blue folder of aunt Hedwig"
    await offices.inquire(gateway, ana, request, words)
    token, name = await offices.token(gateway, OFFICE), await named(gateway, request)

    kept = await gateway.rows("SELECT sealed FROM relying_parties.inquiries")
    journal = await gateway.rows("SELECT fields::text AS fields FROM keys.journal")
    await gateway.rows("UPDATE idp.accounts SET status = 'locked' WHERE id = $1", ana.account)
    locked = await offices.call(gateway, token, "GET", f"/{name}")

    assert not any(words.encode() in row["sealed"] for row in kept)
    assert not any(words in row["fields"] for row in journal)
    assert locked.status_code == 404


async def test_who_wants_pings_hears_of_a_question_and_of_the_answer(
    gateway: Gateway, ana: Citizen
) -> None:
    """CIBA-10.2: a ping says that it is time to come, and the next one is not lost by it."""
    name = "asks-and-is-pinged"
    await offices.register(
        gateway,
        name,
        backchannelMode="ping",
        notificationEndpoint="https://pinged.example/ping",
    )
    request = await offices.ask(gateway, ana, name, refund(), client_notification_token="t" * 40)

    await offices.inquire(gateway, ana, request, QUESTION)
    due = await dues(gateway, request)
    await gateway.rows(
        "UPDATE relying_parties.backchannel_requests SET ping_due_at = NULL WHERE id::text = $1",
        await named(gateway, request),
    )
    await asking.decline(gateway, ana, request)

    assert due
    assert await dues(gateway, request)


async def dues(gateway: Gateway, auth_req_id: str) -> bool:
    """Whether the service is to be told something, and what it says is there still."""
    [row] = await gateway.rows(
        "SELECT ping, ping_due_at FROM relying_parties.backchannel_requests WHERE id::text = $1",
        await named(gateway, auth_req_id),
    )
    return row["ping"] is not None and row["ping_due_at"] is not None


async def test_who_looks_after_services_sees_numbers_alone(gateway: Gateway, ana: Citizen) -> None:
    """N7: what was asked too often is counted, and whom it was to is not told."""
    name = "asks-too-often"
    await offices.register(gateway, name)
    await asking.ask(gateway, ana, name)
    raw = asking.signed(gateway, name, login_hint=ana.email)
    refused = await asking.send(gateway, raw, name)
    staff = await administration.officer(gateway, "operator")

    page = await Browser(gateway, staff.cookie).follow(f"/admin/services/{name}")

    assert refused.status_code == 429
    rows = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page.text))
    assert rows["Waiting for citizens"] == "1"
    assert rows["Refused by us, because it asked too often"] == "1"
    assert ana.email not in page.text
