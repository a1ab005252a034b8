"""Backchannel polls: a service comes for what the citizen decided, in good time and once.

    pending ──poll, poll …──▶ declined │ expired │ approved ──use──▶ used

Whoever comes too early waits five seconds longer from then on.

Specs: OpenID Connect CIBA Core 1.0 §10.1 and §11.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, Row, statement
from relying_parties import tables

LONGER = 5  # seconds, for each poll that comes too early (§11)

_r = tables.backchannel_requests.c
_named = (_r.digest == sa.bindparam("of_digest"), _r.client_id == sa.bindparam("of_client"))

_polled = sa.select(_r.id, _r.state, _r.interval, _r.expires_at, _r.poll_at, _r.used_at)
POLLED = statement(_polled.where(*_named).with_for_update(skip_locked=True))
ANSWERED = statement(_polled.where(*_named).with_for_update())
THERE = statement(sa.select(_r.state, _r.noticed_at).where(*_named))
WAIT = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(interval=sa.bindparam("longer"), poll_at=sa.bindparam("next", type_=tables.NOW))
)
USE = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(used_at=sa.bindparam("at", type_=tables.NOW))
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
class Polled:
    """What a poll found; ``id`` is the row's, if there is one."""

    fate: Fate
    id: UUID | None = None


async def poll(entry: Entry, auth_req_id: str, *, client_id: str) -> Polled:
    """Say how a request of this client stands, and hold its row; another's is as unknown as none.

    A poll that comes too early makes the next one wait longer (§11); one that comes while
    another is being answered is too early, and waits for nothing here, unless it may well be
    ourselves who hold the row: to note a ping, or to tell the citizen that they are asked.
    """
    named = {"of_digest": opaque.digest(auth_req_id), "of_client": client_id}
    row = await entry.one(POLLED, **named)
    if row is None:
        there = await entry.one(THERE, **named)
        if there and there["state"] == "pending" and there["noticed_at"] is not None:
            return Polled(Fate.TOO_EARLY)
        row = await entry.one(ANSWERED, **named) if there else None
    if row is None:
        return Polled(Fate.UNKNOWN)
    fate = _fate(row, entry.at)
    if fate in (Fate.PENDING, Fate.TOO_EARLY):
        longer = row["interval"] + (LONGER if fate is Fate.TOO_EARLY else 0)
        following = entry.at + timedelta(seconds=longer)
        await entry.run(WAIT, of_request=row["id"], longer=longer, next=following)
    return Polled(fate, UUID(bytes=row["id"].bytes))


async def use(entry: Entry, request_id: UUID) -> None:
    """Use a request up that :func:`poll` found approved, in the same transaction."""
    await entry.run(USE, of_request=request_id, at=entry.at)


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
