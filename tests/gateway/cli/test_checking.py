"""`gatehouse check`: every line is right, or says how to mend it, or that nobody could look."""

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.cli.checking import database_tls
from gateway.settings import Settings
from tests.gateway.cli.conftest import Command, Ran

LINES = (
    "configuration", "master key", "database", "TLS to the database", "PostgreSQL", "clock",
    "schema", "keys", "TLS", "discovery",
)  # fmt: skip
MUTUAL = ("TLS of", "mutual TLS", "authorities of clients")  # only where services show certificates


def marks(ran: Ran, *more: str) -> dict[str, str]:
    """Return the mark of each line, by what it looked at."""
    found = {}
    lines = ran.out.splitlines()
    wanted = (*LINES, *more)
    assert len(lines) == len(wanted), ran.out
    for name, line in zip(wanted, lines, strict=True):
        assert line[2:].startswith(name), line
        assert line[0] != "✖" or ": " in line, f"no way to mend it: {line}"
        found[name] = line[0]
    return found


class Discovery(http.server.BaseHTTPRequestHandler):
    """Answers every question with the issuer of this server."""

    issuer = ""

    def do_GET(self) -> None:
        issuer = type(self).issuer
        body = json.dumps({"issuer": issuer}).encode()
        self.send_response(401 if self.path == "/userinfo" else 200)
        self.send_header("www-authenticate", f'Bearer resource_metadata="{issuer}/x"')
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def certificate(folder: Path, name: str, days: int) -> Path:
    """A certificate of its own authority for ``name``; ends in ``days``."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)  # noqa: TID251
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}-{days}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def proxy(certified: Path) -> Iterator[str]:
    """A proxy with that certificate; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Discovery)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certified)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    address = f"https://localhost:{server.server_address[1]}"
    Discovery.issuer = address
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    server.server_close()
    thread.join()


def test_all_is_well(gatehouse: Command, tmp_path: Path) -> None:
    good = certificate(tmp_path, "localhost", 57)
    with proxy(good) as address:
        ran = gatehouse("check", GATEHOUSE_ISSUER=address, SSL_CERT_FILE=str(good))

    assert set(marks(ran).values()) == {"✔"}, ran.out
    assert "TLS of localhost, whose certificate ends in 57 days" in ran.out
    assert ran.code == 0


@pytest.mark.parametrize(
    ("name", "days", "trusted", "says"),
    [
        ("localhost", 3, True, "ends in 3 days: renew it now"),
        ("localhost", -2, True, "certificate has expired"),
        ("id.example", 57, True, "mismatch"),
        ("localhost", 57, False, "self-signed certificate"),
    ],
    ids=["ends-soon", "has-ended", "of-another-name", "of-nobody"],
)
def test_a_certificate_that_does_not_hold(
    gatehouse: Command, tmp_path: Path, name: str, days: int, says: str, *, trusted: bool
) -> None:
    bad = certificate(tmp_path, name, days)
    trust = {"SSL_CERT_FILE": str(bad)} if trusted else {}
    with proxy(bad) as address:
        ran = gatehouse("check", GATEHOUSE_ISSUER=address, **trust)

    assert marks(ran)["TLS"] == "✖"
    assert says in ran.out
    assert ran.code == 1


def test_nothing_answers_for_the_issuer(gatehouse: Command) -> None:
    ran = gatehouse("check", GATEHOUSE_ISSUER="https://localhost:1")

    assert marks(ran) == {**dict.fromkeys(LINES, "✔"), "TLS": "✖", "discovery": "✖"}
    assert "start your proxy" in ran.out
    assert ran.code == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://postgres@127.0.0.1:1/gatehouse", "start PostgreSQL"),
        ("postgresql://postgres@127.0.0.1:x/gatehouse", "GATEHOUSE_DATABASE_URL"),
        ("http://127.0.0.1/gatehouse", "GATEHOUSE_DATABASE_URL"),
        ("{server}/there-is-none", "CREATE DATABASE"),
    ],
)
def test_a_database_that_is_not_there_hides_no_other_line(
    gatehouse: Command, environment: dict[str, str], url: str, says: str
) -> None:
    server = environment["GATEHOUSE_DATABASE_URL"].rsplit("/", 1)[0]
    url = url.replace("{server}", server)

    ran = gatehouse("check", GATEHOUSE_DATABASE_URL=url)

    seen = marks(ran)
    assert seen["database"] == "✖"
    assert [seen[name] for name in ("PostgreSQL", "clock", "schema", "keys")] == ["·"] * 4
    assert (seen["TLS"], seen["discovery"]) == ("·", "✖")
    assert says in ran.out
    assert ran.code == 1


def test_a_password_is_not_shown(gatehouse: Command) -> None:
    """LG-08."""
    url = "postgresql://me:hidden-word@127.0.0.1:1/gatehouse"

    assert "hidden-word" not in gatehouse("check", GATEHOUSE_DATABASE_URL=url).out


def test_an_empty_database_wants_the_schema(
    gatehouse: Command, environment: dict[str, str]
) -> None:
    empty = environment["GATEHOUSE_DATABASE_URL"].rsplit("/", 1)[0] + "/postgres"

    ran = gatehouse("check", GATEHOUSE_DATABASE_URL=empty)

    assert marks(ran)["schema"] == "✖"
    assert marks(ran)["keys"] == "·"
    assert "schema none: run gatehouse migrate" in ran.out


def test_another_master_key_opens_nothing(gatehouse: Command) -> None:
    """The database was opened under another one before."""
    assert gatehouse("keys", "list").code == 0

    ran = gatehouse("check", GATEHOUSE_MASTER_KEY="A" * 43 + "=")

    assert marks(ran)["keys"] == "✖"
    assert "restore the master key" in ran.out


def test_broken_settings_leave_the_rest_unseen(gatehouse: Command) -> None:
    ran = gatehouse("check", GATEHOUSE_WORKERS="0")

    assert marks(ran) == {**dict.fromkeys(LINES, "·"), "configuration": "✖"}
    assert ran.code == 1


def test_a_missing_master_key_hides_no_other_line(gatehouse: Command) -> None:
    ran = gatehouse("check", GATEHOUSE_MASTER_KEY_FILE="/nowhere/master.key")

    assert marks(ran)["master key"] == marks(ran)["keys"] == "✖"
    assert marks(ran)["database"] == marks(ran)["schema"] == "✔"


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("postgresql://a@db.example/x", False),
        ("postgresql://a@db.example/x?sslmode=require", False),
        ("postgresql://a@db.example/x?sslmode=verify-ca", False),
        ("postgresql://a@/x?host=db.example", False),
        ("postgresql://a@db.example/x?sslmode=verify-full&sslrootcert=/ca.pem", True),
        ("postgresql://a@127.0.0.1/x", True),
        ("postgresql://a@[::1]/x", True),
        ("postgresql:///x?host=/run/postgresql", True),
    ],
)
def test_a_database_elsewhere_is_reached_by_tls(
    monkeypatch: pytest.MonkeyPatch, url: str, *, right: bool
) -> None:
    """In production: whoever is on the way could answer in its place."""
    monkeypatch.delenv("PGSSLMODE", raising=False)

    trial = database_tls(Settings(database_url=url, environment="test"))
    found = database_tls(Settings(database_url=url, environment="production"))
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    spelt = "sslmode" in url
    by_variable = database_tls(Settings(database_url=url, environment="production"))

    assert trial.right
    assert found.right is right
    assert by_variable.right is (right or not spelt)


def test_the_host_where_certificates_are_shown_is_looked_at(
    gatehouse: Command, tmp_path: Path
) -> None:
    good = certificate(tmp_path, "localhost", 57)
    with proxy(good) as alias, proxy(good) as address:
        ran = gatehouse(
            "check",
            GATEHOUSE_ISSUER=address,
            GATEHOUSE_MTLS_ADDRESS=alias,
            GATEHOUSE_CLIENT_AUTHORITIES=str(good),
            SSL_CERT_FILE=str(good),
        )

    assert set(marks(ran, *MUTUAL).values()) == {"✔"}, ran.out
    assert "authorities of clients, of which the first ends in 57 days" in ran.out


def test_what_is_wrong_with_that_host_is_told(gatehouse: Command, tmp_path: Path) -> None:
    good, soon = certificate(tmp_path, "localhost", 57), certificate(tmp_path, "authority", 3)
    (tmp_path / "empty.pem").touch()
    told = []
    with proxy(good) as alias, proxy(good) as address:
        Discovery.issuer = "https://another.example"
        for authorities in (soon, tmp_path / "empty.pem", tmp_path / "none.pem"):
            ran = gatehouse(
                "check",
                GATEHOUSE_ISSUER=address,
                GATEHOUSE_MTLS_ADDRESS=alias,
                GATEHOUSE_CLIENT_AUTHORITIES=str(authorities),
                SSL_CERT_FILE=str(good),
            )
            seen = marks(ran, *MUTUAL)
            assert (seen["mutual TLS"], seen["authorities of clients"]) == ("✖", "✖"), ran.out
            told.append(ran.out)
    assert "it is not this gateway that answers there" in told[0]
    assert "renew it" in told[0]
    assert all("holds no certificates that can be read" in each for each in told[1:])

    gone = gatehouse("check", GATEHOUSE_MTLS_ADDRESS="https://localhost:1")
    assert "ssl_verify_client optional_no_ca" in gone.out
    assert marks(gone, *MUTUAL)["authorities of clients"] == "·"
