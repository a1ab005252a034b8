"""All of it with one person: share, change once, be asked first, stop, check, take along, go."""

import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from idp import tables as idp
from keys import tables as keys
from relying_parties import tables as relying_parties
from tests.support import looking, offices
from tests.support.demo import Demo
from tests.support.hotline import IN_DETAIL, Hotline
from tests.support.servers import breathe
from tests.support.walking import mailed, settled, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PERSON = "Jo"  # whom no register has looked at: what she says is what services read
SERVICES = ("parking-permits", "tax-account", "appointments")
ANSWERS = {
    "Parking permits": "They do not need it",  # she has none
    "Tax account": "They changed it",
    "Appointments": "They did not change it",  # no nurse goes that far
}
_TAMPER = (
    "SET session_replication_role = replica; UPDATE relying_parties.releases"
    " SET sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40))"
    " WHERE id = (SELECT max(record) FROM keys.tree_leaves); RESET session_replication_role"
)
_SERVICES = "SELECT a.id::text, c.client_id FROM idp.accounts a, relying_parties.clients c"
_SUBJECTS = "SELECT a.id::text, c.subject FROM idp.accounts a, relying_parties.consents c"


@pytest.fixture
def office(demo: Demo, tmp_path: Path) -> Hotline:
    """A tax office that asks before it pays."""
    demo.command("apply", "-f", str(Path(looking.__file__).with_name("looks.yaml")))
    return Hotline(demo, tmp_path, "refunds", name={"en": "Tax refunds"}, **IN_DETAIL)


def test_sharing_lives_from_the_first_yes_to_the_last_farewell(
    page: Page, demo: Demo, office: Hotline, tmp_path: Path
) -> None:
    email = demo.person(PERSON)["email"]
    sign_in(page, demo, PERSON, "security/passkeys")
    page.locator("#passkey-button").click()
    expect(page).to_have_url(f"{demo.issuer}/account/security?done=added")
    lives_at(page, demo, "1 High Street", "NT1 1AA")
    for client_id in SERVICES:
        share(page, demo, client_id)

    lives_at(page, demo, "7 Mill Lane", "RV2 2BB")
    expect(page.get_by_role("status")).to_contain_text("We are telling them now")
    until(lambda: answers(page) == ANSWERS, page.reload)
    page.goto(demo.service("tax-account")["url"])
    expect(page.locator("[data-claim=address]")).to_contain_text("7 Mill Lane")

    approve(page, demo, office, email)

    page.goto(f"{demo.issuer}/account/sharing/appointments")
    page.locator("#share-address").uncheck()
    page.locator("#save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    clinic = demo.service("appointments")["url"]
    until(lambda: shown(page, clinic) == 0, breathe)
    expect(page.locator("[data-claim=given_name]")).to_be_visible()

    check(page, demo, tmp_path)
    for pairs in (_SERVICES, _SUBJECTS, f"SELECT '{email}', ''"):
        assert demo.count(rows_with(pairs)) == 0, pairs
    take_along(page, demo, tmp_path)
    go(page, demo, email)


def rows_with(pairs: str) -> str:
    """Return the query that counts rows, of all our tables, in which both of a pair stand."""
    tables = [one for room in (keys, idp, relying_parties) for one in room.metadata.sorted_tables]
    lines = " UNION ALL ".join(f"SELECT t::text AS line FROM {one.fullname} t" for one in tables)
    return (
        f"SELECT count(*) FROM ({lines}) AS dump, ({pairs}) AS pair(one, other)"
        " WHERE line LIKE '%' || one || '%' AND line LIKE '%' || other || '%'"
    )


def lives_at(page: Page, demo: Demo, street: str, postal_code: str) -> None:
    """Say where one lives, and let all be told who may be."""
    page.goto(f"{demo.issuer}/account/details/address")
    page.locator("#street_address").fill(street)
    page.locator("#postal_code").fill(postal_code)
    page.locator("#locality").fill("Northtown")
    page.locator("#country_code").select_option("GB")
    page.locator("#detail-save").click()
    page.wait_for_url(lambda url: "done=" in url)


def share(page: Page, demo: Demo, client_id: str) -> None:
    """Sign in at a service and share what it needs, and where one lives."""
    page.goto(f"{demo.service(client_id)['url']}/sign-in")
    settled(page)
    if page.locator("#share-address").count():
        expect(page.locator("#share-address")).not_to_be_checked()
        page.locator("#share-address").check()
    page.locator("#consent-allow").click()
    page.wait_for_url(lambda url: demo.issuer not in url)


def answers(page: Page) -> dict[str, str]:
    """Return what the timeline says of each service."""
    rows = page.locator("main dl.rows > div").all()
    return {one.locator("dt").inner_text(): one.locator(".tag").first.inner_text() for one in rows}


def approve(page: Page, demo: Demo, office: Hotline, email: str) -> None:
    """Be asked before an office pays, and say yes with the passkey to just that."""
    demo.change("UPDATE idp.sessions SET auth_time = auth_time - interval '6 minutes'")
    asked = office.ask(
        email, "Your tax", authorization_details=[offices.refund()], requested_expiry=3600
    )
    page.goto(mailed(demo, email, r"^(http\S+/account/inbox)"))
    page.get_by_role("link", name="Tax refunds").click()
    expect(page.get_by_text("€312.40")).to_be_visible()
    page.get_by_role("link", name="Confirm it is you").click()
    page.locator("#passkey-button").click()
    expect(page.locator("#request-approve")).to_be_visible()
    settled(page)
    page.locator("#request-approve").click()
    expect(page.get_by_role("heading", name="You approved this request")).to_be_visible()
    assert office.poll(asked)["authorization_details"][0]["amount"] == offices.REFUND


def shown(page: Page, service: str) -> int:
    """Return how often a service shows the address."""
    page.goto(service)
    return page.locator("[data-claim=address]").count()


def check(page: Page, demo: Demo, folder: Path) -> None:
    """See who got what, verify it without us, and see tampering fail: here, and in the house."""
    page.goto(f"{demo.issuer}/account/ledger")
    until(lambda: not page.get_by_text("Will be sealed within a minute").count(), page.reload)
    page.get_by_text("Check it yourself").click()
    ledger = kept(page, "Download with proofs", folder / "ledger.json")
    keys = kept(page, "Download our public keys", folder / "keys.json")
    program = kept(page, "Download the program that checks", folder / "verify_ledger.py")
    assert verified(program, ledger, "--keys", keys) == 0
    told = ledger.read_text()
    ledger.write_text(told.replace("appointments", "dog-licences"))
    assert verified(program, ledger, "--keys", keys) == 1

    altered = f"line {demo.count('SELECT max(record) FROM keys.tree_leaves')} was altered"
    assert altered not in demo.tried("audit", "verify").stderr
    demo.change(_TAMPER)
    assert altered in demo.tried("audit", "verify").stderr
    demo.change(_TAMPER)  # twice is as it was
    assert altered not in demo.tried("audit", "verify").stderr


def kept(page: Page, link: str, place: Path) -> Path:
    """Press a link that hands out a file, and keep the file."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    download.value.save_as(place)
    return place


def verified(*arguments: object, folder: Path | None = None) -> int:
    """Run the program that the citizen downloaded, apart from everything of ours."""
    command = [sys.executable, "-I", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def take_along(page: Page, demo: Demo, folder: Path) -> None:
    """Download all that is held: it proves itself, and says what was agreed to."""
    page.goto(f"{demo.issuer}/account/data")
    page.get_by_role("link", name="Download everything").click()
    page.locator("#make").click()
    until(lambda: page.locator("#fetch").count() > 0, page.reload)
    with page.expect_download() as download:
        page.locator("#fetch").click()
    download.value.save_as(folder / "all.zip")
    whole = folder / "whole"
    with zipfile.ZipFile(folder / "all.zip") as file:
        file.extractall(whole)
    consents = json.loads((whole / "consents.json").read_text())["consents"]
    assert {*SERVICES} <= {one["service"] for one in consents}
    assert verified("verify_ledger.py", "ledger.json", "--keys", "keys.json", folder=whole) == 0


def go(page: Page, demo: Demo, email: str) -> None:
    """Have the account deleted; two weeks later it is gone."""
    page.goto(f"{demo.issuer}/account/data/delete")
    page.locator("#understood").check()
    page.locator("#delete").click()
    expect(page.locator("h1")).to_have_text("Your account will be deleted")
    demo.change("UPDATE idp.erasures SET due_at = now()")
    assert "Reference:" in demo.mail(email, "gone", patience=60)
    page.goto(f"{demo.issuer}/account")  # where the device offers the passkey by itself
    expect(page.locator("h1")).to_have_text("Your passkey did not work")


def until(there: Callable[[], bool], again: Callable[[], object], patience: float = 90) -> None:
    """Look again until it is so."""
    end = time.monotonic() + patience
    while not there():
        assert time.monotonic() < end
        again()
        breathe()
