"""Backchannel requests: a service asks a citizen who is not in front of it, and waits.

    pending ──approve──▶ approved ──poll──▶ used
       │ └──decline──▶ declined
       └──its time──▶ expired

The service holds ``auth_req_id``, of which the table has the digest only; the citizen finds
the request by who they are to the service. A row is made for an address that nobody has,
too, and runs out unanswered, so that no answer tells whether there is an account.

Who asks does not nag: one request of a service waits for a citizen at a time, and few that
were not approved are let through in an hour, known or not.

Specs: OpenID Connect CIBA Core 1.0 §7.3, §10.1 and §11.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, Row, statement
from relying_parties import tables
from relying_parties.errors import TooManyAsked
from relying_parties.events import BackchannelApproved, BackchannelAsked, BackchannelDeclined

LIVES, LONGEST = timedelta(minutes=5), timedelta(minutes=30)
INTERVAL = 5  # seconds, §7.3; as many more for each poll that comes too early (§11)
MOST, WINDOW = 3, timedelta(hours=1)  # of a service to one citizen, without a yes
MOST_WAITING = 1000  # of a service, to all citizens
KEPT = timedelta(days=1)  # after its end, for the citizen's page and to know what comes back

_r = tables.backchannel_requests.c
_at = sa.bindparam("at", type_=tables.NOW)
_count: Any = sa.func.count()

# Of two that ask for one citizen at the same moment one goes away: a connection never waits.
_whom = sa.func.hashtextextended(sa.bindparam("whom", type_=sa.Text), 0)
ALONE = statement(sa.select(sa.func.pg_try_advisory_xact_lock(_whom).label("alone")))
ASKED = statement(
    sa.select(_r.state, _r.created_at, _r.expires_at)
    .where(
        _r.subject == sa.bindparam("of_subject"),
        _r.client_id == sa.bindparam("of_client"),
        _r.created_at > sa.bindparam("since", type_=tables.NOW),
        _r.state != "approved",
    )
    .order_by(_r.created_at.desc())
)
WAITING = statement(
    sa.select(_count.label("waiting"), sa.func.min(_r.expires_at).label("until")).where(
        _r.client_id == sa.bindparam("of_client"), _r.state == "pending", _r.expires_at > _at
    )
)
ADD = statement(
    sa.insert(tables.backchannel_requests).values(
        **{
            name: sa.bindparam(name)
            for name in (
                *("id", "digest", "client_id", "subject", "citizen", "request", "message"),
                *("interval", "created_at", "expires_at", "ping"),
            )
        },
        state="pending",
        ping_tries=0,
    )
)
POLLED = statement(
    sa.select(_r.id, _r.state, _r.interval, _r.expires_at, _r.poll_at, _r.used_at)
    .where(_r.digest == sa.bindparam("of_digest"), _r.client_id == sa.bindparam("of_client"))
    .with_for_update(skip_locked=True)
)
THERE = statement(
    sa.select(_r.id).where(
        _r.digest == sa.bindparam("of_digest"), _r.client_id == sa.bindparam("of_client")
    )
)
WAIT = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(interval=sa.bindparam("longer"), poll_at=sa.bindparam("next", type_=tables.NOW))
)
USE = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(used_at=_at)
)
_TOLD = sa.select(
    *(_r.id, _r.digest, _r.client_id, _r.subject, _r.request, _r.message, _r.state),
    *(_r.created_at, _r.expires_at, _r.decided_at),
)
_theirs = _r.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text)))
LISTED = statement(_TOLD.where(_theirs).order_by(_r.created_at.desc()).limit(50))
FIND = statement(_TOLD.where(_r.id == sa.bindparam("of_request"), _theirs))
LOCK = statement(_TOLD.where(_r.id == sa.bindparam("of_request"), _theirs).with_for_update())
SETTLE = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(
        state=sa.bindparam("became"),
        decided_at=_at,
        # Whoever wanted to be told is told now.
        ping_due_at=sa.case((_r.ping.is_not(None), _at), else_=sa.null()),
    )
)
CITIZEN = statement(
    sa.select(tables.codes.c.citizen)
    .where(
        tables.codes.c.subject == sa.bindparam("of_subject"),
        tables.codes.c.client_id == sa.bindparam("of_client"),
    )
    .order_by(tables.codes.c.issued_at.desc())
    .limit(1)
)
PURGE = statement(
    sa.delete(tables.backchannel_requests).where(
        _r.id.in_(
            sa.select(_r.id)
            .where(_r.expires_at < sa.bindparam("before", type_=tables.NOW))
            .limit(sa.bindparam("most"))
        )
    )
)


class Fate(Enum):
    """What a poll finds."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    TOO_EARLY = "too early"
    EXPIRED = "expired"
    DECLINED = "declined"
    USED = "used"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Order:
    """What a service asks.

    :ivar id: of the row; ``auth_req_id`` is another name, that the service alone knows
    :ivar subject: who the citizen is to the service; of nobody, if nobody has the address
    :ivar citizen: sealed reference, of nobody too; ``None`` where only a subject was named
    :ivar ping: sealed, what the notification will say; ``None`` for a service that polls
    """

    id: UUID
    client_id: str
    subject: str
    citizen: bytes | None = field(repr=False)
    request: Mapping[str, Any]
    message: str
    lives: timedelta = LIVES
    ping: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its citizen sees it.

    :ivar digest: of ``auth_req_id``
    :ivar state: of the row, or ``expired``
    """

    id: UUID
    digest: bytes = field(repr=False)
    client_id: str
    subject: str
    request: Mapping[str, Any]
    message: str
    state: str
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll found; ``id`` is the row's, if there is one."""

    fate: Fate
    id: UUID | None = None


async def ask(entry: Entry, auth_req_id: str, order: Order, *, nagging: bool = False) -> None:
    """Keep a request until its citizen has answered or its time is over.

    :param nagging: let a service ask as often as it likes: the conformance suite has one citizen
    :raises TooManyAsked: one waits already, or too many were not approved
    """
    if not nagging:
        await _within_budget(entry, order)
    await entry.run(
        ADD,
        id=order.id,
        digest=opaque.digest(auth_req_id),
        client_id=order.client_id,
        subject=order.subject,
        citizen=order.citizen,
        request=dict(order.request),
        message=order.message,
        interval=INTERVAL,
        created_at=entry.at,
        expires_at=entry.at + order.lives,
        ping=order.ping,
    )
    # No subject: who was asked is nobody's business until they answer.
    entry.record(BackchannelAsked(actor=f"client:{order.client_id}", object=None))


async def poll(entry: Entry, auth_req_id: str, *, client_id: str) -> Polled:
    """Say how a request of this client stands, and hold its row; another's is as unknown as none.

    A poll that comes too early makes the next one wait longer (§11); one that comes while
    another is being answered is too early, and waits for nothing here.
    """
    named = {"of_digest": opaque.digest(auth_req_id), "of_client": client_id}
    row = await entry.one(POLLED, **named)
    if row is None:
        there = await entry.one(THERE, **named)
        return Polled(Fate.TOO_EARLY if there else Fate.UNKNOWN)
    fate = _fate(row, entry.at)
    if fate in (Fate.PENDING, Fate.TOO_EARLY):
        longer = row["interval"] + (INTERVAL if fate is Fate.TOO_EARLY else 0)
        following = entry.at + timedelta(seconds=longer)
        await entry.run(WAIT, of_request=row["id"], longer=longer, next=following)
    return Polled(fate, UUID(bytes=row["id"].bytes))


async def use(entry: Entry, request_id: UUID) -> None:
    """Use a request up that :func:`poll` found approved, in the same transaction."""
    await entry.run(USE, of_request=request_id, at=entry.at)


async def of_subjects(entry: Entry, subjects: Collection[str]) -> list[Asked]:
    """Return what a citizen was asked of late, newest first."""
    rows = await entry.all(LISTED, subjects=list(subjects))
    return [_asked(row, entry.at) for row in rows]


async def find(entry: Entry, request_id: UUID, subjects: Collection[str]) -> Asked | None:
    """Return a request to this citizen; another's is as unknown as none."""
    row = await entry.one(FIND, of_request=request_id, subjects=list(subjects))
    return _asked(row, entry.at) if row else None


async def hold(entry: Entry, request_id: UUID, subjects: Collection[str]) -> Asked | None:
    """Return a request to this citizen and let nobody else answer it in this transaction."""
    row = await entry.one(LOCK, of_request=request_id, subjects=list(subjects))
    return _asked(row, entry.at) if row else None


async def approve(entry: Entry, held: Asked) -> None:
    """Write down that the citizen said yes to a request that is held."""
    await entry.run(SETTLE, of_request=held.id, became="approved", at=entry.at)
    actor = f"subject:{held.subject}"
    entry.record(BackchannelApproved(actor=actor, object=f"client:{held.client_id}"))


async def decline(entry: Entry, held: Asked) -> None:
    """Write down that the citizen said no to a request that is held."""
    await entry.run(SETTLE, of_request=held.id, became="declined", at=entry.at)
    actor = f"subject:{held.subject}"
    entry.record(BackchannelDeclined(actor=actor, object=f"client:{held.client_id}"))


async def citizen_of(entry: Entry, subject: str, client_id: str) -> bytes | None:
    """Return the sealed reference to a citizen whom a client knows by ``subject``."""
    row = await entry.one(CITIZEN, of_subject=subject, of_client=client_id)
    return row["citizen"] if row else None


async def purge(entry: Entry, limit: int = 1000) -> int:
    """Delete up to ``limit`` requests that were over a day ago."""
    return await entry.run(PURGE, before=entry.at - KEPT, most=limit)


async def _within_budget(entry: Entry, order: Order) -> None:
    lock = await entry.one(ALONE, whom=f"{order.client_id} {order.subject}")
    if lock is None or not lock["alone"]:
        raise TooManyAsked(entry.at + timedelta(seconds=INTERVAL))
    whose = {"of_subject": order.subject, "of_client": order.client_id}
    late = await entry.all(ASKED, **whose, since=entry.at - WINDOW)
    waiting = [row["expires_at"] for row in late if _waits(row, entry.at)]
    if waiting:
        raise TooManyAsked(min(waiting))
    if len(late) >= MOST:
        raise TooManyAsked(late[MOST - 1]["created_at"] + WINDOW)
    of_all = await entry.one(WAITING, of_client=order.client_id, at=entry.at)
    if of_all is not None and of_all["waiting"] >= MOST_WAITING:
        raise TooManyAsked(of_all["until"])


def _waits(row: Row, at: datetime) -> bool:
    return bool(row["state"] == "pending" and row["expires_at"] > at)


def _fate(row: Row, at: datetime) -> Fate:
    if row["used_at"] is not None:
        return Fate.USED
    if row["state"] == "declined":
        return Fate.DECLINED
    if row["expires_at"] <= at:
        return Fate.EXPIRED
    if row["state"] == "approved":
        return Fate.APPROVED
    early = row["poll_at"] is not None and at < row["poll_at"]
    return Fate.TOO_EARLY if early else Fate.PENDING


def _asked(row: Row, at: datetime) -> Asked:
    over = row["state"] == "pending" and row["expires_at"] <= at
    kept = {name: row[name] for name in Asked.__slots__ if name not in ("id", "state")}
    return Asked(id=UUID(bytes=row["id"].bytes), state="expired" if over else row["state"], **kept)
