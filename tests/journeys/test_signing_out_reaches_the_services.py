"""Whoever signs out at the gateway is signed out of the services that they opened with it."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.walking import settled

pytestmark = pytest.mark.browser


def sign_in(page: Page, demo: Demo, client_id: str, link: str) -> None:
    """Open a service, and agree to whatever it needs."""
    page.goto(demo.service(client_id)["url"])
    page.get_by_role("link", name=link).click()
    if page.locator("#username").is_visible():
        person = demo.person("Tom")
        page.locator("#username").fill(person["email"])
        page.locator("#login-submit").click()
        page.locator("#password").fill(person["password"])
        page.locator("#login-submit").click()
        page.wait_for_url(lambda url: "/login/password" not in url)
        if page.locator("#offer-skip").is_visible():
            page.locator("#offer-skip").click()
    page.locator("#consent-allow").or_(page.locator("#details")).wait_for()
    if page.locator("#consent-allow").is_visible():
        settled(page)
        page.locator("#consent-allow").click()
    expect(page.locator("#details")).to_be_visible()


def test_signing_out_everywhere_reaches_every_service(page: Page, demo: Demo) -> None:
    """Back-Channel Logout: both hear it from behind, without a page of theirs being open."""
    sign_in(page, demo, "parking-permits", "Sign in to apply")

    page.goto(f"{demo.issuer}/account/sessions")
    page.locator("#end-all").click()
    expect(page.locator("h1")).to_have_text("You are signed out")

    def signed_out() -> bool:
        page.goto(demo.service("parking-permits")["url"])
        return page.get_by_role("link", name="Sign in to apply").is_visible()

    assert any(signed_out() for _ in range(200))  # the worker looks once a second
