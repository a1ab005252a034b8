"""``prompt=create``: a service leads somebody to a new account.

Specs: Initiating User Registration via OpenID Connect 1.0 §4 and §5.
"""

from urllib.parse import urlencode

import pytest

from tests.support import letters, services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK

PASSWORD = "a quiet harbour at dawn"


def address(**over: str) -> str:
    return f"/authorize?{urlencode(services.asked(**{'prompt': 'create', **over}))}"


async def test_it_leads_to_a_new_account_and_back(gateway: Gateway) -> None:
    """PC-1: the request goes on where it was, with consent and code."""
    browser, email = Browser(gateway), "prompted@example.test"
    asks = await browser.follow(address())
    assert 'id="create-submit"' in asks.text
    assert 'href="/login?i=' in asks.text

    coded = await browser.fill(asks, "create-submit", {"username": email})
    named = await browser.fill(coded, "code-submit", {"code": await letters.code(gateway, email)})
    offered = await browser.fill(named, "name-submit", {"given_name": "Ana"})
    path, form = browser.form(offered, "passkey-button")
    i = form["i"]
    way = urlencode({"flow": form["flow"], "draft": form["draft"], "i": i})
    done = await browser.fill(
        await browser.follow(f"/create/password?{way}"), "password-submit", {"password": PASSWORD}
    )
    consent = await browser.follow(f"/authorize/{i}")

    assert path == "/create/passkey"
    assert "Account created" in done.text
    assert 'id="consent-allow"' in consent.text


async def test_who_is_signed_in_is_asked_all_the_same(gateway: Gateway, ana: Citizen) -> None:
    """PC-3: a session does not answer for a new account."""
    browser = Browser(gateway, ana.cookie)

    asks = await browser.follow(address())

    assert 'id="create-submit"' in asks.text


async def test_who_has_an_account_signs_in_instead(gateway: Gateway, ana: Citizen) -> None:
    """PC-1: by the link, and the request ends as it would have."""
    await gateway.set_password(ana.account, PASSWORD)
    browser = Browser(gateway)
    asks = await browser.follow(address())
    i = browser.form(asks, "create-submit")[1]["i"]

    start = await browser.follow(f"/login?i={i}")
    page = await browser.fill(start, "login-submit", {"username": ana.email})
    answer = await browser.fill(page, "login-submit", {"password": PASSWORD})
    if 'id="offer-skip"' in answer.text:
        answer = await browser.fill(answer, "offer-skip")

    assert "code" in verdicts.sent_back(answer, CALLBACK, gateway.issuer)


@pytest.mark.parametrize("prompt", ["create none", "none create", "foo", "create foo", "Create"])
async def test_values_that_are_none(gateway: Gateway, ana: Citizen, prompt: str) -> None:
    """PC-2, PC-4."""
    answer = await gateway.get(address(prompt=prompt), headers=ana.headers)

    assert verdicts.sent_back(answer, CALLBACK, gateway.issuer)["error"] == "invalid_request"


@pytest.mark.parametrize(("hint", "filled"), [("a@example.test", "a@example.test"), ("x", "")])
async def test_a_hint_fills_the_address_in(gateway: Gateway, hint: str, filled: str) -> None:
    """PC-5."""
    asks = await Browser(gateway).follow(address(login_hint=hint))

    assert (f'value="{filled}"' in asks.text) is bool(filled)


async def test_it_is_published(gateway: Gateway) -> None:
    """PC-6."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    assert "create" in told["prompt_values_supported"]
