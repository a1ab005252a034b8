"""Share, see the line, download it, verify it without us; touch the row, and see it missed."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Demo
from tests.support.servers import breathe
from tests.support.walking import settled, sign_in

pytestmark = pytest.mark.browser

COUNCIL = "parking-permits"


def kept(page: Page, link: str, folder: Path, name: str) -> Path:
    """Press a link that hands out a file, and keep the file."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    place = folder / name
    download.value.save_as(place)
    return place


def verified(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run the program that the citizen downloaded, apart from everything of ours."""
    command = [sys.executable, "-I", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def sealed(page: Page) -> None:
    """Open the page again until the worker has been there: it says within a minute."""
    until = time.monotonic() + 60
    while page.get_by_text("Will be sealed within a minute").count() and time.monotonic() < until:
        breathe()
        page.reload()


def test_a_line_is_seen_proved_and_missed(page: Page, demo: Demo, tmp_path: Path) -> None:
    sign_in(page, demo, "Anna")
    page.goto(demo.service(COUNCIL)["url"])
    page.get_by_role("link", name="Sign in to apply").click()
    settled(page)
    page.locator("#consent-allow").click()
    expect(page.locator("[data-claim=name]")).to_be_visible()

    page.goto(f"{demo.issuer}/account/sharing")
    page.locator("main").get_by_role("link", name="When your details were read").last.click()
    expect(page.locator("ol.line")).to_contain_text("Full name")
    sealed(page)
    expect(page.locator("ol.line .tag").first).to_have_text("Sealed")
    page.get_by_text("Check it yourself").click()
    ledger = kept(page, "Download with proofs", tmp_path, "ledger.json")
    keys = kept(page, "Download our public keys", tmp_path, "keys.json")
    program = kept(page, "Download the program that checks", tmp_path, "verify_ledger.py")
    checkpoint = kept(page, "Download the checkpoint of now", tmp_path, "kept.txt")
    whole = verified(program, ledger, "--keys", keys)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    made = json.loads(ledger.read_text())
    assert made["checkpoint"] == checkpoint.read_text()

    page.get_by_role("link", name="See this line and its proof").first.click()
    expect(page.locator("main")).to_contain_text("You agreed on")
    [number] = re.findall(r"/account/ledger/(\d+)$", page.url)
    demo.change(
        "SET session_replication_role = replica; UPDATE relying_parties.releases"
        f" SET sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40)) WHERE id = {number};"
        " RESET session_replication_role"
    )
    found = demo.tried("audit", "verify")
    assert found.returncode == 1
    assert f"line {number} was altered" in found.stderr
    page.goto(f"{demo.issuer}/account/ledger")
    expect(page.locator("main")).to_contain_text("1 line cannot be read any more.")

    made["lines"][0]["line"] = made["lines"][0]["line"].replace(COUNCIL, "dog-licence")
    ledger.write_text(json.dumps(made))
    assert verified(program, ledger, "--keys", keys).returncode == 1
