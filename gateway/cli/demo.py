"""The demo: the whole product with people in it, started and stopped as one."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click

from gateway import migrations, postgres, settings
from gateway.cli import country, house
from gateway.cli.country import Sample
from keys import master

PATIENCE = 60.0  # seconds until a process that does not answer is given up


@dataclass(frozen=True)
class Ports:
    """Where everything listens."""

    gateway: int = 8000
    parking: int = 8101
    tax: int = 8102
    clinic: int = 8103
    mail: int = 8025
    smtp: int = 8026
    database: int = 8032


NAMES = tuple(item.name for item in fields(Ports))


@dataclass(slots=True)
class House:
    """What is running, in the order of its start."""

    home: Path
    ports: Ports
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    database: postgres.Running | None = None

    @property
    def issuer(self) -> str:
        """The gateway's address."""
        return f"http://localhost:{self.ports.gateway}"

    def stop(self) -> None:
        """Stop all of it, the last started first."""
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.database is not None:
            self.database.stop()
        (self.home / "demo" / house.DEMO.name).unlink(missing_ok=True)


@click.command()
@click.option("--port", default=Ports.gateway, show_default=True, help="Port of the gateway.")
@click.option("--parking-port", default=Ports.parking, show_default=True)
@click.option("--tax-port", default=Ports.tax, show_default=True)
@click.option("--clinic-port", default=Ports.clinic, show_default=True)
@click.option("--mail-port", default=Ports.mail, show_default=True, help="Port of the mail page.")
@click.option("--smtp-port", default=Ports.smtp, show_default=True)
@click.option("--database-port", default=Ports.database, show_default=True)
@click.option("--fresh", is_flag=True, help="Start over: forget everything.")
@click.option(
    "--home", type=click.Path(path_type=Path), default=Path(".gatehouse"), show_default=True
)
def demo(home: Path, *, fresh: bool, **chosen: int) -> None:
    """Run the whole product with people in it; Ctrl-C stops it."""
    names = {"port": "gateway"} | {f"{name}_port": name for name in NAMES}
    ports = Ports(**{names[name]: number for name, number in chosen.items()})
    _claim(ports)
    home = home.resolve()
    if fresh:
        shutil.rmtree(home / "demo", ignore_errors=True)
        (home / "demo.json").unlink(missing_ok=True)
    standing = House(home, ports)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _open(standing)
        _watch(standing)
    except KeyboardInterrupt:
        click.echo("\nstopping")
    except postgres.PostgresUnavailable as error:
        raise click.ClickException(str(error)) from error
    finally:
        standing.stop()


def _claim(ports: Ports) -> None:
    """Look that every port is free before anything starts."""
    for name in NAMES:
        number = getattr(ports, name)
        option = "--port" if name == "gateway" else f"--{name}-port"
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError as error:
                raise click.ClickException(
                    f"port {number} is taken; choose another with {option}"
                ) from error


def _open(standing: House) -> None:
    started = time.monotonic()
    _say("starting PostgreSQL")
    place = standing.home / "demo"
    # Others pass through it, as PostgreSQL's own user must; only we write beside the master key.
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    standing.database = postgres.start(
        place / "postgres", postgres.binaries(), port=standing.ports.database
    )
    environment = _environment(standing, place)
    _leave(place / house.DEMO.name, environment)
    _say("bringing the database to this version")
    migrations.upgrade(environment["GATEHOUSE_DATABASE_URL"])
    _say("settling three agencies and twenty people")
    facts = asyncio.run(_settle(standing, place, environment))
    _say("starting the gateway, its worker, the mailbox and the agencies")
    _start_all(standing, environment, facts["samples"], facts["secrets"], facts["jwk"])
    _write(standing, facts)
    _say(f"ready after {time.monotonic() - started:.0f} s")
    _tell(standing, facts)


def _environment(standing: House, place: Path) -> dict[str, str]:
    key = place / "master.key"
    if not key.exists():
        master.create(key)
    database = standing.database
    if database is None:
        raise click.ClickException("the database is not running")
    _create(database)
    return {
        "GATEHOUSE_ISSUER": standing.issuer,
        "GATEHOUSE_DATABASE_URL": database.database("gatehouse"),
        "GATEHOUSE_MASTER_KEY_FILE": str(key),
        "GATEHOUSE_ENVIRONMENT": "demo",
        "GATEHOUSE_COUNTRY": "GB",
        "GATEHOUSE_ALLOW_LOOPBACK": "true",
        "GATEHOUSE_RATE_LIMITS": "false",
        "GATEHOUSE_PORT": str(standing.ports.gateway),
        "GATEHOUSE_SMTP_URL": f"smtp://127.0.0.1:{standing.ports.smtp}",
        "GATEHOUSE_MAIL_FROM": "Gatehouse <no-reply@gatehouse.test>",
        "GATEHOUSE_CONTACT": "help@gatehouse.test",
    }


def _create(database: postgres.Running) -> None:
    import asyncpg  # noqa: PLC0415 - only here is the driver used by itself

    async def create() -> None:
        connection = await asyncpg.connect(database.url)
        try:
            if not await connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'gatehouse')"
            ):
                await connection.execute("CREATE DATABASE gatehouse")
        finally:
            await connection.close()

    asyncio.run(create())


async def _settle(standing: House, place: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    kept = place / "secrets.json"
    known = json.loads(kept.read_text()) if kept.exists() else {"jwk": country.new_jwk()}
    ports = standing.ports
    samples = country.samples((ports.parking, ports.tax, ports.clinic), known["jwk"])
    async with house.opened(settings.read(environment)) as runtime, runtime.entry() as entry:
        secrets = {**known.get("secrets", {}), **await country.settle(runtime, entry, samples)}
        kept.touch(mode=0o600)
        kept.write_text(json.dumps({"jwk": known["jwk"], "secrets": secrets}))
        people = await country.populate(runtime, entry)
        admin = await country.administrators(runtime, entry)
    return {
        "samples": samples,
        "secrets": secrets,
        "jwk": known["jwk"],
        "people": people,
        "admin": admin,
    }


def _start_all(
    standing: House,
    environment: Mapping[str, str],
    samples: tuple[Sample, ...],
    secrets: Mapping[str, str],
    jwk: Mapping[str, Any],
) -> None:
    ports = standing.ports
    mailbox = ["--smtp-port", str(ports.smtp), "--page-port", str(ports.mail)]
    _start(standing, "mailbox", ["gateway.cli.mailbox", *mailbox], {})
    _start(standing, "gateway", ["gateway.cli", "serve"], environment)
    _wait(standing, f"http://127.0.0.1:{ports.gateway}/health/ready")
    for sample in samples:
        secret = secrets.get(sample.client_id)
        proof = {"CLIENT_SECRET": secret} if secret else {"CLIENT_JWK": json.dumps(jwk)}
        own = {
            "ISSUER": standing.issuer,
            "BASE_URL": f"http://{sample.agency}.localhost:{sample.port}",
            "CLIENT_ID": sample.client_id,
            "AUTH_METHOD": sample.document["spec"]["auth"]["method"],
            "PORT": str(sample.port),
            "STORE": str(standing.home / "demo" / f"{sample.module}.sqlite"),
            **proof,
        }
        _start(standing, sample.module, [f"relying_parties.samples.{sample.module}"], own)
    for sample in samples:
        _wait(standing, f"http://127.0.0.1:{sample.port}/")
    # The first thing that it does is to fetch their logos.
    _start(standing, "worker", ["gateway.cli", "worker"], environment)
    _wait(standing, f"http://127.0.0.1:{ports.mail}/")


def _start(standing: House, name: str, module: list[str], environment: Mapping[str, str]) -> None:
    dropped = ("GATEHOUSE", "PYTHONDONTWRITEBYTECODE")  # compiled once is enough for all
    inherited = {
        key: value for key, value in os.environ.items() if not any(name in key for name in dropped)
    }
    log = standing.home / "demo" / f"{name}.log"
    with log.open("ab") as output:
        standing.processes[name] = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", *module],
            env={**inherited, **environment},
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _wait(standing: House, address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        _look(standing)
        try:
            with urlopen(address, timeout=2):  # noqa: S310 - our own loopback address
                return
        except OSError:
            time.sleep(0.1)
    raise click.ClickException(f"{address} does not answer; see {standing.home}/demo/*.log")


def _look(standing: House) -> None:
    for name, process in standing.processes.items():
        if process.poll() is not None:
            log = standing.home / "demo" / f"{name}.log"
            words = log.read_text(errors="replace")[-800:]
            raise click.ClickException(f"{name} stopped ({process.returncode}):\n{words}")


def _watch(standing: House) -> None:
    while True:
        time.sleep(1)
        _look(standing)
        if standing.database and standing.database.process.poll() is not None:
            raise click.ClickException("PostgreSQL stopped")


def _write(standing: House, facts: Mapping[str, Any]) -> None:
    path = standing.home / "demo.json"
    services = []
    for sample in facts["samples"]:
        spec, secret = sample.document["spec"], facts["secrets"].get(sample.client_id)
        services.append(
            {
                "name": spec["name"]["en"],
                "url": f"http://{sample.agency}.localhost:{sample.port}",
                "client_id": sample.client_id,
                **({"client_secret": secret} if secret else {"jwk": facts["jwk"]}),
                "redirect_uris": spec["redirectUris"],
                "profile": spec["profile"],
            }
        )
    told = {
        "issuer": standing.issuer,
        "portal": standing.issuer,
        "mail": f"http://localhost:{standing.ports.mail}",
        "admin": facts["admin"],
        "people": facts["people"],
        "services": services,
    }
    _leave(path, told)


def _leave(path: Path, told: Mapping[str, Any]) -> None:
    """Write something down for other programs of this user."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def _say(text: str) -> None:
    click.echo(f"· {text}")


def _tell(standing: House, facts: Mapping[str, Any]) -> None:
    rows = [("Portal", standing.issuer, "")]
    for sample in facts["samples"]:
        name = sample.document["spec"]["name"]["en"]
        agency = sample.agency_document["spec"]["name"]["en"]
        rows.append((name, f"http://{sample.agency}.localhost:{sample.port}", agency))
    rows.append(("Mail", f"http://localhost:{standing.ports.mail}", "what the gateway sends"))
    click.echo()
    for what, where, note in rows:
        click.echo(f"  {what:<16} {where:<38} {note}")
    admin = facts["admin"]
    click.echo(f"\n  Administrator    {admin['url']}\n  A second one     {admin['second_url']}")
    click.echo("                   (each makes one passkey, once; nobody approves their own)")
    click.echo("\n  People to sign in as, or create an account of your own:\n")
    for person in facts["people"]:
        password = person["password"] or "(none)"
        click.echo(f"  {person['email']:<36} {password:<28} {person['case']}")
    click.echo(f"\n  For programs: {standing.home / 'demo.json'}\n  Ctrl-C stops everything.\n")
