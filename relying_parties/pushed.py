"""Pushed authorization requests: what a client sent us beforehand (PAR).

    push ─▶ waiting ─find…─▶ use ─▶ used ──an hour──▶ gone
               └──90 seconds──▶ ran out ──────┘

It is used up when it is answered, not when it is found, so that a reload or a second tab
still works; one of them wins. What a silent sign-on does with it is asked together with
what others do, as with its code.

Specs: RFC 9126 §2.2 and §4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, statement
from keys.gathering import asked
from relying_parties import tables
from relying_parties.errors import TooManyPushed

LIVES = timedelta(seconds=90)
# Of a client's requests that wait for their browser: nine hundred wait if it pushes ten a
# second and no browser ever comes.
MOST = 5000
MOST_KEPT = 1000  # as far as browsers without a name may fill it, so that the client has the rest
PREFIX = "urn:ietf:params:oauth:request_uri:"

_pushed = tables.pushed_requests
_NAMES = ("digest", "client_id", "request", "created_at", "expires_at")


def _push() -> sa.Executable:
    brought = asked(**{name: _pushed.c[name].type for name in _NAMES}, most=sa.Integer())
    waiting = (
        sa.select(sa.literal_column("1"))
        .where(
            _pushed.c.client_id == brought.c.client_id,
            _pushed.c.expires_at > brought.c.created_at,
            _pushed.c.used_at.is_(None),
        )
        .limit(brought.c.most)
        .correlate(brought)
        .subquery()
    )
    # Some pushed at the same moment do not see each other: the bound is one of size.
    room = sa.select(sa.func.count()).select_from(waiting).correlate(brought).scalar_subquery()
    kept = (
        sa.insert(_pushed)
        .from_select(
            _NAMES,
            sa.select(*(brought.c[name] for name in _NAMES)).where(room < brought.c.most),
        )
        .returning(_pushed.c.digest)
        .cte("kept")
    )
    keys = asked(digest=sa.LargeBinary())
    return sa.select(keys.c.n).select_from(keys.join(kept, kept.c.digest == keys.c.digest))


def taken(orders: Any) -> sa.Update:
    """Use up what ``orders`` answer, as a part of their statement; returns the ``n`` of each.

    :param orders: columns ``n``, ``pushed`` (a digest, or null), ``client_id`` and ``issued_at``
    """
    return (
        sa.update(_pushed)
        .where(*_open(orders.c.pushed, orders.c.client_id, orders.c.issued_at))
        .values(used_at=orders.c.issued_at)
        .returning(orders.c.n)
    )


def _open(digest: Any, client_id: Any, at: Any) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _pushed.c.digest == digest,
        _pushed.c.client_id == client_id,
        _pushed.c.expires_at > at,
        _pushed.c.used_at.is_(None),
    )


_asked = asked(of_digest=sa.LargeBinary(), of_client=sa.Text(), at=tables.NOW)
_OPEN = _open(*(_asked.c[name] for name in ("of_digest", "of_client", "at")))

PUSH = statement(_push())
FIND = statement(
    sa.select(_asked.c.n, _pushed.c.request).join_from(_asked, _pushed, sa.and_(*_OPEN))
)
USE = statement(sa.update(_pushed).where(*_OPEN).values(used_at=_asked.c.at).returning(_asked.c.n))
# Its ninety seconds bound the way to the browser; the interaction has its own.
USE_LATE = statement(
    sa.update(_pushed)
    .where(_pushed.c.digest == sa.bindparam("of_digest"), _pushed.c.used_at.is_(None))
    .values(used_at=sa.bindparam("at"))
    .returning(_pushed.c.client_id)
)
FATE = statement(
    sa.select(_pushed.c.used_at).where(
        _pushed.c.digest == sa.bindparam("of_digest"),
        _pushed.c.client_id == sa.bindparam("of_client"),
    )
)
PURGE = statement(
    sa.delete(_pushed).where(
        _pushed.c.digest.in_(
            sa.select(_pushed.c.digest)
            .where(_pushed.c.expires_at < sa.bindparam("before"))
            .limit(sa.bindparam("most"))
        )
    )
)


@dataclass(frozen=True, slots=True)
class Fate:
    """Why a pushed request is over: it was answered, or else it ran out."""

    used: bool


async def push(
    entry: Entry,
    client_id: str,
    request: Mapping[str, Any],
    ttl: timedelta = LIVES,
    most: int = MOST,
) -> str:
    """Keep what a service sent us beforehand; return the ``request_uri`` for it.

    Durable on return.

    :param most: how many of the service's may be waiting
    :raises TooManyPushed: as many are (PR-20)
    """
    request_uri = PREFIX + opaque.handle()
    kept = await entry.together(
        PUSH,
        digest=opaque.digest(request_uri),
        client_id=client_id,
        request=request,
        created_at=entry.at,
        expires_at=entry.at + ttl,
        most=most,
    )
    if not kept:
        raise TooManyPushed(entry.at + ttl)
    return request_uri


async def find(entry: Entry, request_uri: str, client_id: str) -> Mapping[str, Any] | None:
    """Return a pushed request that this client sent and that was not answered yet."""
    rows = await entry.together(FIND, **_whose(entry, request_uri, client_id))
    return rows[0]["request"] if rows else None


async def fate(entry: Entry, request_uri: str, client_id: str) -> Fate | None:
    """Say what became of a pushed request of this client that :func:`find` does not return."""
    row = await entry.one(FATE, of_digest=opaque.digest(request_uri), of_client=client_id)
    return Fate(used=row["used_at"] is not None) if row else None


async def use(entry: Entry, request_uri: str, client_id: str) -> bool:
    """Take a pushed request that is answered at once; false if it was answered before.

    Durable on return, whatever becomes of the answer.
    """
    return bool(await entry.together(USE, **_whose(entry, request_uri, client_id)))


async def use_late(entry: Entry, digest: bytes) -> bool:
    """Take the pushed request behind an interaction, however long that took."""
    return await entry.one(USE_LATE, of_digest=digest, at=entry.at) is not None


async def purge(entry: Entry, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` that were over at that moment; return how many rows went."""
    return await entry.run(PURGE, before=before, most=limit)


def _whose(entry: Entry, request_uri: str, client_id: str) -> dict[str, Any]:
    return {"of_digest": opaque.digest(request_uri), "of_client": client_id, "at": entry.at}
