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
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from gateway.cli.conformance import assured, citizen, clients
from gateway.oauth.verified import wishes
from gateway.postgres import free_port
from tests.support.servers import breathe


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a conformance gateway that runs has left its papers."""
    place = tmp_path_factory.mktemp("suite")
    for folder in (place, *place.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)  # PostgreSQL's own user passes through
    options = ("port", "mtls-port", "mail-port", "smtp-port", "database-port")
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
    told_of = told(home, "fapi2")

    assert shakes(home, told_of["server"]["discoveryUrl"], suites) is taken
    assert shakes(home, told_of["resource"]["resourceUrl"], suites) is taken


def shakes(home: Path, address: str, suites: str) -> bool:
    """Whether who listens there agrees on TLS 1.2 with one of ``suites``."""
    host, _, port = address.split("/")[2].partition(":")
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
        ("oidc-mtls", {"client", "client2", "mtls", "mtls2"}),
        ("oidc-backchannel", {"client"}),
        ("oidc-frontchannel", {"client"}),
        ("fapi2", {"client", "client2"}),
        ("fapi2-signing", {"client", "client2"}),
        *(
            (f"{group}-mtls", {"client", "client2"})
            for group in ("fapi2", "fapi2-plain", "fapi2-signing", "fapi2-machine")
        ),
        ("ekyc", {"client"}),
        *(
            (f"{group}-mtls-dpop", {"client", "client2"})
            for group in ("fapi2", "fapi2-plain", "fapi2-signing", "fapi2-signing-plain")
        ),
    ],
)
def test_each_client_can_prove_who_it_is(home: Path, group: str, roles: set[str]) -> None:
    clients = {role: client for role, client in told(home, group).items() if role in roles}

    assert clients.keys() == roles
    for client in clients.values():
        assert "client_secret" in client or "key" in client or client["jwks"]["keys"][0]["d"]


def ask(
    home: Path, address: str, held: Path | None, form: str = "", token: str = ""
) -> tuple[int, dict[str, Any]]:
    """Ask at the host where certificates are shown, with one or without."""
    tls = ssl.create_default_context(cafile=home / "tls.crt")
    if held is not None:
        tls.load_cert_chain(held)
    bearer = {"authorization": f"Bearer {token}"} if token else {}
    request = Request(address, form.encode() or None, bearer)
    try:
        with urlopen(request, timeout=10, context=tls) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)


def test_a_certificate_of_its_authority_opens_its_resource(home: Path, tmp_path: Path) -> None:
    """RFC 8705 §2.1 and §3: the suite's clients show theirs at a port of its own."""
    config, held = told(home, "fapi2-machine-mtls"), tmp_path / "client.pem"
    held.write_text(config["mtls"]["cert"] + config["mtls"]["key"])
    other = tmp_path / "second.pem"
    other.write_text(config["mtls2"]["cert"] + config["mtls2"]["key"])
    resource = config["resource"]["resourceUrl"]
    named = f"client_id={config['client']['client_id']}&scope={config['client']['scope']}"
    form = f"grant_type=client_credentials&{named}"
    endpoint = f"{resource.partition('/conformance')[0]}/token"

    status, answer = ask(home, endpoint, held, form)

    assert (status, answer["scope"]) == (200, config["client"]["scope"])
    assert ask(home, resource, held, token=answer["access_token"]) == (200, {"active": True})
    for wrong in (other, None):
        assert ask(home, resource, wrong, token=answer["access_token"])[0] == 401
        assert ask(home, endpoint, wrong, form) == (401, {
            "error": "invalid_client", "error_description": "client authentication failed",
        })  # fmt: skip
    assert ask(home, resource, held, token="unknown")[0] == 401


def test_what_is_asked_in_detail_is_what_its_clients_may_ask(home: Path) -> None:
    (detail,) = told(home, "fapi2")["resource"]["richAuthorizationRequest"]
    listed = json.loads(Path(clients.__file__).with_name("clients.json").read_text())

    assert detail["type"] in listed["fapi2"]["client"]["authorization_details_types"]
    assert detail["purpose"] == clients.PURPOSE


def test_a_client_without_an_id_registers_itself(home: Path) -> None:
    """Live at once, with the response types that the suite's legacy plans want."""
    given = told(home, "oidc-dynamic")
    trusted = ssl.create_default_context(cafile=home / "tls.crt")
    with urlopen(given["server"]["discoveryUrl"], timeout=10, context=trusted) as answer:
        metadata = json.load(answer)
    wish = {
        "redirect_uris": ["https://localhost:8443/test/a/gatehouse/callback"],
        "response_types": ["code id_token"],
        "grant_types": ["authorization_code", "implicit"],
    }
    request = Request(
        metadata["registration_endpoint"],
        json.dumps(wish).encode(),
        {
            "authorization": f"Bearer {given['client']['initial_access_token']}",
            "content-type": "application/json",
        },
    )

    with urlopen(request, timeout=10, context=trusted) as answer:
        made = json.load(answer)

    assert answer.status == 201
    assert made["response_types"] == ["code id_token"]
    assert given["client2"]["initial_access_token"] == given["client"]["initial_access_token"]


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
    for name in ("oidc.json", "fapi2-mtls.json", "secrets.json", "tls.key", "master.key"):
        assert (home / name).stat().st_mode & 0o077 == 0


def test_identity_assurance_is_asked_of_what_the_citizen_has(home: Path) -> None:
    """All but one claim, which nobody has."""
    asked = told(home, "ekyc")["ekyc"]
    held = asked["userinfo"]["verified_claims"]["claims"]

    assert held == {name: citizen.PROVED.get(name, "42") for name in held}
    assert set(asked["verified_claims_names"]) == held.keys() - {assured.NOBODY_S}
    for request in asked["verified_claims_request_list"]:
        assert request.keys() == {"userinfo", "id_token"}
        for place in request.values():
            assert wishes.read(place["verified_claims"], "https://op.example")


def test_something_happens_for_those_who_have_a_stream(home: Path) -> None:
    """While a module of Shared Signals waits; here nobody listens yet."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli.conformance.happenings", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "happened for 0 services" in done.stdout
