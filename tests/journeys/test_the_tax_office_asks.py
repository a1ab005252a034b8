"""The tax office asks before it pays back, acts on the yes alone, and on a yes beforehand."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.servers import breathe
from tests.support.walking import settled, sign_in

pytestmark = pytest.mark.browser

PERSON = "Noor"


def test_the_tax_office_pays_back_what_was_approved(page: Page, demo: Demo) -> None:
    """C11, C11b: with the sample's own code, as an agency would run it."""
    home = demo.service("tax-account")["url"]
    sign_in(page, demo, PERSON)
    page.goto(f"{home}/sign-in")
    settled(page)
    page.locator("#share-email").check()
    page.locator("#consent-allow").click()
    page.get_by_role("button", name="Let them ask you").click()
    page.get_by_role("link", name="answer there").click()
    page.get_by_role("link", name="Tax refunds").click()
    expect(page.get_by_text("£312.40")).to_be_visible()
    page.locator("details:has(#words)").evaluate("(fold) => { fold.open = true; }")
    page.locator("#words").fill("Which account is that?")
    page.locator("#inquiry-send").click()
    request = page.url
    page.goto(f"{home}/desk")
    expect(page.get_by_text("Which account is that?")).to_be_visible()
    page.get_by_label("Our answer").fill("The one that ends in 42")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("Nobody asks anything now.")).to_be_visible()
    page.goto(request)
    expect(page.get_by_text("The one that ends in 42")).to_be_visible()
    settled(page)
    page.locator("#request-approve").click()
    page.get_by_role("link", name="Agree beforehand").click()
    page.locator("#until").check()
    page.locator("#standing-give").click()

    year = paid(page, home, 1)
    page.get_by_role("button", name="Ask about the next year").click()

    assert paid(page, home, 2) == year + 1


def paid(page: Page, home: str, count: int) -> int:
    """Look at the office's page until it paid back so often; return for which year last."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        page.goto(f"{home}/")
        said = page.locator("#refund li").all_inner_texts()
        if len(said) == count:
            assert said[-1].endswith(": £312.40")
            return int(said[-1].removeprefix("T-").partition(":")[0])
        breathe()
    raise AssertionError(page.locator("main").inner_text())
