"""Onboarding: how a service's registration comes into force, and who says so.

    draft ──submit──▶ submitted ──approve──▶ approved ──(a newer one)──▶ superseded
                          └──────refuse──▶ refused

A version never changes once written; a correction is the next version. Whoever had a
hand in it may not approve it, except the operator, who has the machine anyway. A draft
begins from the one before, so what an unapproved version says lives on in the next: its
author has a hand in all that follow, until one is in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from keys.entry import Entry, Row
from keys.sealing import DataKey
from relying_parties import agencies, clients, events, registration, registry, sealed_secrets
from relying_parties import registration_records as records
from relying_parties.errors import (
    AgencyUnknown,
    ClientUnknown,
    FourEyes,
    RegistrationInvalid,
    StateConflict,
    VersionUnknown,
)
from relying_parties.metadata.rules import STRICT, Rules
from relying_parties.profiles import SEALED_METHODS, SECRET_METHODS

OPERATOR = agencies.OPERATOR
BEYOND = 2**31 - 1  # no version has a higher number


@dataclass(frozen=True, slots=True)
class Version:
    """One written registration of a service, and what became of it."""

    client_id: str
    version: int
    document: Mapping[str, Any]
    state: str
    author: str
    changed_at: datetime
    submitted_at: datetime | None
    submitted_by: str | None
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a service stands: its own state, and the newest version that was written.

    :ivar in_force: the number of the approved version, 0 if there is none yet
    """

    agency_id: str
    status: str
    in_force: int
    newest: Version


@dataclass(frozen=True, slots=True)
class Applied:
    """What :func:`apply` did; ``secret`` is set when a service got its first one."""

    kind: str  # Service | Agency
    id: str
    changed: bool
    secret: str | None = field(default=None, repr=False)

    @property
    def client_id(self) -> str:
        """The id, as a service is called."""
        return self.id


async def draft(
    entry: Entry,
    document: Mapping[str, Any],
    *,
    author: str,
    agency_id: str | None = None,
    rules: Rules = STRICT,
) -> tuple[str, int]:
    """Write a new version; return the service's id and the version's number.

    :param agency_id: the only agency whose services this author may write, if not all
    :raises RegistrationInvalid: the document breaks rules
    :raises AgencyUnknown: its agency is not there, or not ``agency_id``
    :raises StateConflict: the service belongs to another agency, or has ended
    """
    read = registration.parse(document, rules)
    client_id = read.client_id
    if agency_id not in (None, read.agency_id):
        raise AgencyUnknown(read.agency_id)
    if await agencies.find(entry, read.agency_id) is None:
        raise AgencyUnknown(read.agency_id)
    if read.resource and await _taken(entry, read.resource.identifier, client_id):
        raise RegistrationInvalid((("spec.resource.identifier", "taken"),))
    version = await _next(entry, client_id, read.agency_id)
    await entry.run(
        records.ADD,
        client_id=client_id,
        version=version,
        document=dict(document),
        state="draft",
        author=author,
        changed_at=entry.at,
    )
    entry.record(
        events.RegistrationDrafted(actor=author, object=f"client:{client_id}", version=version)
    )
    return client_id, version


async def submit(entry: Entry, client_id: str, version: int, *, by: str) -> None:
    """Ask for a review.

    :raises StateConflict: the version is not a draft
    """
    given = {"of_client": client_id, "of_version": version}
    if await entry.one(records.SUBMIT, **given, at=entry.at, asker=by) is None:
        raise StateConflict(client_id)
    entry.record(
        events.RegistrationSubmitted(actor=by, object=f"client:{client_id}", version=version)
    )


async def approve(entry: Entry, client_id: str, version: int, *, by: str) -> None:
    """Put a submitted version into force, at once.

    :raises VersionUnknown: there is no such version
    :raises FourEyes: ``by`` had a hand in it
    :raises StateConflict: it does not wait for a review, a newer one is in force, the
        service has ended, or another one offers its resource
    """
    held = await entry.one(records.LOCK, client_id=client_id)
    found = await find(entry, client_id, version)
    if held is None or found is None:
        raise VersionUnknown(client_id)
    if by != OPERATOR and await had_a_hand(entry, client_id, version, by):
        raise FourEyes(client_id)
    if version < held["version"]:
        raise StateConflict(client_id)
    await _decide(entry, client_id, version, "approved", by)
    await entry.run(
        records.SUPERSEDE,
        of_client=client_id,
        of_version=version,
        states=["draft", "submitted", "approved"],
    )
    await _put_in_force(entry, found)
    entry.record(events.ServiceApproved(actor=by, object=f"client:{client_id}", version=version))
    await registry.bump(entry)


async def refuse(entry: Entry, client_id: str, version: int, *, by: str, reason: str) -> None:
    """Send a submitted version back.

    :raises StateConflict: it does not wait for a review
    """
    await _decide(entry, client_id, version, "refused", by, reason)
    entry.record(
        events.RegistrationRefused(
            actor=by, object=f"client:{client_id}", version=version, reason=reason
        )
    )


async def had_a_hand(entry: Entry, client_id: str, version: int, by: str) -> bool:
    """Whether ``by`` wrote this version, or one that it may come from, or asked for its review."""
    given = {"of_client": client_id, "of_version": version}
    return await entry.one(records.HAND, **given, whose=by) is not None


async def abandon(entry: Entry, client_id: str) -> None:
    """Let nothing of a service that ended wait for a review."""
    await entry.run(
        records.SUPERSEDE, of_client=client_id, of_version=BEYOND, states=["draft", "submitted"]
    )


async def find(entry: Entry, client_id: str, version: int) -> Version | None:
    """Return one version."""
    row = await entry.one(records.FIND, of_client=client_id, of_version=version)
    return _version(row) if row else None


async def versions(entry: Entry, client_id: str) -> list[Version]:
    """Return all versions of a service, the newest first."""
    return [_version(row) for row in await entry.all(records.VERSIONS, of_client=client_id)]


async def standings(entry: Entry) -> list[Standing]:
    """Return where every service stands, drafts too, by id."""
    return [
        Standing(
            row["agency_id"],
            row["status"],
            row["in_force"],
            Version(**{name: row[name] for name in Version.__slots__}),
        )
        for row in await entry.all(records.NEWEST)
    ]


async def waiting(entry: Entry) -> list[Version]:
    """Return what waits for a review, the longest first."""
    return [_version(row) for row in await entry.all(records.WAITING)]


async def apply(
    entry: Entry,
    document: Mapping[str, Any],
    *,
    by: str = OPERATOR,
    rules: Rules = STRICT,
    sealer: DataKey | None = None,
) -> Applied:
    """Make a service or an agency be as ``document`` says; nothing changes if it is already.

    :param sealer: of its secret, where a service is to sign with one; needed there
    :raises RegistrationInvalid: the document breaks rules
    :raises AgencyUnknown: the service's agency is not there yet
    """
    if isinstance(document, dict) and document.get("kind") == "Agency":
        return await _apply_agency(entry, document, by)
    read = registration.parse(document, rules)
    held = await entry.one(records.LOCK, client_id=read.client_id)
    if held is not None and held["registration"] == document:
        return Applied("Service", read.client_id, changed=False)
    client_id, version = await draft(entry, document, author=by, rules=rules)
    await submit(entry, client_id, version, by=by)
    await approve(entry, client_id, version, by=by)
    secret = None
    if read.auth.method in SECRET_METHODS and not await _has_secret(entry, client_id):
        secret = await clients.issue_secret(entry, client_id, by=by, sealer=sealer)
    return Applied("Service", client_id, changed=True, secret=secret)


async def _apply_agency(entry: Entry, document: Mapping[str, Any], by: str) -> Applied:
    about, spec = document.get("metadata"), document.get("spec")
    if not isinstance(about, dict) or not isinstance(spec, dict):
        raise RegistrationInvalid((("", "not_an_object"),))
    unknown = [
        ("", key) for key in document if key not in ("apiVersion", "kind", "metadata", "spec")
    ]
    unknown += [("metadata.", key) for key in about if key != "id"]
    unknown += [("spec.", key) for key in spec if key not in ("name", "contact")]
    if unknown:
        raise RegistrationInvalid(tuple((f"{at}{key}", "unknown_member") for at, key in unknown))
    agency_id, name, contact = about.get("id"), spec.get("name"), spec.get("contact")
    found = await agencies.find(entry, agency_id) if isinstance(agency_id, str) else None
    if found is None:
        await agencies.create(entry, agency_id, name=name, contact=contact, by=by)  # type: ignore[arg-type]
    elif (found.name, found.contact) == (name, contact):
        return Applied("Agency", found.id, changed=False)
    else:
        await agencies.change(entry, found.id, name=name, contact=contact, by=by)  # type: ignore[arg-type]
    return Applied("Agency", str(agency_id), changed=True)


async def _next(entry: Entry, client_id: str, agency_id: str) -> int:
    """Hold the service, a new one if need be, and return the number of its next version.

    :raises StateConflict: it belongs to another agency, or has ended
    """
    await entry.run(
        records.ADD_CLIENT,
        client_id=client_id,
        agency_id=agency_id,
        registration={},
        created_at=entry.at,
    )
    held = await entry.one(records.LOCK, client_id=client_id)
    if held is None or held["agency_id"] != agency_id or held["status"] == "retired":
        raise StateConflict(client_id)
    row = await entry.one(records.NEXT, of_client=client_id)
    return row["version"] if row else 1


async def _taken(entry: Entry, identifier: str, client_id: str) -> bool:
    """Whether another service offers the resource: tokens for it would be for two."""
    return await clients.of_resource(entry, identifier) not in (None, client_id)


async def _has_secret(entry: Entry, client_id: str) -> bool:
    found = await clients.find(entry, client_id)
    if found is None:
        raise ClientUnknown(client_id)
    return clients.has_secret(found, entry.at)


async def _decide(
    entry: Entry, client_id: str, version: int, verdict: str, by: str, reason: str | None = None
) -> None:
    given = {"of_client": client_id, "of_version": version, "verdict": verdict}
    row = await entry.one(records.DECIDE, **given, at=entry.at, judge=by, why=reason)
    if row is None:
        raise StateConflict(client_id)


async def _put_in_force(entry: Entry, approved: Version) -> None:
    client_id, read = approved.client_id, registration.read(approved.document)
    offered = read.resource
    if offered and await _taken(entry, offered.identifier, client_id):
        raise StateConflict(client_id)
    put = await entry.one(
        records.PUT_IN_FORCE,
        of_client=client_id,
        of_version=approved.version,
        document=dict(approved.document),
        resource=offered.identifier if offered else None,
    )
    if put is None:
        raise StateConflict(client_id)
    if read.auth.method not in SEALED_METHODS:
        await sealed_secrets.forget(entry, client_id)


def _version(row: Row) -> Version:
    return Version(**row)
