"""``prompt=select_account``: nobody is signed on before they chose, and only as whom they chose.

Specs: OpenID Connect Core §3.1.2.1 and §3.1.2.6.
"""

from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

PASSWORD = "a quiet harbour at dawn"
THIS, OTHER = {"answer": "this"}, {"answer": "other"}


def address(prompt: str = "select_account", **over: Any) -> str:
    return f"/authorize?{urlencode(asked(prompt=prompt, **over))}"


async def ben(gateway: Gateway) -> Citizen:
    """Somebody else who has agreed and has a password."""
    someone = await gateway.citizen("basic", aal=1)
    await gateway.set_password(someone.account, PASSWORD)
    return someone


async def whose(gateway: Gateway, answer: httpx2.Response) -> str:
    """Redeem the code that came; return the subject."""
    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    code = services.Code(told["code"], "basic", "v" * 43, CALLBACK)
    redeemed = await services.redeem(gateway, code)
    return str(verdicts.claims(redeemed.json()["id_token"])["sub"])


async def subject(gateway: Gateway, someone: Citizen) -> str:
    told = await services.tokens(gateway, someone)
    return str(verdicts.claims(told["id_token"])["sub"])


async def test_the_page_says_who_is_signed_in_and_how(gateway: Gateway, ana: Citizen) -> None:
    page = await Browser(gateway, ana.cookie).follow(address())

    assert "Continue as <bdi>Ana Number" in page.text
    assert '<bdi dir="ltr">c…@example.test</bdi>' in page.text
    assert ana.email not in page.text, "who looks over a shoulder learns no address"
    assert "Signed in with a passkey on" in page.text
    for button in ("choose-this", "choose-other", "cancel"):
        assert f'id="{button}"' in page.text


async def test_who_goes_on_is_signed_on(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(address())

    answer = await browser.fill(page, "choose-this", THIS)

    assert await whose(gateway, answer) == await subject(gateway, ana)


async def test_another_account_is_another_subject(gateway: Gateway, ana: Citizen) -> None:
    """Whoever signed in on the way has chosen by that."""
    browser, other = Browser(gateway, ana.cookie), await ben(gateway)
    page = await browser.follow(address())

    login = await browser.fill(page, "choose-other", OTHER)
    answer = await browser.sign_in(login, other.email, PASSWORD)

    assert await whose(gateway, answer) == await subject(gateway, other)


async def test_nobody_can_choose_for_whoever_signs_in_later(gateway: Gateway, ana: Citizen) -> None:
    """The choice is about a session: neither before nor after it does it count for another."""
    browser, other = Browser(gateway, ana.cookie), await ben(gateway)
    page = await browser.follow(address())
    path, form = browser.form(page, "choose-this")
    ours, theirs = ana.cookie.partition("=")[2], other.cookie.partition("=")[2]

    browser.cookies["__Host-sid"] = theirs
    early = await browser.send("POST", path, form | THIS)
    browser.cookies["__Host-sid"] = ours
    chosen = await browser.send("POST", path, form | THIS)
    browser.cookies["__Host-sid"] = theirs
    late = await browser.follow(chosen.headers["location"])

    assert early.headers["location"].startswith("/login/choose?i=")
    assert chosen.headers["location"].startswith("/authorize/")
    assert 'id="choose-this"' in late.text


async def test_a_choice_is_good_for_one_request(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    await browser.fill(await browser.follow(address()), "choose-this", THIS)

    again = await browser.follow(address())

    assert 'id="choose-this"' in again.text


async def test_who_is_not_signed_in_signs_in_and_has_chosen(gateway: Gateway) -> None:
    browser, other = Browser(gateway), await ben(gateway)

    answer = await browser.sign_in(await browser.follow(address()), other.email, PASSWORD)

    assert await whose(gateway, answer) == await subject(gateway, other)


@pytest.mark.parametrize("prompt", ["login select_account", "select_account login"])
async def test_a_fresh_sign_in_is_the_stronger_wish(
    gateway: Gateway, ana: Citizen, prompt: str
) -> None:
    page = await Browser(gateway, ana.cookie).follow(address(prompt))

    assert "/login/confirm" in str(page.url)


async def test_the_choice_does_not_stand_in_for_a_demand(gateway: Gateway, ana: Citizen) -> None:
    """``max_age=0`` wants a sign-in now; choosing an account is none."""
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow(address(max_age="0"))

    after = await browser.fill(page, "choose-this", THIS)

    assert "/login/confirm" in str(after.url)


async def test_cancelling_is_a_no(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)

    answer = await browser.fill(await browser.follow(address()), "cancel")

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["error"] == "access_denied"


async def test_the_request_links_to_nobody(gateway: Gateway, ana: Citizen) -> None:
    """Blind siblings: what was chosen is kept under the name that the service knows."""
    browser = Browser(gateway, ana.cookie)
    await browser.fill(await browser.follow(address()), "choose-this", THIS)

    rows = await gateway.rows("SELECT steps::text AS steps FROM relying_parties.interactions")

    assert any("chosen" in row["steps"] for row in rows)
    for row in rows:
        assert str(ana.account) not in row["steps"]
        assert str(ana.session) not in row["steps"]


@pytest.mark.parametrize("signed_in", [True, False])
async def test_without_a_service_there_is_nothing_to_choose(
    gateway: Gateway, ana: Citizen, signed_in: bool
) -> None:
    headers = ana.headers if signed_in else {}

    answer = await gateway.get("/login/choose", headers=headers)

    assert answer.headers["location"] == ("/account" if signed_in else "/login")
