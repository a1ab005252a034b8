"""Orders from behind: what a service asks a citizen who is elsewhere, and how often it may.

    ask ──within its budget──▶ pending (:mod:`relying_parties.grants.backchannel_requests`)
     └──enough wait already, or too many without a yes──▶ TooManyAsked

A row is made for an address that nobody has, too, and runs out unanswered, so that no answer
tells whether there is an account; its budget is kept as anybody's is.

What is counted for the service is whom it named, as it named them: an address, or a subject of
an ID token. Were it the citizen, being told to wait after the one for what was asked with the
other would tell that both are one person, who may have shared no address with the service. So
whoever names somebody in two ways is let through twice as often. The citizen is spared that
in silence: :func:`too_much` says of whom more was asked than one name is good for, and they
are not mailed about it (:mod:`gateway.summoning`). The page shows it, and the service is
answered as always.

Specs: OpenID Connect CIBA Core 1.0 §7.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from keys import opaque
from keys.entry import Entry, Row, statement
from relying_parties import tables
from relying_parties.errors import TooManyAsked
from relying_parties.events import BackchannelAsked
from relying_parties.grants import backchannel_counts

INTERVAL = timedelta(seconds=5)  # §7.3


@dataclass(frozen=True, slots=True)
class Budget:
    """How long what a service asks may wait, and how much of it one citizen is asked.

    :ivar longest: that a request waits for its answer
    :ivar interval: between two polls, to begin with
    :ivar waiting: how many requests to one citizen wait at a time
    :ivar most: how many that nobody approved are let through in ``window``
    :ivar everywhere: how many wait at a time, for all citizens together
    """

    longest: timedelta
    interval: timedelta
    waiting: int
    most: int
    window: timedelta
    everywhere: int


LIVES = timedelta(minutes=5)  # unless the service says otherwise
# Somebody is on the phone, or at the counter.
PLAIN = Budget(timedelta(minutes=30), INTERVAL, 1, 3, timedelta(hours=1), 1000)
# What an office would do for a citizen: they may want to think, and to ask about it.
IN_DETAIL = Budget(timedelta(days=7), timedelta(minutes=1), 3, 5, timedelta(days=7), 100_000)

_r = tables.backchannel_requests.c
_count: Any = sa.func.count()

# Of two that ask for one citizen at the same moment one goes away: a connection never waits.
_whom = sa.func.hashtextextended(sa.bindparam("whom", type_=sa.Text), 0)
ALONE = statement(sa.select(sa.func.pg_try_advisory_xact_lock(_whom).label("alone")))
ASKED = statement(
    sa.select(_r.state, _r.created_at, _r.expires_at)
    .where(
        _r.named == sa.bindparam("whom"),
        _r.in_detail == sa.bindparam("detailed"),
        _r.created_at > sa.bindparam("since", type_=tables.NOW),
        _r.state != "approved",
    )
    .order_by(_r.created_at.desc())
)
_this = tables.backchannel_requests.alias("this")
BEFORE = statement(
    sa.select(_this.c.created_at.label("at"), _r.state, _r.created_at, _r.expires_at)
    .join_from(
        _this,
        tables.backchannel_requests,
        sa.and_(
            _r.subject == _this.c.subject,
            _r.client_id == _this.c.client_id,
            _r.in_detail == _this.c.in_detail,
            _r.created_at < _this.c.created_at,
            _r.created_at > _this.c.created_at - sa.bindparam("window", type_=sa.Interval),
            _r.state != "approved",
        ),
    )
    .where(_this.c.id == sa.bindparam("of_request"))
    .order_by(_r.created_at.desc())
)
WAITING = statement(
    sa.select(_count.label("waiting"), sa.func.min(_r.expires_at).label("until")).where(
        _r.client_id == sa.bindparam("of_client"),
        _r.in_detail == sa.bindparam("detailed"),
        _r.state == "pending",
        _r.expires_at > sa.bindparam("at", type_=tables.NOW),
    )
)
ADD = statement(
    sa.insert(tables.backchannel_requests).values(
        **{
            name: sa.bindparam(name)
            for name in (
                *("id", "digest", "client_id", "subject", "named", "citizen"),
                *("request", "in_detail", "message", "interval", "ping"),
                *("created_at", "expires_at"),
            )
        },
        state="pending",
        ping_tries=0,
    )
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a service asks.

    :ivar id: of the row; ``auth_req_id`` is another name, that the service alone knows
    :ivar subject: who the citizen is to the service; of nobody, if nobody has the address
    :ivar named: MAC of what the service named them by
    :ivar citizen: sealed reference, of nobody too; ``None`` where only a subject was named
    :ivar ping: sealed, what the notification will say; ``None`` for a service that polls
    """

    id: UUID
    client_id: str
    subject: str
    named: str
    citizen: bytes | None = field(repr=False)
    request: Mapping[str, Any]
    message: str
    lives: timedelta = LIVES
    ping: bytes | None = field(default=None, repr=False)

    @property
    def in_detail(self) -> bool:
        """Whether it asks for more than a sign-in and claims (RFC 9396)."""
        return bool(self.request.get("authorization_details"))

    @property
    def budget(self) -> Budget:
        """How much of it one citizen is asked."""
        return budget(in_detail=self.in_detail)


def budget(*, in_detail: bool) -> Budget:
    """Return what is allowed of requests of a kind."""
    return IN_DETAIL if in_detail else PLAIN


async def ask(entry: Entry, auth_req_id: str, order: Order, *, nagging: bool = False) -> None:
    """Keep a request until its citizen has answered or its time is over.

    :param nagging: let a service ask as often as it likes: the conformance suite has one citizen
    :raises TooManyAsked: enough wait already, or too many were not approved
    """
    if not nagging:
        try:
            await _within_budget(entry, order)
        except TooManyAsked:
            await backchannel_counts.refused(entry, order.client_id)
            raise
    await entry.run(
        ADD,
        id=order.id,
        digest=opaque.digest(auth_req_id),
        client_id=order.client_id,
        subject=order.subject,
        named=order.named,
        citizen=order.citizen,
        request=dict(order.request),
        in_detail=order.in_detail,
        message=order.message,
        interval=int(order.budget.interval.total_seconds()),
        created_at=entry.at,
        expires_at=entry.at + order.lives,
        ping=order.ping,
    )
    # No subject: who was asked is nobody's business until they answer.
    entry.record(BackchannelAsked(actor=f"client:{order.client_id}", object=None))


async def too_much(entry: Entry, request_id: UUID, *, in_detail: bool) -> bool:
    """Whether more was asked of its citizen when a request came than one name is good for."""
    allowed = budget(in_detail=in_detail)
    before = await entry.all(BEFORE, of_request=request_id, window=allowed.window)
    return bool(before) and _full(before, allowed, before[0]["at"]) is not None


async def _within_budget(entry: Entry, order: Order) -> None:
    lock = await entry.one(ALONE, whom=order.named)
    if lock is None or not lock["alone"]:
        raise TooManyAsked(entry.at + INTERVAL)
    allowed, detailed = order.budget, order.in_detail
    since = entry.at - allowed.window
    late = await entry.all(ASKED, whom=order.named, detailed=detailed, since=since)
    if until := _full(late, allowed, entry.at):
        raise TooManyAsked(until)
    of_all = await entry.one(WAITING, of_client=order.client_id, detailed=detailed, at=entry.at)
    if of_all is not None and of_all["waiting"] >= allowed.everywhere:
        raise TooManyAsked(of_all["until"])


def _full(late: Sequence[Row], allowed: Budget, at: datetime) -> datetime | None:
    """Return until when no more is let in, ``late`` being what was asked of late, newest first."""
    waiting: list[datetime] = [row["expires_at"] for row in late if _waits(row, at)]
    if len(waiting) >= allowed.waiting:
        return min(waiting)
    if len(late) >= allowed.most:
        oldest: datetime = late[allowed.most - 1]["created_at"]
        return oldest + allowed.window
    return None


def _waits(row: Row, at: datetime) -> bool:
    return bool(row["state"] == "pending" and row["expires_at"] > at)
