"""How a session ends, as its citizen sees it: told beforehand, prolonged, and taken up again.

Specs: WCAG 2.2 §2.2.1 and §2.2.6, SP 800-63B §5.2; ux: C14; security: SE-11, SE-16.
"""

import re

import pytest

from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

PASSWORD = "a quiet harbour at dawn"
ENDED = "You were signed out to protect your details"
LEFT = re.compile(r'<dialog id="timeout" data-left="(\d+)"')
PAGES = ("", "/details", "/sharing", "/sharing/basic", "/security", "/sessions", "/activity")


async def ended(gateway: Gateway, someone: Citizen) -> None:
    await gateway.rows(
        "UPDATE idp.sessions SET seen_at = now() - interval '31 minutes' WHERE id = $1",
        someone.session,
    )


@pytest.mark.parametrize("page", PAGES)
async def test_every_page_of_the_account_says_when(
    gateway: Gateway, ana: Citizen, page: str
) -> None:
    """C14: and how to stay, with scripts or without."""
    shown = await gateway.get(f"/account{page}", headers=ana.headers)
    left = LEFT.search(shown.text)

    assert left
    assert 1700 < int(left[1]) <= 1800
    assert "We will sign you out at" in shown.text
    assert f'href="/account{page}" data-stay' in shown.text


async def test_an_absolute_end_is_told_as_it_is(gateway: Gateway, ana: Citizen) -> None:
    """SE-11: staying gains nothing beyond it."""
    await gateway.rows(
        "UPDATE idp.sessions SET expires_at = now() + interval '5 minutes' WHERE id = $1",
        ana.session,
    )
    left = LEFT.search((await gateway.get("/account", headers=ana.headers)).text)
    told = await gateway.get("/account/stay", headers=ana.headers)

    assert left
    assert int(left[1]) <= 300
    assert told.json()["left"] <= 300


async def test_staying_is_using(gateway: Gateway, ana: Citizen) -> None:
    """C14: nothing of the page is loaded again."""
    await gateway.rows(
        "UPDATE idp.sessions SET seen_at = now() - interval '25 minutes' WHERE id = $1",
        ana.session,
    )
    told = await gateway.get("/account/stay", headers=ana.headers)
    nobody = await gateway.get("/account/stay")

    assert told.json()["left"] == 1800
    assert re.fullmatch(r"\d\d:\d\d UTC", told.json()["at"])
    assert nobody.status_code == 401


async def test_who_was_signed_out_comes_back_to_the_very_page(gateway: Gateway) -> None:
    """C14."""
    someone = await gateway.citizen("basic")
    await gateway.set_password(someone.account, PASSWORD)
    await ended(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    asked = await browser.follow("/account/sharing/basic/stop")
    back = await browser.sign_in(asked, someone.email, PASSWORD)

    assert ENDED in asked.text
    assert str(back.url).endswith("/account/sharing/basic/stop")
    assert 'id="stop"' in back.text


async def test_a_form_is_not_sent_a_second_time(gateway: Gateway) -> None:
    """C14: who was signed out meanwhile decides again."""
    someone = await gateway.citizen("basic")
    await gateway.set_password(someone.account, PASSWORD)
    browser = Browser(gateway, someone.cookie)
    form = browser.form(await browser.follow("/account/sharing/basic/stop"), "stop")
    await ended(gateway, someone)
    before = (await gateway.tables())["relying_parties.consents"]
    async with gateway.unchanged():
        answer = await browser.send("POST", *form)
    asked = await browser.follow(answer.headers["location"])
    back = await browser.sign_in(asked, someone.email, PASSWORD)

    assert answer.headers["location"] == "/login?next=sharing"
    assert str(back.url).endswith("/account/sharing")
    assert (await gateway.tables())["relying_parties.consents"] == before


async def test_who_signed_out_is_told_nothing_of_it(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    await browser.fill(await browser.follow("/logout"), "logout-confirm", {"answer": "yes"})

    assert ENDED not in (await browser.follow("/login")).text
    assert ENDED not in (await Browser(gateway).follow("/account")).text


@pytest.mark.parametrize(
    "place",
    ["account/x", "sharing/../x", "sharing/a.b", "sharing//x", "sharing/", "x/y", "sharing/a/b/c/d",
     "sharing/" + "a" * 99, "/sharing", "sharing/%2e%2e", "sharing/a?b", "security/a\\b"],
)  # fmt: skip
async def test_what_is_no_page_of_the_account_leads_to_its_front(
    gateway: Gateway, ana: Citizen, place: str
) -> None:
    """SE-16."""
    answer = await gateway.ask("GET", "/login", params={"next": place}, headers=ana.headers)

    assert answer.headers["location"] == "/account"
