"""Every page of the routes, opened by a citizen who is signed in, in three languages."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.demo import Demo

pytestmark = pytest.mark.browser

ANYBODY = (
    "/", "/?q=permit", "/?q=nothing-like-it", "/services/parking-permits", "/how-it-works",
    "/privacy", "/accessibility", "/help", "/login", "/create", "/login/help", "/login/recover",
)  # fmt: skip
SIGNED_IN = (
    "/", "/account", "/account/details", "/account/sharing", "/account/sharing?by=detail",
    "/account/security", "/account/security/passkeys", "/account/security/password",
    "/account/sessions", "/account/activity", "/account/verify", "/logout",
)  # fmt: skip
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def sign_in(page: Page, demo: Demo, name: str) -> None:
    """Sign in with the password, without a service."""
    person = demo.person(name)
    page.goto(f"{demo.issuer}/login")
    page.locator("#username").fill(person["email"])
    page.locator("#login-submit").click()
    page.locator("#password").fill(person["password"])
    page.locator("#login-submit").click()
    page.wait_for_url(lambda url: "/login/password" not in url)


def look(page: Page) -> None:
    """The page opens, fits, and axe finds nothing."""
    expect(page.locator("h1")).to_have_count(1)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    assert not wide, page.url
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert not found.response["violations"], (page.url, found.generate_report())


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_for_anybody(context: BrowserContext, demo: Demo, lang: str, scheme: str) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for path in ANYBODY:
            joint = "&" if "?" in path else "?"
            answer = page.goto(f"{demo.issuer}{path}{joint}lang={lang}")
            assert answer
            assert answer.status == 200, path
            look(page)


@pytest.mark.parametrize(("lang", "width"), [("en", 320), ("ar", 1280), ("fr", 320)])
def test_pages_of_the_account(page: Page, demo: Demo, lang: str, width: int) -> None:
    sign_in(page, demo, "Anna")
    page.set_viewport_size({"width": width, "height": 800})

    for path in SIGNED_IN:
        joint = "&" if "?" in path else "?"
        answer = page.goto(f"{demo.issuer}{path}{joint}lang={lang}")
        assert answer
        assert answer.status == 200, path
        look(page)
