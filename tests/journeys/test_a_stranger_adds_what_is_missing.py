"""A new account meets a service that wants an address: nothing secret is needed to go on."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.looking import look_around
from tests.support.walking import mailed_code, settled

pytestmark = pytest.mark.browser

EMAIL = "stranger@example.test"


def create_account(page: Page, demo: Demo, email: str) -> None:
    """Create an account with a passkey, on the way to a service."""
    page.get_by_role("link", name="Create an account").click()
    page.locator("#username").fill(email)
    page.locator("#create-submit").click()
    page.locator("#code").fill(mailed_code(demo, email))
    page.locator("#code-submit").click()
    page.locator("#given_name").fill("Robin")
    page.locator("#family_name").fill("Stranger")
    page.locator("#name-submit").click()
    page.locator("#passkey-button").click()
    onward = page.get_by_role("link", name="Continue")
    expect(page.locator("#consent-allow").or_(onward)).to_be_visible()
    if onward.is_visible():
        onward.click()


def test_a_stranger_adds_what_is_missing_and_shares_three_of_five(page: Page, demo: Demo) -> None:
    """ux.md: [Add it] leads to the detail and back to the same question; nothing is lost."""
    page.goto(demo.service("parking-permits")["url"])
    page.get_by_role("link", name="Sign in to apply").click()
    create_account(page, demo, EMAIL)
    expect(page.locator("#consent-allow")).to_be_visible()
    assert look_around(page) == []
    asked = page.url

    page.locator("#share-email").check()
    page.get_by_label("Just this once").check()
    settled(page)
    page.get_by_role("button", name="Add it Home address").click()
    assert look_around(page) == []
    page.locator("#street_address").fill("3 Weir View")
    page.locator("#postal_code").fill("NT3 4AB")
    page.locator("#locality").fill("Northtown")
    page.locator("#country_code").select_option("GB")
    page.locator("#detail-save").click()

    expect(page.get_by_text("3 Weir View")).to_be_visible()
    assert page.url == asked
    expect(page.get_by_role("button", name="Add it Phone number")).to_be_visible()
    expect(page.locator("#share-phone_number")).to_have_count(0)
    expect(page.locator("#share-email")).to_be_checked()
    expect(page.get_by_label("Just this once")).to_be_checked()
    settled(page)
    page.locator("#consent-allow").click()
    expect(page.locator("[data-claim=name]")).to_have_text("Robin Stranger")
    expect(page.locator("[data-claim=address]")).to_contain_text("3 Weir View")
    expect(page.locator("[data-claim=email]")).to_have_text(EMAIL)
    for kept in ("phone_number", "age_over_65"):
        expect(page.locator(f"[data-claim={kept}]")).to_have_count(0)


def test_a_stranger_is_proved_with_what_the_page_says(page: Page, demo: Demo) -> None:
    """The page of the trial says what to type; a detail of the register comes of it."""
    page.goto(demo.service("appointments")["url"])
    page.get_by_role("link", name="Sign in").first.click()
    create_account(page, demo, "proved@example.test")
    settled(page)
    page.get_by_role("button", name="Add it Date of birth").click()
    assert look_around(page) == []
    born = page.locator("#trial-birthdate").inner_text()

    page.locator("#document_number").fill(page.locator("#trial-number").inner_text())
    page.locator("#family_name").fill(page.locator("#trial-name").inner_text())
    page.locator("#birthdate").fill(born)
    page.locator("#verify-submit").click()

    settled(page)
    page.locator("#consent-allow").click()
    expect(page.locator("[data-claim=birthdate]")).to_have_text(born)
