"""Somebody on the phone with a call centre says yes on their own device, and no to another."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support import looking
from tests.support.demo import Demo
from tests.support.hotline import Hotline
from tests.support.looking import look_around
from tests.support.walking import mailed, settled, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def hotline(demo: Demo, tmp_path: Path) -> Hotline:
    """A service of an office that answers the phone."""
    demo.command("apply", "-f", str(Path(looking.__file__).with_name("looks.yaml")))
    return Hotline(demo, tmp_path, "hotline")


@pytest.fixture
def stranger(demo: Demo, hotline: Hotline, tmp_path: Path) -> Hotline:
    """Another one, which nobody talks to."""
    return Hotline(demo, tmp_path, "stranger", name={"en": "Prize draws"})


def test_a_citizen_approves_one_request_and_declines_another(
    page: Page, demo: Demo, hotline: Hotline, stranger: Hotline
) -> None:
    """ux.md C38, C39: the mail says nothing; the yes takes the passkey; the no takes none."""
    person = demo.person("Tom")
    sign_in(page, demo, "Tom", "security/passkeys")
    page.locator("#passkey-button").click()
    expect(page).to_have_url(f"{demo.issuer}/account/security?done=added")
    demo.change("UPDATE idp.sessions SET auth_time = auth_time - interval '6 minutes'")

    call = hotline.ask(person["email"], "Booking 4711")
    prize = stranger.ask(person["email"], "You have won")
    assert hotline.poll(call)["error"] == "authorization_pending"
    page.goto(mailed(demo, person["email"], r"^(http\S+/account/inbox)"))
    expect(page.get_by_text("Booking 4711")).to_be_visible()
    page.get_by_role("link", name="Library hotline").click()
    expect(page.locator("#request-approve")).to_have_count(0)
    assert look_around(page) == []
    page.get_by_role("link", name="Confirm it is you").click()
    expect(page.locator(".lead")).to_contain_text("to answer what Library hotline asks you")
    assert look_around(page) == []
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_text("Booking 4711")).to_be_visible()
    page.get_by_role("link", name="Confirm it is you").click()
    page.locator("#passkey-button").click()
    expect(page.locator("#request-approve")).to_be_visible()
    expect(page.get_by_text("Booking 4711")).to_be_visible()
    assert look_around(page) == []
    settled(page)
    page.locator("#request-approve").click()
    expect(page.get_by_role("heading", name="You approved this request")).to_be_visible()
    assert look_around(page) == []

    page.get_by_role("link", name="Inbox").first.click()
    page.get_by_role("link", name="Prize draws").click()
    settled(page)
    page.locator("#request-decline").click()
    expect(page.get_by_role("heading", name="You did not approve this request")).to_be_visible()

    told = hotline.poll(call)
    assert told["token_type"] == "DPoP"
    assert stranger.poll(prize)["error"] == "access_denied"
    page.goto(f"{demo.issuer}/account/sharing")
    expect(page.get_by_role("link", name="Library hotline")).to_be_visible()
    expect(page.get_by_text("Prize draws")).to_have_count(0)
