"""``gatehouse conformance``: a gateway with TLS, and what the suite has to know of it."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from gateway.postgres import free_port
from tests.support.servers import breathe


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a conformance gateway that runs has left its papers."""
    place = tmp_path_factory.mktemp("suite")
    for folder in (place, *place.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)  # PostgreSQL's own user passes through
    options = ("port", "mail-port", "smtp-port", "database-port")
    ports = [part for name in options for part in (f"--{name}", str(free_port()))]
    log = place / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "conformance", "--home", str(place), *ports],
            env={name: text for name, text in os.environ.items() if "GATEHOUSE" not in name},
            stdout=output,
            stderr=output,
        )
    while b"Ctrl-C" not in log.read_bytes():
        assert process.poll() is None, log.read_text()
        breathe()
    yield place / "conformance"
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def told(home: Path, group: str) -> dict[str, Any]:
    """Return a configuration for the suite."""
    return dict(json.loads((home / f"{group}.json").read_text()))


def test_it_speaks_tls_with_the_certificate_that_it_made(home: Path) -> None:
    address = told(home, "oidc")["server"]["discoveryUrl"]
    trusted = ssl.create_default_context(cafile=home / "tls.crt")

    with urlopen(address, timeout=10, context=trusted) as answer:
        metadata = json.load(answer)

    assert address == f"{metadata['issuer']}/.well-known/openid-configuration"
    assert metadata["issuer"].startswith("https://localhost:")


@pytest.mark.parametrize(
    ("suites", "taken"),
    [
        ("ECDHE-RSA-AES128-GCM-SHA256", True),
        ("ECDHE-RSA-AES256-GCM-SHA384", True),
        ("ECDHE-RSA-CHACHA20-POLY1305", False),
        ("AES128-GCM-SHA256", False),
        ("ECDHE-RSA-AES128-SHA256", False),
    ],
)
def test_tls_is_what_fapi_2_section_5_2_2_allows(home: Path, suites: str, taken: bool) -> None:
    assert shakes(home, suites) is taken


def shakes(home: Path, suites: str) -> bool:
    """Whether the gateway agrees on TLS 1.2 with one of ``suites``."""
    issuer = told(home, "oidc")["server"]["discoveryUrl"].split("/")[2]
    host, _, port = issuer.partition(":")
    context = ssl.create_default_context(cafile=home / "tls.crt")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites)
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        try:
            context.wrap_socket(plain, server_hostname=host).close()
        except (ssl.SSLError, ConnectionResetError):
            return False
    return True


@pytest.mark.parametrize(
    ("group", "roles"),
    [
        ("oidc", {"client", "client2", "client_secret_post"}),
        ("oidc-backchannel", {"client"}),
        ("fapi2", {"client", "client2"}),
        ("fapi2-signing", {"client", "client2"}),
    ],
)
def test_each_client_can_prove_who_it_is(home: Path, group: str, roles: set[str]) -> None:
    clients = {role: client for role, client in told(home, group).items() if role in roles}

    assert clients.keys() == roles
    for client in clients.values():
        assert "client_secret" in client or client["jwks"]["keys"][0]["d"]


def test_a_second_one_does_not_stand_on_the_first(home: Path) -> None:
    port = told(home, "oidc")["server"]["discoveryUrl"].split(":")[2].partition("/")[0]

    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "conformance", "--home", home.parent, "--port", port],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"port {port} is taken; choose another with --port" in done.stderr


def test_what_holds_secrets_is_closed_to_others(home: Path) -> None:
    for name in ("oidc.json", "secrets.json", "tls.key", "master.key"):
        assert (home / name).stat().st_mode & 0o077 == 0
