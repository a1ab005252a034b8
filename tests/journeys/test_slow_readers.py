"""Who reads slowly is let in all the same: passkeys, and the end of a session."""

import pytest
from playwright.sync_api import Page, expect

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
