"""The tutorial, done as it is written: what stands in it is what is run."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from gateway.postgres import free_port
from tests.support.demo import ROOT, Demo
from tests.support.servers import breathe, listens
from tests.support.walking import settled, sign_in

pytestmark = pytest.mark.browser

DOCS = ROOT / "docs"
TUTORIAL, OWN_NAME, FROM_BEHIND = (
    DOCS / f"{name}.md" for name in ("tutorial", "own-name", "asking-from-behind")
)
A_KEY = '\'{"kty": "EC", …}\''  # where the pages have the private key
PATIENCE = 20  # seconds until a sign-out is heard of


@dataclass
class Reader:
    """Whoever follows the tutorial: the folder they stand in and what they have there."""

    root: Path
    demo: Demo
    port: int = field(default_factory=free_port)

    @property
    def address(self) -> str:
        return f"http://library.localhost:{self.port}"

    def blocks(self, language: str, page: Path = TUTORIAL) -> list[str]:
        """Return the blocks of a page in a language, for the demo that runs."""
        found = re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)
        ports = [block.replace("8201", str(self.port)) for block in found]
        return [block.replace("http://localhost:8000", self.demo.issuer) for block in ports]

    def command(self, beginning: str) -> str:
        """Return the block of commands that begins so."""
        return next(one for one in self.blocks("sh") if one.lstrip().startswith(beginning))

    def shell(self, commands: str) -> str:
        """Run commands as a shell does; returns what they printed."""
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", commands],
            cwd=self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def running(self, commands: str) -> Iterator[subprocess.Popen[str]]:
        """Run commands while something happens."""
        begun = subprocess.Popen(
            ["/bin/sh", "-c", commands],
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield begun
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(begun.pid, signal.SIGTERM)
            begun.communicate(timeout=10)

    @contextlib.contextmanager
    def service(self, start: str) -> Iterator[None]:
        """Run the service while something happens."""
        log = self.root / "library.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                ["/bin/sh", "-c", start],
                cwd=self.root,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,  # the shell and what it started end as one
            )
        try:
            listens(self.port, server, log)
            yield
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(10)

    @property
    def _environment(self) -> dict[str, str]:
        clean = {name: text for name, text in os.environ.items() if "GATEHOUSE" not in name}
        return {**clean, "GATEHOUSE_HOME": str(self.demo.home)}


@pytest.fixture
def reader(demo: Demo, tmp_path: Path) -> Reader:
    """Somebody in a copy of the repository, with the files of the tutorial."""
    for name in ("gatehouse", ".venv", "relying_parties"):
        (tmp_path / name).symlink_to(ROOT / name)
    someone = Reader(tmp_path, demo)
    library = tmp_path / "library"
    library.mkdir()
    (library / "library.yaml").write_text(someone.blocks("yaml")[0])
    (library / "library.py").write_text(someone.blocks("python")[0])
    (library / "page.html").write_text(someone.blocks("html")[0])
    return someone


def test_a_first_service_works_as_the_tutorial_says(page: Page, reader: Reader) -> None:
    demo, library = reader.demo, reader.address
    secret = re.search(
        r"client_secret: (\S+)", reader.shell(reader.command("./gatehouse apply -f"))
    )
    assert secret
    start, with_a_key = [one for one in reader.blocks("sh") if one.startswith("ISSUER=")]
    mine = str(demo.person("Oskar")["email"])

    sign_in(page, demo, "Oskar")
    with reader.service(start.replace("…", secret[1])):
        declines(page, library)
        shares(page, library, mine)
        takes_back_the_address(page, demo, library)
        signs_out_everywhere(page, reader)

    private = new_key(reader)
    begin = with_a_key.replace(A_KEY, f"'{private}'")
    sign_in(page, demo, "Oskar")
    with reader.service(begin):
        page.goto(f"{library}/sign-in")
        expect(page.locator("body")).to_contain_text("Card for Oskar Lind. Mail: none")
    calls_in_its_own_name(reader, secret[1], private)


def test_a_citizen_who_is_elsewhere_is_asked_as_the_page_says(page: Page, reader: Reader) -> None:
    reader.shell(reader.command("./gatehouse apply -f"))
    private, public = reader.shell(reader.command(".venv/bin/python -c")).splitlines()
    service = yaml.safe_load(reader.blocks("yaml", FROM_BEHIND)[1])
    service["spec"]["auth"]["jwks"]["keys"][0].update(yaml.safe_load(public))
    (reader.root / "library" / "hotline.yaml").write_text(yaml.safe_dump(service))
    (script,), (start,) = (reader.blocks(one, FROM_BEHIND) for one in ("python", "sh"))
    (reader.root / "library" / "hotline.py").write_text(script)
    reader.shell("./gatehouse apply -f library/hotline.yaml")
    oskar = str(reader.demo.person("Oskar")["email"])
    start = start.replace(A_KEY, f"'{private}'").replace("oskar.lind@example.test", oskar)

    sign_in(page, reader.demo, "Oskar")
    with reader.running(start) as hotline:
        assert hotline.stdout
        assert hotline.stdout.readline().startswith("asked")
        page.goto(f"{reader.demo.issuer}/account/inbox")
        page.get_by_role("link", name="Library hotline").click()
        expect(page.get_by_text("Booking 4711")).to_be_visible()
        settled(page)
        page.locator("#request-approve").click()
        expect(page.get_by_role("heading", name="You approved this request")).to_be_visible()
        read = hotline.stdout.readline()

    assert "'name': 'Oskar Lind'" in read


def declines(page: Page, library: str) -> None:
    """Step 3: the page says in the service's words what happened."""
    page.goto(f"{library}/sign-in")
    settled(page)
    page.locator("#consent-deny").click()
    expect(page.locator("body")).to_contain_text("You chose not to share.")


def shares(page: Page, library: str, email: str) -> None:
    """Step 4."""
    page.goto(f"{library}/sign-in")
    expect(page.get_by_text("To print on the card")).to_be_visible()
    expect(page.locator("#share-email")).not_to_be_checked()
    page.locator("#share-email").check()
    settled(page)
    page.locator("#consent-allow").click()
    expect(page.locator("body")).to_contain_text(f"Card for Oskar Lind. Mail: {email}")


def takes_back_the_address(page: Page, demo: Demo, library: str) -> None:
    """Step 5: the next read returns less, and that is no error."""
    page.goto(f"{demo.issuer}/account/sharing/lending")
    page.locator("#share-email").uncheck()
    page.locator("#save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")

    page.goto(library)
    page.evaluate("fetch('/read-again', {method: 'POST'})")
    page.goto(library)
    expect(page.locator("body")).to_contain_text("Card for Oskar Lind. Mail: none")


def signs_out_everywhere(page: Page, reader: Reader) -> None:
    """Step 5: one more line, applied again, and the service hears of a sign-out."""
    document = reader.root / "library" / "library.yaml"
    line = f"  {reader.blocks('yaml')[1].strip()}\n"
    after = next(one for one in document.read_text().splitlines(True) if "postLogout" in one)
    document.write_text(document.read_text().replace(after, after + line))
    told = reader.shell(reader.command("./gatehouse apply --dry-run"))
    assert "Service lending: would change" in told
    assert f"+{line}" in told
    assert told.rstrip().endswith("Service lending: changed")

    page.goto(f"{reader.demo.issuer}/logout")
    page.get_by_role("button", name="Sign out").first.click()
    deadline = time.monotonic() + PATIENCE
    while "Open /sign-in" not in page.inner_text("body"):
        assert time.monotonic() < deadline, page.inner_text("body")
        breathe()
        page.goto(reader.address)


def calls_in_its_own_name(reader: Reader, secret: str, private: str) -> None:
    """The page about calls in one's own name: with the key, and with the secret no more."""
    library = reader.root / "library"
    (script,), (member,) = reader.blocks("python", OWN_NAME), reader.blocks("yaml", OWN_NAME)
    (library / "own_token.py").write_text(script)
    agency, service = yaml.safe_load_all((library / "library.yaml").read_text())
    service["spec"] |= yaml.safe_load(member)
    (library / "library.yaml").write_text(yaml.safe_dump_all([agency, service]))
    assert "changed" in reader.shell(reader.command("./gatehouse apply -f"))
    with_secret, with_key = reader.blocks("sh", OWN_NAME)

    made = json.loads(reader.shell(with_key.replace(A_KEY, f"'{private}'")))
    told = json.loads(reader.shell(f"CLIENT_SECRET='{secret}'; {with_secret}"))

    assert made["delivery"]["endpoint_url"].startswith(f"{reader.demo.issuer}/ssf/poll/")
    assert told["error"] == "invalid_client"


def new_key(reader: Reader) -> str:
    """Step 6: make a key, register its public half; returns the private one."""
    private, public = reader.shell(reader.command(".venv/bin/python -c")).splitlines()
    members = yaml.safe_load(reader.blocks("yaml")[2])
    (key,) = members["auth"]["jwks"]["keys"]
    made = yaml.safe_load(public)
    assert key | {"x": made["x"], "y": made["y"]} == made
    document = reader.root / "library" / "library.yaml"
    agency, service = yaml.safe_load_all(document.read_text())
    key.update(made)
    service["spec"] |= members
    document.write_text(yaml.safe_dump_all([agency, service]))
    told = reader.shell(reader.command("./gatehouse apply -f"))
    assert "Service lending: changed" in told
    return private
