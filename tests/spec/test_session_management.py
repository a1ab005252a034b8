"""Services that watch the session in a frame, where the gateway is set so.

Specs: OpenID Connect Session Management 1.0.
"""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from playwright.async_api import Page, Route, async_playwright

from tests.support import chromium, legacy, peers, services
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

STATE = "__Host-state"
ODD: list[Any] = ["", "watcher", "watcher known", "watcher a.b more", 7, {"a": 1}, None]
OPENED = """(src) => new Promise((done) => {
  const frame = document.getElementById("op");
  frame.onload = done;
  frame.src = src;
})"""
PASSWORD = "a quiet harbour at dawn"
WATCHES = b"""HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n
<!doctype html><title>Service</title><iframe id="op"></iframe>"""


@pytest.fixture(scope="module")
async def node(gateway: Gateway) -> AsyncIterator[int]:
    """A process that lets services watch."""
    await legacy.service(gateway, "watcher", responseTypes=["code", "id_token"])
    async with gateway.another(GATEHOUSE_LEGACY_RESPONSE_TYPES="true") as number:
        yield number


@pytest.fixture
async def ana(gateway: Gateway, node: int) -> Citizen:
    return await gateway.citizen("watcher", "app")


def state_of(answer: httpx2.Response) -> str | None:
    """Return the cookie that an answer gives to the frame."""
    lines = [each for each in answer.headers.get_list("set-cookie") if each.startswith(STATE)]
    return lines[0].partition("=")[2].partition(";")[0] if lines else None


def told(answer: httpx2.Response) -> dict[str, str]:
    parts = urlsplit(answer.headers["location"])
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}


def hashed(client_id: str, origin: str, state: str, salt: str) -> str:
    """Session Management §4.2."""
    made = hashlib.sha256(f"{client_id} {origin} {state} {salt}".encode()).digest()
    return f"{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}.{salt}"


@pytest.mark.parametrize("response_type", ["code", "id_token"])
async def test_an_answer_says_by_what_to_know_the_session(
    gateway: Gateway, ana: Citizen, node: int, response_type: str
) -> None:
    """§2: of this service, where it runs, and this session; each time with another salt."""
    asked = {"node": node, "response_type": response_type}
    first = await legacy.ask(gateway, ana, "watcher", **asked)
    again = await legacy.ask(gateway, ana, "watcher", **asked)

    state, known = state_of(first), told(first)["session_state"]
    assert state is not None
    assert known == hashed("watcher", "https://rp.example", state, known.partition(".")[2])
    assert state_of(again) == state
    assert told(again)["session_state"] != known


async def test_the_cookie_opens_nothing(gateway: Gateway, ana: Citizen, node: int) -> None:
    """§4.2: a script reads it, so it is neither the session's handle nor any name of it."""
    answer = await legacy.ask(gateway, ana, "watcher", node=node)

    [line] = [one for one in answer.headers.get_list("set-cookie") if one.startswith(STATE)]
    state = state_of(answer) or ""
    assert line == f"{STATE}={state}; Path=/; Secure; SameSite=None"
    assert state not in ana.cookie
    assert state not in await gateway.dump()
    tried = await gateway.get("/account", headers={"cookie": f"__Host-sid={state}"}, node=node)
    assert tried.headers["location"].startswith("/login")


async def test_a_browser_that_has_it_is_not_given_it_again(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    state = state_of(await legacy.ask(gateway, ana, "watcher", node=node))
    query = urlencode(services.asked("watcher"))
    both = {"cookie": f"{ana.cookie}; {STATE}={state}"}

    assert state_of(await gateway.get(f"/authorize?{query}", headers=both, node=node)) is None


async def test_two_sessions_are_told_apart(gateway: Gateway, ana: Citizen, node: int) -> None:
    _, cookie = await gateway.sign_in(ana.account)
    other = Citizen(ana.account, ana.session, ana.email, cookie)

    states = [
        state_of(await legacy.ask(gateway, one, "watcher", node=node)) for one in (ana, other)
    ]

    assert None not in states
    assert len(set(states)) == 2


async def test_signing_out_takes_it_back(gateway: Gateway, ana: Citizen, node: int) -> None:
    answer = await legacy.ask(gateway, ana, "watcher", node=node, response_type="id_token")
    both = {"cookie": f"{ana.cookie}; {STATE}={state_of(answer)}"}
    query = urlencode({"id_token_hint": told(answer)["id_token"]})

    gone = await gateway.get(f"/logout?{query}", headers=both, node=node)

    assert state_of(gone) == ""


async def test_signing_in_changes_it_at_once(gateway: Gateway, ana: Citizen, node: int) -> None:
    """§3.1: not at the next answer to a service."""
    await gateway.set_password(ana.account, PASSWORD)
    browser = Browser(gateway, node=node)

    await browser.sign_in(await browser.follow("/login"), ana.email, PASSWORD)

    assert browser.cookies[STATE]


async def test_there_is_nothing_of_it_where_it_is_off(gateway: Gateway, ana: Citizen) -> None:
    answer = await legacy.ask(gateway, ana, "watcher", node=0)
    metadata = (await gateway.get("/.well-known/openid-configuration")).json()

    assert (state_of(answer), told(answer).get("session_state")) == (None, None)
    assert "check_session_iframe" not in metadata
    assert (await gateway.get("/check-session")).status_code == 404


async def test_no_other_profile_is_told(gateway: Gateway, ana: Citizen, node: int) -> None:
    answer = await legacy.ask(gateway, ana, "app", node=node)

    assert "code" in told(answer)
    assert "session_state" not in told(answer)


async def test_the_frame_can_be_framed_and_does_nothing_else(gateway: Gateway, node: int) -> None:
    """§3.3; RFC 9700 §4.16 holds for every page that takes a click: there is none here."""
    metadata = (await gateway.get("/.well-known/openid-configuration", node=node)).json()
    assert metadata["check_session_iframe"] == f"{gateway.issuer}/check-session"

    answer = await gateway.get("/check-session", node=node)

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "frame-ancestors https: http:" in policy  # http on this machine alone
    assert "x-frame-options" not in answer.headers
    assert "<form" not in answer.text
    assert "set-cookie" not in answer.headers


async def ask_frame(page: Page, message: Any) -> str:
    """Ask the frame as a service's script does; return its word."""
    said: str = await page.evaluate(
        """(message) => new Promise((resolve, reject) => {
          addEventListener("message", (event) => resolve(event.data), {once: true});
          document.getElementById("op").contentWindow.postMessage(message, "*");
          setTimeout(() => reject(new Error("silence")), 5000);
        })""",
        message,
    )
    return said


async def test_a_service_s_frame_is_answered(gateway: Gateway, ana: Citizen, node: int) -> None:
    """§3.1, §3.2: unchanged, changed after signing out, error for what nobody would ask."""
    answer = await legacy.ask(gateway, ana, "watcher", node=node)
    state = state_of(answer) or ""

    async def ours(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/signed-in":  # with the cookie, as it was sent
            line = next(one for one in answer.headers.get_list("set-cookie") if STATE in one)
            await route.fulfill(headers={"set-cookie": line}, body="")
            return
        got = await gateway.get(path, node=node)
        await route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.content)

    async with peers.a_peer(WATCHES) as (port, _), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find())
        context = await browser.new_context()
        await context.route(f"{gateway.issuer}/**", ours)
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{port}")
        await page.evaluate(OPENED, f"{gateway.issuer}/check-session")
        known = hashed("watcher", f"http://127.0.0.1:{port}", state, "salt")

        signed_out = await ask_frame(page, f"watcher {known}")
        await (await context.new_page()).goto(f"{gateway.issuer}/signed-in")
        signed_in = await ask_frame(page, f"watcher {known}")
        foreign = await ask_frame(page, f"other {known}")
        odd = [await ask_frame(page, each) for each in ODD]

    assert (signed_out, signed_in, foreign) == ("changed", "unchanged", "changed")
    assert set(odd) == {"error"}
