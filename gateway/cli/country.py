"""The demo's country: three agencies with a service each, twenty people, two administrators."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from joserfc.jwk import ECKey

from gateway.cli.admin import invited
from gateway.cli.services import rules
from gateway.oauth import locking
from gateway.runtime import Runtime
from idp import accounts, attributes, disputes, identifiers
from idp.attributes import OPEN, Validity
from idp.authenticators import passwords
from idp.proofing import journeys, sandbox
from idp.proofing.providers import SANDBOX
from keys.entry import Entry
from relying_parties import onboarding

UNVERIFIED = "low assurance only"
LOCKED = "the account is locked, so nobody signs in with it"
WORDS = (
    "amber", "basil", "cedar", "delta", "ember", "fable", "grove", "hazel", "ivory", "jolly",
    "kayak", "lemon", "maple", "nutmeg", "olive", "pebble", "quartz", "robin", "sable", "tulip",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample service: where it runs and how it is registered.

    :ivar asks: its registration for asking citizens who are elsewhere, if it has one
    """

    module: str
    agency: str
    client_id: str
    port: int
    document: Mapping[str, Any]
    agency_document: Mapping[str, Any]
    asks: Mapping[str, Any] | None = None

    @property
    def documents(self) -> tuple[Mapping[str, Any], ...]:
        """All that is registered for it, the agency first."""
        more = (self.asks,) if self.asks else ()
        return (self.agency_document, self.document, *more)


def samples(ports: Sequence[int], jwk: Mapping[str, Any]) -> tuple[Sample, ...]:
    """Describe the three services, at these ports; ``jwk`` is the key of the one that has one."""
    rows = yaml.safe_load(Path(__file__).with_name("country.yaml").read_text())
    return tuple(_sample(row, port, jwk) for row, port in zip(rows, ports, strict=True))


async def settle(runtime: Runtime, entry: Entry, all_samples: tuple[Sample, ...]) -> dict[str, str]:
    """Register agencies and services; returns the secrets that were issued now."""
    secrets = {}
    for sample in all_samples:
        for document in sample.documents:
            applied = await onboarding.apply(entry, document, by="operator", rules=rules(runtime))
            if applied.secret:
                secrets[applied.id] = applied.secret
    return secrets


async def populate(runtime: Runtime, entry: Entry) -> list[dict[str, str | None]]:
    """Let twenty people live here; whoever lives here already is left alone.

    :returns: name, e-mail, password and case of each; no password where none would work
    """
    people: list[dict[str, str | None]] = []
    residents = [person for person in sandbox.register() if person["case"] != sandbox.FREE]
    for number, person in enumerate(residents):
        email = f"{person['mail']}@example.test"
        words = (WORDS[number], WORDS[(number * 7 + 3) % 20], WORDS[(number * 3 + 11) % 20])
        password = "-".join((*words, str(10 + number)))
        if await identifiers.find_account(entry, runtime.vault, email) is None:
            await _move_in(runtime, entry, person, email, password)
            await entry.commit()
        people.append(_told(person, email, password))
    return people


async def administrators(runtime: Runtime, entry: Entry) -> dict[str, str]:
    """Invite the two administrators; each start makes new invitations."""
    return {
        "url": await invited(runtime, entry, "registrar@example.test", accounts.ROLES),
        "second_url": await invited(
            runtime, entry, "reviewer@example.test", ("privacy", "registrar", "auditor")
        ),
        "email": "registrar@example.test",
    }


def new_jwk() -> dict[str, Any]:
    """Draw the tax office's key."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    return dict(key.as_dict(private=True))


async def _move_in(
    runtime: Runtime, entry: Entry, person: Mapping[str, Any], email: str, password: str
) -> None:
    account = await accounts.open_account(entry, runtime.vault, email=email)
    by = f"account:{account.id}"
    hashed = await runtime.hasher.hash(password)
    await passwords.set(entry, account.id, hashed)
    told = dict(person["told"])
    if person["case"] == UNVERIFIED:
        told |= {name: person["attributes"][name] for name in ("given_name", "family_name")}
    else:
        await _prove(runtime, entry, person, account.id)
    for claim, value in told.items():
        await attributes.record(
            entry, runtime.vault, account.id, claim, value, source_type="self", by=by
        )
    for claim in person.get("disputed", ()):
        await disputes.begin(entry, account.id, claim)
    if person.get("deceased"):  # nobody ever signed in, so nothing is under way
        await locking.lock(entry, runtime.vault, account.id, "deceased", by="operator")


async def _prove(
    runtime: Runtime, entry: Entry, person: Mapping[str, Any], account_id: UUID
) -> None:
    """Let the register say who it is; of whoever moved, first where they lived before."""
    moved = person.get("moved")
    if moved is None:
        await journeys.complete(entry, runtime.vault, account_id, sandbox.known(person))
        return
    since, today = date.fromisoformat(moved["since"]), entry.at.date()
    yesterday = today - timedelta(days=1)
    left = yesterday - timedelta(days=1)
    held = {**person["attributes"], "address": moved["address"]}
    before = sandbox.known({**person, "attributes": held})
    stayed = {"address": Validity(since, left)}
    await journeys.complete(
        entry, runtime.vault, account_id, dataclasses.replace(before, validity=stayed)
    )
    earlier = {**moved["address"], "valid_from": f"{since}", "valid_until": f"{left}"}
    for claim, value, validity in (
        ("address", person["attributes"]["address"], Validity(yesterday)),
        ("previous_addresses", [earlier], OPEN),
    ):
        await attributes.record(
            entry,
            runtime.vault,
            account_id,
            claim,
            value,
            source_type="register",
            source=sandbox.SOURCE,
            verified=True,
            validity=validity,
            by=f"register:{SANDBOX.name}",
        )


def _told(person: Mapping[str, Any], email: str, password: str) -> dict[str, str | None]:
    held, case = person["attributes"], person["case"]
    name = " ".join(part for part in (held["given_name"], held.get("family_name")) if part)
    if person.get("deceased"):
        return {"name": name, "email": email, "password": None, "case": f"{case}: {LOCKED}"}
    return {"name": name, "email": email, "password": password, "case": case}


def _sample(row: Mapping[str, Any], port: int, jwk: Mapping[str, Any]) -> Sample:
    agency, service = dict(row["agency"]), dict(row["service"])
    agency_id, client_id = agency.pop("id"), service.pop("id")
    base = f"http://{agency_id}.localhost:{port}"
    if service["auth"]["method"] == "private_key_jwt":
        public = {name: value for name, value in jwk.items() if name != "d"}
        service["auth"] = {**service["auth"], "jwks": {"keys": [public]}}
    addresses: dict[str, Any] = {
        "start": f"{base}/",
        "logo": f"{base}/logo.png",
        "redirectUris": [f"{base}/callback"],
        "postLogoutRedirectUris": [f"{base}/signed-out"],
        "backchannelLogoutUri": f"{base}/backchannel-logout",
    }
    events = dict(service.pop("events"))
    if events.pop("pushed"):
        events["endpoint"] = f"{base}/events"
    addresses["events"] = events
    return Sample(
        module=row["module"],
        agency=agency_id,
        client_id=client_id,
        port=port,
        document=_document("Service", {"id": client_id, "agency": agency_id}, service | addresses),
        agency_document=_document("Agency", {"id": agency_id}, agency),
        asks=_asks(row["asks"], agency_id, base, jwk) if "asks" in row else None,
    )


def _asks(
    row: Mapping[str, Any], agency_id: str, base: str, jwk: Mapping[str, Any]
) -> dict[str, Any]:
    service = dict(row)
    named = {"id": service.pop("id"), "agency": agency_id}
    public = {name: value for name, value in jwk.items() if name != "d"}
    service["auth"] = {**service["auth"], "jwks": {"keys": [public]}}
    addresses = {"logo": f"{base}/logo.png", "notificationEndpoint": f"{base}/asked"}
    return _document("Service", named, service | addresses)


def _document(kind: str, metadata: Mapping[str, str], spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "gatehouse/v1", "kind": kind, "metadata": metadata, "spec": dict(spec)}
