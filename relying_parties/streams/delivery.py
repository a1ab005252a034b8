"""Delivery: events on their way to the services, at least once and in order for each citizen.

    due ──take──▶ under way ──heard──▶ told ──a week──▶ gone
     ▲                ├──no answer, busy──▶ the whole stream waits: seconds, then hours
     │                ├──5xx──▶ due later; what follows for that citizen waits with it
     │                └──refused, or a week of tries──▶ dead ──send again──▶ due
     └──a minute without a word of the worker──┘

A worker takes streams, not events: one at a time is at a stream, so order is kept, and one
that is down costs one try. What waits is looked at once more before it goes: of a citizen
who shares nothing with the service any more, nothing is told.

Specs: RFC 8935 §2, RFC 8936 §2.4, SSF 1.0 §8.1.2; security: EV-05, EV-07.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from keys import opaque
from keys.entry import Entry, Row
from relying_parties import changes
from relying_parties.events import EventGivenUp, EventsSentAgain, StreamPaused
from relying_parties.streams import delivery_records as records
from relying_parties.streams.delivery_records import UNREACHABLE, UNREAD
from relying_parties.streams.event_types import STREAM_UPDATED

BACKOFF = tuple(
    timedelta(seconds=each) for each in (10, 30, 120, 600, 1800, 3600, 2 * 3600, 6 * 3600)
)
WEEK = timedelta(days=7)
KEPT = timedelta(days=30)
UNDER_WAY = timedelta(minutes=1)  # a worker that died in the meantime is not waited for longer


@dataclass(frozen=True, slots=True)
class Signal:
    """One event for one service, if the citizen shares something with it.

    :ivar sid: the service's name of the session that it is about; then only who opened it hears
    :ivar moment: of the event: nobody hears what was before they began to
    :ivar notice: whose answer the citizen waits for
    """

    client_id: str
    subject: str
    event: str
    payload: Mapping[str, Any]
    moment: datetime
    sid: str | None = None
    notice: UUID | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way.

    :ivar tries: how often it was tried before
    """

    id: int
    jti: str
    stream_id: str
    subject: str | None
    sid: str | None
    event: str
    payload: Mapping[str, Any]
    notice: UUID | None
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """A stream that a worker has for a minute, and what is due in it, in order.

    :ivar tries: of the stream, that failed in a row; since ``failing_since``
    """

    stream_id: str
    client_id: str
    endpoint: str
    authorization: bytes | None
    tries: int
    failing_since: datetime | None
    until: datetime
    deliveries: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a load went.

    :ivar told: ids that were heard
    :ivar refused: those that will never be, and why; ``broken``: those to try again
    :ivar down: why nobody is there at all, so that the whole stream waits
    """

    told: Sequence[int]
    refused: Mapping[int, str]
    broken: Mapping[int, str]
    down: str = ""


async def queue(entry: Entry, signals: Sequence[Signal]) -> int:
    """Note events for the services that may hear them; return how many there are to tell.

    A notice whose service may not hear of its citizen is not waited for.
    """
    if not signals:
        return 0
    rows = await entry.all(
        records.QUEUE,
        clients=[each.client_id for each in signals],
        subjects=[each.subject for each in signals],
        sids=[each.sid for each in signals],
        events=[each.event for each in signals],
        payloads=[dict(each.payload) for each in signals],
        notices=[each.notice for each in signals],
        moments=[each.moment for each in signals],
        at=entry.at,
        # To the minute: what happened to the account stands in the journal, by its moment.
        minute=entry.at.replace(second=0, microsecond=0),
    )
    wanted = {each.notice for each in signals if each.notice}
    await changes.move(entry, wanted - set(_notices(rows)), changes.UNDELIVERED)
    return len(rows)


async def say(entry: Entry, stream_id: str, event: str, payload: Mapping[str, Any]) -> None:
    """Note something about the stream itself."""
    jti = str(opaque.new_id())
    await entry.run(
        records.SAY, jti=jti, stream=stream_id, event=event, payload=dict(payload), at=entry.at
    )


async def take(entry: Entry, *, most: int, each: int = 100) -> list[Load]:
    """Take streams that have something due, for a minute, and the oldest of it."""
    until = entry.at + UNDER_WAY
    streams = await entry.all(records.TAKE, at=entry.at, until=until, most=most)
    if not streams:
        return []
    ids = [row["id"] for row in streams]
    heads = await _shared(
        entry, await entry.all(records.HEADS, streams=ids, at=entry.at, each=each)
    )
    return [
        Load(
            stream_id=row["id"],
            client_id=row["client_id"],
            endpoint=row["endpoint"],
            authorization=row["authorization"],
            tries=row["tries"],
            failing_since=row["failing_since"],
            until=until,
            deliveries=[one for one in heads if one.stream_id == row["id"]],
        )
        for row in streams
    ]


async def settle(entry: Entry, load: Load, outcome: Outcome) -> None:
    """Write down how a load went, for the citizens who wait for word, too."""
    await _told(entry, outcome.told)
    late = {one.id for one in load.deliveries if one.created_at + WEEK <= entry.at}
    dead = {**outcome.refused, **{id_: why for id_, why in outcome.broken.items() if id_ in late}}
    tries = {one.id: one.tries for one in load.deliveries}
    again = {id_: why for id_, why in outcome.broken.items() if id_ not in late}
    later = {id_: entry.at + _wait(tries[id_]) for id_ in again}
    await _fail(entry, load.client_id, dead | again, later)
    if not outcome.down:
        await _release(entry, load, entry.at, 0, None)
        return
    since = load.failing_since or entry.at
    await _release(entry, load, entry.at + _wait(load.tries), load.tries + 1, since)
    if since + WEEK <= entry.at and await entry.one(
        records.REST, stream=load.stream_id, because=UNREACHABLE
    ):
        entry.record(StreamPaused(None, f"client:{load.client_id}", outcome.down))


async def waiting(entry: Entry, stream_id: str, most: int) -> tuple[list[Delivery], bool]:
    """Return the oldest events that wait for a poll, and whether there are more."""
    rows = await entry.all(records.HEADS, streams=[stream_id], at=entry.at, each=most + 1)
    found = await _shared(entry, rows)
    return found[:most], len(found) > most


async def of_itself(entry: Entry, stream_id: str, most: int) -> list[Delivery]:
    """Return what a stream that rests has to say: that it does (SSF 1.0 §8.1.5)."""
    rows = await entry.all(records.OF_ITSELF, stream=stream_id, most=most)
    return [Delivery(**row) for row in rows]


async def heard(entry: Entry, stream_id: str, jtis: Collection[str]) -> None:
    """Note that a poll got these (RFC 8936 §2.4)."""
    rows = await entry.all(records.OF_JTIS, stream=stream_id, jtis=list(jtis))
    await _told(entry, [row["id"] for row in rows])


async def refused(entry: Entry, client_id: str, stream_id: str, why: Mapping[str, str]) -> None:
    """Note that a poll could do nothing with these, by jti, and why (RFC 8936 §2.6)."""
    rows = await entry.all(records.OF_JTIS, stream=stream_id, jtis=list(why))
    await _fail(entry, client_id, {row["id"]: why[row["jti"]] for row in rows}, {})


async def send_again(entry: Entry, client_id: str, *, by: str) -> int:
    """Let what was given up be told once more; return how many events."""
    again = await entry.all(records.AGAIN, of_client=client_id, at=entry.at)
    await changes.revive(entry, _notices(again))
    await entry.run(records.AWAKE, of_client=client_id, at=entry.at)
    for row in await entry.all(records.RESUME, of_client=client_id):
        await _updated(entry, row["id"], {"status": "enabled"})
    entry.record(EventsSentAgain(by, f"client:{client_id}", len(again)))
    return len(again)


async def standing(entry: Entry, client_id: str) -> dict[str, int]:
    """Return how many events the service was told, has to hear, or missed."""
    rows = await entry.all(records.STANDING, of_client=client_id)
    return {row["state"]: row["events"] for row in rows}


async def purge(entry: Entry) -> int:
    """Delete what was heard a week ago, and all that is a month old; let unread streams rest."""
    for row in await entry.all(records.REST_UNREAD, before=entry.at - WEEK, because=UNREAD):
        await _updated(entry, row["id"], {"status": "paused", "reason": UNREAD})
        entry.record(StreamPaused(None, f"client:{row['client_id']}", UNREAD))
    gone = await entry.all(records.PURGE, before=entry.at - KEPT, heard_before=entry.at - WEEK)
    await changes.move(
        entry, _notices(row for row in gone if row["state"] != "told"), changes.UNDELIVERED
    )
    return len(gone)


async def _updated(entry: Entry, stream_id: str, now: Mapping[str, str]) -> None:
    """Let a stream say that we changed its status; the last word is the one that counts."""
    await entry.run(records.UNSAY, stream=stream_id)
    await say(entry, stream_id, STREAM_UPDATED.name, now)


async def _shared(entry: Entry, rows: Iterable[Row]) -> list[Delivery]:
    """Forget what is about those who share nothing any more (EV-07); return the rest."""
    given = [dict(row) for row in rows]
    gone = [row["id"] for row in given if not row.pop("shared")]
    if gone:
        await changes.move(
            entry, _notices(await entry.all(records.FORGET, ids=gone)), changes.ENDED
        )
    return [Delivery(**row) for row in given if row["id"] not in gone]


async def _told(entry: Entry, ids: Sequence[int]) -> None:
    if ids:
        rows = await entry.all(records.TOLD, ids=list(ids), at=entry.at)
        await changes.move(entry, _notices(rows), changes.TOLD)


def _notices(rows: Iterable[Row]) -> list[UUID]:
    return [row["notice"] for row in rows if row["notice"]]


async def _fail(
    entry: Entry, client_id: str, whys: Mapping[int, str], later: Mapping[int, datetime]
) -> None:
    """Note failures; those without a later moment are given up."""
    if not whys:
        return
    rows = await entry.all(
        records.FAILED,
        ids=list(whys),
        whys=list(whys.values()),
        becomes=["due" if id_ in later else "dead" for id_ in whys],
        nexts=[later.get(id_, entry.at) for id_ in whys],
        at=entry.at,
    )
    dead = [row for row in rows if row["state"] == "dead"]
    await changes.move(entry, _notices(dead), changes.UNDELIVERED)
    for row in dead:
        entry.record(EventGivenUp(None, f"client:{client_id}", row["event"], row["why"]))


async def _release(
    entry: Entry, load: Load, next_: datetime, tries: int, since: datetime | None
) -> None:
    await entry.run(
        records.RELEASE,
        stream=load.stream_id,
        until=load.until,
        next=next_,
        times=tries,
        since=since,
    )


def _wait(tries: int) -> timedelta:
    """Return how long to wait after so many failures, never two alike."""
    wait = BACKOFF[min(tries, len(BACKOFF) - 1)]
    return wait * (0.75 + int(opaque.digits(3)) / 2000)
