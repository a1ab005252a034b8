"""Group LO: services hear by the browser that a session of theirs ended.

Specs: OpenID Connect Front-Channel Logout 1.0.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from playwright.async_api import Page, async_playwright

from gateway.oauth import frontchannel
from gateway.postgres import free_port
from tests.support import chromium, peers, services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import AFTER

FRAME = re.compile(r'<iframe src="([^"]*)"')
EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture(scope="module")
async def ports(gateway: Gateway) -> dict[str, int]:
    """Where the services are whose frames are opened; who listens is a test's."""
    found = {"frame": free_port(), "panel": free_port()}
    for client_id, agency in (("frame", "northtown"), ("panel", "southtown")):
        origin = f"http://127.0.0.1:{found[client_id]}"
        await gateway.service(
            services.document(
                client_id,
                agency,
                name={"en": f"The {client_id} office"},
                redirectUris=[services.CALLBACK, f"{origin}/cb"],
                frontchannelLogoutUri=f"{origin}/out?kept=1",
            )
        )
    await gateway.settled()
    return found


@pytest.fixture
async def ana(gateway: Gateway, ports: dict[str, int]) -> Citizen:
    return await gateway.citizen("basic", "frame", "panel")


def logout(told: dict[str, Any], **over: str) -> str:
    return f"/logout?{urlencode({'id_token_hint': told['id_token'], **over})}"


def frames(answer: httpx2.Response) -> list[str]:
    return [unescape(found) for found in FRAME.findall(answer.text)]


async def test_each_service_of_the_session_has_its_frame(
    gateway: Gateway, ana: Citizen, ports: dict[str, int]
) -> None:
    """FCL-1, LO-08: with our name and its own name of the session; ``basic`` gave no address."""
    told = {name: await services.tokens(gateway, ana, name) for name in ("basic", "frame", "panel")}

    answer = await gateway.get(logout(told["basic"]), headers=ana.headers)

    found = {urlsplit(one).port: one for one in frames(answer)}
    assert found.keys() == set(ports.values())
    for name, port in ports.items():
        query = parse_qs(urlsplit(found[port]).query)
        sid = verdicts.claims(told[name]["id_token"])["sid"]
        assert query == {"kept": ["1"], "iss": [gateway.issuer], "sid": [sid]}
        assert f"The {name} office" in answer.text
    assert "Close your browser" in answer.text  # for basic, which nobody can tell
    assert "refresh" not in answer.headers


async def test_the_policy_lets_in_these_frames_alone(
    gateway: Gateway, ana: Citizen, ports: dict[str, int]
) -> None:
    """FCL-3."""
    told = await services.tokens(gateway, ana, "frame")

    answer = await gateway.get(logout(told), headers=ana.headers)

    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["frame-src"] == f"http://127.0.0.1:{ports['frame']}"
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "cross-origin-embedder-policy" not in answer.headers
    plain = await gateway.get("/logout")
    assert "frame-src" not in plain.headers["content-security-policy"]
    assert plain.headers["cross-origin-embedder-policy"] == "require-corp"


async def test_the_browser_goes_on_after_five_seconds(gateway: Gateway, ana: Citizen) -> None:
    """FCL-2: as the header says, without any script, too; and at once by hand."""
    told = await services.tokens(gateway, ana, "frame")

    answer = await gateway.get(
        logout(told, post_logout_redirect_uri=AFTER, state="a;b"), headers=ana.headers
    )

    assert answer.status_code == 200
    assert answer.headers["refresh"] == f"5; url={AFTER}?state=a%3Bb"
    assert f'href="{AFTER}?state=a%3Bb"' in answer.text


async def test_without_frames_nothing_waits(gateway: Gateway, ana: Citizen) -> None:
    """FCL-5: another session's frames are none of this one's."""
    other = await gateway.citizen("frame")
    await services.tokens(gateway, other, "frame")
    told = await services.tokens(gateway, ana, "basic")

    answer = await gateway.get(logout(told, post_logout_redirect_uri=AFTER), headers=ana.headers)

    assert (answer.status_code, answer.headers["location"]) == (303, AFTER)


async def test_whoever_says_yes_on_our_page_has_the_frames_too(
    gateway: Gateway, ana: Citizen
) -> None:
    await services.tokens(gateway, ana, "frame")
    browser = Browser(gateway, ana.cookie)
    asks = await browser.follow("/logout")
    assert frames(asks) == []

    done = await browser.fill(asks, "logout-confirm", {"answer": "yes"})

    assert len(frames(done)) == 1
    assert frames(await browser.follow("/logout")) == []  # once: the session is over


async def test_a_suspended_service_has_no_frame(gateway: Gateway, ana: Citizen) -> None:
    told = await services.tokens(gateway, ana, "frame")
    await services.tokens(gateway, ana, "panel")
    suspend = "UPDATE relying_parties.clients SET status = $1 WHERE client_id = 'panel'"
    await gateway.rows(suspend, "suspended")
    try:
        answer = await gateway.get(logout(told), headers=ana.headers)
    finally:
        await gateway.rows(suspend, "live")

    assert len(frames(answer)) == 1


@asynccontextmanager
async def a_page(someone: Citizen, *, scripts: bool) -> AsyncIterator[Page]:
    """Open a page of a real browser in which somebody is signed in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.find())
        context = await browser.new_context(java_script_enabled=scripts)
        await context.route("https://rp.example/**", lambda route: route.fulfill(body="bye"))
        await context.set_extra_http_headers({"cookie": someone.cookie})
        yield await context.new_page()
        await browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
async def test_a_frame_that_never_answers_holds_nobody_up(
    gateway: Gateway, ana: Citizen, ports: dict[str, int], scripts: bool
) -> None:
    """FCL-2, FCL-5: of two services one never answers; without scripts the button leads on."""
    told = await services.tokens(gateway, ana, "frame")
    await services.tokens(gateway, ana, "panel")
    async with (
        peers.a_peer(EMPTY, port=ports["frame"]) as (_, heard),
        peers.a_silent_peer(ports["panel"]) as deaf,
        a_page(ana, scripts=scripts) as page,
    ):
        address = f"{gateway.issuer}{logout(told, post_logout_redirect_uri=AFTER)}"
        await page.goto(address, wait_until="commit")
        if not scripts:
            await page.locator("a[data-onward]").click(no_wait_after=True)
        await page.wait_for_url(f"{AFTER}**", timeout=15_000)

    assert all(b"/out?kept=1&iss=" in one for one in (*heard, *deaf))
    assert not scripts or (heard and deaf)


@pytest.mark.browser
async def test_a_browser_without_scripts_goes_on_by_itself(
    gateway: Gateway, ana: Citizen, ports: dict[str, int]
) -> None:
    """FCL-2: by the header of the page."""
    told = await services.tokens(gateway, ana, "frame")
    address = f"{gateway.issuer}{logout(told, post_logout_redirect_uri=AFTER)}"
    async with peers.a_peer(EMPTY, port=ports["frame"]), a_page(ana, scripts=False) as page:
        await page.goto(address)
        await page.wait_for_url(f"{AFTER}**", timeout=15_000)


@pytest.mark.browser
async def test_a_browser_with_scripts_goes_on_when_all_were_told(
    gateway: Gateway, ana: Citizen, ports: dict[str, int]
) -> None:
    """FCL-5: nobody waits for the five seconds."""
    told = await services.tokens(gateway, ana, "frame")
    address = f"{gateway.issuer}{logout(told, post_logout_redirect_uri=AFTER)}"
    async with peers.a_peer(EMPTY, port=ports["frame"]), a_page(ana, scripts=True) as page:
        await page.goto(address, wait_until="commit")
        await page.wait_for_url(f"{AFTER}**", timeout=frontchannel.PATIENCE * 1000 - 500)


async def test_it_is_published(gateway: Gateway) -> None:
    """Front-Channel Logout §3."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    assert told["frontchannel_logout_supported"] is True
    assert told["frontchannel_logout_session_supported"] is True
