"""The command: everything that the suite needs, started and stopped as one."""

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from gateway import migrations, postgres, settings
from gateway.cli import house, running
from gateway.cli.conformance import certificates, citizen, clients, suite
from gateway.runtime import now
from keys import master
from relying_parties.profiles import CERTIFICATE_METHODS, PROFILES

KEPT = timedelta(days=300)  # what is asked in detail: as long as a run may take, and then some


@dataclass(frozen=True)
class Ports:
    """Where everything listens.

    :ivar behind: where a proxy hands over certificates that clients showed to it, if there is one
    """

    gateway: int = 9443
    mtls: int = 9444
    mail: int = 9025
    smtp: int = 9026
    database: int = 9032
    behind: int | None = None


@click.command()
@click.option(
    "--clients",
    "listed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=Path(__file__).with_name("clients.json"),
    help="The suite's clients, by plan and by their name in its configuration (JSON).",
)
@click.option("--port", default=Ports.gateway, show_default=True, help="Port of the gateway.")
@click.option(
    "--mtls-port",
    default=Ports.mtls,
    show_default=True,
    help="Port at which it asks for certificates.",
)
@click.option("--mail-port", default=Ports.mail, show_default=True, help="Port of the mail page.")
@click.option("--smtp-port", default=Ports.smtp, show_default=True)
@click.option("--database-port", default=Ports.database, show_default=True)
@click.option(
    "--behind-port",
    type=int,
    help="A proxy of yours asks for certificates at --mtls-port and hands them over here:"
    " clients may bring their own.",
)
@click.option(
    "--home", type=click.Path(path_type=Path), default=Path(".gatehouse"), show_default=True
)
def conformance(listed: Path, home: Path, **chosen: int | None) -> None:
    """Run the gateway for the OpenID Foundation's conformance suite; Ctrl-C stops it."""
    names = {"port": "gateway"} | {f"{item.name}_port": item.name for item in fields(Ports)}
    ports = Ports(**{names[name]: number for name, number in chosen.items()})  # type: ignore[arg-type]
    others = "mtls_port" if ports.behind else "behind_port"  # the proxy's, or nobody's
    running.claim({name: number for name, number in chosen.items() if number and name != others})
    standing = running.House(home.resolve() / "conformance")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _open(standing, ports, json.loads(listed.read_text()))
        standing.watch()
    except KeyboardInterrupt:
        click.echo("\nstopping")
    except postgres.PostgresUnavailable as error:
        raise click.ClickException(str(error)) from error
    finally:
        (standing.place / house.TRIAL.name).unlink(missing_ok=True)
        standing.stop()


def _open(standing: running.House, ports: Ports, groups: Mapping[str, Mapping[str, Any]]) -> None:
    standing.open_database(ports.database)
    pair = certificates.own(standing.place, ("localhost", "localhost.emobix.co.uk"))
    authority = certificates.authority(standing.place)
    environment = _environment(standing, ports, authority)
    issuer = environment["GATEHOUSE_ISSUER"]
    migrations.upgrade(environment["GATEHOUSE_DATABASE_URL"])
    running.leave(standing.place / house.TRIAL.name, environment)
    keyed = asyncio.run(_settle(standing.place, environment, groups))
    _start(standing, ports, environment, pair)
    until = now().date() + KEPT
    for group, roles in keyed.items():
        path = standing.place / f"{group}.json"
        told = suite.configuration(issuer, roles, _mutual(environment, roles, authority), until)
        running.leave(path, told)
        click.echo(f"  for the suite: {path}")
    click.echo(f"  gateway: {issuer}\n  certificates: {environment['GATEHOUSE_MTLS_ADDRESS']}")
    click.echo(f"  mail: http://localhost:{ports.mail}\n  Ctrl-C stops it.")


def _mutual(
    environment: Mapping[str, str], roles: Mapping[str, Any], authority: certificates.Authority
) -> suite.Mutual:
    return suite.Mutual(
        environment["GATEHOUSE_MTLS_ADDRESS"],
        {
            role: authority.issue(client["client_id"])
            for role, client in roles.items()
            if "client_id" in client  # who registers itself brings a certificate of its own
            and _shows(client)
        },
    )


def _shows(client: Mapping[str, Any]) -> bool:
    """Whether a client shows a certificate: to prove who it is, or for its tokens."""
    by_it = client["token_endpoint_auth_method"] in CERTIFICATE_METHODS
    return by_it or PROFILES[client.get("profile", "oidc-basic")].require_sender_constraint


def _environment(
    standing: running.House, ports: Ports, authority: certificates.Authority
) -> dict[str, str]:
    key = standing.place / "master.key"
    if not key.exists():
        master.create(key)
    if standing.database is None:
        raise click.ClickException("the database is not running")
    running.create(standing.database)
    return {
        "GATEHOUSE_ISSUER": f"https://localhost:{ports.gateway}",
        "GATEHOUSE_MTLS_ADDRESS": f"https://localhost:{ports.mtls}",
        "GATEHOUSE_CLIENT_AUTHORITIES": str(authority.place),
        "GATEHOUSE_DATABASE_URL": standing.database.database("gatehouse"),
        "GATEHOUSE_MASTER_KEY_FILE": str(key),
        "GATEHOUSE_ENVIRONMENT": "test",
        "GATEHOUSE_CONFORMANCE": "true",
        "GATEHOUSE_OPEN_REGISTRATION": "true",
        "GATEHOUSE_COUNTRY": "GB",
        "GATEHOUSE_PORT": str(ports.gateway),
        "GATEHOUSE_SMTP_URL": f"smtp://127.0.0.1:{ports.smtp}",
        "GATEHOUSE_CONTACT": "help@gatehouse.test",
    }


def _start(
    standing: running.House,
    ports: Ports,
    environment: Mapping[str, str],
    pair: certificates.Pair,
) -> None:
    mailbox = ["--smtp-port", str(ports.smtp), "--page-port", str(ports.mail)]
    standing.start("mailbox", ["gateway.cli.mailbox", *mailbox], {})
    tls = ["--certificate", str(pair.certificate), "--key", str(pair.key)]
    standing.start("gateway", ["gateway.cli", "serve", *tls], environment)
    standing.wait(f"{environment['GATEHOUSE_ISSUER']}/health/ready", pair.certificate)
    standing.start("worker", ["gateway.cli", "worker"], environment)
    _start_alias(standing, ports, environment, pair)
    standing.wait(f"http://127.0.0.1:{ports.mail}/")


def _start_alias(
    standing: running.House,
    ports: Ports,
    environment: Mapping[str, str],
    pair: certificates.Pair,
) -> None:
    """Start who answers where clients show certificates: by TLS of ours, or behind a proxy."""
    serves = ["gateway.cli", "serve", "--workers", "1"]
    if ports.behind:
        handed = {
            "GATEHOUSE_CERTIFICATE_HEADER": "SSL-Client-Cert",
            "GATEHOUSE_TRUSTED_PROXIES": "127.0.0.1",
        }
        standing.start("mutual", [*serves, "--port", str(ports.behind)], {**environment, **handed})
        return standing.wait(f"http://127.0.0.1:{ports.behind}/health/ready")
    tls = ["--certificate", str(pair.certificate), "--key", str(pair.key)]
    asks = ["--client-certificates", "--port", str(ports.mtls)]
    standing.start("mutual", [*serves, *tls, *asks], environment)
    return standing.wait(f"{environment['GATEHOUSE_MTLS_ADDRESS']}/health/ready", pair.certificate)


async def _settle(
    place: Path, environment: Mapping[str, str], groups: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Register everybody; returns the groups with the secrets and private keys of each client."""
    kept = place / "secrets.json"
    known: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    async with house.opened(settings.read(environment)) as runtime, runtime.entry() as entry:
        await clients.register(runtime, entry, groups, known)
        invited = {"initial_access_token": await clients.invite(entry)}
        await citizen.move_in(runtime, entry)
        running.leave(kept, known)
    return {
        group: {
            role: client | known.get(client.get("client_id"), invited)
            for role, client in roles.items()
        }
        for group, roles in groups.items()
    }
