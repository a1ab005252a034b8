"""The demo as programs and people rely on it: what it says, keeps, forgets and leaves behind."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.postgres import free_port
from tests.conftest import _open_the_way
from tests.support import demo as demos
from tests.support.demo import OPTIONS, Demo
from tests.support.servers import breathe

pytestmark = pytest.mark.timeout(300)

READY = 60  # seconds, once it is set up
LOOKS = Path(demos.__file__).with_name("looks.yaml")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    _open_the_way(tmp_path)
    return tmp_path


@pytest.fixture
def _stopped(home: Path) -> Iterator[None]:
    """Whatever the test leaves running is stopped."""
    yield
    for pid in family(home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.usefixtures("_stopped")
def test_it_starts_keeps_forgets_and_leaves_nothing_behind(home: Path) -> None:
    first = started(home)
    answers(first)
    says_what_programs_need(first.facts)
    keeps_to_itself(first)
    assert f"./gatehouse --home {home} …" in (home / "demo.log").read_text()
    first.command("apply", "-f", str(LOOKS))
    ends(first, signal.SIGINT)

    second = started(home)
    assert "looks-all" in second.command("rp", "list")
    assert [one.get("client_secret") for one in second.facts["services"]] == [
        one.get("client_secret") for one in first.facts["services"]
    ]
    assert second.facts["people"] == first.facts["people"]
    ends(second, signal.SIGTERM)

    third = started(home, "--fresh")
    assert "looks-all" not in third.command("rp", "list")
    ends(third, signal.SIGINT)


@pytest.mark.parametrize("option", ["port", "smtp-port"])
def test_a_taken_port_is_told_before_anything_starts(home: Path, option: str) -> None:
    ports = {name: free_port() for name in OPTIONS}
    with socket.create_server(("127.0.0.1", ports[option])):
        process = demos.launch(home, ports)
        assert process.wait(30) != 0

    said = (home / "demo.log").read_text()
    assert f"port {ports[option]} is taken; choose another with --{option}" in said
    assert not (home / "demo").exists()


def started(home: Path, *more: str) -> Demo:
    at = time.monotonic()
    running = demos.start(home, *more)
    assert time.monotonic() - at < READY
    return running


def answers(demo: Demo) -> None:
    """Everything that it names is there when it says that it is ready."""
    named = [demo.issuer, demo.facts["mail"], demo.facts["admin"]["url"]]
    for address in (*named, *(one["url"] for one in demo.facts["services"])):
        scheme, _, rest = address.partition("//")
        host, slash, path = rest.partition("/")
        port = host.rpartition(":")[2]
        answer = httpx2.get(
            f"{scheme}//127.0.0.1:{port}{slash}{path}", headers={"host": host}, trust_env=False
        )
        assert answer.status_code == 200, address


def keeps_to_itself(demo: Demo) -> None:
    """No other user reads what it writes, and no page under another name reads its mail."""
    place = demo.home / "demo"
    for path in (*place.glob("*.sqlite*"), *place.glob("*.log"), place / "secrets.json"):
        assert path.stat().st_mode & 0o077 == 0, path
    mail = f"http://127.0.0.1:{demo.ports['mail-port']}/messages.json"
    for host in ("rebound.example", "localhost.rebound.example", ""):
        answer = httpx2.get(mail, headers={"host": host}, trust_env=False)
        assert answer.status_code == 400, host


def says_what_programs_need(facts: Any) -> None:
    """The shape that issue 2 names."""
    assert {"issuer", "portal", "mail", "admin", "people", "services"} <= facts.keys()
    assert facts["admin"]["url"].startswith(facts["issuer"])
    assert len(facts["people"]) == 20
    for person in facts["people"]:
        assert all(person[name] for name in ("name", "email", "case"))
        assert ("locked" in person["case"]) == (person["password"] is None)
    kinds = []
    for service in facts["services"]:
        assert all(service[name] for name in ("name", "url", "client_id", "redirect_uris"))
        kinds.append(
            (service["profile"], "d" in service.get("jwk", {}), "client_secret" in service)
        )
    assert kinds.count(("oidc-basic", False, True)) >= 2
    assert kinds.count(("gov-standard", True, False)) == 1


def ends(demo: Demo, by: signal.Signals) -> None:
    """It ends well, and so does everything that it started."""
    theirs = family(demo.home)
    assert len(theirs) > len(("gateway", "worker", "mailbox", "database"))
    demo.process.send_signal(by)
    assert demo.process.wait(40) == 0
    deadline = time.monotonic() + 5  # init takes them away a moment after they ended
    while family(demo.home) and time.monotonic() < deadline:
        breathe()
    assert not family(demo.home)
    for port in demo.ports.values():
        with socket.socket() as knock:
            assert knock.connect_ex(("127.0.0.1", port)) != 0, port


def family(home: Path) -> set[int]:
    """Return the processes that belong to the demo of ``home``: its own, and their children."""
    parents, found = dict[int, int](), set[int]()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            said = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
        parents[int(folder.name)] = int(fields[1])
        if str(home).encode() in said and fields[0] != "Z":
            found.add(int(folder.name))
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found
