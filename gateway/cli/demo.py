"""The demo: the whole product with people in it, started and stopped as one."""

import asyncio
import json
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

import gateway
from gateway import migrations, postgres, settings
from gateway.cli import country, house, running
from gateway.cli.country import Sample
from keys import master

OWN = Path(gateway.__file__).resolve().parents[1]  # where ./gatehouse keeps its home


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


class House(running.House):
    """The demo's processes."""

    def __init__(self, home: Path, ports: Ports) -> None:
        super().__init__(home / "demo")
        self.home, self.ports = home, ports

    @property
    def issuer(self) -> str:
        """The gateway's address."""
        return f"http://localhost:{self.ports.gateway}"

    def stop(self) -> None:
        """Stop all of it; commands no longer find it here."""
        super().stop()
        (self.home / house.DEMO).unlink(missing_ok=True)


@click.command()
@click.option("--port", default=Ports.gateway, show_default=True, help="Port of the gateway.")
@click.option("--parking-port", default=Ports.parking, show_default=True)
@click.option("--tax-port", default=Ports.tax, show_default=True)
@click.option("--clinic-port", default=Ports.clinic, show_default=True)
@click.option("--mail-port", default=Ports.mail, show_default=True, help="Port of the mail page.")
@click.option("--smtp-port", default=Ports.smtp, show_default=True)
@click.option("--database-port", default=Ports.database, show_default=True)
@click.option("--fresh", is_flag=True, help="Start over: forget everything.")
@house.home_option
def demo(home: Path | None, *, fresh: bool, **chosen: int) -> None:
    """Run the whole product with people in it; Ctrl-C stops it."""
    names = {"port": "gateway"} | {f"{name}_port": name for name in NAMES}
    ports = Ports(**{names[name]: number for name, number in chosen.items()})
    running.claim(chosen)
    home = (home or house.home()).resolve()
    if fresh:
        shutil.rmtree(home / "demo", ignore_errors=True)
        (home / "demo.json").unlink(missing_ok=True)
    standing = House(home, ports)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _open(standing)
        standing.watch()
    except KeyboardInterrupt:
        click.echo("\nstopping")
    except postgres.PostgresUnavailable as error:
        raise click.ClickException(str(error)) from error
    finally:
        standing.stop()


def _open(standing: House) -> None:
    started = time.monotonic()
    _say("starting PostgreSQL")
    place = standing.place
    standing.open_database(standing.ports.database)
    environment = _environment(standing, place)
    running.leave(standing.home / house.DEMO, environment)
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
    running.create(database)
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
    standing.start("mailbox", ["gateway.cli.mailbox", *mailbox], {})
    standing.start("gateway", ["gateway.cli", "serve"], environment)
    standing.wait(f"http://127.0.0.1:{ports.gateway}/health/ready")
    for sample in samples:
        secret = secrets.get(sample.client_id)
        proof = {"CLIENT_SECRET": secret} if secret else {"CLIENT_JWK": json.dumps(jwk)}
        own = {
            "ISSUER": standing.issuer,
            "BASE_URL": f"http://{sample.agency}.localhost:{sample.port}",
            "CLIENT_ID": sample.client_id,
            "AUTH_METHOD": sample.document["spec"]["auth"]["method"],
            "PORT": str(sample.port),
            "DESK": "open",
            "STORE": str(standing.place / f"{sample.module}.sqlite"),
            **proof,
            **({"ASKS_AS": sample.asks["metadata"]["id"]} if sample.asks else {}),
        }
        standing.start(sample.module, [f"relying_parties.samples.{sample.module}"], own)
    for sample in samples:
        standing.wait(f"http://127.0.0.1:{sample.port}/")
    # The first thing that it does is to fetch their logos.
    standing.start("worker", ["gateway.cli", "worker"], environment)
    standing.wait(f"http://127.0.0.1:{ports.mail}/")


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
    running.leave(path, told)


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
    if standing.home != OWN / house.HOME:
        click.echo(f"\n  Other commands:  ./gatehouse --home {shlex.quote(str(standing.home))} …")
    click.echo(f"\n  For programs: {standing.home / 'demo.json'}\n  Ctrl-C stops everything.\n")
