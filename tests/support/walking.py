"""Steps that several journeys take."""

import hashlib
import json
import re
import time
from collections.abc import Collection
from urllib.parse import urlencode
from urllib.request import urlopen

from playwright.sync_api import BrowserContext, Page

from keys.opaque import unpadded
from tests.support.demo import Demo
from tests.support.servers import breathe

# Our scripts run before the document counts as loaded, and then wait half a second.
SETTLED = """() => {
  const loaded = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
  return loaded && performance.now() > loaded + 700;
}"""

_STAY = """
const send = HTMLFormElement.prototype.submit;
HTMLFormElement.prototype.submit = function () {
  if (this.action.startsWith(location.origin)) send.call(this);
};
"""


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


def reported(page: Page, demo: Demo, state: str, query: str = "") -> None:
    """Open the citizen's requests until one of them stands so: its service reports it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        page.goto(f"{demo.issuer}/account/requests{query}")
        if state in page.locator(".card .tag").all_inner_texts():
            return
        breathe()
    raise AssertionError(f"no request is {state}: {page.locator('main').inner_text()}")


def questioned(page: Page, demo: Demo, name: str) -> None:
    """Let the clinic, with which the citizen shares now, ask them about the name on a card."""
    clinic = demo.service("appointments")["url"]
    page.goto(clinic)
    files = _files(page, clinic)
    page.goto(f"{clinic}/sign-in")
    settled(page)
    page.locator("#consent-allow").click()
    page.wait_for_url(lambda url: url.startswith(clinic))
    [number] = _files(page, clinic) - files or files
    desk = page.get_by_label(f"File {number}", exact=True)
    desk.get_by_label("What the card says").fill(name)
    desk.get_by_role("button", name="Ask them").click()
    desk.get_by_text("open", exact=True).wait_for()


def _files(page: Page, clinic: str) -> set[str]:
    page.goto(f"{clinic}/desk")
    return {one.removeprefix("File ") for one in page.locator("section h2").all_inner_texts()}


def used_beforehand(page: Page, demo: Demo) -> None:
    """Open what the citizen agreed to beforehand until it shows a use: a worker answers by it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        page.goto(f"{demo.issuer}/account/standing")
        if page.locator(".card .line li").count():
            return
        breathe()
    raise AssertionError(f"nothing was used: {page.locator('main').inner_text()}")


def stay(context: BrowserContext) -> None:
    """Let no script send a form to a service that nobody runs: our page stays in front."""
    context.add_init_script(_STAY)


def rested(page: Page) -> None:
    """Wait where the focus came back just now: that, too, is the front of the page anew."""
    page.wait_for_function(
        "(then) => performance.now() > then + 700", arg=page.evaluate("performance.now()")
    )


def mailed(
    demo: Demo, email: str, pattern: str, *, but: Collection[str] = (), patience: float = 15
) -> str:
    """Wait for a mail in any language that holds ``pattern``; return what its group found.

    :param but: what earlier mails held
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        for found in all_mailed(demo, email, pattern):
            if found not in but:
                return found
        breathe()
    raise AssertionError(f"no mail to {email} with {pattern}")


def all_mailed(demo: Demo, email: str, pattern: str) -> list[str]:
    """Return what ``pattern`` finds in the mails to somebody, newest first."""
    with urlopen(f"{demo.facts['mail']}/messages.json?to={email}", timeout=5) as answer:
        bodies = [message["body"] for message in json.load(answer)]
    return [found for body in bodies for found in re.findall(pattern, body, re.MULTILINE)]


def asking(demo: Demo, client_id: str, redirect_uri: str, **over: str) -> str:
    """Return the address of an authorization request, with PKCE and without a secret."""
    query = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "openid",
        "state": "s" * 20,
        "nonce": "n" * 20,
        "code_challenge": unpadded(hashlib.sha256(b"v" * 43).digest()),
        "code_challenge_method": "S256",
    }
    return f"{demo.issuer}/authorize?{urlencode(query | over)}"
