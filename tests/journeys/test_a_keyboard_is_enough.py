"""The main journey with Tab, Space and Enter alone: the focus is seen, in reading order."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.keyboard import Keyboard
from tests.support.walking import rested, settled, sign_in

pytestmark = pytest.mark.browser

COUNCIL = "parking-permits"


def test_from_the_portal_to_a_service_and_only_what_is_switched_on(page: Page, demo: Demo) -> None:
    keys, me = Keyboard(page), demo.person("Chlo")
    page.goto(demo.issuer)
    keys.circle()
    keys.to("Parking permits")
    keys.press("Enter", "text=What it asks")
    keys.circle()
    keys.to("Start")
    keys.press("Enter", "text=Sign in to apply")
    keys.to("Sign in to apply")
    keys.press("Enter", "#username")
    keys.circle()
    keys.to("#username")
    page.keyboard.type(me["email"])
    keys.press("Enter", "#password")
    keys.circle()
    keys.to("#password")
    page.keyboard.type(me["password"])
    keys.press("Enter", "#offer-skip")
    keys.circle()
    keys.to("#offer-skip")
    keys.press("Space", "#consent-allow")

    settled(page)
    keys.circle()
    keys.to("#share-email")
    keys.press("Space")
    keys.to("#duration")
    keys.press("ArrowDown")
    expect(page.locator("#duration-2")).to_be_checked()
    keys.press("ArrowUp")
    keys.to("#consent-allow")
    rested(page)
    keys.press("Enter", "[data-claim=name]")

    expect(page.locator("[data-claim=email]")).to_have_text(me["email"])
    expect(page.locator("[data-claim=phone_number]")).to_have_count(0)
    assert not keys.wrong


def test_sharing_is_stopped_and_taken_back(page: Page, demo: Demo) -> None:
    keys = Keyboard(page)
    sign_in(page, demo, "In")
    page.goto(f"{demo.service(COUNCIL)['url']}/sign-in")
    settled(page)
    page.locator("#consent-allow").click()
    page.goto(demo.issuer)

    keys.to("Account")
    keys.press("Enter", "text=Your passkeys and your password.")
    keys.circle()
    keys.to("Who has your details")
    keys.press("Enter", "text=Last got your details")
    keys.circle()
    keys.to("Parking permits")
    keys.press("Enter", "#save")
    keys.circle()
    keys.to("Stop sharing everything")
    keys.press("Enter", "#stop")
    keys.circle()
    keys.to("#stop")
    keys.press("Enter", "#undo")
    expect(page.get_by_text("You stopped sharing. They get no new details.")).to_be_visible()
    keys.circle()
    keys.to("#undo")
    keys.press("Space", "#save")

    expect(page.get_by_text("Undone. It is as it was before.")).to_be_visible()
    assert not keys.wrong


def test_the_first_stop_skips_what_every_page_has(page: Page, demo: Demo) -> None:
    keys = Keyboard(page)
    page.goto(f"{demo.issuer}/login")

    first = keys.tab()
    assert first
    assert first["text"] == "Skip to the main content"
    keys.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"
    after = keys.tab()
    assert after
    assert after["id"] == "username"


def test_a_mistake_gets_the_focus_and_leads_to_its_field(page: Page, demo: Demo) -> None:
    keys = Keyboard(page)
    page.goto(f"{demo.issuer}/login/recover")
    keys.to("#recover-submit")
    keys.press("Enter", ".errors")

    assert page.evaluate("document.activeElement.className") == "errors"
    keys.to("Enter an email address in the correct format, like name@example.com")
    keys.press("Enter")

    assert page.evaluate("document.activeElement.id") == "username"
