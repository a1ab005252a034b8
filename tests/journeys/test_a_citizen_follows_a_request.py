"""A citizen applies for something and sees at the gateway how far it is, until it is decided."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.looking import fits, look_at
from tests.support.walking import mailed, reported, settled, sign_in

pytestmark = pytest.mark.browser

PERSON = "Mary"


def test_from_the_application_to_the_permit(page: Page, demo: Demo) -> None:
    """C12: the desk reports, the citizen is told that something moved, answers, and has it."""
    parking = demo.service("parking-permits")["url"]
    number = apply(page, demo, parking)
    reported(page, demo, "Received")
    expect(page.locator("main")).to_contain_text("Expected by")
    looked_at(page)
    email = demo.person(PERSON)["email"]
    assert mailed(demo, email, r"^(http\S+/account/requests)\s")

    desk(page, parking, number, "Take it up")
    desk(page, parking, number, "Ask for the car's papers")
    reported(page, demo, "Waiting for you")
    expect(page.locator("main")).to_contain_text("Send us the registration papers of your car")
    looked_at(page)
    page.locator(".card a").click()
    expect(page.locator("main")).to_contain_text("Do this by")
    looked_at(page)
    page.get_by_role("link", name="Go on with Parking permits").click()
    page.get_by_role("button", name="Send the papers").click()
    expect(page.get_by_label("Application")).to_contain_text("is checking")
    looked_at(page)
    desk(page, parking, number, "Give the permit")

    reported(page, demo, "Decided", "?show=closed")
    page.locator(".card a").click()
    states = page.locator("ol.line strong").all_inner_texts()
    assert states == ["Decided", "In progress", "Waiting for you", "In progress", "Received"]
    page.goto(parking)
    expect(page.get_by_label("Permit", exact=True)).to_be_visible()


def test_an_assessment_waits_for_the_citizen(page: Page, demo: Demo) -> None:
    sign_in(page, demo, PERSON)
    page.goto(demo.service("tax-account")["url"])
    page.get_by_role("link", name="Sign in").click()
    settled(page)
    page.locator("#consent-allow").click()
    page.get_by_role("button", name="Ask for your assessment").click()
    expect(page.get_by_role("button", name="It is right")).to_be_visible()
    looked_at(page)

    reported(page, demo, "Waiting for you")
    page.locator(".card a").click()
    page.get_by_role("link", name="Go on with Tax account").click()
    page.get_by_role("button", name="It is right").click()

    reported(page, demo, "Decided", "?show=closed")


def apply(page: Page, demo: Demo, parking: str) -> str:
    """Apply, and return the number of the application."""
    sign_in(page, demo, PERSON)
    page.goto(parking)
    page.get_by_role("link", name="Sign in").click()
    settled(page)
    page.locator("#consent-allow").click()
    page.get_by_role("button", name="Apply for").click()
    expect(page.get_by_label("Application")).to_contain_text("We have it")
    looked_at(page)
    return page.locator(".number").inner_text()


def desk(page: Page, parking: str, number: str, step: str) -> None:
    """Do one step at the office, in a window of its own."""
    office = page.context.new_page()
    office.goto(f"{parking}/desk")
    looked_at(office)
    with office.expect_navigation():
        office.get_by_label(number).get_by_role("button", name=step).click()
    office.close()


def looked_at(page: Page) -> None:
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert fits(page), page.url
        assert not look_at(page), page.url
