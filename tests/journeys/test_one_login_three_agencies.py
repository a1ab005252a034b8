"""The main job, walked as its citizen would: one login, and only what they share."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.walking import settled

pytestmark = pytest.mark.browser

EMAIL = "nadia@example.test"


def create_account(page: Page, demo: Demo) -> None:
    """Create an account with a passkey, on the way to the council."""
    page.get_by_role("link", name="Create an account").click()
    page.locator("#username").fill(EMAIL)
    page.locator("#create-submit").click()
    code = re.search(r"^\s+(\d{8})\s*$", demo.mail(EMAIL, "code"), re.MULTILINE)
    assert code
    page.locator("#code").fill(code.group(1))
    page.locator("#code-submit").click()
    page.locator("#given_name").fill("Kim")
    page.locator("#family_name").fill("Parker")
    page.locator("#name-submit").click()
    page.locator("#passkey-button").click()


def prove_who_they_are(page: Page, demo: Demo) -> dict[str, Any]:
    """Be found in the population register, so that there is an address to share.

    :returns: what the register says of whoever the page of the trial names
    """
    page.goto(f"{demo.issuer}/account/verify")
    number = page.locator("#trial-number").inner_text()
    held = register_of(number)
    page.locator("#document_number").fill(number)
    page.locator("#family_name").fill(held["family_name"])
    page.locator("#birthdate").fill(held["birthdate"])
    page.locator("#verify-submit").click()
    expect(page.locator("h1")).to_have_text("Your details")
    return held


def register_of(number: str) -> dict[str, Any]:
    from idp.proofing import sandbox  # noqa: PLC0415 - the register that the demo answers from

    found = next(one for one in sandbox.register() if one["document_number"] == number)
    return dict(found["attributes"])


def test_one_login_three_agencies_and_only_what_is_shared(page: Page, demo: Demo) -> None:
    council = demo.service("parking-permits")["url"]
    tax = demo.service("tax-account")["url"]

    page.goto(council)
    page.get_by_role("link", name="Sign in to apply").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    create_account(page, demo)
    expect(
        page.locator("#consent-allow").or_(page.get_by_role("link", name="Continue"))
    ).to_be_visible()
    shot(page, "created")
    held = prove_who_they_are(page, demo)
    name = f"{held['given_name']} {held['family_name']}"

    page.goto(council)
    page.get_by_role("link", name="Sign in to apply").click()
    expect(page.locator("#consent-allow")).to_be_visible()
    expect(page.get_by_text(held["address"]["street_address"])).to_be_visible()
    page.locator("#share-email").check()
    shot(page, "consent")
    share(page)
    expect(page.locator("[data-claim=name]")).to_have_text(name)
    expect(page.locator("[data-claim=email]")).to_have_text(EMAIL)
    expect(page.locator("[data-claim=phone_number]")).to_have_count(0)
    expect(page.locator("[data-claim=age_over_65]")).to_have_count(0)
    shot(page, "council")

    page.goto(tax)
    page.get_by_role("link", name="Sign in").click()
    expect(page.locator("#consent-allow")).to_be_visible()
    shot(page, "tax-consent")
    share(page)
    expect(page.locator("[data-claim=birthdate]")).to_have_text(held["birthdate"])
    shot(page, "tax")

    page.goto(f"{demo.issuer}/account/sharing")
    expect(page.get_by_text("Parking permits").first).to_be_visible()
    expect(page.get_by_text("Tax account").first).to_be_visible()
    shot(page, "sharing")
    page.goto(f"{demo.issuer}/account/sharing/parking-permits")
    shot(page, "service")
    page.locator("#share-email").uncheck()
    page.locator("#save").click()
    expect(page.locator("#share-email")).to_have_count(0)

    page.goto(council)
    page.locator("#read-again").click()
    expect(page.locator("[data-claim=name]")).to_have_text(name)
    expect(page.locator("[data-claim=email]")).to_have_count(0)
    shot(page, "council-after")


def share(page: Page) -> None:
    """Agree; the page takes no answer in its first half second, so that nobody is tricked."""
    settled(page)
    page.locator("#consent-allow").click()


def shot(page: Page, name: str) -> None:
    """Keep a picture of the page, for whoever wants to look."""
    folder = Path("build/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
