"""Dead ends: each says what happened, what it means and what to do, and has a way on.

Security: PAGE400 (what a stranger puts into an address is neither repeated nor remembered).
"""

import re
from urllib.parse import urlencode
from uuid import UUID

import httpx2
import pytest

from tests.support import verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

MOST = 4096  # bytes, before packing
MAIN = re.compile(r"<main.*?</main>", re.DOTALL)
LANGUAGE = re.compile(r'href="([^"]*lang=[^"]*)"')


def dead_end(answer: httpx2.Response, status: int) -> str:
    """Judge the page as somebody who is lost would; return its text."""
    text = verdicts.page(answer, status)
    found = MAIN.search(text)
    assert found
    assert len(re.findall(r"<h1>", found[0])) == 1, "what happened"
    assert '<p class="lead">' in found[0], "what it means"
    assert re.search(r"<p>[^<]{10,}</p>", found[0]), "what to do"
    assert re.search(r'<a class="btn[^"]*" href="[^"]+">', found[0]), "a way on"
    assert len(answer.content) <= MOST
    return found[0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/services/nothing", 404),
        ("GET", "/%2e%2e/etc", 404),
        ("GET", "/?q=%ff", 400),
        ("GET", "/login/cancel", 405),
        ("DELETE", "/account", 405),
        ("POST", "/login", 403),
    ],
)
async def test_somebody_who_is_lost_finds_on(
    gateway: Gateway, method: str, path: str, status: int
) -> None:
    dead_end(await gateway.ask(method, path), status)


async def test_a_method_that_is_not_there_names_those_that_are(gateway: Gateway) -> None:
    """RFC 9110 §15.5.6: for programs, too."""
    assert (await gateway.get("/login/cancel")).headers["allow"] == "POST"
    assert (await gateway.get("/token")).headers["allow"] == "POST"
    assert (await gateway.get("/token")).content == b""


@pytest.mark.parametrize("more", [{}, {"lang": "fr"}, {"lang": "fr", "state": "s" * 3000}])
async def test_what_a_stranger_sends_is_not_repeated(
    gateway: Gateway, more: dict[str, str]
) -> None:
    """PAGE400: eight kilobytes in an address make a page of four, and no cookie."""
    query = urlencode({"client_id": "c" * 4000, **more})

    answer = await gateway.get(f"/authorize?{query}")

    text = verdicts.page(answer, 400)
    assert len(answer.content) <= MOST
    assert "cccc" not in text
    assert all(len(link) < 40 for link in LANGUAGE.findall(text))
    assert ('lang="fr"' in text.split(">", 2)[1]) is ("lang" in more)


async def test_the_language_of_a_page_that_asks_something_is_kept(gateway: Gateway) -> None:
    answer = await gateway.get("/login?next=security&lang=fr")

    assert "__Host-lang=fr" in answer.headers["set-cookie"]
    assert 'href="?next=security&amp;lang=ar"' in answer.text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/account/sharing/nothing", "You share nothing with this service"),
        ("/account/sharing/nothing/stop", "You share nothing with this service"),
        ("/account/sharing/basic/receipt/99", "There is no such receipt"),
        ("/account/sharing/basic/receipt/x", "There is no such receipt"),
        (f"/account/security/passkeys/{UUID(int=7)}", "There is no such passkey"),
    ],
)
async def test_what_is_not_in_the_account_is_said_to_be_missing(
    gateway: Gateway, ana: Citizen, path: str, says: str
) -> None:
    answer = await gateway.get(path, headers=ana.headers)

    text = dead_end(answer, 404)
    assert says in text
    assert 'href="/account/s' in text, "back to where the citizen can choose"


async def test_a_second_tab_after_stopping(gateway: Gateway, ana: Citizen) -> None:
    """Stopping twice is stopping; anything else says that it is over, and where to look."""
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow("/account/sharing/basic")
    asks = await browser.follow("/account/sharing/basic/stop")
    await browser.fill(asks, "stop")

    again = await browser.fill(asks, "stop")
    path, form = browser.form(page, "save")
    saved = await browser.send("POST", path, {**form, "share": "name"})
    back = await browser.follow("/account/sharing/basic/stop")

    assert str(again.url).endswith("/account/sharing/basic")
    assert "They get no new details" in again.text
    assert "any more" in dead_end(saved, 409)
    assert 'href="/account/sharing/basic"' in saved.text
    assert str(back.url).endswith("/account/sharing/basic"), "the back button, too"


async def test_what_was_taken_back_is_not_taken_back_twice(gateway: Gateway, ana: Citizen) -> None:
    browser = Browser(gateway, ana.cookie)
    done = await browser.fill(await browser.follow("/account/sharing/basic/stop"), "stop")
    await browser.fill(done, "undo")

    path, form = browser.form(done, "undo")
    again = await browser.send("POST", path, form)

    assert "cannot be taken back" in dead_end(again, 409)
    assert 'href="/account/sharing/basic"' in again.text


async def test_a_page_of_a_journey_that_is_nobodys(gateway: Gateway) -> None:
    """Another browser's, or one that ran out."""
    for path in (f"/login?i={'i' * 43}", f"/consent/{'i' * 43}"):
        dead_end(await gateway.get(path), 400)
