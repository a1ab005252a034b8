"""The tutorial, done as it is written: what stands in it is what is run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway.postgres import free_port
from tests.support.demo import ROOT, Demo
from tests.support.servers import listens
from tests.support.walking import settled, sign_in

pytestmark = pytest.mark.browser

TUTORIAL = ROOT / "docs" / "tutorial.md"
PORT = "8201"


def blocks(language: str, port: int) -> list[str]:
    """Return the blocks of the tutorial in a language, with a port that is free."""
    found = re.findall(rf"```{language}\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)
    return [block.replace(PORT, str(port)) for block in found]


@pytest.fixture
def library(demo: Demo, tmp_path: Path) -> Iterator[str]:
    """The service of the tutorial, registered and running; its address."""
    port = free_port()
    (tmp_path / "library.yaml").write_text(blocks("yaml", port)[0])
    (tmp_path / "library.py").write_text(blocks("python", port)[0])
    (tmp_path / "page.html").write_text(blocks("html", port)[0])
    # The tutorial's reader stands in the folder in which the demo runs.
    here = tmp_path / ".gatehouse"
    here.symlink_to(demo.home)
    clean = {name: text for name, text in os.environ.items() if "GATEHOUSE" not in name}
    applied = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "apply", "-f", "library.yaml"],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert applied.returncode == 0, applied.stderr
    secret = re.search(r"client_secret: (\S+)", applied.stdout)
    assert secret
    address = f"http://library.localhost:{port}"
    log = tmp_path / "library.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "library.py"],
            cwd=tmp_path,
            env={
                **clean,
                "ISSUER": demo.issuer,
                "BASE_URL": address,
                "PORT": str(port),
                "CLIENT_ID": "lending",
                "CLIENT_SECRET": secret[1],
            },
            stdout=output,
            stderr=output,
        )
    listens(port, server, log)
    yield address
    server.terminate()
    server.wait(10)


def test_a_first_service_works_as_the_tutorial_says(page: Page, demo: Demo, library: str) -> None:
    sign_in(page, demo, "Oskar")

    page.goto(f"{library}/sign-in")
    expect(page.get_by_text("To print on the card")).to_be_visible()
    expect(page.locator("#share-email")).not_to_be_checked()
    settled(page)
    page.locator("#consent-allow").click()

    expect(page.locator("body")).to_contain_text("Card for Oskar Lind. Mail: none")
