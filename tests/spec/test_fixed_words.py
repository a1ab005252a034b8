"""The ids and words that the OpenID Foundation's suite drives our pages by, from the real handlers.

Whoever changes one of them breaks every recorded run of certification (conformance §2).
"""

import re
from urllib.parse import urlencode

import httpx2
import pytest

from tests.support import services
from tests.support.browser import Browser
from tests.support.gateway import Gateway
from tests.support.services import AFTER, asked

PASSWORD = "a quiet harbour at dawn"
PRIVACY, TERMS = "https://rp.example/privacy", "https://rp.example/terms"
HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


def ids(page: httpx2.Response) -> set[str]:
    assert page.headers["content-type"].startswith("text/html"), page.text[:300]
    return set(re.findall(r'\sid="([^"]+)"', page.text))


def heading(page: httpx2.Response) -> str:
    found = HEADING.search(page.text)
    assert found, page.text[:300]
    return found[1]


@pytest.fixture
async def described(gateway: Gateway) -> str:
    """A service that says what it does with people's details."""
    document = services.document("described", privacy=PRIVACY, terms=TERMS)
    await gateway.service(document)
    await gateway.settled()
    return f"/authorize?{urlencode(asked('described'))}"


async def test_signing_in(gateway: Gateway, described: str) -> None:
    """``username``, ``password``, ``login-submit``, ``cancel``, "Sign in"; first its links."""
    browser, someone = Browser(gateway), await gateway.citizen()
    await gateway.set_password(someone.account, PASSWORD)

    first = await browser.follow(described)
    second = await browser.fill(first, "login-submit", {"username": someone.email})
    third = await browser.fill(second, "login-submit", {"password": PASSWORD})

    assert heading(first) == "Sign in"
    assert {"username", "login-submit", "cancel"} <= ids(first)
    assert {f'href="{PRIVACY}"', f'href="{TERMS}"'} <= set(re.findall(r'href="[^"]+"', first.text))
    assert {"password", "login-submit", "cancel"} <= ids(second)
    assert "offer-skip" in ids(third)


async def test_rejecting_to_sign_in(gateway: Gateway, described: str) -> None:
    """oidcc-…-user-rejects-authentication: ``cancel`` on the page of signing in."""
    browser = Browser(gateway)

    answer = await browser.fill(await browser.follow(described), "cancel")

    assert "error=access_denied" in answer.headers["location"]


async def test_sharing(gateway: Gateway, described: str) -> None:
    """``consent-allow`` and ``consent-deny``."""
    someone = await gateway.citizen()

    page = await Browser(gateway, someone.cookie).follow(described)

    assert {"consent-allow", "consent-deny"} <= ids(page)


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "https://rp.example/unregistered"},
        {"redirect_uri": f"{services.CALLBACK}?added=1"},
        {"client_id": "nobody"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:gone"},
    ],
)
async def test_a_request_that_nobody_can_answer(gateway: Gateway, wrong: dict[str, str]) -> None:
    """ "Request cannot be completed" where a screenshot of an error page is asked for."""
    answer = await gateway.get(f"/authorize?{urlencode(asked() | wrong)}")

    assert answer.status_code == 400
    assert heading(answer).endswith("Request cannot be completed")  # after the service, if known


async def test_signing_out(gateway: Gateway) -> None:
    """``logout-confirm``, then "You are signed out"; a foreign address is a page, no redirect."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)

    asks = await browser.follow(f"/logout?{urlencode({'post_logout_redirect_uri': AFTER})}")
    done = await browser.fill(asks, "logout-confirm", {"answer": "yes"})

    assert {"logout-confirm", "logout-stay"} <= ids(asks)
    assert heading(done) == "You are signed out"


async def test_an_answer_by_form_goes_by_itself_and_by_a_button(gateway: Gateway) -> None:
    """A module of ours that the page's policy lets in, and a button for who runs none."""
    someone = await gateway.citizen("basic")
    query = urlencode(asked(response_mode="form_post"))

    page = await gateway.get(f"/authorize?{query}", headers=someone.headers)

    script = re.search(r'<script type="module" src="(/static/[0-9a-f]+/form-post.js)">', page.text)
    assert script
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert (await gateway.get(script[1])).headers["content-type"].startswith("text/javascript")
    assert "continue" in ids(page)
    assert "lang=fr" not in page.text, "a link to this page would bring a request that is over"
