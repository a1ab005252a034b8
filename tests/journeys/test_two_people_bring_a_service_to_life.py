"""A service from an empty form to life: written by one person, approved by another."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import with_authenticator
from tests.support.administration import come_in
from tests.support.demo import Demo

pytestmark = pytest.mark.browser

FIELDS = {
    "metadata.id": "tree-care",
    "spec.name.en": "Tree care",
    "spec.redirectUris": "https://trees.example.test/callback",
    "spec.auth.jwksUri": "https://trees.example.test/jwks",
    "spec.purposes.0.name.en": "To look after the tree before your house",
    "spec.purposes.0.id": "trees",
    "spec.purposes.0.claims.0.why.en": "So that we know how to address you",
}


def test_two_people_bring_a_service_to_life(chromium: Browser, demo: Demo) -> None:
    writer = with_authenticator(chromium.new_context())
    reviewer = with_authenticator(chromium.new_context())

    come_in(writer, demo.facts["admin"]["url"])
    expect(writer.locator("h1")).to_have_text("To do")
    shot(writer, "admin-home")
    write(writer)
    writer.locator("#review-ask").click()
    expect(writer.locator(".tag").first).to_have_text("Waits for a review")
    expect(writer.locator("#approve")).to_have_count(0)
    review = writer.url

    come_in(reviewer, demo.facts["admin"]["second_url"])
    expect(reviewer.get_by_role("link", name="Tree care")).to_be_visible()
    reviewer.goto(review)
    expect(reviewer.locator("#preview")).to_contain_text("Share your details with Tree care")
    expect(reviewer.locator("#preview")).to_contain_text("So that we know how to address you")
    shot(reviewer, "admin-review")
    reviewer.locator("#approve").click()
    expect(reviewer.locator(".tag").first).to_have_text("Live")
    shot(reviewer, "admin-service")

    assert "tree-care" in demo.command("rp", "list")


def write(page: Page) -> None:
    """Fill in the form: with a mistake first, which loses nothing."""
    page.get_by_role("link", name="Services").click()
    shot(page, "admin-services")
    page.get_by_role("link", name="Register a service").click()
    page.locator('[id="metadata.agency"]').select_option("northtown")
    for name, text in FIELDS.items():
        page.locator(f'[id="{name}"]').fill(text)
    page.locator("#draft-submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a detail of the catalogue")
    shot(page, "admin-form")
    expect(page.locator('[id="spec.name.en"]')).to_have_value("Tree care")
    page.locator('[id="spec.purposes.0.claims.0.claim"]').select_option("given_name")
    page.get_by_role("button", name="Add a detail").click()
    page.locator('[id="spec.purposes.0.claims.1.claim"]').select_option("address")
    page.locator('[id="spec.purposes.0.claims.1.why.en"]').fill("To find the tree")
    page.locator('[id="spec.purposes.0.claims.1.need"]').select_option("optional")
    page.locator("#draft-submit").click()
    expect(page.locator("h1")).to_have_text("Version 1 of Tree care")


def test_a_password_does_not_open_the_administration(page: Page, demo: Demo) -> None:
    person = demo.person("David")
    page.goto(f"{demo.issuer}/login")
    page.locator("#username").fill(person["email"])
    page.locator("#login-submit").click()
    page.locator("#password").fill(person["password"])
    page.locator("#login-submit").click()

    page.goto(f"{demo.issuer}/admin/services")

    expect(page.locator("h1")).to_have_text("Sign in to the administration")


def shot(page: Page, name: str) -> None:
    folder = Path("build/pictures")
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
