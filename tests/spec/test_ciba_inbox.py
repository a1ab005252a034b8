"""The citizen's page of requests: who sees them, what a yes takes, and what it covers.

Specs: CIBA Core 1.0 §8, FAPI-CIBA §5.2.2.
"""

import asyncio
import re
from typing import Any

import pytest

from gateway import mail, summoning
from gateway.worker import _letter
from idp import attributes, notices
from keys import opaque, pairwise
from relying_parties import clients, consents
from tests.support import asking, ceremonies, services
from tests.support.asking import MESSAGE
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

BLOCKED = (
    "SELECT 1 AS one FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and was never asked."""
    return await gateway.citizen()


async def opened(gateway: Gateway, someone: Citizen, request: str) -> tuple[Browser, Any]:
    """Open a request in somebody's browser."""
    browser = Browser(gateway, someone.cookie)
    return browser, await browser.follow(await asking.waiting(gateway, request))


async def aged(gateway: Gateway, someone: Citizen, **over: Any) -> None:
    """Let the sign-in be as long ago, and as weak, as ``over`` says."""
    for name, value in over.items():
        change = f"UPDATE idp.sessions SET {name} = {value} WHERE id = $1"
        await gateway.rows(change, someone.session)


async def test_the_page_says_who_asks_what_and_why(gateway: Gateway, ana: Citizen) -> None:
    await tell(gateway, ana, "locale", "en-GB")
    request = await asking.ask(gateway, ana, scope="openid profile email offline_access")

    browser, page = await opened(gateway, ana, request)
    listed = await browser.follow("/account/inbox")
    overview = await browser.follow("/account")

    for said in (MESSAGE, "Northtown", "To test this", "Ana Number", ana.email, "UTC"):
        assert said in page.text
    assert "at other times" in page.text
    assert 'id="request-approve"' in page.text
    [option] = re.findall(r'<input type="checkbox" id="share-locale"[^>]*>', page.text)
    assert "checked" not in option
    assert MESSAGE in listed.text
    assert "1 request waits for your answer." in overview.text


async def test_nobody_else_sees_it(gateway: Gateway, ana: Citizen) -> None:
    """Another citizen, somebody who is not signed in, an address that is none."""
    request = await asking.ask(gateway, ana)
    path = await asking.waiting(gateway, request)
    other = Browser(gateway, (await gateway.citizen()).cookie)

    seen = await other.send("GET", path)
    listed = await other.follow("/account/inbox")
    form = other.form(await other.follow("/account/sessions"), "end-all")[1]
    answered = await other.send("POST", path, {**form, "answer": "approve"})
    declined = await other.send("POST", path, {**form, "answer": "decline"})
    nobody = await Browser(gateway).send("GET", path)
    none = await other.send("GET", "/account/inbox/nothing")

    assert [one.status_code for one in (seen, answered, declined, none)] == [404] * 4
    assert MESSAGE not in listed.text + seen.text
    assert nobody.headers["location"].startswith("/login?next=inbox/")
    assert (await asking.poll(gateway, request)).json()["error"] == "authorization_pending"


async def test_only_a_form_of_ours_answers(gateway: Gateway, ana: Citizen) -> None:
    """Group CS: without its token nothing is answered."""
    request = await asking.ask(gateway, ana)
    browser, path = Browser(gateway, ana.cookie), await asking.waiting(gateway, request)

    answer = await browser.send("POST", path, {"answer": "decline"})

    assert answer.status_code == 403
    assert (await asking.poll(gateway, request)).json()["error"] == "authorization_pending"


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"auth_time": "auth_time - interval '6 minutes'"}, id="six-minutes-ago"),
        pytest.param({"aal": "1", "amr": "ARRAY['pwd']"}, id="password-beside-a-passkey"),
    ],
)
async def test_a_yes_takes_a_fresh_and_strong_sign_in(
    gateway: Gateway, ana: Citizen, over: dict[str, str]
) -> None:
    """The page offers none before it, a form that was open is not taken, and a no needs none."""
    await ceremonies.added(gateway, ana)
    request = await asking.ask(gateway, ana)
    browser, page = await opened(gateway, ana, request)
    path, form = browser.form(page, "request-approve")
    await aged(gateway, ana, **over)

    late = await browser.send("POST", path, {**form, "answer": "approve"})
    again = await browser.follow(path)
    confirm = await browser.follow(f"/login/confirm?next={path.removeprefix('/account/')}")
    pending = (await asking.poll(gateway, request)).json()["error"]
    declined = await browser.fill(again, "request-decline", {"answer": "decline"})

    assert late.headers["location"] == path
    assert 'id="request-approve"' not in again.text
    assert f'href="/login/confirm?next={path.removeprefix("/account/")}"' in again.text
    assert 'name="password"' not in confirm.text  # where there is a passkey, it takes that
    assert pending == "authorization_pending"
    assert "You did not approve this request" in declined.text


async def test_a_service_that_needs_to_know_for_sure(gateway: Gateway, ana: Citizen) -> None:
    """``decide`` is asked here as for any request: proof first, then the page."""
    await gateway.service(counter("surely", acr=["http://eidas.europa.eu/LoA/substantial"]))
    await gateway.service(counter("never", acr=["http://eidas.europa.eu/LoA/high"]))
    await gateway.settled()
    sure, never = [await asking.ask(gateway, ana, name) for name in ("surely", "never")]

    browser, first = await opened(gateway, ana, sure)
    second = await browser.follow(await asking.waiting(gateway, never))
    place = (await asking.waiting(gateway, sure)).removeprefix("/account/")
    await gateway.rows("UPDATE idp.accounts SET ial = 2 WHERE id = $1", ana.account)
    await asking.approve(gateway, ana, sure)

    assert f'href="/account/verify?next={place}"' in first.text
    assert "stronger proof" in second.text
    assert not re.search("request-approve", first.text + second.text)
    assert (await asking.poll(gateway, sure, "surely")).status_code == 200


async def test_only_what_is_ticked_is_shared(gateway: Gateway, ana: Citizen) -> None:
    """Options begin unticked; what was agreed is the consent, with its receipt."""
    async with gateway.runtime.entry() as entry:
        client = await clients.find(entry, "counter")
    assert client
    subject = pairwise.subject(gateway.runtime.vault.pairwise, client.sector, ana.account)
    await tell(gateway, ana, "locale", "en-GB")
    first = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, first)
    async with gateway.runtime.entry() as entry:
        [bare] = await consents.of_subjects(entry, [subject])
        await consents.withdraw(entry, bare.id, [subject])
    second = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, second, share="locale", duration="once")

    async with gateway.runtime.entry() as entry:
        [more] = [one for one in await consents.of_subjects(entry, [subject]) if one.id != bare.id]
        changes = await consents.changes(entry, [subject])

    assert set(bare.claims) == {"name", "email"}
    assert set(more.claims) == {"name", "email", "locale"}
    assert more.once
    assert all(one.receipt for one in changes if one.kind == "given")


async def test_who_agreed_before_is_asked_all_the_same(gateway: Gateway) -> None:
    """A former consent answers nothing by itself; the page says what they have already."""
    ben = await gateway.citizen("counter")
    request = await asking.ask(gateway, ben)

    before = await asking.poll(gateway, request)
    browser, page = await opened(gateway, ben, request)
    await browser.fill(page, "request-approve", {"answer": "approve"})
    after = await asking.poll(gateway, request)

    assert before.json()["error"] == "authorization_pending"
    assert "What you share with them already" in page.text
    assert after.status_code == 200


async def test_a_yes_is_to_what_was_shown(gateway: Gateway, ana: Citizen) -> None:
    """Another request's digest, or a page that has changed since, approves nothing."""
    await gateway.service(counter("changing"))
    await gateway.settled()
    first, other = await asking.ask(gateway, ana, "changing"), await asking.ask(gateway, ana)
    browser, page = await opened(gateway, ana, first)
    path, form = browser.form(page, "request-approve")
    another = await browser.follow(await asking.waiting(gateway, other))
    shown = browser.form(another, "request-approve")[1]["shown"]

    swapped = await browser.send("POST", path, {**form, "shown": shown, "answer": "approve"})
    await gateway.service(counter("changing", name={"en": "Changed"}))
    await gateway.settled()
    changed = await browser.send("POST", path, {**form, "answer": "approve"})
    neither = await browser.send("POST", path, form)

    for answer in (swapped, changed, neither):
        assert answer.status_code == 422
    assert "Something changed while you were reading" in changed.text
    polled = await asking.poll(gateway, first, "changing")
    assert polled.json()["error"] == "authorization_pending"


async def test_it_is_answered_once(gateway: Gateway, ana: Citizen) -> None:
    """Fifty answers at once, half of them no: one counts, and the page says which."""
    request = await asking.ask(gateway, ana)
    browser, page = await opened(gateway, ana, request)
    path, form = browser.form(page, "request-approve")

    async def say(answer: str, node: int) -> int:
        tab = Browser(gateway, node=node)
        tab.cookies = dict(browser.cookies)
        return (await tab.send("POST", path, {**form, "answer": answer})).status_code

    said = await asyncio.gather(
        *(say(("approve", "decline")[n % 2], n % 4 // 2) for n in range(50))
    )
    shown = await browser.follow(path)
    polled = await asking.poll(gateway, request)
    kinds = await gateway.rows(
        "SELECT kind FROM keys.journal WHERE kind IN ('BackchannelApproved', 'BackchannelDeclined')"
        " AND actor = (SELECT 'subject:' || subject FROM relying_parties.backchannel_requests"
        " WHERE id = $1::text::uuid)",
        path.rsplit("/", 1)[1],
    )

    said_yes = "You approved this request" in shown.text
    assert set(said) == {303}
    assert len(kinds) == 1
    assert said_yes == (polled.status_code == 200)
    assert said_yes or polled.json()["error"] == "access_denied"


async def test_how_it_ended_is_told(gateway: Gateway, ana: Citizen) -> None:
    yes = await asking.ask(gateway, ana)
    approved = await asking.approve(gateway, ana, yes)
    no = await asking.ask(gateway, ana)
    declined = await asking.decline(gateway, ana, no)
    late = await asking.ask(gateway, ana)
    browser, page = await opened(gateway, ana, late)
    await asking.later(gateway, late, 301)
    run_out = await browser.fill(page, "request-approve", {"answer": "approve"})
    listed = await browser.follow("/account/inbox")

    assert "You approved this request" in approved.text
    assert "You did not approve this request" in declined.text
    assert "This request has ended" in run_out.text
    for tag in ("Approved", "Not approved", "Ended"):
        assert f">{tag}</strong>" in listed.text


async def test_nothing_to_do_is_said(gateway: Gateway, ana: Citizen) -> None:
    page = await Browser(gateway, ana.cookie).follow("/account/inbox")

    assert "Nobody asks you for anything now." in page.text


async def test_a_mail_says_that_something_waits_and_no_more(gateway: Gateway, ana: Citizen) -> None:
    """No service, no message, no name; a few in an hour, whoever asks; none to nobody."""
    while await summoning.summon_citizens(gateway.runtime):  # of other tests
        pass
    before = await mails(gateway, ana)
    stranger = Citizen(ana.account, ana.session, f"no-{ana.email}", "")
    for name in ("counter", "hotline"):
        await asking.ask(gateway, ana, name)
        await asking.ask(gateway, stranger, name)
    for n in range(6):
        await gateway.service(counter(f"crowd-{n}"))
    await gateway.settled()
    for n in range(6):
        await asking.ask(gateway, ana, f"crowd-{n}")

    assert await summoning.summon_citizens(gateway.runtime) == 10
    assert await summoning.summon_citizens(gateway.runtime) == 0

    queued = (await mails(gateway, ana))[len(before) :]
    letter = mail.compose(_letter(gateway.runtime, queued[0]), "Gatehouse <no-reply@x.example>")
    text = letter.get_content()
    assert len(queued) == 5
    assert await mails(gateway, stranger) == []
    assert f"{gateway.issuer}/account/inbox" in text
    for secret in (MESSAGE, "Northtown", "Southtown", "counter", "hotline", "Ana", ana.email):
        assert secret not in text + letter["Subject"]


async def test_a_poll_does_not_see_that_somebody_is_told(gateway: Gateway, ana: Citizen) -> None:
    """CIBA §14: what takes longer for somebody who exists holds up no poll, however long it is."""
    while await summoning.summon_citizens(gateway.runtime):
        pass
    before = await mails(gateway, ana)
    request = await asking.ask(gateway, ana)

    async with gateway.runtime.pool.connection() as holding, holding.transaction():
        await holding.execute("LOCK TABLE idp.notices IN SHARE MODE")  # no mail can be queued
        telling = asyncio.create_task(summoning.summon_citizens(gateway.runtime))
        while not telling.done() and not await gateway.rows(BLOCKED):
            pass
        polling = asyncio.create_task(asking.poll(gateway, request))
        while not polling.done():
            assert len(await gateway.rows(BLOCKED)) <= 1  # the worker, and not the poll
        assert not telling.done()
    await telling

    polled = await polling
    assert (polled.status_code, polled.json()["error"]) == (400, "authorization_pending")
    assert len(await mails(gateway, ana)) == len(before) + 1


@pytest.mark.parametrize("form", [{"lang": "fr"}, {}, {"answer": "approve", "shown": "x"}])
async def test_whoever_is_not_done_yet_holds_nothing(
    gateway: Gateway, ana: Citizen, form: dict[str, str]
) -> None:
    """CIBA §14: a poll in the same moment does not see that somebody is at it."""
    request = await asking.ask(gateway, ana)
    browser, page = await opened(gateway, ana, request)
    path, hidden = browser.form(page, "request-approve")

    async with gateway.runtime.pool.connection() as holding, holding.transaction():
        await holding.execute("SELECT FROM relying_parties.backchannel_requests FOR UPDATE")
        answer = await browser.send("POST", path, hidden | form)

    assert answer.status_code == (200 if "lang" in form else 422)


async def test_one_that_was_altered_keeps_nobody_from_being_told(
    gateway: Gateway, ana: Citizen
) -> None:
    """F-40: whoever it was to can't be told; those who were asked after them are."""
    while await summoning.summon_citizens(gateway.runtime):
        pass
    before = await mails(gateway, ana)
    altered = await asking.ask(gateway, await gateway.citizen())
    await gateway.rows(
        "UPDATE relying_parties.backchannel_requests SET citizen = 'x' WHERE digest = $1",
        opaque.digest(altered),
    )
    await asking.ask(gateway, ana)

    await summoning.summon_citizens(gateway.runtime)

    assert len(await mails(gateway, ana)) == len(before) + 1
    # It would be tried again and again, under the eyes of other tests.
    gone = "DELETE FROM relying_parties.backchannel_requests WHERE digest = $1"
    await gateway.rows(gone, opaque.digest(altered))


async def test_who_is_named_in_two_ways_is_mailed_once(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-10: the service is not told that it is one person; that person is not nagged."""
    first = await asking.ask(gateway, ana)
    await asking.approve(gateway, ana, first)
    hint = (await asking.poll(gateway, first)).json()["id_token"]
    while await summoning.summon_citizens(gateway.runtime):
        pass
    before = await mails(gateway, ana)

    for hints in ({}, {"id_token_hint": hint}):
        await asking.ask(gateway, ana, binding_message=f"Named with {len(hints)}", **hints)
    while await summoning.summon_citizens(gateway.runtime):
        pass
    page = await Browser(gateway, ana.cookie).follow("/account/inbox")

    assert len(await mails(gateway, ana)) == len(before) + 1
    assert "Named with 0" in page.text
    assert "Named with 1" in page.text


async def tell(gateway: Gateway, someone: Citizen, claim: str, value: str) -> None:
    """Let somebody tell a detail."""
    vault = gateway.runtime.vault
    async with gateway.runtime.entry() as entry:
        await attributes.record(
            entry, vault, someone.account, claim, value, source_type="self", by="test"
        )


async def mails(gateway: Gateway, someone: Citizen) -> list[notices.Notice]:
    """Return the mails to somebody that are queued."""
    async with gateway.runtime.entry() as entry:
        await gateway.rows("UPDATE idp.notices SET due_at = now() - interval '1 second'")
        taken = await notices.take(entry, gateway.runtime.vault, 10_000)
    return [one for one in taken if one.email == someone.email]


def counter(client_id: str, **spec: Any) -> dict[str, Any]:
    """A service that asks from behind."""
    usual = {
        "profile": "ciba",
        "auth": {"method": "private_key_jwt", "jwks": services.jwks(ec=services.EC_KEY)},
        "backchannelMode": "poll",
        "redirectUris": None,
    }
    return services.document(client_id, **usual | spec)
