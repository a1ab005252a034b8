"""The three services that run beside the gateway, as their citizens use them."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.looking import fits, look_at
from tests.support.walking import settled, sign_in

pytestmark = pytest.mark.browser

PERSON = "Grace"


@dataclass(frozen=True)
class Sample:
    """What somebody does at a service and what they are told there."""

    client_id: str
    enter: str
    detail: str
    task: str
    done: str
    declined: str
    out: str


SAMPLES = [
    Sample("parking-permits", "Sign in to apply", "name", "Apply for", "Your application",
           "Nothing was sent to us", "You are signed out of parking permits."),
    Sample("tax-account", "Sign in", "birthdate", "Check for changes", "You owe nothing",
           "Nothing was sent to us", "You are signed out of your tax account."),
    Sample("appointments", "Sign in to book", "given_name", "Book it", "Your appointment",
           "Call 01632 960 300 to book by phone", "You are signed out of Riverside Clinic."),
]  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.client_id)
def test_a_service_is_declined_used_and_left(page: Page, demo: Demo, sample: Sample) -> None:
    home = demo.service(sample.client_id)["url"]
    sign_in(page, demo, PERSON)
    page.goto(home)
    looked_at(page)

    page.get_by_role("link", name=sample.enter).click()
    settled(page)
    page.locator("#consent-deny").click()
    expect(page.get_by_role("status")).to_contain_text(sample.declined)
    looked_at(page)

    page.get_by_role("link", name=sample.enter).click()
    settled(page)
    page.locator("#consent-allow").click()
    expect(page.locator(f"[data-claim={sample.detail}]")).not_to_be_empty()
    looked_at(page)
    page.get_by_role("button", name=sample.task).click()
    expect(page.get_by_text(sample.done)).to_be_visible()
    looked_at(page)

    other = page.context.new_page()
    other.goto(home)
    expect(other.locator(f"[data-claim={sample.detail}]")).not_to_be_empty()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text(sample.out)
    looked_at(page)
    other.reload()
    expect(other.get_by_role("link", name=sample.enter)).to_be_visible()
    other.get_by_role("link", name=sample.enter).click()
    expect(other.locator("#username")).to_be_visible()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.client_id)
def test_a_way_back_that_nobody_began_is_told_kindly(
    page: Page, demo: Demo, sample: Sample
) -> None:
    answer = page.goto(f"{demo.service(sample.client_id)['url']}/callback?code=x&state=y")

    assert answer
    assert answer.status == 400
    expect(page.get_by_role("status")).to_contain_text("That page had expired")
    looked_at(page)


def test_a_code_that_the_gateway_refuses_is_told_kindly(page: Page, demo: Demo) -> None:
    home = demo.service("parking-permits")["url"]
    answer = page.goto(f"{home}/sign-in")
    assert answer
    asked = answer.request.redirected_from
    while asked and "state=" not in asked.url:
        asked = asked.redirected_from
    assert asked
    state = parse_qs(urlsplit(asked.url).query)["state"][0]

    query = urlencode({"code": "c" * 43, "state": state, "iss": demo.issuer})
    answer = page.goto(f"{home}/callback?{query}")

    assert answer
    assert answer.status == 400
    expect(page.get_by_role("status")).to_contain_text("We could not sign you in")
    looked_at(page)


def looked_at(page: Page) -> None:
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert fits(page), page.url
        assert not look_at(page), page.url
