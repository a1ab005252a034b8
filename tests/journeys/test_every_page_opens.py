"""Every page of the routes, opened by a citizen who is signed in, in three languages."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.administration import invited
from tests.support.demo import Demo
from tests.support.looking import look, look_at_all
from tests.support.walking import sign_in

pytestmark = pytest.mark.browser

ANYBODY = (
    "/", "/?q=permit", "/?q=nothing-like-it", "/services/parking-permits", "/how-it-works",
    "/privacy", "/accessibility", "/help", "/login", "/create", "/login/help", "/login/recover",
)  # fmt: skip
SIGNED_IN = (
    "/", "/account", "/account/details", "/account/details/address",
    "/account/details/accessibility_needs", "/account/details/phone_number",
    "/account/sharing", "/account/sharing?by=detail",
    "/account/security", "/account/security/passkeys", "/account/security/password",
    "/account/sessions", "/account/activity", "/account/verify", "/logout",
)  # fmt: skip
AT_WORK = (
    "/admin", "/admin/services", "/admin/services?q=nothing-like-it", "/admin/new-service",
    "/admin/services/parking-permits", "/admin/services/parking-permits/edit",
    "/admin/services/parking-permits/versions/1", "/admin/agencies", "/admin/agencies/northtown",
    "/admin/new-agency", "/admin/audit", "/admin/audit?kind=Nothing",
)  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_for_anybody(context: BrowserContext, demo: Demo, lang: str, scheme: str) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        look_at_all(page, demo.issuer, ANYBODY, lang=lang, status=200)


@pytest.mark.parametrize(
    ("lang", "width", "scheme"),
    [("en", 320, "dark"), ("ar", 1280, "dark"), ("fr", 320, "light"), ("en", 1280, "light")],
)
def test_pages_of_the_account(page: Page, demo: Demo, lang: str, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page, demo, "Anna")
    page.set_viewport_size({"width": width, "height": 800})

    look_at_all(page, demo.issuer, SIGNED_IN, lang=lang, status=200)


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("ar", "dark")])
def test_pages_of_the_administration(page: Page, demo: Demo, lang: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 320, "height": 800})
    look_at_all(page, demo.issuer, ("/admin/login",), lang=lang, status=200)
    page.goto(invited(demo, f"looks-{lang}@example.test", "operator"))
    look(page)
    page.locator("#invitation-open").click()
    page.locator("#passkey-button").wait_for()
    look(page)
    page.locator("#passkey-button").click()
    page.wait_for_url("**/admin")

    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        look_at_all(page, demo.issuer, AT_WORK, lang=lang, status=200)
        look_at_all(page, demo.issuer, ("/admin/services/nothing",), lang=lang, status=404)
