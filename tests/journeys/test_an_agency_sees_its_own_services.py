"""People of an agency write its services, see no other, and decide nothing."""

import hashlib
import itertools
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from keys.opaque import unpadded
from tests.journeys.conftest import with_authenticator
from tests.support.administration import come_in, invited
from tests.support.citizen import Citizen
from tests.support.demo import Demo

pytestmark = pytest.mark.browser

NUMBERS = itertools.count(1)
OF_OTHERS = (
    "/admin/services/tax-account",
    "/admin/services/tax-account/edit",
    "/admin/services/tax-account/versions/1",
    "/admin/agencies/tax-office",
    "/admin/services/nothing",
    "/admin/services/parking-permits/versions/99",
    "/admin/services/parking-permits/versions/-1",
    "/admin/audit",
)


def at_work(browser: Browser, invitation: str) -> Page:
    page = with_authenticator(browser.new_context())
    come_in(page, invitation)
    expect(page.locator("h1")).to_have_text("To do")
    return page


@pytest.fixture
def engineer(chromium: Browser, demo: Demo) -> Page:
    """Somebody whom the registrar lets act for the council."""
    number = next(NUMBERS)
    registrar = at_work(chromium, invited(demo, f"invites{number}@example.test", "registrar"))
    registrar.goto(f"{demo.issuer}/admin/agencies/northtown")
    email = f"engineer{number}@northtown.example"
    registrar.locator("#email").fill(email)
    registrar.locator("#role").select_option("engineer")
    registrar.locator("#invite-submit").click()
    expect(registrar.get_by_role("status")).to_contain_text("by mail")
    assert "/admin/invite/" not in registrar.content()
    mail = demo.mail(email, "invited to act for")
    link = re.search(r"http\S+/admin/invite/\S+", mail)
    assert link
    return at_work(chromium, link[0])


def test_ad_01_an_agency_sees_its_own_services_only(engineer: Page, demo: Demo) -> None:
    engineer.goto(f"{demo.issuer}/admin/services")
    expect(engineer.get_by_role("link", name="Parking permits")).to_be_visible()
    expect(engineer.get_by_role("link", name="Tax account")).to_have_count(0)

    for path in OF_OTHERS:
        answer = engineer.goto(f"{demo.issuer}{path}")
        assert answer
        assert answer.status == 404, path


def test_ad_02_a_form_does_not_reach_another_agency(engineer: Page, demo: Demo) -> None:
    engineer.goto(f"{demo.issuer}/admin/new-service")
    engineer.locator('[id="metadata.id"]').fill("not-ours")
    engineer.evaluate(
        "document.getElementById('metadata.agency').add(new Option('', 'tax-office', true, true))"
    )

    engineer.locator("#draft-submit").click()

    expect(engineer.get_by_role("alert")).to_contain_text("Choose an agency of yours")
    assert "not-ours" not in demo.command("rp", "list")


def test_ad_05_an_agency_decides_nothing(engineer: Page, demo: Demo) -> None:
    engineer.goto(f"{demo.issuer}/admin/services/parking-permits/edit")
    engineer.locator('[id="spec.contact"]').fill("new@northtown.example")
    engineer.locator("#draft-submit").click()
    expect(engineer.get_by_text("new@northtown.example").first).to_be_visible()
    engineer.locator("#review-ask").click()

    expect(engineer.locator("#approve")).to_have_count(0)
    expect(engineer.locator("#suspend-submit")).to_have_count(0)
    csrf = engineer.locator("input[name=csrf]").first.input_value()
    refused = engineer.request.post(
        f"{engineer.url}/decision", form={"csrf": csrf, "answer": "approve"}
    )
    assert refused.status == 403
    assert "parking@northtown.example" in demo.command("rp", "show", "parking-permits")


def test_an_invitation_works_once(chromium: Browser, demo: Demo) -> None:
    invitation = invited(demo, "once@example.test", "auditor")
    at_work(chromium, invitation)

    answer = chromium.new_context().new_page().goto(invitation)

    assert answer
    assert answer.status == 410


def test_a_citizens_passkey_does_not_open_the_administration(page: Page, demo: Demo) -> None:
    person = demo.person("Anna")
    page.goto(f"{demo.issuer}/login?next=security")
    page.locator("#username").fill(person["email"])
    page.locator("#login-submit").click()
    page.locator("#password").fill(person["password"])
    page.locator("#login-submit").click()
    page.goto(f"{demo.issuer}/account/security/passkeys")
    page.locator("#passkey-button").click()
    expect(page.get_by_role("status").first).to_contain_text("Passkey added")

    page.goto(f"{demo.issuer}/admin/login")
    page.locator("#passkey-button").click()

    expect(page.get_by_role("alert")).to_contain_text("does not open these pages")


def test_a_service_that_is_switched_off_reads_nothing_at_once(
    chromium: Browser, demo: Demo
) -> None:
    token = signed_on(demo, "David")
    assert read(demo, token) == 200
    officer = at_work(chromium, invited(demo, "stops@example.test", "security"))

    officer.goto(f"{demo.issuer}/admin/services/parking-permits")
    officer.locator("#reason").fill("It reads more than it says")
    officer.locator("#suspend-submit").click()
    expect(officer.locator(".tag").first).to_have_text("Switched off")

    assert read(demo, token) == 401
    officer.locator("#resume-submit").click()
    expect(officer.locator(".tag").first).to_have_text("Live")
    assert read(demo, token) == 200


def signed_on(demo: Demo, name: str) -> str:
    """Let somebody sign on to the council; returns its access token."""
    service, person = demo.service("parking-permits"), demo.person(name)
    citizen = Citizen(demo.issuer, person["email"], person["password"])
    verifier = "v" * 43
    query = {
        "client_id": service["client_id"],
        "redirect_uri": service["redirect_uris"][0],
        "response_type": "code",
        "scope": "openid profile",
        "code_challenge": unpadded(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    callback = citizen.visit(f"{demo.issuer}/authorize?{urlencode(query)}", query["redirect_uri"])
    citizen.leave()
    form = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(callback).query)["code"][0],
        "redirect_uri": query["redirect_uri"],
        "code_verifier": verifier,
        "client_id": service["client_id"],
    }
    credentials = (service["client_id"], service["client_secret"])
    answer = httpx2.post(f"{demo.issuer}/token", data=form, auth=credentials, trust_env=False)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def read(demo: Demo, token: str) -> int:
    """Read userinfo; returns the status."""
    authorization = {"authorization": f"Bearer {token}"}
    answer = httpx2.get(f"{demo.issuer}/userinfo", headers=authorization, trust_env=False)
    return int(answer.status_code)
