"""A citizen changes a detail once; three agencies hear of it and each does what is right there."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.looking import fits, look_at
from tests.support.servers import breathe
from tests.support.walking import settled, sign_in

pytestmark = pytest.mark.browser

PERSON = "Jo"  # whom no register has looked at: what she says is what services read
SERVICES = ("parking-permits", "tax-account", "appointments")
TRIES = 2000


def test_three_agencies_answer_differently(page: Page, demo: Demo) -> None:
    """C10: seen beforehand, told, read under the consent, answered, seen on the timeline."""
    sign_in(page, demo, PERSON)
    for client_id in SERVICES:
        page.goto(demo.service(client_id)["url"])
        page.get_by_role("link", name="Sign in").click()
        settled(page)
        page.locator("#consent-allow").click()
        page.wait_for_url(lambda url: demo.issuer not in url)
    page.goto(f"{demo.issuer}/account/details/given_name")
    expect(page.get_by_role("group", name="Who will be told")).to_contain_text("Parking permits")
    expect(page.locator("#who")).to_contain_text("a law says so")
    looked_at(page)

    page.locator("#given_name").fill("Joanna")
    page.locator("#detail-save").click()
    expect(page.get_by_role("status")).to_contain_text("We are telling them now")
    looked_at(page)

    answers = {
        "Parking permits": "They do not need it",  # she has none
        "Tax account": "They changed it",
        "Appointments": "They did not change it",
    }
    for _ in range(TRIES):
        if all(rows(page).get(name) == said for name, said in answers.items()):
            break
        breathe()
        page.reload()
    assert rows(page) == answers
    expect(page.locator("main")).to_contain_text("They need a proof from you")
    looked_at(page)
    page.goto(demo.service("tax-account")["url"])
    expect(page.locator("[data-claim=name]")).to_contain_text("Joanna Frost")


def test_a_service_drops_what_is_stopped_and_has_it_again(page: Page, demo: Demo) -> None:
    """N2: it hears of it, though the citizen only ever told the gateway."""
    sign_in(page, demo, "Mary")
    parking = demo.service("parking-permits")["url"]
    page.goto(f"{parking}/sign-in")
    settled(page)
    page.locator("#consent-allow").click()
    page.wait_for_url(lambda url: demo.issuer not in url)
    expect(page.locator("[data-claim=name]")).to_contain_text("Mary")

    page.goto(f"{demo.issuer}/account/sharing/parking-permits")
    page.locator("#share-name").uncheck()
    page.locator("#save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert shown_until(page, parking, 0)
    expect(page.locator("[data-claim=address]")).to_be_visible()

    page.goto(f"{demo.issuer}/account/sharing/parking-permits")
    page.locator("#undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone.")
    assert shown_until(page, parking, 1)


def shown_until(page: Page, service: str, names: int) -> bool:
    """Look at the service until it shows the name so many times."""
    for _ in range(TRIES):
        page.goto(service)
        if page.locator("[data-claim=name]").count() == names:
            return True
        breathe()
    return False


def rows(page: Page) -> dict[str, str]:
    """Return what the timeline says of each service."""
    shown = page.locator("main dl.rows > div").all()
    return {one.locator("dt").inner_text(): one.locator(".tag").first.inner_text() for one in shown}


def looked_at(page: Page) -> None:
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert fits(page), page.url
        assert not look_at(page), page.url
