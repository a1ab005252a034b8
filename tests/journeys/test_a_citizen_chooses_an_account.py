"""A service lets the citizen choose an account: seen, reached by keys, taken."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.looking import look_around
from tests.support.walking import sign_in

pytestmark = pytest.mark.browser


def test_the_account_that_is_signed_in_or_another(page: Page, demo: Demo) -> None:
    """``prompt=select_account``, ux C7."""
    sign_in(page, demo, "Anna")
    asked = {
        "client_id": "parking-permits", "response_type": "code", "scope": "openid profile",
        "redirect_uri": demo.service("parking-permits")["redirect_uris"][0],
        "code_challenge": "c" * 43, "code_challenge_method": "S256", "prompt": "select_account",
    }  # fmt: skip

    page.goto(f"{demo.issuer}/authorize?{urlencode(asked)}")
    assert look_around(page) == []
    page.locator("#choose-other").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    page.go_back()
    page.locator("#choose-this").focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/consent/**")
