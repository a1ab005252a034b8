"""Self-registration: a service writes its own registration, and changes or ends it.

    register ──▶ submitted ──(a reviewer)──▶ live ──replace──▶ submitted again, the former in force
                     └──remove──▶ retired ◀──remove──┘

It is one more author of :mod:`relying_parties.onboarding`: what it may ask is decided by
the version that was approved, never by what it sends.

Specs: RFC 7591 §3, RFC 7592 §2; security: AD-05, AD-08.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keys import opaque
from keys.entry import Entry
from keys.sealing import DataKey
from relying_parties import clients, onboarding, registration_access_tokens
from relying_parties.metadata.rules import Rules
from relying_parties.onboarding import Version
from relying_parties.profiles import SECRET_METHODS

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """A version that a service wrote.

    :ivar secret: set when the service got its first one
    """

    version: int
    document: Mapping[str, Any]
    secret: str | None = field(default=None, repr=False)


def document(client_id: str, agency_id: str, spec: Mapping[str, Any]) -> Document:
    """Return the document of a service that registers itself."""
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Service",
        "metadata": {"id": client_id, "agency": agency_id},
        "spec": {**spec, "selfRegistered": True},
    }


def draw_id() -> str:
    """Return an id for a new service: nobody chooses one that looks like another's."""
    return opaque.new_id().hex


async def write(entry: Entry, made: Document, rules: Rules, sealer: DataKey) -> Written:
    """Write a version and ask for its review.

    :param sealer: of its secret, where it is to sign with one
    :raises RegistrationInvalid: the document breaks rules
    :raises StateConflict: the service has ended
    """
    client_id = made["metadata"]["id"]
    by = f"client:{client_id}"
    _, version = await onboarding.draft(entry, made, author=by, rules=rules)
    await onboarding.submit(entry, client_id, version, by=by)
    secret, method = None, made["spec"]["auth"]["method"]
    if method in SECRET_METHODS:
        secret = await clients.first_secret(entry, client_id, method, by=by, sealer=sealer)
    return Written(version, made, secret)


async def newest(entry: Entry, client_id: str) -> Version:
    """Return the version that was written last, whoever wrote it; there is one."""
    return (await onboarding.versions(entry, client_id))[0]


async def remove(entry: Entry, client_id: str) -> None:
    """End the service for good, with all that it holds (RFC 7592 §2.3).

    :raises StateConflict: it has ended
    """
    await clients.retire(entry, client_id, by=f"client:{client_id}")
    await onboarding.abandon(entry, client_id)
    await registration_access_tokens.end(entry, client_id)
