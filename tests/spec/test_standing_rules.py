"""What a citizen agreed to beforehand: what it answers, what it does not, and when it ends.

Specs: product N8 and C11b, security CO-19, RFC 9396 §7.
"""

import asyncio
from typing import Any

import pytest

from gateway import summoning
from relying_parties import clients, consents
from tests.spec.test_ciba_inbox import aged, mails
from tests.support import asking, ceremonies, detailed, offices, signals
from tests.support.browser import Browser
from tests.support.detailed import FILED, plain
from tests.support.gateway import Citizen, Gateway
from tests.support.offices import refund

OFFICE, OTHER = "pays-back", "pays-too"
NEXT = refund(reference="T-2027/9", amount={"currency": "EUR", "value": "120.00"})


@pytest.fixture(scope="module", autouse=True)
async def registered(gateway: Gateway) -> None:
    """Two offices that ask in detail."""
    await offices.register(gateway, OFFICE)
    await offices.register(gateway, OTHER)


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who approved one refund, and agreed beforehand to the next ones."""
    someone = await gateway.citizen()
    await agreed(gateway, someone)
    return someone


async def agreed(
    gateway: Gateway, someone: Citizen, detail: Any = None, *, ceiling: str = "312.40", **over: Any
) -> Any:
    """Let somebody approve once, and agree to it beforehand."""
    detail = detail or refund()
    request = await offices.ask(gateway, someone, OFFICE, detail, **over)
    await asking.approve(gateway, someone, request)
    browser = Browser(gateway, someone.cookie)
    name = (await asking.waiting(gateway, request)).rsplit("/", 1)[1]
    page = await browser.follow(f"/account/standing/for/{name}")
    typed = {"until": "longest", "ceiling": ceiling}
    done = await browser.fill(page, "standing-give", typed)
    assert "Saved. They may do this until then" in done.text, done.text
    return done


async def fate(gateway: Gateway, auth_req_id: str, client_id: str = OFFICE) -> str:
    """Let the worker look, and return how the request stands for its service."""
    while await summoning.summon_citizens(gateway.runtime):
        pass
    answer = await asking.poll(gateway, auth_req_id, client_id)
    return "approved" if answer.status_code == 200 else str(answer.json()["error"])


async def test_what_lies_within_is_approved_and_told(gateway: Gateway, ana: Citizen) -> None:
    """C11b: no click; the citizen is told without content, and reads what it was."""
    while await summoning.summon_citizens(gateway.runtime):
        pass
    before = len(await mails(gateway, ana))
    request = await offices.ask(gateway, ana, OFFICE, NEXT)

    await summoning.summon_citizens(gateway.runtime)
    told = await offices.tokens(gateway, request, OFFICE)
    queued = (await mails(gateway, ana))[before:]
    browser = Browser(gateway, ana.cookie)
    over = await browser.follow(await asking.waiting(gateway, request))
    listed = await browser.follow("/account/inbox")
    rules = await browser.follow("/account/standing")

    assert plain(told["authorization_details"]) == [NEXT]
    assert [one.template for one in queued] == ["approved-in-advance"]
    assert queued[0].fields == {}
    assert "You agreed to this beforehand" in over.text
    assert ">Agreed beforehand</strong>" in listed.text
    assert "T-2027/9" in rules.text
    assert "€120.00" in rules.text


async def test_what_can_t_be_judged_waits_and_holds_nobody_up(
    gateway: Gateway, ana: Citizen
) -> None:
    """A rule that is damaged: its citizen is asked, and those of all others are used."""
    other = await gateway.citizen()
    await agreed(gateway, other)
    while await summoning.summon_citizens(gateway.runtime):
        pass
    before = len(await mails(gateway, ana))
    whom = await signals.subject(gateway, ana, OFFICE)
    await gateway.rows(
        "UPDATE relying_parties.standing_rules SET detail = '[]' WHERE subject = $1", whom
    )
    request, good = [await offices.ask(gateway, one, OFFICE, NEXT) for one in (ana, other)]

    assert await fate(gateway, request) == "authorization_pending"
    assert await fate(gateway, good) == "approved"
    queued = (await mails(gateway, ana))[before:]
    assert [one.template for one in queued] == ["request-waiting"]


async def test_the_token_tells_of_the_sign_in_of_then(gateway: Gateway, ana: Citizen) -> None:
    """OpenID Connect Core §2: nobody signed in for this request."""
    [was] = await gateway.rows("SELECT auth_time FROM idp.sessions WHERE id = $1", ana.session)
    request = await offices.ask(gateway, ana, OFFICE, NEXT)

    assert await fate(gateway, request) == "approved"
    [code] = await gateway.rows(
        "SELECT auth_time FROM relying_parties.codes WHERE client_id = $1"
        " ORDER BY issued_at DESC LIMIT 1",
        OFFICE,
    )
    assert code["auth_time"] == was["auth_time"]


BEYOND = [
    pytest.param({"amount": {"currency": "EUR", "value": "312.41"}}, id="N8-more-than-the-ceiling"),
    pytest.param({"amount": {"currency": "USD", "value": "1.00"}}, id="N8-another-currency"),
    pytest.param({"amount": None}, id="N8-no-amount"),
    pytest.param({"action": {"en": "We pay back what you paid too much"}}, id="N8-fewer-languages"),
    pytest.param({"action": "We take what you paid too little"}, id="N8-another-action"),
    pytest.param({"effect": "You lose your benefit"}, id="N8-another-effect"),
    pytest.param({"legal_basis": "Tax Act, section 38"}, id="N8-another-law"),
    pytest.param({"data": ["name", "email"]}, id="N8-more-data"),
    pytest.param({"locations": [FILED]}, id="N8-another-system"),
]


@pytest.mark.parametrize("over", BEYOND)
async def test_what_lies_beyond_is_asked(
    gateway: Gateway, ana: Citizen, over: dict[str, Any]
) -> None:
    """One letter more is another question."""
    request = await offices.ask(gateway, ana, OFFICE, refund(reference="R2", **over))

    assert await fate(gateway, request) == "authorization_pending"


async def test_only_what_is_of_one_time_may_differ(gateway: Gateway, ana: Citizen) -> None:
    """Its reference, its last day, a smaller amount."""
    day = detailed.day(3)
    request = await offices.ask(gateway, ana, OFFICE, refund(reference="R3", deadline=day))

    assert await fate(gateway, request) == "approved"


async def test_a_part_of_a_request_is_not_enough(gateway: Gateway, ana: Citizen) -> None:
    """All of it was agreed to beforehand, or it is asked as a whole."""
    other = refund(reference="R4", effect="You lose your benefit")
    request = await offices.ask(gateway, ana, OFFICE, NEXT, other)

    assert await fate(gateway, request) == "authorization_pending"


async def test_a_request_without_details_is_asked(gateway: Gateway, ana: Citizen) -> None:
    request = await asking.ask(gateway, ana, OFFICE)

    assert await fate(gateway, request) == "authorization_pending"


async def test_another_service_or_citizen_has_nothing_of_it(gateway: Gateway, ana: Citizen) -> None:
    """CO-19."""
    someone = await gateway.citizen()
    theirs = await offices.ask(gateway, ana, OTHER, NEXT)
    another = await offices.ask(gateway, someone, OFFICE, NEXT)

    assert await fate(gateway, theirs, OTHER) == "authorization_pending"
    assert await fate(gateway, another) == "authorization_pending"


async def test_more_scopes_are_asked(gateway: Gateway, ana: Citizen) -> None:
    """What the citizen saw that time is what comes of it."""
    request = await offices.ask(gateway, ana, OFFICE, NEXT, scope="openid profile email phone")

    assert await fate(gateway, request) == "authorization_pending"


@pytest.mark.parametrize("part", ["userinfo", "id_token"])
async def test_details_that_are_asked_for_one_by_one_are_asked(
    gateway: Gateway, ana: Citizen, part: str
) -> None:
    """N8: a rule says nothing of them, however much the consent lets be read."""
    request = await offices.ask(
        gateway, ana, OFFICE, NEXT, claims={part: {"name": None, "email": None}}
    )

    assert await fate(gateway, request) == "authorization_pending"


async def test_a_stronger_sign_in_is_asked_for(gateway: Gateway) -> None:
    """N8: never for a request that demands more than the rule was given with."""
    someone = await gateway.citizen()
    await agreed(gateway, someone)
    wish = await offices.ask(
        gateway, someone, OFFICE, NEXT, acr_values="http://eidas.europa.eu/LoA/high"
    )
    demand = {"id_token": {"acr": {"essential": True, "values": ["urn:none:such"]}}}
    need = await offices.ask(gateway, someone, OFFICE, NEXT, claims=demand)

    assert await fate(gateway, wish) == "authorization_pending"
    assert await fate(gateway, need) == "authorization_pending"


@pytest.mark.parametrize("how", ["locked", "stopped", "suspended", "ended", "over"])
async def test_when_it_ends(gateway: Gateway, how: str) -> None:
    """A lock, a withdrawal, a suspension, the citizen's word, its last day: each at once."""
    name = f"pays-until-{how}"
    await offices.register(gateway, name)
    someone = await gateway.citizen()
    first = await offices.ask(gateway, someone, name, refund())
    await asking.approve(gateway, someone, first)
    browser = Browser(gateway, someone.cookie)
    place = (await asking.waiting(gateway, first)).rsplit("/", 1)[1]
    page = await browser.follow(f"/account/standing/for/{place}")
    await browser.fill(page, "standing-give", {"until": "longest", "ceiling": "312.40"})
    sure = await offices.ask(gateway, someone, name, NEXT)
    assert await fate(gateway, sure, name) == "approved"
    request = await offices.ask(gateway, someone, name, refund(reference="R9"))

    await ENDS[how](gateway, someone, browser, name)
    while await summoning.summon_citizens(gateway.runtime):
        pass

    [row] = await gateway.rows(
        "SELECT state FROM relying_parties.backchannel_requests WHERE digest ="
        " (SELECT digest FROM relying_parties.backchannel_requests"
        " WHERE client_id = $1 ORDER BY created_at DESC LIMIT 1)",
        name,
    )
    assert row["state"] == "pending"
    assert request


async def lock(gateway: Gateway, someone: Citizen, browser: Browser, name: str) -> None:
    await gateway.rows("UPDATE idp.accounts SET status = 'locked' WHERE id = $1", someone.account)


async def stop(gateway: Gateway, someone: Citizen, browser: Browser, name: str) -> None:
    """And an undo of it does not bring the yes back."""
    subject = await signals.subject(gateway, someone, name)
    async with gateway.runtime.entry() as entry:
        consent = await consents.current(entry, subject, name)
        assert consent
        await consents.withdraw(entry, consent.id, [subject])
    async with gateway.runtime.entry() as entry:
        await consents.restore(entry, consent.id, [subject])


async def suspend(gateway: Gateway, someone: Citizen, browser: Browser, name: str) -> None:
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, name, "to test this", "admin:test")
    await gateway.settled()


async def end(gateway: Gateway, someone: Citizen, browser: Browser, name: str) -> None:
    page = await browser.follow("/account/standing")
    done = await browser.fill(page, "end-1", {})
    assert "From now on they have to ask you" in done.text


async def run_out(gateway: Gateway, someone: Citizen, browser: Browser, name: str) -> None:
    await gateway.rows(
        "UPDATE relying_parties.standing_rules SET ends_at = now() WHERE client_id = $1", name
    )


ENDS = {"locked": lock, "stopped": stop, "suspended": suspend, "ended": end, "over": run_out}


async def test_ending_and_asking_at_once(gateway: Gateway) -> None:
    """Whatever comes first: nothing is used after the end, and each use is listed."""
    someone = await gateway.citizen()
    await agreed(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/standing")
    for n in range(3):
        await offices.ask(gateway, someone, OFFICE, refund(reference=f"N{n}"))
    path, form = browser.form(page, "end-1")

    async def stop(node: int) -> int:
        tab = Browser(gateway, node=node)
        tab.cookies = dict(browser.cookies)
        return (await tab.send("POST", path, form)).status_code

    said = await asyncio.gather(
        *(stop(n % 2) for n in range(20)),
        *(summoning.summon_citizens(gateway.runtime) for _ in range(5)),
    )

    subject = await signals.subject(gateway, someone, OFFICE)
    [rule] = await gateway.rows(
        "SELECT id, ended_at FROM relying_parties.standing_rules WHERE subject = $1", subject
    )
    uses = await gateway.rows(
        "SELECT request_id FROM relying_parties.standing_uses WHERE rule_id = $1", rule["id"]
    )
    approved = await gateway.rows(
        "SELECT id FROM relying_parties.backchannel_requests WHERE subject = $1 AND by_rule",
        subject,
    )
    late = await offices.ask(gateway, someone, OTHER, NEXT)
    assert set(said[:20]) == {303}
    assert rule["ended_at"]
    assert {one["request_id"] for one in uses} == {one["id"] for one in approved}
    assert late


async def test_workers_use_it_once_for_a_request(gateway: Gateway, ana: Citizen) -> None:
    """Of twenty that look at once, one answers."""
    request = await offices.ask(gateway, ana, OFFICE, NEXT)

    await asyncio.gather(*(summoning.summon_citizens(gateway.runtime) for _ in range(20)))

    name = (await asking.waiting(gateway, request)).rsplit("/", 1)[1]
    uses = await gateway.rows(
        "SELECT id FROM relying_parties.standing_uses WHERE request_id::text = $1", name
    )
    assert len(uses) == 1


async def test_ten_in_a_month_are_enough(gateway: Gateway, ana: Citizen) -> None:
    """Beyond, the citizen is asked: an office whose key was stolen comes no further."""
    for n in range(10):
        request = await offices.ask(gateway, ana, OFFICE, refund(reference=f"M{n}"))
        assert await fate(gateway, request) == "approved"

    request = await offices.ask(gateway, ana, OFFICE, refund(reference="M10"))

    assert await fate(gateway, request) == "authorization_pending"


async def test_the_citizen_chooses_how_much(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    await agreed(gateway, someone, ceiling="500,00")
    more = refund(reference="C1", amount={"currency": "EUR", "value": "499.99"})
    beyond = refund(reference="C2", amount={"currency": "EUR", "value": "500.01"})

    within = await offices.ask(gateway, someone, OFFICE, more)
    too_much = await offices.ask(gateway, someone, OFFICE, beyond)

    assert await fate(gateway, within) == "approved"
    assert await fate(gateway, too_much) == "authorization_pending"


async def test_a_yes_beforehand_takes_what_a_yes_takes(gateway: Gateway) -> None:
    """A sign-in of the last minutes, as strong as the account can; and what was shown."""
    someone = await gateway.citizen()
    await ceremonies.added(gateway, someone)
    request = await offices.ask(gateway, someone, OFFICE, refund())
    await asking.approve(gateway, someone, request)
    browser = Browser(gateway, someone.cookie)
    name = (await asking.waiting(gateway, request)).rsplit("/", 1)[1]
    path = f"/account/standing/for/{name}"
    page = await browser.follow(path)
    action, form = browser.form(page, "standing-give")
    yes = {"until": "longest", "ceiling": "312.40"}

    bad = await browser.send("POST", action, {**form, **yes, "until": "9999"})
    amount = await browser.send("POST", action, {**form, **yes, "ceiling": "-1"})
    other = await browser.send("POST", action, {**form, **yes, "shown": "0" * 64})
    await aged(gateway, someone, auth_time="auth_time - interval '6 minutes'")
    late = await browser.send("POST", action, {**form, **yes})
    again = await browser.follow(path)

    assert [one.status_code for one in (bad, amount, other)] == [422] * 3
    assert late.headers["location"] == path
    assert f"/login/confirm?next=standing/for/{name}" in again.text
    assert "standing-give" not in again.text
    subject = await signals.subject(gateway, someone, OFFICE)
    assert not await gateway.rows(
        "SELECT id FROM relying_parties.standing_rules WHERE subject = $1", subject
    )


async def test_nobody_agrees_for_another(gateway: Gateway, ana: Citizen) -> None:
    """Another's request or rule is as unknown as none."""
    request = await offices.ask(gateway, ana, OFFICE, NEXT)
    assert await fate(gateway, request) == "approved"
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    name = (await asking.waiting(gateway, request)).rsplit("/", 1)[1]
    subject = await signals.subject(gateway, ana, OFFICE)
    [rule] = await gateway.rows(
        "SELECT id FROM relying_parties.standing_rules WHERE subject = $1", subject
    )

    offered = await browser.send("GET", f"/account/standing/for/{name}")
    form = browser.form(await browser.follow("/account/sessions"), "end-all")[1]
    await browser.send("POST", f"/account/standing/{rule['id']}/end", form)
    listed = await browser.follow("/account/standing")

    assert offered.status_code == 404
    assert "You agreed to nothing beforehand" in listed.text
    [still] = await gateway.rows(
        "SELECT ended_at FROM relying_parties.standing_rules WHERE id = $1", rule["id"]
    )
    assert still["ended_at"] is None


async def test_it_is_offered_for_what_was_approved_by_hand(gateway: Gateway, ana: Citizen) -> None:
    """Not for a sign-in, for what is covered already, nor for what a rule approved."""
    someone = await gateway.citizen()
    request = await offices.ask(gateway, someone, OFFICE, refund())
    first = await asking.approve(gateway, someone, request)
    plainly = await asking.ask(gateway, someone, OTHER)
    bare = await asking.approve(gateway, someone, plainly)
    used = await offices.ask(gateway, ana, OFFICE, NEXT)
    await fate(gateway, used)
    again = await Browser(gateway, ana.cookie).follow(await asking.waiting(gateway, used))

    assert "/account/standing/for/" in first.text
    assert "/account/standing/for/" not in bare.text + again.text


async def test_what_waited_before_goes_on_waiting(gateway: Gateway) -> None:
    """Beforehand, to the letter; and an answer of the office does not turn it into a yes."""
    someone = await gateway.citizen()
    waits = await offices.ask(gateway, someone, OFFICE, refund(reference="B1"))
    await offices.inquire(gateway, someone, waits, "Which account is that?")
    await agreed(gateway, someone, refund(reference="B2"))
    name = (await asking.waiting(gateway, waits)).rsplit("/", 1)[1]
    token = await offices.token(gateway, OFFICE)

    await offices.call(gateway, token, "POST", f"/{name}", {"answer": "The one that ends in 42"})

    assert await fate(gateway, waits) == "authorization_pending"


async def test_what_somebody_asks_about_is_theirs_to_decide(gateway: Gateway, ana: Citizen) -> None:
    """A rule that has room again does not answer what the citizen had a question about."""
    request = await offices.ask(gateway, ana, OFFICE, NEXT)
    await offices.inquire(gateway, ana, request, "Which account is that?")

    assert await fate(gateway, request) == "authorization_pending"


async def test_whoever_is_named_by_an_id_token_is_known_by_what_they_agreed_to(
    gateway: Gateway, ana: Citizen
) -> None:
    """CIBA-7.1: also when the code of that time is forgotten."""
    first = await offices.ask(gateway, ana, OFFICE, NEXT)
    await summoning.summon_citizens(gateway.runtime)
    hint = (await offices.tokens(gateway, first, OFFICE))["id_token"]
    await gateway.rows("DELETE FROM relying_parties.codes WHERE client_id = $1", OFFICE)

    request = await offices.ask(gateway, ana, OFFICE, refund(reference="H2"), id_token_hint=hint)

    assert await fate(gateway, request) == "approved"
