"""C13, C14: a citizen downloads all that is held, has the account deleted, and is gone."""

import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.servers import breathe
from tests.support.walking import mailed, settled, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

COUNCIL = "parking-permits"
OF_COUNCIL = (
    "SELECT count(*) FROM relying_parties.deliveries d JOIN relying_parties.streams s"
    f" ON s.id = d.stream_id WHERE s.client_id = '{COUNCIL}' AND d.event = 'account-purged'"
    " AND d.state = 'told'"
)


def test_everything_is_taken_along_and_nothing_stays(
    page: Page, demo: Demo, tmp_path: Path
) -> None:
    email, before = demo.person("Mary")["email"], demo.tried("audit", "verify").stderr
    sign_in(page, demo, "Mary")
    page.goto(demo.service(COUNCIL)["url"])
    page.get_by_role("link", name="Sign in to apply").click()
    settled(page)
    page.locator("#consent-allow").click()
    expect(page.locator("[data-claim=name]")).to_be_visible()

    page.goto(f"{demo.issuer}/account/data")
    page.get_by_role("link", name="Download everything").click()
    page.locator("#make").click()
    _until(lambda: page.locator("#fetch").count() > 0, page.reload)
    with page.expect_download() as download:
        page.locator("#fetch").click()
    download.value.save_as(tmp_path / "all.zip")
    _look_at(tmp_path, email)
    page.reload()
    expect(page.get_by_role("status").first).to_contain_text("We do not have it any more.")

    page.goto(f"{demo.issuer}/account/data/delete")
    expect(page.get_by_role("heading", name="Parking permits")).to_be_visible()
    page.locator("#understood").check()
    page.locator("#delete").click()
    expect(page.locator("h1")).to_have_text("Your account will be deleted")
    link = mailed(demo, email, r"^(http\S+/login/leaving/\S+)")

    told = demo.count(OF_COUNCIL)
    demo.change("UPDATE idp.erasures SET due_at = now()")  # two weeks later
    assert "Reference:" in demo.mail(email, "gone", patience=60)
    page.goto(link)
    expect(page.locator("h1")).to_have_text("Your account is gone")
    page.goto(f"{demo.issuer}/account")
    expect(page.locator("#username")).to_be_visible()
    _until(lambda: demo.count(OF_COUNCIL) > told, breathe)
    assert demo.tried("audit", "verify").stderr == before


def _look_at(folder: Path, email: str) -> None:
    with zipfile.ZipFile(folder / "all.zip") as file:
        file.extractall(folder)
    profile = json.loads((folder / "profile.json").read_text())
    assert [one["email"] for one in profile["addresses"]] == [email]
    consents = json.loads((folder / "consents.json").read_text())["consents"]
    assert [one["service"] for one in consents] == [COUNCIL]
    command = [sys.executable, "-I", "verify_ledger.py", "ledger.json", "--keys", "keys.json"]
    checked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def _until(there: Callable[[], bool], again: Callable[[], object], patience: float = 60) -> None:
    end = time.monotonic() + patience
    while not there():
        assert time.monotonic() < end
        again()
        breathe()
