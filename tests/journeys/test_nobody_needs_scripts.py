"""Everything but passkeys, in a browser that runs no script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from idp.proofing import sandbox
from tests.support.demo import Demo
from tests.support.walking import all_mailed, mailed, mailed_code

pytestmark = pytest.mark.browser

COUNCIL = "parking-permits"
CODE = r"^\s+(\d{8})\s*$"
FIRST, SECOND, THIRD = (
    "seven brown horses by the sea",
    "nine slow herons over a lake",
    "eleven old carts down the hill",
)


@pytest.fixture
def plain(chromium: Browser) -> Iterator[Page]:
    """A tab of a browser without scripts."""
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_everything_but_passkeys_works_without_scripts(
    plain: Page, chromium: Browser, demo: Demo
) -> None:
    email = "plain@example.test"
    creates_an_account_on_the_way(plain, demo, email)
    shares_with_a_switch(plain, demo, email)
    stops_and_takes_back(plain, demo)
    declines(plain, demo)
    changes_the_password(plain, demo)
    ends_another_session(plain, chromium, demo, email)
    signs_out(plain, demo)
    recovers(plain, demo, email)
    proves_who_they_are(plain, demo)


def creates_an_account_on_the_way(page: Page, demo: Demo, email: str) -> None:
    page.goto(demo.service(COUNCIL)["url"])
    page.get_by_role("link", name="Sign in to apply").click()
    page.get_by_role("link", name="Create an account").click()
    page.locator("#username").fill(email)
    page.locator("#create-submit").click()
    page.locator("#code").fill(mailed_code(demo, email))
    page.locator("#code-submit").click()
    page.locator("#given_name").fill("Pat")
    page.locator("#family_name").fill("Plain")
    page.locator("#name-submit").click()
    page.locator("#passkey-button").click()
    expect(page.locator("main")).to_contain_text("JavaScript turned off")
    page.locator("#use-password").click()
    page.locator("#password").fill(FIRST)
    page.locator("#password-submit").click()
    page.get_by_role("link", name="Continue to").click()


def shares_with_a_switch(page: Page, demo: Demo, email: str) -> None:
    page.locator("#share-email").check()
    page.locator("#consent-allow").click()
    expect(page.locator("[data-claim=name]")).to_have_text("Pat Plain")
    expect(page.locator("[data-claim=email]")).to_have_text(email)


def stops_and_takes_back(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.issuer}/account/sharing/{COUNCIL}")
    page.locator("#share-email").uncheck()
    page.locator("#save").click()
    expect(page.locator("#share-email")).to_have_count(0)
    page.locator("#undo").click()
    expect(page.locator("#share-email")).to_be_checked()
    page.get_by_role("link", name="Stop sharing everything").click()
    page.locator("#stop").click()
    expect(page.get_by_text("You stopped sharing. They get no new details.")).to_be_visible()
    page.locator("#undo").click()
    expect(page.get_by_text("Undone. It is as it was before.")).to_be_visible()


def declines(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.service('appointments')['url']}/sign-in")
    page.locator("#consent-deny").click()
    expect(page.get_by_text("You chose not to share your details.")).to_be_visible()


def changes_the_password(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.issuer}/account/security/password")
    page.locator("#password").fill("short")
    page.locator("#password-submit").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 15 characters")
    page.locator("#password").fill(SECOND)
    page.locator("#password-submit").click()
    expect(page.get_by_role("status")).to_contain_text("Password changed")


def ends_another_session(page: Page, chromium: Browser, demo: Demo, email: str) -> None:
    elsewhere = chromium.new_context(java_script_enabled=False)
    other = elsewhere.new_page()
    other.goto(f"{demo.issuer}/login")
    other.locator("#username").fill(email)
    other.locator("#login-submit").click()
    other.locator("#password").fill(SECOND)
    other.locator("#login-submit").click()
    other.locator("#offer-skip").click()
    page.goto(f"{demo.issuer}/account/sessions")
    page.locator(".card", has_not_text="This browser").get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Signed out there.")
    other.goto(f"{demo.issuer}/account")
    expect(other.locator("#username")).to_be_visible()
    elsewhere.close()


def signs_out(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.issuer}/logout")
    page.locator("#logout-confirm").click()
    expect(page.locator("h1")).to_have_text("You are signed out")
    page.goto(f"{demo.issuer}/account")
    expect(page.locator("#username")).to_be_visible()


def recovers(page: Page, demo: Demo, email: str) -> None:
    page.get_by_role("link", name="I cannot sign in").click()
    page.get_by_label("I forgot my password").check()
    page.locator("main button").click()
    before = all_mailed(demo, email, CODE)
    page.locator("#username").fill(email)
    page.locator("#recover-submit").click()
    page.locator("#code").fill(mailed(demo, email, CODE, but=before))
    page.locator("#code-submit").click()
    page.locator("#password").fill(THIRD)
    page.locator("#password-submit").click()
    expect(page.locator("h1")).to_have_text("Your account")


def proves_who_they_are(page: Page, demo: Demo) -> None:
    register = next(one for one in sandbox.register() if one["mail"] == "nils.berg")
    page.goto(f"{demo.issuer}/account/verify")
    page.locator("#document_number").fill(register["document_number"])
    page.locator("#family_name").fill("Nobody")
    page.locator("#birthdate").fill(register["attributes"]["birthdate"])
    page.locator("#verify-submit").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match the register")
    page.locator("#family_name").fill(register["attributes"]["family_name"])
    page.locator("#verify-submit").click()
    expect(page.locator("h1")).to_have_text("Your details")
    expect(page.locator("main")).to_contain_text(register["attributes"]["family_name"])
