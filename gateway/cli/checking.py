"""Check: is everything as it must be? Each line is right, or says how to mend it.

    ✔ right    ✖ wrong: how to mend it    · not looked at: what it stands on is wrong

Every line is printed whatever the others say, so one run shows all there is to do.
"""

import asyncio
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import asyncpg
import click
import httpx2

from gateway import migrations, settings
from gateway.cli import house
from gateway.runtime import now
from gateway.settings import Settings
from keys import certificates, master
from keys.errors import CertificateRefused, KeysError

SKEW = 5.0  # seconds between our clock and the database's
PATIENCE = 5.0  # seconds for anything that answers over a network
SOON = timedelta(days=14)  # a certificate that ends within is to be renewed now

_ADVICE = (
    (asyncpg.InvalidAuthorizationSpecificationError,
     "it refuses the user: look at GATEHOUSE_DATABASE_URL and at its pg_hba.conf"),
    (asyncpg.InvalidCatalogNameError,
     "there is no such database: make it with CREATE DATABASE, then run gatehouse migrate"),
    (asyncpg.TooManyConnectionsError,
     "it has no connection left: lower GATEHOUSE_POOL_SIZE or raise max_connections"),
    (ssl.SSLError,
     "its certificate is not one we trust for this name: name its authority with sslrootcert="),
    (TimeoutError, "it does not answer: look at the address and at what filters the network"),
    (OSError, "nothing answers there: start PostgreSQL, or correct GATEHOUSE_DATABASE_URL"),
    (ValueError, "GATEHOUSE_DATABASE_URL can't be read: postgresql://user@host/name"),
    (asyncpg.ClientConfigurationError,
     "GATEHOUSE_DATABASE_URL can't be used: look at sslmode and the files that it names"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One line; ``right`` is ``None`` where nobody could look."""

    right: bool | None
    what: str
    advice: str = ""

    @property
    def line(self) -> str:
        """What is printed."""
        if self.right is None:
            return f"· {self.what}: not looked at"
        return f"✔ {self.what}" if self.right else f"✖ {self.what}: {self.advice}"


@click.command()
def check() -> None:
    """Look whether everything is as it must be; each line says how to mend it."""
    given, found = _configuration()
    if given is None:
        left = ("database", "TLS to the database", *_BEHIND, "TLS", "discovery")
        found += _unseen(left)
    else:
        found += asyncio.run(_outside(given))
    for one in found:
        click.echo(one.line)
    sys.exit(1 if any(one.right is False for one in found) else 0)


def _configuration() -> tuple[Settings | None, list[Finding]]:
    try:
        given = house.configured()
    except settings.SettingsInvalid as error:
        return None, [Finding(False, "configuration", str(error)), *_unseen(("master key",))]
    right = Finding(True, "configuration")
    try:
        master.load(given.master_key_file, os.environ)
    except KeysError as error:
        mend = f"{error}; gatehouse init makes a new one for a new database"
        return given, [right, Finding(False, "master key", mend)]
    return given, [right, Finding(True, "master key")]


def _unseen(names: Sequence[str]) -> list[Finding]:
    return [Finding(None, name) for name in names]


async def _outside(given: Settings) -> list[Finding]:
    found = [*await _database(given), await _tls(given.issuer), await _discovery(given)]
    return [*found, *await _mutual(given)] if given.mtls_address else found


async def _database(given: Settings) -> list[Finding]:
    secure = database_tls(given)
    try:
        connection = await asyncpg.connect(given.database_url, timeout=PATIENCE)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other lines are wanted, too
        kinds = (advice for kind, advice in _ADVICE if isinstance(error, kind))
        advice = next(kinds, f"{type(error).__name__}: {error}")
        return [Finding(False, _where(given), advice), secure, *_unseen(_BEHIND)]
    found = [Finding(True, _where(given)), secure]
    try:
        found += [await look(connection) for look in _LOOKS]
    finally:
        await connection.close()
    schema = found[-1]
    return [*found, await _keys(given) if schema.right else Finding(None, "keys")]


def _where(given: Settings) -> str:
    """Name the database without the password that may stand in its address."""
    parts = urlsplit(given.database_url)
    place = parts.netloc.rpartition("@")[2] or "this machine"
    return f"database {parts.path.strip('/')} at {place}".replace("  ", " ")


def database_tls(given: Settings) -> Finding:
    """Judge by the address: what the server offers today it may not offer tomorrow."""
    parts = urlsplit(given.database_url)
    asked = parse_qs(parts.query)
    host = parts.hostname or next(iter(asked.get("host", ())), "")
    mode = next(iter(asked.get("sslmode", ())), os.environ.get("PGSSLMODE", ""))
    near = not host or host.startswith("/") or settings.loopback(host)
    right = near or not given.production or mode == "verify-full"
    return Finding(
        right,
        "TLS to the database",
        "whoever is on the way can read and answer: add ?sslmode=verify-full&sslrootcert=… with"
        " the file of its authority to GATEHOUSE_DATABASE_URL",
    )


async def _version(connection: asyncpg.Connection) -> Finding:
    number = connection.get_server_version().major
    return Finding(number >= 16, f"PostgreSQL {number}", "16 or newer is needed: upgrade it")


async def _clock(connection: asyncpg.Connection) -> Finding:
    started = now()
    theirs = await connection.fetchval("SELECT clock_timestamp()")
    # Its answer is of somewhere between the question and now.
    skew = max((started - theirs).total_seconds(), (theirs - now()).total_seconds(), 0.0)
    advice = f"it differs from the database's by {skew:.0f} s: set up NTP on both machines"
    return Finding(skew < SKEW, "clock", advice)


async def _schema(connection: asyncpg.Connection) -> Finding:
    known = await connection.fetchval("SELECT to_regclass('keys.alembic_version')")
    at = (
        await connection.fetchval("SELECT version_num FROM keys.alembic_version") if known else None
    )
    return Finding(at == migrations.newest(), f"schema {at or 'none'}", "run gatehouse migrate")


_LOOKS: tuple[Callable[[asyncpg.Connection], Awaitable[Finding]], ...] = (
    _version,
    _clock,
    _schema,
)
_BEHIND = ("PostgreSQL", "clock", "schema", "keys")


async def _keys(given: Settings) -> Finding:
    try:
        async with house.opened(given) as runtime:
            runtime.keyring.active("token", "ES256")
    except KeysError as error:
        what = error.code.replace("_", " ")
        advice = f"{what}: restore the master key that this database was sealed under"
        return Finding(False, "keys", advice)
    return Finding(True, "keys")


async def _tls(address: str) -> Finding:
    parts = urlsplit(address)
    if parts.scheme != "https":
        return Finding(None, "TLS")
    host, port = parts.hostname or "", parts.port or 443
    try:
        ends = await _certificate_ends(host, port)
    except ssl.SSLCertVerificationError as error:
        advice = f"its certificate does not hold: {error.verify_message}; install the right one"
        return Finding(False, f"TLS of {host}", advice)
    except (OSError, TimeoutError) as error:
        advice = f"nothing speaks TLS at port {port} ({type(error).__name__}): start your proxy"
        return Finding(False, f"TLS of {host}", advice)
    left = ends - now().timestamp()
    what = f"TLS of {host}, whose certificate ends in {left // 86400:.0f} days"
    return Finding(left > SOON.total_seconds(), what, "renew it now")


async def _certificate_ends(host: str, port: int) -> float:
    async with asyncio.timeout(PATIENCE):
        _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    try:
        told = writer.get_extra_info("peercert")
    finally:
        writer.transport.abort()
    return float(ssl.cert_time_to_seconds(told["notAfter"]))


async def _discovery(given: Settings) -> Finding:
    started = time.monotonic()
    try:
        tls = ssl.create_default_context()
        async with httpx2.AsyncClient(timeout=PATIENCE, verify=tls, trust_env=False) as http:
            answer = await http.get(f"{given.issuer}/.well-known/openid-configuration")
        right = answer.status_code == httpx2.codes.OK and answer.json()["issuer"] == given.issuer
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        advice = f"{given.issuer} does not answer: run gatehouse serve, and see your proxy"
        return Finding(False, "discovery", advice)
    return Finding(
        right,
        f"discovery ({(time.monotonic() - started) * 1000:.0f} ms)",
        f"another gateway answers at {given.issuer}: correct GATEHOUSE_ISSUER or your proxy",
    )


async def _mutual(given: Settings) -> list[Finding]:
    """Look at the host where clients show certificates: its TLS, its answer, who vouches."""
    return [await _tls(given.mtls_address), await _aliased(given), authorities(given)]


async def _aliased(given: Settings) -> Finding:
    what = "mutual TLS"
    try:
        tls = ssl.create_default_context()
        async with httpx2.AsyncClient(timeout=PATIENCE, verify=tls, trust_env=False) as http:
            answer = await http.get(f"{given.mtls_address}/userinfo")
    except httpx2.HTTPError:
        advice = (
            f"{given.mtls_address} does not answer without a certificate: your proxy must ask for"
            " one and not insist (nginx: ssl_verify_client optional_no_ca)"
        )
        return Finding(False, what, advice)
    # What our own resource says to whoever brings no token.
    right = answer.status_code == httpx2.codes.UNAUTHORIZED and _names(given, answer)
    advice = "it is not this gateway that answers there, or its proxy changes Host"
    return Finding(right, what, f"{given.mtls_address}: {advice}")


def _names(given: Settings, answer: httpx2.Response) -> bool:
    return f'"{given.issuer}/' in answer.headers.get("www-authenticate", "")


def authorities(given: Settings) -> Finding:
    """Judge the file of those who vouch for clients; without one, nobody does."""
    what, path = "authorities of clients", given.client_authorities
    if path is None:
        return Finding(None, what)
    try:
        ends = certificates.ends(path.read_bytes())
    except (OSError, CertificateRefused):
        advice = f"{path} holds no certificates that can be read: PEM, one after the other"
        return Finding(False, what, advice)
    what = f"{what}, of which the first ends in {(ends - now()).days} days"
    return Finding(ends - now() > SOON, what, f"renew it in {path}, and restart")
