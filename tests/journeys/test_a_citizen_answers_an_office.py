"""The front desk sees another spelling on a card; the citizen says that it is right."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.looking import fits, look_at
from tests.support.servers import breathe
from tests.support.walking import mailed, questioned, sign_in

pytestmark = pytest.mark.browser

PERSON, NEW = "Jo", "Josephine"  # whom no register has looked at
TRIES = 500


def test_a_name_is_corrected_and_the_office_learns(page: Page, demo: Demo) -> None:
    """N19: proposed, seen with its reason, accepted, told to all who have it."""
    clinic = demo.service("appointments")["url"]
    sign_in(page, demo, PERSON)
    questioned(page, demo, NEW)
    assert mailed(demo, demo.person(PERSON)["email"], r"^(http\S+/account/corrections)\s")
    page.goto(f"{demo.issuer}/account")
    page.get_by_role("link", name="Is this right?").click()
    looked_at(page)
    page.locator(".card a").first.click()
    for said in ("Your health card has another spelling", NEW, "Riverside Clinic"):
        expect(page.locator("main")).to_contain_text(said)
    looked_at(page)

    page.get_by_label("They are right").check()
    page.locator("#correction-answer").click()
    expect(page.get_by_role("status")).to_contain_text("1 service is told that it changed")
    looked_at(page)

    for _ in range(TRIES):
        page.goto(f"{clinic}/desk")
        if page.get_by_text("accepted").count():
            break
        breathe()
    looked_at(page)
    for _ in range(TRIES):  # having seen the card, the clinic takes the name over
        page.goto(f"{demo.issuer}/account/changes")
        if page.get_by_text("They changed it").count():
            break
        breathe()
    expect(page.locator("main")).to_contain_text("They changed it")
    page.goto(clinic)
    page.locator("#read-again").click()
    expect(page.locator("[data-claim=given_name]")).to_have_text(NEW)


def looked_at(page: Page) -> None:
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert fits(page), page.url
        assert not look_at(page), page.url
