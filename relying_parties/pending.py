"""Interactions: the open request of one browser, over as many pages as it takes.

    /authorize ─▶ open ─note…─▶ use ─▶ answered
                   └──15 minutes──▶ ran out ──an hour──▶ gone

An interaction belongs to the browser that opened it: without that browser's own
handle its id is worth nothing. What was pushed (:mod:`relying_parties.pushed`) is used up
with the interaction that it became.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import pushed, tables

INTERACTION = timedelta(minutes=15)
# What is over can still be told of, to who comes back to it.
REMEMBERED = timedelta(hours=1)

_interactions = tables.interactions

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

_old = sa.select(_interactions.c.digest).where(_interactions.c.expires_at < sa.bindparam("before"))
PURGE = statement(
    sa.delete(_interactions).where(_interactions.c.digest.in_(_old.limit(sa.bindparam("most"))))
)


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
    return await pushed.use_late(entry, row["pushed"])


async def purge(entry: Entry, limit: int = 1000) -> int:
    """Delete up to ``limit`` each of what is over; return how many rows went."""
    before = entry.at - REMEMBERED  # longer than an interaction could use up what was pushed
    gone = await entry.run(PURGE, before=before, most=limit)
    return gone + await pushed.purge(entry, before, limit)


def _whose(handle: str, browser: str) -> dict[str, bytes]:
    return {"of_digest": opaque.digest(handle), "of_browser": opaque.digest(browser)}
