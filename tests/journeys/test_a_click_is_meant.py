"""CO-14: the share page takes a click that its reader meant, and no other.

Specs: RFC 9700 §4.16. Each page says in its console whether a press was held back.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.walking import settled, sign_in

pytestmark = pytest.mark.browser

TELLS = "addEventListener('submit', (event) => console.log('held', event.defaultPrevented));"
ALONE = """
addEventListener("load", () => {
  const allow = document.getElementById("consent-allow");
  if (allow) setTimeout(() => allow.click(), 1000);
});
"""
COMES_BACK = """(name) => {
  const target = name === "visibilitychange" ? document : window;
  target.dispatchEvent(new PageTransitionEvent(name, { persisted: true }));
  document.getElementById("consent-allow").click();
}"""


def to_the_share_page(page: Page, demo: Demo, name: str) -> None:
    sign_in(page, demo, name)
    page.goto(demo.service("parking-permits")["url"])


@pytest.mark.parametrize("event", ["focus", "visibilitychange", "pageshow"])
def test_a_click_right_after_the_page_comes_back_waits(page: Page, demo: Demo, event: str) -> None:
    """Two windows, one click: the one behind comes to the front under the pointer."""
    page.add_init_script(TELLS)
    to_the_share_page(page, demo, "Suharto")
    page.get_by_role("link", name="Sign in to apply").click()
    settled(page)

    with page.expect_console_message() as said:
        page.evaluate(COMES_BACK, event)

    assert said.value.text == "held true"
    expect(page.locator("#consent-allow")).to_be_visible()


def test_a_click_that_nobody_made_is_none(page: Page, demo: Demo) -> None:
    """Long after the half second, by a script, without a person."""
    page.add_init_script(TELLS + ALONE)
    to_the_share_page(page, demo, "Suharto")

    with page.expect_console_message(lambda said: said.text.startswith("held")) as said:
        page.get_by_role("link", name="Sign in to apply").click()

    assert said.value.text == "held true"


def test_who_waits_a_moment_is_heard(page: Page, demo: Demo) -> None:
    to_the_share_page(page, demo, "Mary")
    page.get_by_role("link", name="Sign in to apply").click()
    settled(page)

    page.locator("#consent-deny").click()

    expect(page.locator("main")).to_contain_text("You chose not to share")
