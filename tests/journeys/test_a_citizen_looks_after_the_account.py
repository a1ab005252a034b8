"""What citizens do in their account: ways in, stopping and taking back, second tabs."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.walking import settled, sign_in

pytestmark = pytest.mark.browser

COUNCIL = "parking-permits"


def share_with_the_council(page: Page, demo: Demo) -> None:
    page.goto(demo.service(COUNCIL)["url"])
    page.get_by_role("link", name="Sign in to apply").click()
    settled(page)
    page.locator("#consent-allow").click()
    expect(page.locator("[data-claim=name]")).to_be_visible()


def test_a_passkey_is_added_used_renamed_and_removed(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "Fatou", "security")
    page.goto(f"{demo.issuer}/account/security/passkeys")
    page.locator("#passkey-button").click()
    expect(page.get_by_role("status").first).to_contain_text("Passkey added")

    page.goto(f"{demo.issuer}/logout")
    page.get_by_role("button", name="Sign out").first.click()
    # The field offers the passkey by itself, and this authenticator says yes at once.
    page.goto(f"{demo.issuer}/login?next=security")
    expect(page.locator("h1")).to_have_text("How you sign in")

    page.locator(".card a").first.click()
    page.locator("#name").fill("The blue laptop")
    page.locator("#rename").click()
    expect(page.get_by_role("link", name="The blue laptop")).to_be_visible()
    page.get_by_role("link", name="The blue laptop").click()
    page.locator("#remove").click()
    expect(page.get_by_role("status").first).to_contain_text("Passkey removed")
    expect(page.get_by_role("link", name="The blue laptop")).to_have_count(0)
    assert demo.mail(demo.person("Fatou")["email"], "passkey")


def test_stopping_is_at_once_and_can_be_taken_back(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "Anna")
    share_with_the_council(page, demo)
    mine = f"{demo.issuer}/account/sharing/{COUNCIL}"

    page.goto(f"{mine}?done=stopped")
    expect(page.get_by_text("You stopped sharing. They get no new details.")).to_have_count(0)
    page.get_by_role("link", name="Stop sharing everything").click()
    page.locator("#stop").click()
    expect(page.get_by_text("You stopped sharing. They get no new details.")).to_be_visible()

    page.goto(demo.service(COUNCIL)["url"])
    page.locator("#read-again").click()
    expect(page.locator("[data-claim=name]")).to_have_count(0)

    page.goto(mine)
    page.locator("#undo").click()
    expect(page.get_by_text("Undone. It is as it was before.")).to_be_visible()
    expect(page.locator("#save")).to_be_visible()


def test_a_click_meant_for_the_page_before_shares_nothing(page: Page, demo: Demo) -> None:
    """CO-14: a page that presses the button as soon as it is there stays without an answer."""
    sign_in(page, demo, "Oskar")
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => {"
        " const allow = document.getElementById('consent-allow');"
        " if (allow) { allow.click(); document.title = 'pressed' } })"
    )
    page.goto(demo.service(COUNCIL)["url"])
    page.get_by_role("link", name="Sign in to apply").click()
    page.wait_for_function("() => document.title === 'pressed'")
    settled(page)

    expect(page.locator("#consent-allow")).to_be_visible()
    assert page.url.startswith(f"{demo.issuer}/consent/")


def test_a_second_tab_and_the_back_button_find_a_way_on(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "Tom")
    page.goto(demo.service(COUNCIL)["url"])
    page.get_by_role("link", name="Sign in to apply").click()
    asked = page.url
    other = page.context.new_page()
    other.goto(asked)
    settled(other)
    other.locator("#consent-allow").click()
    expect(other.locator("[data-claim=name]")).to_be_visible()

    settled(page)
    page.locator("#consent-allow").click()

    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("main a").first).to_be_visible()
    answer = page.goto(asked)
    assert answer
    assert answer.status in (200, 400, 410)
    expect(page.locator("main")).to_contain_text("back")
