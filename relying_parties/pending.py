"""Requests on their way: pushed ones (PAR) and open interactions of a browser.

    push ─▶ pushed ─┐                    (90 seconds until the browser brings it)
                    ├─▶ open ─note…─▶ use ─▶ answered
    /authorize ─────┘      └──15 minutes──▶ ran out ──an hour──▶ gone

An interaction belongs to the browser that opened it: without that browser's own
handle its id is worth nothing. A pushed request is used up when it is answered, not
when it is loaded, so that a reload or a second tab still works; one of them wins.

Specs: RFC 9126 §2.2 and §4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.errors import TooManyPushed

INTERACTION = timedelta(minutes=15)
PUSHED = timedelta(seconds=90)
# What is over can still be told of, to who comes back to it.
REMEMBERED = timedelta(hours=1)
# Of a client's requests that wait for their browser: nine hundred wait if it pushes ten a
# second and no browser ever comes.
MOST_PUSHED = 5000
MOST_KEPT = 1000  # as far as browsers without a name may fill it, so that the client has the rest
PREFIX = "urn:ietf:params:oauth:request_uri:"

_interactions, _pushed = tables.interactions, tables.pushed_requests

OPEN = statement(
    sa.insert(_interactions).values(
        digest=sa.bindparam("digest"),
        browser=sa.bindparam("browser"),
        client_id=sa.bindparam("client_id"),
        request=sa.bindparam("request"),
        pushed=sa.bindparam("pushed"),
        steps=sa.bindparam("steps"),
        created_at=sa.bindparam("created_at"),
        expires_at=sa.bindparam("expires_at"),
    )
)

_WHOSE = (
    _interactions.c.digest == sa.bindparam("of_digest"),
    _interactions.c.browser == sa.bindparam("of_browser"),
)
_THIS_BROWSERS = (*_WHOSE, _interactions.c.expires_at > sa.bindparam("at"))
_TOLD = sa.select(
    _interactions.c.client_id,
    _interactions.c.request,
    _interactions.c.pushed,
    _interactions.c.steps,
    _interactions.c.created_at,
    _interactions.c.expires_at,
    _interactions.c.used_at,
)

FIND = statement(_TOLD.where(*_THIS_BROWSERS))
RAN_OUT = statement(_TOLD.where(*_WHOSE, _interactions.c.expires_at <= sa.bindparam("at")))

NOTE = statement(
    sa.update(_interactions)
    .where(
        _interactions.c.digest == sa.bindparam("of_digest"),
        _interactions.c.used_at.is_(None),
        _interactions.c.expires_at > sa.bindparam("at"),
    )
    .values(steps=_interactions.c.steps.concat(sa.bindparam("noted", type_=pg.JSONB)))
)

USE = statement(
    sa.update(_interactions)
    .where(*_THIS_BROWSERS, _interactions.c.used_at.is_(None))
    .values(used_at=sa.bindparam("at"))
    .returning(_interactions.c.pushed)
)

_waiting = (
    sa.select(sa.literal(1).label("one"))
    .where(
        _pushed.c.client_id == sa.bindparam("of_client", type_=sa.Text),
        _pushed.c.expires_at > sa.bindparam("created_at", type_=tables.NOW),
        _pushed.c.used_at.is_(None),
    )
    .limit(sa.bindparam("most", type_=sa.Integer))
    .subquery()
)
# Some pushed at the same moment do not see each other: the bound is one of size.
PUSH = statement(
    sa.insert(_pushed).from_select(
        ["digest", "client_id", "request", "created_at", "expires_at"],
        sa.select(
            sa.bindparam("digest", type_=sa.LargeBinary),
            sa.bindparam("of_client", type_=sa.Text),
            sa.bindparam("request", type_=pg.JSONB),
            sa.bindparam("created_at", type_=tables.NOW),
            sa.bindparam("expires_at", type_=tables.NOW),
        ).where(
            sa.select(sa.func.count()).select_from(_waiting).scalar_subquery()
            < sa.bindparam("most", type_=sa.Integer)
        ),
    )
)

_OPEN_PUSHED = (
    _pushed.c.digest == sa.bindparam("of_digest"),
    _pushed.c.client_id == sa.bindparam("of_client"),
    _pushed.c.expires_at > sa.bindparam("at"),
    _pushed.c.used_at.is_(None),
)

FIND_PUSHED = statement(sa.select(_pushed.c.request).where(*_OPEN_PUSHED))
FATE = statement(
    sa.select(_pushed.c.used_at).where(
        _pushed.c.digest == sa.bindparam("of_digest"),
        _pushed.c.client_id == sa.bindparam("of_client"),
    )
)

USE_PUSHED = statement(
    sa.update(_pushed)
    .where(*_OPEN_PUSHED)
    .values(used_at=sa.bindparam("at"))
    .returning(_pushed.c.client_id)
)

# Its ninety seconds bound the way to the browser; the interaction has its own.
USE_PUSHED_LATE = statement(
    sa.update(_pushed)
    .where(_pushed.c.digest == sa.bindparam("of_digest"), _pushed.c.used_at.is_(None))
    .values(used_at=sa.bindparam("at"))
    .returning(_pushed.c.client_id)
)


def _older(table: sa.Table) -> sa.Delete:
    old = sa.select(table.c.digest).where(table.c.expires_at < sa.bindparam("before"))
    return sa.delete(table).where(table.c.digest.in_(old.limit(sa.bindparam("most"))))


PURGE = statement(_older(_interactions))
PURGE_PUSHED = statement(_older(_pushed))


@dataclass(frozen=True, slots=True)
class Interaction:
    """One open request of one browser; ``steps`` is what was done so far."""

    client_id: str
    request: Mapping[str, Any]
    pushed: bytes | None
    steps: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fate:
    """Why a pushed request is over: it was answered, or else it ran out."""

    used: bool


async def open(  # noqa: A001 - read as pending.open
    entry: Entry,
    *,
    request: Mapping[str, Any],
    client_id: str,
    browser: str,
    request_uri: str | None = None,
) -> str:
    """Keep a request until its citizen has done what it takes; return the handle to it.

    :param browser: the handle in the browser's own cookie
    :param request_uri: the pushed request that this is, to be used up with it
    """
    handle = opaque.handle()
    await entry.run(
        OPEN,
        digest=opaque.digest(handle),
        browser=opaque.digest(browser),
        client_id=client_id,
        request=dict(request),
        pushed=opaque.digest(request_uri) if request_uri else None,
        steps={},
        created_at=entry.at,
        expires_at=entry.at + INTERACTION,
    )
    return handle


async def find(entry: Entry, handle: str, browser: str) -> Interaction | None:
    """Return the interaction, used or not; another browser's is as unknown as none."""
    row = await entry.one(FIND, **_whose(handle, browser), at=entry.at)
    return Interaction(**row) if row else None


async def ran_out(entry: Entry, handle: str, browser: str) -> Interaction | None:
    """Return an interaction of this browser that is over, for as long as it is remembered."""
    row = await entry.one(RAN_OUT, **_whose(handle, browser), at=entry.at)
    return Interaction(**row) if row else None


async def note(entry: Entry, handle: str, step: str, value: Any) -> bool:
    """Remember that ``step`` was done; false if the interaction is over."""
    noted = {step: value}
    digest = opaque.digest(handle)
    return bool(await entry.run(NOTE, of_digest=digest, at=entry.at, noted=noted))


async def use(entry: Entry, handle: str, browser: str) -> bool:
    """Take the interaction, and the pushed request behind it, for its one answer.

    False if it was answered before, here or in another tab.
    """
    row = await entry.one(USE, **_whose(handle, browser), at=entry.at)
    if row is None or row["pushed"] is None:
        return row is not None
    return await entry.one(USE_PUSHED_LATE, of_digest=row["pushed"], at=entry.at) is not None


async def push(
    entry: Entry,
    client_id: str,
    request: Mapping[str, Any],
    ttl: timedelta = PUSHED,
    most: int = MOST_PUSHED,
) -> str:
    """Keep what a service sent us beforehand; return the ``request_uri`` for it.

    :param most: how many of the service's may be waiting
    :raises TooManyPushed: as many are (PR-20)
    """
    request_uri = PREFIX + opaque.handle()
    kept = await entry.run(
        PUSH,
        digest=opaque.digest(request_uri),
        of_client=client_id,
        request=dict(request),
        created_at=entry.at,
        expires_at=entry.at + ttl,
        most=most,
    )
    if not kept:
        raise TooManyPushed(entry.at + ttl)
    return request_uri


async def pushed(entry: Entry, request_uri: str, client_id: str) -> Mapping[str, Any] | None:
    """Return a pushed request that this client sent and that was not answered yet."""
    row = await entry.one(
        FIND_PUSHED, of_digest=opaque.digest(request_uri), of_client=client_id, at=entry.at
    )
    return row["request"] if row else None


async def fate(entry: Entry, request_uri: str, client_id: str) -> Fate | None:
    """Say what became of a pushed request of this client that :func:`pushed` does not return."""
    row = await entry.one(FATE, of_digest=opaque.digest(request_uri), of_client=client_id)
    return Fate(used=row["used_at"] is not None) if row else None


async def use_pushed(entry: Entry, request_uri: str, client_id: str) -> bool:
    """Take a pushed request that is answered at once; false if it was answered before."""
    row = await entry.one(
        USE_PUSHED, of_digest=opaque.digest(request_uri), of_client=client_id, at=entry.at
    )
    return row is not None


async def purge(entry: Entry, limit: int = 1000) -> int:
    """Delete up to ``limit`` each of what is over; return how many rows went."""
    before = entry.at - REMEMBERED  # longer than an interaction could use up what was pushed
    gone = await entry.run(PURGE, before=before, most=limit)
    return gone + await entry.run(PURGE_PUSHED, before=before, most=limit)


def _whose(handle: str, browser: str) -> dict[str, bytes]:
    return {"of_digest": opaque.digest(handle), "of_browser": opaque.digest(browser)}
