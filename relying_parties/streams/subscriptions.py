"""Subscriptions: the one stream of a service, what it asks for, and whom it hears of.

    create ─▶ enabled ◀─status─▶ paused (events wait) │ disabled (events are dropped)
                 └── a week of failed pushes ──▶ paused, by us

A service hears of a citizen for as long as a consent of theirs is in force, and no longer;
it can leave one out, and take them in again. Nobody can add a citizen by naming them.

Specs: SSF 1.0 §8.1.1 to §8.1.3.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, Row, statement
from keys.pairwise import Subject
from relying_parties import changes, tables
from relying_parties.events import StreamChanged, StreamCreated, StreamDeleted
from relying_parties.grants.living import LIVE
from relying_parties.streams.delivery_records import UNSAY
from relying_parties.streams.event_types import BY_NAME

PUSH, POLL = "push", "poll"
STATUSES = ENABLED, PAUSED, DISABLED = "enabled", "paused", "disabled"
VERIFICATION_EVERY = timedelta(seconds=60)

_streams, _s = tables.streams, tables.streams.c
_deliveries = tables.deliveries
_clients, _agencies = tables.clients.c, tables.agencies.c

_OWN = ("method", "endpoint", "authorization", "description", "requested", "types")

CREATE = statement(
    pg.insert(_streams)
    .values(
        {
            **{name: sa.bindparam(name, type_=_s[name].type) for name in ("id", "client_id")},
            **{name: sa.bindparam(name, type_=_s[name].type) for name in _OWN},
            "status": sa.literal_column("'enabled'", sa.Text),
            "created_at": sa.bindparam("at", type_=tables.NOW),
            "due_at": sa.bindparam("at", type_=tables.NOW),
            "tries": sa.literal_column("0", sa.Integer),
        }
    )
    .on_conflict_do_nothing(index_elements=["client_id"])
    .returning(*_s)
)
OF_CLIENT = statement(sa.select(*_s).where(_s.client_id == sa.bindparam("of_client")))
LOCK = statement(sa.select(*_s).where(_s.client_id == sa.bindparam("of_client")).with_for_update())
CHANGE = statement(
    sa.update(_streams)
    .where(_s.id == sa.bindparam("stream"))
    .values(
        {
            **{name: sa.bindparam(f"new_{name}", type_=_s[name].type) for name in _OWN},
            # Whoever changes it wants to know at once whether it works now.
            "due_at": sa.bindparam("at", type_=tables.NOW),
            "tries": sa.literal_column("0", sa.Integer),
            "failing_since": sa.null(),
        }
    )
    .returning(*_s)
)
DELETE = statement(
    sa.delete(_streams)
    .where(_s.id == sa.bindparam("stream"), _s.client_id == sa.bindparam("of_client"))
    .returning(_s.id)
)
SET_STATUS = statement(
    sa.update(_streams)
    .where(_s.id == sa.bindparam("stream"))
    .values(
        status=sa.bindparam("became"),
        reason=sa.bindparam("because", type_=sa.Text),
        due_at=sa.bindparam("at", type_=tables.NOW),
        tries=sa.literal_column("0", sa.Integer),
        failing_since=sa.null(),
    )
    .returning(*_s)
)
# Whatever was not told yet, and the citizens who wait for word of it.
DROP = statement(
    sa.delete(_deliveries)
    .where(_deliveries.c.stream_id == sa.bindparam("stream"), _deliveries.c.state == "due")
    .returning(_deliveries.c.notice)
)
VERIFY = statement(
    sa.update(_streams)
    .where(
        _s.id == sa.bindparam("stream"),
        sa.or_(
            _s.verified_at.is_(None),
            _s.verified_at <= sa.bindparam("before", type_=tables.NOW),
        ),
    )
    .values(verified_at=sa.bindparam("at", type_=tables.NOW))
    .returning(_s.id)
)
EXCLUDE = statement(
    pg.insert(tables.stream_exclusions)
    .values(stream_id=sa.bindparam("stream"), subject=sa.bindparam("subject"))
    .on_conflict_do_nothing()
)
# Only whom the service shares something with can be left out: strangers would fill the table.
KNOWN = statement(
    sa.select(tables.consents.c.id)
    .where(
        tables.consents.c.subject == sa.bindparam("subject"),
        tables.consents.c.client_id == sa.bindparam("of_client"),
    )
    .limit(1)
)
# Whatever became of it: of some events hears, too, who shares nothing any more.
SHARED = statement(
    sa.select(tables.consents.c.client_id, tables.consents.c.subject)
    .distinct()
    .where(tables.consents.c.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))))
)
INCLUDE = statement(
    sa.delete(tables.stream_exclusions).where(
        tables.stream_exclusions.c.stream_id == sa.bindparam("stream"),
        tables.stream_exclusions.c.subject == sa.bindparam("subject"),
    )
)
RECEIVERS = statement(
    sa.select(_s.client_id, _s.types, _s.created_at, _agencies.sector)
    .join_from(_streams, tables.clients, _clients.client_id == _s.client_id)
    .join(tables.agencies, _agencies.id == _clients.agency_id)
    .where(_s.status != sa.literal_column("'disabled'"), _clients.status == LIVE)
    .order_by(_s.client_id)
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a service asks of its stream.

    :ivar method: :data:`PUSH` or :data:`POLL`
    :ivar authorization: the header of a push, sealed
    :ivar requested: URIs as it named them, known or not; ``None`` for all that it may have
    :ivar types: short names of those that it gets
    """

    method: str
    endpoint: str | None
    authorization: bytes | None = field(repr=False)
    description: str | None
    requested: Sequence[str] | None
    types: Sequence[str]


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream of a service, as it is."""

    id: str
    client_id: str
    status: str
    reason: str | None
    created_at: datetime
    wish: Wish


@dataclass(frozen=True, slots=True)
class Receiver:
    """A service that hears: which types, since when, and in whose sector it knows citizens."""

    client_id: str
    types: frozenset[str]
    since: datetime
    sector: str


async def create(entry: Entry, client_id: str, wish: Wish) -> Stream | None:
    """Make the stream of a service; ``None`` if it has one."""
    row = await entry.one(
        CREATE, id=opaque.handle(), client_id=client_id, at=entry.at, **_members(wish)
    )
    if row is None:
        return None
    _record(entry, StreamCreated, client_id)
    return _stream(row)


async def of_client(entry: Entry, client_id: str) -> Stream | None:
    """Return the stream of a service."""
    row = await entry.one(OF_CLIENT, of_client=client_id)
    return _stream(row) if row else None


async def lock(entry: Entry, client_id: str) -> Stream | None:
    """Return the stream of a service, for a change in this entry."""
    row = await entry.one(LOCK, of_client=client_id)
    return _stream(row) if row else None


async def change(entry: Entry, stream: Stream, wish: Wish) -> Stream:
    """Let the stream be as ``wish`` says; it was locked before."""
    members = {f"new_{name}": value for name, value in _members(wish).items()}
    row = await entry.one(CHANGE, stream=stream.id, at=entry.at, **members)
    _record(entry, StreamChanged, stream.client_id)
    return _stream(row) if row else stream


async def delete(entry: Entry, client_id: str, stream_id: str) -> bool:
    """End the stream and all that waits in it; false if it is not this service's."""
    found = await lock(entry, client_id)
    if found is None or found.id != stream_id:
        return False
    await _drop(entry, found)
    await entry.run(DELETE, stream=stream_id, of_client=client_id)
    _record(entry, StreamDeleted, client_id)
    return True


async def set_status(entry: Entry, stream: Stream, status: str, reason: str | None) -> Stream:
    """Let a stream run, rest (its events wait), or be off (they are dropped)."""
    row = await entry.one(SET_STATUS, stream=stream.id, became=status, because=reason, at=entry.at)
    await entry.run(UNSAY, stream=stream.id)  # whoever changes it knows
    if status == DISABLED:
        await _drop(entry, stream)
    _record(entry, StreamChanged, stream.client_id)
    return _stream(row) if row else stream


async def may_verify(entry: Entry, stream: Stream) -> bool:
    """Note that a verification was asked for; false if the last one is too recent."""
    before = entry.at - VERIFICATION_EVERY
    return await entry.one(VERIFY, stream=stream.id, at=entry.at, before=before) is not None


async def exclude(entry: Entry, stream: Stream, subject: str) -> None:
    """Let the service hear of one citizen no more; a stranger changes nothing."""
    if await entry.one(KNOWN, subject=subject, of_client=stream.client_id):
        await entry.run(EXCLUDE, stream=stream.id, subject=subject)


async def include(entry: Entry, stream: Stream, subject: str) -> None:
    """Let the service hear again of one whom it had left out."""
    await entry.run(INCLUDE, stream=stream.id, subject=subject)


async def receivers(entry: Entry) -> list[Receiver]:
    """Return every live service whose stream is not off, by id."""
    return [
        Receiver(row["client_id"], frozenset(row["types"]), row["created_at"], row["sector"])
        for row in await entry.all(RECEIVERS)
    ]


async def concerned(entry: Entry, subjects: Collection[Subject]) -> frozenset[tuple[str, Subject]]:
    """Return who ever shared something with which service: pairs of client id and subject."""
    rows = await entry.all(SHARED, subjects=list(subjects)) if subjects else []
    return frozenset((row["client_id"], Subject(row["subject"])) for row in rows)


def known(requested: Collection[str] | None, may: Sequence[str], issuer: str) -> list[str]:
    """Return the short names of what was asked for, of those that a service may have."""
    return [name for name in may if requested is None or BY_NAME[name].wire(issuer) in requested]


async def _drop(entry: Entry, stream: Stream) -> None:
    rows = await entry.all(DROP, stream=stream.id)
    notices = [row["notice"] for row in rows if row["notice"]]
    await changes.move(entry, notices, changes.UNDELIVERED)


def _members(wish: Wish) -> dict[str, object]:
    return {
        "method": wish.method,
        "endpoint": wish.endpoint,
        "authorization": wish.authorization,
        "description": wish.description,
        "requested": None if wish.requested is None else list(wish.requested),
        "types": list(wish.types),
    }


def _stream(row: Row) -> Stream:
    return Stream(
        id=row["id"],
        client_id=row["client_id"],
        status=row["status"],
        reason=row["reason"],
        created_at=row["created_at"],
        wish=Wish(**{name: row[name] for name in _OWN}),
    )


def _record(
    entry: Entry, kind: type[StreamCreated | StreamChanged | StreamDeleted], client_id: str
) -> None:
    entry.record(kind(actor=f"client:{client_id}", object=f"client:{client_id}"))
