"""An office asks before it pays, the citizen asks back, says yes, and agrees to the next one."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support import looking, offices
from tests.support.demo import Demo
from tests.support.hotline import IN_DETAIL, Hotline
from tests.support.looking import look_around
from tests.support.walking import mailed, settled, sign_in, used_beforehand

pytestmark = pytest.mark.browser

FRONT = "1 request waits for your answer."
AGAIN = {"reference": "T-2027/9", "amount": {"currency": "EUR", "value": "120.00"}}


@pytest.fixture
def office(demo: Demo, tmp_path: Path) -> Hotline:
    """A tax office."""
    demo.command("apply", "-f", str(Path(looking.__file__).with_name("looks.yaml")))
    return Hotline(demo, tmp_path, "refunds", name={"en": "Tax refunds"}, **IN_DETAIL)


def test_a_citizen_asks_back_approves_and_agrees_beforehand(
    page: Page, demo: Demo, office: Hotline
) -> None:
    """C11, C11b: nothing happens before the yes; the next one is answered by it, and told."""
    person = demo.person("Fatou")
    sign_in(page, demo, "Fatou", "security/passkeys")
    page.locator("#passkey-button").click()
    expect(page).to_have_url(f"{demo.issuer}/account/security?done=added")
    demo.change("UPDATE idp.sessions SET auth_time = auth_time - interval '6 minutes'")
    asks = {"requested_expiry": 3600}

    first = office.ask(
        person["email"], "Your tax of 2025", authorization_details=[offices.refund()], **asks
    )
    page.goto(mailed(demo, person["email"], r"^(http\S+/account/inbox)"))
    page.get_by_role("link", name="Tax refunds").click()
    expect(page.get_by_text("€312.40")).to_be_visible()
    assert look_around(page) == []
    page.locator("details:has(#words)").evaluate("(fold) => { fold.open = true; }")
    page.locator("#words").fill("Which account is that?")
    page.locator("#inquiry-send").click()
    expect(page.get_by_text("Which account is that?")).to_be_visible()
    assert office.poll(first)["error"] == "authorization_pending"

    [asked] = office.inquiries()
    assert asked["said"][0]["words"] == "Which account is that?"
    office.reply(asked["request_id"], "The one that ends in 42")
    page.reload()
    expect(page.get_by_text("The one that ends in 42")).to_be_visible()
    assert look_around(page) == []
    page.get_by_role("link", name="Confirm it is you").click()
    page.locator("#passkey-button").click()
    expect(page.locator("#request-approve")).to_be_visible()
    settled(page)
    page.locator("#request-approve").click()
    expect(page.get_by_role("heading", name="You approved this request")).to_be_visible()
    assert look_around(page) == []
    told = office.poll(first)
    assert told["authorization_details"][0]["amount"] == offices.REFUND

    page.get_by_role("link", name="Agree beforehand").click()
    page.get_by_label("Until 2").first.check()
    assert look_around(page) == []
    page.locator("#standing-give").click()
    expect(page.get_by_text("It was not used yet.")).to_be_visible()
    second = office.ask(
        person["email"], "Your tax", authorization_details=[offices.refund(**AGAIN)], **asks
    )
    used_beforehand(page, demo)
    expect(page.get_by_text("T-2027/9")).to_be_visible()
    expect(page.get_by_text("€120.00")).to_be_visible()
    assert look_around(page) == []
    assert "authorization_details" in office.poll(second)
    assert mailed(demo, person["email"], r"^(http\S+/account/standing)")

    page.locator("#end-1").click()
    expect(page.get_by_text("From now on they have to ask you")).to_be_visible()
    third = office.ask(
        person["email"],
        "Your tax",
        authorization_details=[offices.refund(reference="T-2028/1")],
        **asks,
    )
    page.goto(mailed(demo, person["email"], r"^(http\S+/account/inbox)"))
    expect(page.get_by_text("New").first).to_be_visible()
    assert office.poll(third)["error"] == "authorization_pending"


def test_a_citizen_is_reminded_later(page: Page, demo: Demo, office: Hotline) -> None:
    """C39: put aside it is out of the way, and comes back with a mail that says nothing of it."""
    person = demo.person("Grace")
    sign_in(page, demo, "Grace")
    details = [offices.refund()]
    request = office.ask(
        person["email"],
        "Your tax of 2025",
        authorization_details=details,
        requested_expiry=5 * 86400,
    )
    mailed(demo, person["email"], r"^(http\S+/account/inbox)")
    page.goto(demo.issuer)
    expect(page.get_by_text(FRONT)).to_be_visible()
    page.get_by_role("link", name="Inbox").first.click()
    page.get_by_role("link", name="Tax refunds").click()
    page.locator("summary", has_text="Remind me later").click()
    page.locator("#later-put").click()
    expect(page.locator(".errors")).to_contain_text("Choose when we remind you")
    assert look_around(page) == []
    page.get_by_label("The next morning").check()
    page.locator("#later-put").click()
    expect(page.get_by_text("We remind you at that moment.")).to_be_visible()
    assert look_around(page) == []
    page.goto(demo.issuer)
    expect(page.get_by_role("heading", name="Find a service")).to_be_visible()
    expect(page.get_by_text(FRONT)).to_have_count(0)
    assert office.poll(request)["error"] == "authorization_pending"

    demo.change("UPDATE relying_parties.asides SET due_at = now()")
    told = demo.mail(person["email"], "you wanted to be reminded")
    page.goto(demo.issuer)

    assert "Tax refunds" not in told
    assert "Your tax" not in told
    expect(page.get_by_text(FRONT)).to_be_visible()
    page.goto(f"{demo.issuer}/account/inbox")
    page.get_by_role("link", name="Tax refunds").click()
    settled(page)
    page.locator("#request-decline").click()
    expect(page.get_by_role("heading", name="You did not approve this request")).to_be_visible()
    assert office.poll(request)["error"] == "access_denied"
