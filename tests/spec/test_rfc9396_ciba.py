"""What an office asks in detail of a citizen who is elsewhere: RFC 9396 over CIBA.

Specs: CIBA Core 1.0 §7.1 and §8, RFC 9396 §2, §3, §5 and §7.
"""

import asyncio
import json
import re
from typing import Any

import pytest

from idp import attributes
from tests.support import asking, ceremonies, detailed, offices, services, verdicts
from tests.support.browser import Browser
from tests.support.detailed import ARCHIVED, FILED, decision, plain, share
from tests.support.gateway import Citizen, Gateway
from tests.support.offices import refund

OFFICE, BARE = "tax-office", "tax-bare"


@pytest.fixture(scope="module", autouse=True)
async def registered(gateway: Gateway) -> None:
    """An office that may ask in detail, and one that may ask for one type only."""
    await offices.register(gateway, OFFICE)
    await offices.register(gateway, BARE, authorizationDetailsTypes=["data-share"])


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and was never asked."""
    return await gateway.citizen()


WRONG = [
    pytest.param([decision(type="payment")], id="RFC9396-5-type-unknown"),
    pytest.param([decision(colour="blue")], id="RFC9396-5-member-unknown"),
    pytest.param([decision(effect="You <b>win</b>")], id="RFC9396-12-markup"),
    pytest.param([decision(deadline=detailed.day(-1))], id="RFC9396-5-deadline-passed"),
    pytest.param([refund(), refund()], id="RFC9396-5-the-same-twice"),
    pytest.param([refund(amount="312.40")], id="RFC9396-5-amount-no-object"),
    pytest.param([refund(amount={"value": "1.00"})], id="RFC9396-5-amount-of-no-currency"),
    pytest.param([refund(amount={"currency": "EUR", "value": 1})], id="RFC9396-5-amount-no-text"),
    pytest.param([refund(amount={"currency": "EUR", "value": "01.0"})], id="RFC9396-5-amount-two"),
    pytest.param([refund(amount={"currency": "EUR", "value": "-1"})], id="RFC9396-5-amount-below"),
    pytest.param([refund(amount={"currency": "EUR", "value": "٣"})], id="RFC9396-5-amount-digits"),
    pytest.param([refund(amount={"currency": "eur", "value": "1"})], id="RFC9396-5-amount-coin"),
    pytest.param([], id="RFC9396-2-empty"),
    pytest.param({"type": "data-share"}, id="RFC9396-2-no-array"),
    pytest.param("[", id="RFC9396-2-no-json"),
]


@pytest.mark.parametrize("details", WRONG)
async def test_a_wrong_detail_is_refused(gateway: Gateway, ana: Citizen, details: Any) -> None:
    """RAR-1, RAR-2: nobody is asked."""
    raw = asking.signed(gateway, OFFICE, login_hint=ana.email, authorization_details=details)

    answer = await asking.send(gateway, raw, OFFICE)

    verdicts.refused(answer, "invalid_authorization_details")
    inbox = await Browser(gateway, ana.cookie).follow("/account/inbox")
    assert "Nobody asks you for anything now." in inbox.text


@pytest.mark.parametrize("client_id", [BARE, "counter"])
async def test_a_type_that_is_not_registered_is_refused(
    gateway: Gateway, ana: Citizen, client_id: str
) -> None:
    """RFC9396-10."""
    raw = asking.signed(gateway, client_id, login_hint=ana.email, authorization_details=[refund()])

    verdicts.refused(await asking.send(gateway, raw, client_id), "invalid_authorization_details")


async def test_details_do_not_stand_beside_the_object(gateway: Gateway, ana: Citizen) -> None:
    """CIBA-7.1.1: what is not signed does not count, so it is refused."""
    raw = asking.signed(gateway, OFFICE, login_hint=ana.email)
    beside = json.dumps([refund()])

    answer = await asking.send(gateway, raw, OFFICE, authorization_details=beside)

    verdicts.refused(answer, "invalid_request")


@pytest.mark.parametrize(
    ("wish", "detail", "seconds", "interval"),
    [
        pytest.param(86400, refund(), 86400, 60, id="as-long-as-it-says"),
        pytest.param("86400", refund(), 86400, 60, id="spelt-as-text"),
        pytest.param(10**8, refund(deadline=detailed.day(30)), 7 * 86400, 60, id="a-week-at-most"),
        pytest.param(86400, None, 1800, 5, id="without-details-half-an-hour"),
    ],
)
async def test_how_long_it_waits(
    gateway: Gateway, ana: Citizen, wish: Any, detail: Any, seconds: int, interval: int
) -> None:
    """CIBA-7.3: what asks before acting waits until somebody has thought about it."""
    over = {"authorization_details": [detail]} if detail else {}
    raw = asking.signed(gateway, OFFICE, login_hint=ana.email, requested_expiry=wish, **over)

    told = (await asking.send(gateway, raw, OFFICE)).json()

    assert (told["expires_in"], told["interval"]) == (seconds, interval)


async def test_it_does_not_wait_longer_than_its_last_day(gateway: Gateway, ana: Citizen) -> None:
    raw = asking.signed(
        gateway,
        OFFICE,
        login_hint=ana.email,
        requested_expiry=7 * 86400,
        authorization_details=[refund(deadline=detailed.day(1))],
    )

    told = (await asking.send(gateway, raw, OFFICE)).json()

    assert told["expires_in"] <= 2 * 86400


async def test_the_page_says_what_will_happen(gateway: Gateway, ana: Citizen) -> None:
    """RFC9396-3, RAR-6: every field; ours in the citizen's language, theirs quoted."""
    request = await offices.ask(gateway, ana, OFFICE, refund(locations=[FILED]), share())
    browser = Browser(gateway, ana.cookie)

    page = await browser.follow(f"{await asking.waiting(gateway, request)}?lang=fr")

    for said in (
        "<q><bdi>Nous vous remboursons</bdi></q>",
        "<q><bdi>The money goes to the account that we have</bdi></q>",
        "<q><bdi>Tax Act, section 37</bdi></q>",
        "<q><bdi>T-2026/312</bdi></q>",
        "<q><bdi>Permit 4711</bdi></q>",
        "312,40\xa0€",
        f"<bdi>{FILED}</bdi>",
        "Dernier jour pour répondre",
    ):
        assert said in page.text, said


async def test_it_can_be_read_before_the_confirmation(gateway: Gateway, ana: Citizen) -> None:
    """What is asked is known before anybody proves anything for it."""
    await ceremonies.added(gateway, ana)
    await gateway.rows(
        "UPDATE idp.sessions SET auth_time = auth_time - interval '6 minutes' WHERE id = $1",
        ana.session,
    )
    request = await offices.ask(gateway, ana, OFFICE, refund())

    page = await Browser(gateway, ana.cookie).follow(await asking.waiting(gateway, request))

    assert "We pay back what you paid too much" in page.text
    assert 'id="request-approve"' not in page.text


async def test_what_was_approved_is_told(gateway: Gateway, ana: Citizen) -> None:
    """RFC9396-7, RAR-4, RAR-5: in the answer and to who asks about the token."""
    asked = [refund(), share()]
    request = await offices.ask(gateway, ana, OFFICE, *asked)
    await asking.approve(gateway, ana, request)

    told = await offices.tokens(gateway, request, OFFICE)
    looked = await look(gateway, told["access_token"])

    assert plain(told["authorization_details"]) == asked
    assert looked["authorization_details"] == told["authorization_details"]
    assert all(one["approved_at"] for one in told["authorization_details"])


async def test_a_system_that_carries_it_out_sees_its_own(gateway: Gateway, ana: Citizen) -> None:
    """RFC9396-9.1: what names it, and nothing else."""
    asked = [refund(locations=[FILED]), refund(reference="T-2", locations=[ARCHIVED])]
    request = await offices.ask(
        gateway, ana, OFFICE, *asked, resource=FILED, scope="openid files:read"
    )
    await asking.approve(gateway, ana, request)

    answer = await asking.poll(gateway, request, OFFICE, resource=FILED)

    assert answer.status_code == 200, answer.text
    assert plain(answer.json()["authorization_details"]) == asked[:1]


async def test_another_amount_is_not_what_was_approved(gateway: Gateway, ana: Citizen) -> None:
    """N7: a token for it is not to be had, and asking for one uses nothing up."""
    asked = refund()
    request = await offices.ask(gateway, ana, OFFICE, asked)
    await asking.approve(gateway, ana, request)
    more = refund(amount={"currency": "EUR", "value": "3124.00"})

    refused = await asking.poll(gateway, request, OFFICE, authorization_details=json.dumps([more]))
    told = await offices.tokens(gateway, request, OFFICE)

    verdicts.refused(refused, "invalid_authorization_details")
    assert plain(told["authorization_details"]) == [asked]


async def test_the_same_again_is_asked_again(gateway: Gateway, ana: Citizen) -> None:
    """What was approved once is not approved for the next time."""
    for _ in range(2):
        request = await offices.ask(gateway, ana, OFFICE, refund())
        assert (await asking.poll(gateway, request, OFFICE)).json()["error"] == (
            "authorization_pending"
        )
        await asking.approve(gateway, ana, request)
        await offices.tokens(gateway, request, OFFICE)


async def test_a_yes_to_another_text_is_none(gateway: Gateway, ana: Citizen) -> None:
    """The digest of the form covers what is asked in detail."""
    request = await offices.ask(gateway, ana, OFFICE, refund())
    browser = Browser(gateway, ana.cookie)
    path = await asking.waiting(gateway, request)
    page = await browser.follow(path)
    await gateway.rows(
        "UPDATE relying_parties.backchannel_requests SET request = jsonb_set(request,"
        " '{authorization_details,0,amount,value}', '\"9999.00\"') WHERE id = $1::text::uuid",
        path.rsplit("/", 1)[1],
    )

    answer = await browser.fill(page, "request-approve", {"answer": "approve"})

    assert answer.status_code == 422
    assert "Something changed while you were reading" in answer.text


async def test_what_may_not_be_asked_any_more_is_not_approved(
    gateway: Gateway, ana: Citizen
) -> None:
    """Group RU: a registration that changed meanwhile counts."""
    await offices.register(gateway, "tax-fewer")
    request = await offices.ask(gateway, ana, "tax-fewer", refund())
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(await asking.waiting(gateway, request))
    await offices.register(gateway, "tax-fewer", authorizationDetailsTypes=["data-share"])

    answer = await browser.fill(page, "request-approve", {"answer": "approve"})

    assert answer.status_code == 409
    assert "This service may not ask you this any more" in answer.text
    polled = await asking.poll(gateway, request, "tax-fewer")
    assert polled.json()["error"] == "authorization_pending"


async def test_a_no_shares_nothing(gateway: Gateway, ana: Citizen) -> None:
    request = await offices.ask(gateway, ana, OFFICE, refund())

    await asking.decline(gateway, ana, request)

    assert (await asking.poll(gateway, request, OFFICE)).json()["error"] == "access_denied"


async def test_three_wait_at_a_time_and_five_a_week(gateway: Gateway, ana: Citizen) -> None:
    """N7, CIBA-10: an office has several matters with somebody, and still does not nag."""
    held = [await offices.ask(gateway, ana, OFFICE, refund(reference=f"R{n}")) for n in range(3)]
    raw = asking.signed(
        gateway, OFFICE, login_hint=ana.email, authorization_details=[refund(reference="R9")]
    )
    full = await asking.send(gateway, raw, OFFICE)
    plainly = await asking.ask(gateway, ana, OFFICE)  # it has its own budget
    for request in held:
        await asking.decline(gateway, ana, request)
    for n in (3, 4):
        await offices.ask(gateway, ana, OFFICE, refund(reference=f"R{n}"))
    over = asking.signed(
        gateway, OFFICE, login_hint=ana.email, authorization_details=[refund(reference="R8")]
    )
    sixth = await asking.send(gateway, over, OFFICE)

    assert plainly
    for refused in (full, sixth):
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
    assert int(sixth.headers["retry-after"]) > 86400


async def test_picks_stay_when_the_language_changes(gateway: Gateway, ana: Citizen) -> None:
    """Nothing is answered by it, and the next page speaks the language."""
    await gateway.service(options("tax-options"))
    await gateway.settled()
    async with gateway.runtime.entry() as entry:
        await attributes.record(
            entry,
            gateway.runtime.vault,
            ana.account,
            "locale",
            "en-GB",
            source_type="self",
            by="test",
        )
    request = await asking.ask(gateway, ana, "tax-options")
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(await asking.waiting(gateway, request))
    path, form = browser.form(page, "request-approve")

    turned = await browser.send(
        "POST", path, {**form, "share": "locale", "duration": "once", "lang": "fr"}
    )
    listed = await browser.follow("/account/inbox")

    assert turned.status_code == 200
    assert 'lang="fr"' in turned.text
    assert 'value="locale" checked' in turned.text
    assert 'value="once" checked' in turned.text
    assert 'lang="fr"' in listed.text
    pending = await asking.poll(gateway, request, "tax-options")
    assert pending.json()["error"] == "authorization_pending"


async def test_a_proof_leads_back_to_the_request(gateway: Gateway, ana: Citizen) -> None:
    acr = ["http://eidas.europa.eu/LoA/substantial"]
    await offices.register(gateway, "tax-sure", acr=acr)
    request = await offices.ask(gateway, ana, "tax-sure", refund())
    browser, path = Browser(gateway, ana.cookie), await asking.waiting(gateway, request)

    page = await browser.follow(path)
    way = f"/account/verify?next={path.removeprefix('/account/')}"
    proof = await browser.follow(way)
    shown = dict(re.findall(r'id="trial-(number|name|birthdate)">([^<]+)<', proof.text))
    typed = {
        "document_number": shown["number"],
        "family_name": shown["name"],
        "birthdate": shown["birthdate"],
    }
    done = await browser.fill(proof, "verify-submit", typed)

    assert f'href="{way}"' in page.text
    assert done.url.path == path
    assert 'id="request-approve"' in done.text


async def test_fifty_yeses_are_one(gateway: Gateway, ana: Citizen) -> None:
    """One approval of the detail, one code."""
    request = await offices.ask(gateway, ana, OFFICE, refund(reference="FIFTY"))
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(await asking.waiting(gateway, request))
    path, form = browser.form(page, "request-approve")

    async def say(node: int) -> int:
        tab = Browser(gateway, node=node)
        tab.cookies = dict(browser.cookies)
        return (await tab.send("POST", path, {**form, "answer": "approve"})).status_code

    said = await asyncio.gather(*(say(n % 2) for n in range(50)))
    polls = await asyncio.gather(
        *(asking.poll(gateway, request, OFFICE, node=n % 2) for n in range(50))
    )

    assert set(said) == {303}
    assert [one.status_code for one in polls].count(200) == 1


async def look(gateway: Gateway, token: str) -> Any:
    """Introspect as the office."""
    form = {"token": token} | asking.proof(gateway, OFFICE)
    return (await gateway.post("/introspect", form)).json()


def options(client_id: str) -> dict[str, Any]:
    """An office with something that nobody has to share."""
    return offices.document(client_id, purposes=services.document("x")["spec"]["purposes"])
