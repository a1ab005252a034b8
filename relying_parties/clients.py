"""Clients: the registered services, their secrets, and stopping them.

    draft ──approve──▶ live ──suspend──▶ suspended
                        │  ◀──resume───────┘ │
                        └───────retire───────┴──▶ retired

A suspension works at once: the statements that redeem codes and find tokens join
this table, so no cache stands between a decision and its effect.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, Row, statement
from keys.events import Event
from keys.sealing import DataKey
from relying_parties import events, registry, sealed_secrets, tables
from relying_parties.agencies import Agency
from relying_parties.errors import ClientUnknown, SecretNotUsed, StateConflict
from relying_parties.profiles import SEALED_METHODS, SECRET_METHODS
from relying_parties.registration import Registration, read

OVERLAP = timedelta(hours=24)  # the longest that a replaced secret may go on working

_clients, _agencies, _secrets = tables.clients, tables.agencies, tables.client_secrets

# A picture of an address that is not approved any more is not shown.
_OWN = sa.and_(
    tables.logos.c.client_id == _clients.c.client_id,
    tables.logos.c.address == _clients.c.registration["spec"]["logo"].astext,
)
_FOUND = (
    sa.select(
        _clients.c.client_id,
        _clients.c.status,
        _clients.c.version,
        _clients.c.registration,
        _agencies.c.id,
        _agencies.c.name,
        _agencies.c.sector,
        _agencies.c.contact,
        tables.logos.c.digest.label("logo"),
    )
    .select_from(_clients.join(_agencies).outerjoin(tables.logos, _OWN))
    .where(_clients.c.version > 0)
)

FIND = statement(_FOUND.where(_clients.c.client_id == sa.bindparam("client_id")))
LISTED = statement(_FOUND.order_by(_clients.c.client_id))

OF_RESOURCE = statement(
    sa.select(_clients.c.client_id).where(_clients.c.resource == sa.bindparam("resource"))
)

SECRETS = statement(
    sa.select(
        *(_secrets.c.client_id, _secrets.c.digest, _secrets.c.expires_at),
        *(_secrets.c.id, _secrets.c.sealed),
    )
    .where(
        _secrets.c.client_id == sa.any_(sa.bindparam("clients", type_=pg.ARRAY(sa.Text))),
        sa.or_(_secrets.c.expires_at.is_(None), _secrets.c.expires_at > sa.bindparam("at")),
    )
    .order_by(_secrets.c.created_at)
)

# Two secrets issued at once must not both think that they are the second one.
LOCK = statement(
    sa.select(_clients.c.registration)
    .where(_clients.c.client_id == sa.bindparam("client_id"), _clients.c.version > 0)
    .with_for_update()
)

_NEWEST = (
    sa.select(_secrets.c.id)
    .where(_secrets.c.client_id == sa.bindparam("client_id"))
    .order_by(_secrets.c.created_at.desc(), _secrets.c.id.desc())
    .limit(1)
    .scalar_subquery()
)

END_OLDER = statement(
    sa.update(_secrets)
    .where(
        _secrets.c.client_id == sa.bindparam("client_id"),
        sa.or_(_secrets.c.expires_at.is_(None), _secrets.c.expires_at > sa.bindparam("at")),
    )
    .values(
        expires_at=sa.case(
            (
                _secrets.c.id == _NEWEST,
                sa.func.least(
                    _secrets.c.expires_at, sa.bindparam("overlap_ends", type_=tables.NOW)
                ),
            ),
            else_=sa.bindparam("at"),
        )
    )
)

ADD_SECRET = statement(
    sa.insert(_secrets).values(
        id=sa.bindparam("id"),
        client_id=sa.bindparam("client_id"),
        digest=sa.bindparam("digest"),
        created_at=sa.bindparam("created_at"),
        sealed=sa.bindparam("sealed"),
    )
)

MOVE = statement(
    sa.update(_clients)
    .where(
        _clients.c.client_id == sa.bindparam("of_client"),
        _clients.c.status == sa.any_(sa.bindparam("from_states", type_=pg.ARRAY(sa.Text))),
    )
    .values(
        status=sa.bindparam("to_state"),
        suspended_at=sa.bindparam("since", type_=tables.NOW),
        suspended_reason=sa.bindparam("why", type_=sa.Text),
    )
    .returning(_clients.c.client_id)
)


@dataclass(frozen=True, slots=True)
class SecretDigest:
    """SHA-256 of a secret; ``expires_at`` is set once a newer one was issued.

    :ivar sealed: the secret itself, where the service was to sign with it
    """

    digest: bytes = field(repr=False)
    expires_at: datetime | None
    id: UUID
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Client:
    """One approved service.

    :ivar status: live, suspended or retired
    :ivar logo: which picture of :mod:`relying_parties.logos` is shown for it, if any
    """

    client_id: str
    agency: Agency
    status: str
    registration: Registration
    secrets: tuple[SecretDigest, ...]
    version: int
    logo: str | None = None

    @property
    def sector(self) -> str:
        """The sector whose subjects this service knows citizens by."""
        return self.agency.sector

    @property
    def live(self) -> bool:
        """Whether anything may be issued to it."""
        return self.status == "live"


async def find(entry: Entry, client_id: str) -> Client | None:
    """Return the service; one that was never approved is as unknown as one that is not there."""
    row = await entry.one(FIND, client_id=client_id)
    if row is None:
        return None
    secrets = await entry.all(SECRETS, clients=[client_id], at=entry.at)
    return _client(row, secrets)


async def listed(entry: Entry) -> list[Client]:
    """Return every service that was ever approved, by id."""
    rows = await entry.all(LISTED)
    secrets = await entry.all(SECRETS, clients=[row["client_id"] for row in rows], at=entry.at)
    return [_client(row, secrets) for row in rows]


async def of_resource(entry: Entry, identifier: str) -> str | None:
    """Return the id of the service that offers the resource (RFC 8707)."""
    row = await entry.one(OF_RESOURCE, resource=identifier)
    return row["client_id"] if row else None


def secret_is_right(client: Client, secret: str, at: datetime) -> bool:
    """Whether ``secret`` is one of the client's that are in force at ``at``."""
    given = opaque.digest(secret)
    right = [hmac.compare_digest(given, each.digest) for each in _in_force(client, at)]
    return any(right)


def has_secret(client: Client, at: datetime) -> bool:
    """Whether the client has a secret in force that serves the way it registered."""
    signs = client.registration.auth.method in SEALED_METHODS
    return any(each.sealed is not None or not signs for each in _in_force(client, at))


def signing_secrets(client: Client, sealer: DataKey, at: datetime) -> list[str]:
    """Return the secrets in force at ``at`` that what the client signs is verified with.

    :raises NotSealedHere: one of them was sealed for another row
    """
    return [
        sealed_secrets.opened(sealer, each.sealed, each.id)
        for each in _in_force(client, at)
        if each.sealed is not None
    ]


async def issue_secret(
    entry: Entry,
    client_id: str,
    *,
    by: str,
    overlap: timedelta = OVERLAP,
    sealer: DataKey | None = None,
) -> str:
    """Give a service a new secret; the caller shows it once, no page of ours can show it again.

    :param sealer: what seals it where the service is to sign with it; needed there
    :param overlap: how long the one before goes on working, 24 hours at most; older ones end now
    :raises ClientUnknown: no such service, or it was never approved
    :raises SecretNotUsed: it signs in with a key, or is public
    """
    row = await entry.one(LOCK, client_id=client_id)
    if row is None:
        raise ClientUnknown(client_id)
    method = read(row["registration"]).auth.method
    if method not in SECRET_METHODS:
        raise SecretNotUsed(client_id)
    ends = entry.at + max(timedelta(0), min(overlap, OVERLAP))
    await entry.run(END_OLDER, client_id=client_id, at=entry.at, overlap_ends=ends)
    return await _add_secret(entry, client_id, by, ends, _sealing(method, sealer))


async def first_secret(
    entry: Entry, client_id: str, method: str, *, by: str, sealer: DataKey
) -> str | None:
    """Give a service a secret for ``method`` if it has none, approved or not; shown once."""
    held = await entry.all(SECRETS, clients=[client_id], at=entry.at)
    if any(each["sealed"] is not None or method not in SEALED_METHODS for each in held):
        return None
    # One for another way, if there is any, goes on working until this way is approved.
    return await _add_secret(entry, client_id, by, entry.at, _sealing(method, sealer))


async def holds_secret(entry: Entry, client_id: str, secret: str) -> bool:
    """Whether ``secret`` is in force for a service, approved or not."""
    given = opaque.digest(secret)
    rows = await entry.all(SECRETS, clients=[client_id], at=entry.at)
    same = [opaque.same(given, row["digest"]) for row in rows]
    return any(same)


async def suspend(entry: Entry, client_id: str, reason: str, by: str) -> None:
    """Stop a service; what it holds works no more from the commit on.

    :raises StateConflict: it is not live
    """
    event = events.ServiceSuspended(actor=by, object=f"client:{client_id}", reason=reason)
    await _move(entry, client_id, ("live",), "suspended", event, reason)


async def resume(entry: Entry, client_id: str, by: str) -> None:
    """Let a suspended service work again, with what it still holds.

    :raises StateConflict: it is not suspended
    """
    event = events.ServiceResumed(actor=by, object=f"client:{client_id}")
    await _move(entry, client_id, ("suspended",), "live", event)


async def retire(entry: Entry, client_id: str, by: str) -> None:
    """End a service for good, or one that never began.

    :raises StateConflict: it has ended, or was never there
    """
    event = events.ServiceRetired(actor=by, object=f"client:{client_id}")
    await _move(entry, client_id, ("draft", "live", "suspended"), "retired", event)
    await sealed_secrets.forget(entry, client_id)


def _sealing(method: str, sealer: DataKey | None) -> DataKey | None:
    if method not in SEALED_METHODS:
        return None
    if sealer is None:
        raise ValueError("a secret to sign with has to be sealed")
    return sealer


async def _add_secret(
    entry: Entry, client_id: str, by: str, older_end: datetime, sealer: DataKey | None
) -> str:
    secret, secret_id = opaque.handle(), opaque.new_id()
    await entry.run(
        ADD_SECRET,
        id=secret_id,
        client_id=client_id,
        digest=opaque.digest(secret),
        created_at=entry.at,
        sealed=sealed_secrets.seal(sealer, secret, secret_id) if sealer else None,
    )
    ends = older_end.isoformat(timespec="seconds")
    entry.record(events.SecretIssued(actor=by, object=f"client:{client_id}", older_end_at=ends))
    await registry.bump(entry)
    return secret


def _in_force(client: Client, at: datetime) -> list[SecretDigest]:
    return [each for each in client.secrets if each.expires_at is None or each.expires_at > at]


async def _move(
    entry: Entry,
    client_id: str,
    before: tuple[str, ...],
    after: str,
    event: Event,
    reason: str | None = None,
) -> None:
    moved = await entry.one(
        MOVE,
        of_client=client_id,
        from_states=list(before),
        to_state=after,
        since=entry.at if after == "suspended" else None,
        why=reason,
    )
    if moved is None:
        raise StateConflict(client_id)
    entry.record(event)
    await registry.bump(entry)


def _client(row: Row, secrets: list[Row]) -> Client:
    return Client(
        client_id=row["client_id"],
        agency=Agency(row["id"], row["name"], row["sector"], row["contact"]),
        status=row["status"],
        registration=read(row["registration"]),
        secrets=tuple(
            SecretDigest(each["digest"], each["expires_at"], each["id"], each["sealed"])
            for each in secrets
            if each["client_id"] == row["client_id"]
        ),
        version=row["version"],
        logo=row["logo"],
    )
