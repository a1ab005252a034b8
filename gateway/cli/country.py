"""The demo's country: three agencies with a service each, twenty people, two administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from joserfc.jwk import ECKey

from gateway.cli.admin import invited
from gateway.cli.services import rules
from gateway.oauth import locking
from gateway.runtime import Runtime
from idp import accounts, attributes, identifiers
from idp.authenticators import passwords
from idp.proofing import journeys, sandbox
from keys.entry import Entry
from relying_parties import onboarding

UNVERIFIED = "not verified yet"
FREE = "free to be proved"  # in the register, with no account: for trying the proofing
WORDS = (
    "amber", "basil", "cedar", "delta", "ember", "fable", "grove", "hazel", "ivory", "jolly",
    "kayak", "lemon", "maple", "nutmeg", "olive", "pebble", "quartz", "robin", "sable", "tulip",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample service: where it runs and how it is registered."""

    module: str
    agency: str
    client_id: str
    port: int
    document: Mapping[str, Any]
    agency_document: Mapping[str, Any]


def samples(ports: Sequence[int], jwk: Mapping[str, Any]) -> tuple[Sample, ...]:
    """Describe the three services, at these ports; ``jwk`` is the key of the one that has one."""
    rows = yaml.safe_load(Path(__file__).with_name("country.yaml").read_text())
    return tuple(_sample(row, port, jwk) for row, port in zip(rows, ports, strict=True))


async def settle(runtime: Runtime, entry: Entry, all_samples: tuple[Sample, ...]) -> dict[str, str]:
    """Register agencies and services; returns the secrets that were issued now."""
    secrets = {}
    for sample in all_samples:
        for document in (sample.agency_document, sample.document):
            applied = await onboarding.apply(entry, document, by="operator", rules=rules(runtime))
            if applied.secret:
                secrets[applied.id] = applied.secret
    return secrets


async def populate(runtime: Runtime, entry: Entry) -> list[dict[str, str]]:
    """Let twenty people live here; whoever lives here already is left alone."""
    people = []
    residents = [person for person in sandbox.register() if person["case"] != FREE]
    for number, person in enumerate(residents):
        email = f"{person['mail']}@example.test"
        words = (WORDS[number], WORDS[(number * 7 + 3) % 20], WORDS[(number * 3 + 11) % 20])
        password = "-".join((*words, str(10 + number)))
        if await identifiers.find_account(entry, runtime.vault, email) is None:
            await _move_in(runtime, entry, person, email, password)
            await entry.commit()
        held = person["attributes"]
        name = " ".join(part for part in (held["given_name"], held.get("family_name")) if part)
        people.append({"name": name, "email": email, "password": password, "case": person["case"]})
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
        await journeys.complete(entry, runtime.vault, account.id, sandbox.known(person))
    for claim, value in told.items():
        await attributes.record(
            entry, runtime.vault, account.id, claim, value, source_type="self", by=by
        )
    if person.get("deceased"):
        await locking.lock(entry, runtime.vault, account.id, "deceased", by="operator")


def _sample(row: Mapping[str, Any], port: int, jwk: Mapping[str, Any]) -> Sample:
    agency, service = dict(row["agency"]), dict(row["service"])
    agency_id, client_id = agency.pop("id"), service.pop("id")
    base = f"http://{agency_id}.localhost:{port}"
    if service["auth"]["method"] == "private_key_jwt":
        public = {name: value for name, value in jwk.items() if name != "d"}
        service["auth"] = {**service["auth"], "jwks": {"keys": [public]}}
    addresses = {
        "start": f"{base}/",
        "redirectUris": [f"{base}/callback"],
        "postLogoutRedirectUris": [f"{base}/signed-out"],
        "backchannelLogoutUri": f"{base}/backchannel-logout",
    }
    return Sample(
        module=row["module"],
        agency=agency_id,
        client_id=client_id,
        port=port,
        document=_document("Service", {"id": client_id, "agency": agency_id}, service | addresses),
        agency_document=_document("Agency", {"id": agency_id}, agency),
    )


def _document(kind: str, metadata: Mapping[str, str], spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "gatehouse/v1", "kind": kind, "metadata": metadata, "spec": dict(spec)}
