"""A citizen puts a request aside; it comes back at a moment of theirs, and nobody is told.

Specs: product C11, ux.md C39, CIBA Core 1.0 §11.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway import bringing_back, summoning
from gateway.runtime import now
from keys import opaque, pairwise
from relying_parties import asides
from relying_parties.grants import backchannel_requests
from relying_parties.grants.backchannel_requests import Asked
from tests.spec.test_ciba_inbox import mails
from tests.support import asking, offices
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.offices import refund

OFFICE = "waits-for-you"
LONG = {"requested_expiry": 5 * 86400}
WAITS = "1 request waits for your answer."


@pytest.fixture(scope="module", autouse=True)
async def registered(gateway: Gateway) -> None:
    """An office that asks in detail."""
    await offices.register(gateway, OFFICE)


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and was never asked."""
    return await gateway.citizen()


async def asked(gateway: Gateway, ana: Citizen, **over: Any) -> str:
    """Let the office ask; the mail about it is behind us."""
    request = await offices.ask(gateway, ana, OFFICE, refund(**over), **LONG)
    while await summoning.summon_citizens(gateway.runtime):
        pass
    return request


async def put_aside(
    gateway: Gateway, ana: Citizen, request: str, later: str = "morning", moment: str = ""
) -> Any:
    """Put a request aside by its page."""
    browser, path = Browser(gateway, ana.cookie), await asking.waiting(gateway, request)
    page = await browser.follow(path)
    fields = {"answer": "later", "later": later, "moment": moment}
    return await browser.fill(page, "later-put", fields)


async def comes(gateway: Gateway, request: str) -> None:
    """Let the moment come."""
    await gateway.rows(
        "UPDATE relying_parties.asides SET due_at = now() - interval '1 second'"
        " WHERE request_id::text = $1",
        (await asking.waiting(gateway, request)).rsplit("/", 1)[1],
    )


async def aside(gateway: Gateway, request: str) -> list[Any]:
    """Return the row of a request, if it was put aside."""
    return await gateway.rows(
        "SELECT due_at, told_at FROM relying_parties.asides WHERE request_id::text = $1",
        (await asking.waiting(gateway, request)).rsplit("/", 1)[1],
    )


async def front(gateway: Gateway, ana: Citizen) -> str:
    """Return the front page, where what waits stands on top."""
    return (await Browser(gateway, ana.cookie).follow("/")).text


async def row(gateway: Gateway, request: str) -> str:
    """Return all that is kept of a request itself."""
    [found] = await gateway.rows(
        "SELECT to_jsonb(r)::text AS whole FROM relying_parties.backchannel_requests r"
        " WHERE digest = $1",
        opaque.digest(request),
    )
    return str(found["whole"])


async def test_a_request_is_out_of_the_way_until_its_moment(gateway: Gateway, ana: Citizen) -> None:
    """It stays in the inbox and can be answered; the mail names nobody and comes once."""
    request = await asked(gateway, ana)
    before = await front(gateway, ana)

    inbox = await put_aside(gateway, ana, request)
    meanwhile = await front(gateway, ana)
    early = await bringing_back.remind_citizens(gateway.runtime)
    sent = len(await mails(gateway, ana))
    await comes(gateway, request)
    await bringing_back.remind_citizens(gateway.runtime)
    await bringing_back.remind_citizens(gateway.runtime)
    told = (await mails(gateway, ana))[sent:]
    after = await front(gateway, ana)
    approved = await asking.approve(gateway, ana, request)

    assert early == 0
    assert "Put aside." in inbox.text
    assert ">Put aside</strong>" in inbox.text
    assert [WAITS in page for page in (before, meanwhile, after)] == [True, False, True]
    assert [(one.template, one.fields) for one in told] == [("request-reminder", {})]
    assert "You approved this request" in approved.text


async def test_nothing_of_it_reaches_the_service(gateway: Gateway, ana: Citizen) -> None:
    """The request is as it was, its time runs on, and a poll in the very moment is in time."""
    request = await asked(gateway, ana)
    before = await row(gateway, request)

    await put_aside(gateway, ana, request)
    after = await row(gateway, request)
    async with gateway.runtime.entry() as entry:
        held = await _held(entry, gateway, request)
        await asides.put(entry, held, b"whom", until=now() + timedelta(days=1))
        polled = await asking.poll(gateway, request, OFFICE)

    assert before == after
    assert polled.json()["error"] == "authorization_pending"


async def _held(entry: Any, gateway: Gateway, request: str) -> Asked:
    [known] = await gateway.rows(
        "SELECT id, subject FROM relying_parties.backchannel_requests WHERE digest = $1",
        opaque.digest(request),
    )
    found = await backchannel_requests.find(entry, known["id"], [known["subject"]])
    assert found
    return found


async def test_fifty_at_once_are_one_and_it_is_told_once(gateway: Gateway, ana: Citizen) -> None:
    """However many tabs put it aside, and however many workers look."""
    request = await asked(gateway, ana)
    browser, path = Browser(gateway, ana.cookie), await asking.waiting(gateway, request)
    _, form = browser.form(await browser.follow(path), "later-put")
    given = {**form, "answer": "later", "later": "morning"}

    answers = await asyncio.gather(*(browser.send("POST", path, given) for _ in range(50)))
    rows = await aside(gateway, request)
    sent = len(await mails(gateway, ana))
    await comes(gateway, request)
    await asyncio.gather(*(bringing_back.remind_citizens(gateway.runtime) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {303}
    assert len(rows) == 1
    assert len(await mails(gateway, ana)) == sent + 1


async def test_a_yes_and_a_later_in_the_same_moment_end_as_a_yes(
    gateway: Gateway, ana: Citizen
) -> None:
    """Whoever answered is not reminded, whichever came first."""
    request = await asked(gateway, ana)

    await asyncio.gather(put_aside(gateway, ana, request), asking.approve(gateway, ana, request))
    sent = len(await mails(gateway, ana))
    await comes(gateway, request)
    await bringing_back.remind_citizens(gateway.runtime)

    assert "access_token" in (await asking.poll(gateway, request, OFFICE)).json()
    assert len(await mails(gateway, ana)) == sent


@pytest.mark.parametrize("moment", [timedelta(minutes=5), timedelta(days=5), timedelta(days=-1)])
async def test_a_moment_of_no_use_is_refused_and_changes_nothing(
    gateway: Gateway, ana: Citizen, moment: timedelta
) -> None:
    """Too soon, too near the end, or over: the page says so."""
    request = await asked(gateway, ana)
    typed = f"{now() + moment:%Y-%m-%dT%H:%M}"

    answer = await put_aside(gateway, ana, request, "own", typed)

    assert answer.status_code == 422
    assert "Choose when we remind you" in answer.text
    assert f'value="{typed}"' in answer.text
    assert await aside(gateway, request) == []


async def test_another_moment_can_be_chosen_and_none(gateway: Gateway, ana: Citizen) -> None:
    """The last choice counts; taken back, it waits as if nothing had been."""
    request, path = await asked(gateway, ana), ""
    path = await asking.waiting(gateway, request)
    chosen = (now() + timedelta(days=2)).replace(second=0, microsecond=0)

    await put_aside(gateway, ana, request)
    await put_aside(gateway, ana, request, "own", f"{chosen:%Y-%m-%dT%H:%M}")
    [kept] = await aside(gateway, request)
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(path)
    back = await browser.fill(page, "not-later", {"answer": "not-later"})

    assert kept["due_at"] == chosen
    assert "You put this aside." in page.text
    assert "You put this aside." not in back.text
    assert await aside(gateway, request) == []
    assert WAITS in await front(gateway, ana)


async def test_nobody_puts_aside_what_another_is_asked(gateway: Gateway, ana: Citizen) -> None:
    """It is as unknown to them as a request that nobody made."""
    request, other = await asked(gateway, ana), await gateway.citizen()
    await asked(gateway, other)
    path = await asking.waiting(gateway, request)
    browser = Browser(gateway, other.cookie)
    _, form = browser.form(await browser.follow("/account/notices"), "notices-save")

    for answer in ("later", "not-later"):
        told = await browser.send(
            "POST", path, {"csrf": form["csrf"], "answer": answer, "later": "morning"}
        )
        assert told.status_code == 404
    assert await aside(gateway, request) == []


async def test_what_comes_back_at_once_is_one_mail(gateway: Gateway, ana: Citizen) -> None:
    """Two requests for the next morning are one knock at the door."""
    requests = [await asked(gateway, ana, reference=f"R{n}") for n in range(2)]
    for each in requests:
        await put_aside(gateway, ana, each)
    sent = len(await mails(gateway, ana))
    for each in requests:
        await comes(gateway, each)

    await bringing_back.remind_citizens(gateway.runtime)

    assert len(await mails(gateway, ana)) == sent + 1


async def test_whoever_wants_no_mail_finds_it_in_the_account(
    gateway: Gateway, ana: Citizen
) -> None:
    """The channel that they chose for requests is the channel of the reminder."""
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow("/account/notices")
    await browser.fill(page, "notices-save", {"requests": "account"})
    request = await asked(gateway, ana)
    await put_aside(gateway, ana, request)
    sent = len(await mails(gateway, ana))
    await comes(gateway, request)

    await bringing_back.remind_citizens(gateway.runtime)

    assert len(await mails(gateway, ana)) == sent
    assert WAITS in await front(gateway, ana)


async def test_a_call_that_runs_is_not_put_aside(gateway: Gateway, ana: Citizen) -> None:
    """Somebody waits on the phone: the page offers yes and no."""
    request = await asking.ask(gateway, ana)

    page = await Browser(gateway, ana.cookie).follow(await asking.waiting(gateway, request))

    assert 'id="request-decline"' in page.text
    assert 'id="later-put"' not in page.text


async def test_what_is_over_is_forgotten(gateway: Gateway, ana: Citizen) -> None:
    """A row lives as long as its request."""
    request = await asked(gateway, ana)
    await put_aside(gateway, ana, request)
    await gateway.rows(
        "UPDATE relying_parties.asides SET ends_at = now() - interval '1 second'"
        " WHERE request_id::text = $1",
        (await asking.waiting(gateway, request)).rsplit("/", 1)[1],
    )

    async with gateway.runtime.entry() as entry:
        await asides.purge(entry)

    assert await aside(gateway, request) == []


async def test_the_reference_to_the_citizen_is_sealed(gateway: Gateway, ana: Citizen) -> None:
    """A dump shows no pair of person and service."""
    request = await asked(gateway, ana)
    await put_aside(gateway, ana, request)
    [kept] = await gateway.rows(
        "SELECT citizen FROM relying_parties.asides WHERE request_id::text = $1",
        (await asking.waiting(gateway, request)).rsplit("/", 1)[1],
    )
    sealer = gateway.runtime.vault.sealer

    assert ana.account.bytes not in kept["citizen"]
    assert pairwise.open_citizen(sealer, kept["citizen"], OFFICE) == ana.account
