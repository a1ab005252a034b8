"""Steps that several journeys take."""

import re

from playwright.sync_api import Page

from tests.support.demo import Demo

# Our scripts run before the document counts as loaded, and then wait half a second.
SETTLED = """() => {
  const loaded = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
  return loaded && performance.now() > loaded + 700;
}"""


def sign_in(page: Page, demo: Demo, name: str, then: str = "") -> None:
    """Sign in with the password, without a service; go on to a page of the account."""
    person = demo.person(name)
    page.goto(f"{demo.issuer}/login{f'?next={then}' if then else ''}")
    page.locator("#username").fill(person["email"])
    page.locator("#login-submit").click()
    page.locator("#password").fill(person["password"])
    page.locator("#login-submit").click()
    page.wait_for_url(lambda url: "/login/password" not in url)
    if page.url.startswith(f"{demo.issuer}/login/offer"):
        page.locator("#offer-skip").click()


def mailed_code(demo: Demo, email: str) -> str:
    """Read the code out of the mail."""
    found = re.search(r"^\s+(\d{8})\s*$", demo.mail(email, "code"), re.MULTILINE)
    assert found
    return found[1]


def settled(page: Page) -> None:
    """Wait as a reader does: the share page takes no answer in its first half second."""
    page.wait_for_function(SETTLED)
