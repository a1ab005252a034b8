"""Signals: what a device is told about its passkeys, so that it offers those that work.

The three functions are the browser's; here they write down what they are told and do nothing,
so that a passkey which was removed is still offered once. Specs: WebAuthn Level 3 §5.1.10.
"""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.walking import sign_in

pytestmark = pytest.mark.browser

NOTING = """
self.told = {};
for (const name of Object.getOwnPropertyNames(PublicKeyCredential)) if (name.startsWith("signal"))
  PublicKeyCredential[name] = async (options) => { self.told[name] = options };
"""


def told(page: Page, name: str) -> Any:
    page.wait_for_function("(name) => name in self.told", arg=name)
    return page.evaluate("(name) => self.told[name]", name)


def test_all_three_signals(page: Page, demo: Demo) -> None:
    """Which passkeys work, what the account is called, and which one nobody knows any more."""
    person = demo.person("Ελένη")
    page.add_init_script(NOTING)
    sign_in(page, demo, person["name"], "security")
    expect(page.locator("h1")).to_have_text("How you sign in")

    nothing = told(page, "signalAllAcceptedCredentials")
    details = told(page, "signalCurrentUserDetails")
    page.goto(f"{demo.issuer}/account/security/passkeys")
    page.locator("#passkey-button").click()
    expect(page.get_by_role("status").first).to_contain_text("Passkey added")
    one = told(page, "signalAllAcceptedCredentials")
    page.goto(f"{demo.issuer}/account")
    again = told(page, "signalCurrentUserDetails")

    assert (nothing["rpId"], nothing["allAcceptedCredentialIds"]) == ("localhost", [])
    assert details == {
        "rpId": "localhost",
        "userId": nothing["userId"],
        "name": person["email"],
        "displayName": person["name"],
    }
    assert again == details
    assert len(one["allAcceptedCredentialIds"]) == 1

    page.goto(f"{demo.issuer}/logout")
    page.get_by_role("button", name="Sign out").first.click()
    page.goto(f"{demo.issuer}/login?next=security")
    expect(page.locator("h1")).to_have_text("How you sign in")
    page.locator(".card a").first.click()
    page.locator("#remove").click()
    expect(page.get_by_role("status").first).to_contain_text("Passkey removed")
    assert told(page, "signalAllAcceptedCredentials") == nothing

    page.goto(f"{demo.issuer}/logout")
    page.get_by_role("button", name="Sign out").first.click()
    page.goto(f"{demo.issuer}/login?next=security")
    expect(page.locator("h1")).to_have_text("Your passkey did not work")
    assert told(page, "signalUnknownCredential") == {
        "rpId": "localhost",
        "credentialId": one["allAcceptedCredentialIds"][0],
    }
