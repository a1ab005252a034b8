"""Who reads slowly is let in all the same: passkeys, and the end of a session."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import with_authenticator
from tests.support.demo import Demo
from tests.support.walking import sign_in

pytestmark = pytest.mark.browser


def test_a_question_that_ran_out_is_asked_anew(page: Page, demo: Demo) -> None:
    """WA-28: the page stands as it is, and the passkey works at the first click."""
    sign_in(page, demo, "Sam", "security")
    page.goto(f"{demo.issuer}/account/security/passkeys")
    page.locator("#passkey-button").click()
    expect(page.get_by_role("status").first).to_contain_text("Passkey added")

    page.goto(f"{demo.issuer}/login/confirm?next=security")
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 50 * 60_000 }")
    with page.expect_response("**/login/challenge") as drawn:
        page.locator("#passkey-button").click()

    expect(page.locator("h1")).to_have_text("How you sign in")
    assert drawn.value.ok


def test_the_end_is_told_and_staying_keeps_what_was_typed(page: Page, demo: Demo) -> None:
    """C14: five minutes before; nothing is loaded again."""
    page.clock.install()
    sign_in(page, demo, "Mary", "security")
    page.goto(f"{demo.issuer}/account/security/password")
    page.locator("#password").fill("half of a new pass")
    page.clock.fast_forward("25:05")
    expect(page.get_by_role("dialog", name="You will be signed out at")).to_be_visible()
    page.get_by_role("dialog").get_by_role("link", name="Stay signed in").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#password")).to_have_value("half of a new pass")
    page.clock.fast_forward("25:05")
    expect(page.get_by_role("dialog", name="You will be signed out at")).to_be_visible()
    assert Axe().run(page).response["violations"] == []


def test_who_was_away_signs_in_and_is_where_they_were(
    page: Page, chromium: Browser, demo: Demo
) -> None:
    """C14: the page leads to the sign-in page by itself, and back."""
    page.clock.install()
    sign_in(page, demo, "David", "details")
    page.goto(f"{demo.issuer}/account/security/password")
    elsewhere = chromium.new_context(locale="en-GB")
    other = with_authenticator(elsewhere)
    sign_in(other, demo, "David", "sessions")
    other.locator(".card").nth(1).get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("status")).to_contain_text("Signed out there")
    elsewhere.close()
    page.clock.fast_forward("30:05")
    expect(page.locator("h1")).to_have_text("Sign in")
    expect(page.get_by_role("status")).to_contain_text(
        "You were signed out to protect your details"
    )
    person = demo.person("David")
    page.locator("#username").fill(person["email"])
    page.locator("#login-submit").click()
    page.locator("#password").fill(person["password"])
    page.locator("#login-submit").click()
    page.locator("#offer-skip").or_(page.locator("nav.side")).first.wait_for()
    if page.url.startswith(f"{demo.issuer}/login/offer"):
        page.locator("#offer-skip").click()

    page.wait_for_url(f"{demo.issuer}/account/security/password")
