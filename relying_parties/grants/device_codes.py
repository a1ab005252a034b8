"""Device codes: a device without a browser waits while its citizen signs in on another one.

    ask ──▶ waiting ──answer──▶ granted ──redeem, once──▶ tokens
              │          └────▶ denied
              └──ten minutes──▶ run out ──a day──▶ gone

Two codes name one row. The device keeps the long one and polls with it; its citizen types
the short one, or follows a link with it. Neither is stored: of the long one there is a
digest, and of the short one, which could be searched, a MAC. A granted device code is an
authorization code (:mod:`relying_parties.grants.codes`) that its client has already, so
that it ends, is used up and comes back as any other does.

Specs: RFC 8628 §3.2, §3.5, §5.1 and §6.1.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.errors import TooManyPushed
from relying_parties.events import DeviceDenied

LIFETIME = timedelta(minutes=10)
INTERVAL = 5  # seconds between two polls, and how many more after each that came too early
GRACE = timedelta(seconds=1)  # a poll is not early because the one before it took long
# A device that was let in at the last moment still has the time to ask.
TO_REDEEM = timedelta(minutes=1)
REMEMBERED = timedelta(days=1)
# Of a client's devices that wait: the more of them, the better a guess of a short code.
MOST = 5000
# … of one network, as far as that is known: it alone must not take the place of all others.
MOST_OF_NETWORK = 500
# RFC 8628 §6.1: no vowels, so no words; 34 bits, of which a network may guess a few.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
# What proves a granted code: no verifier comes to this, so no other grant can redeem it.
PROOF = "device_code"

WAITING, GRANTED, DENIED = "waiting", "granted", "denied"

_devices = tables.device_codes


class Answer(Enum):
    """What a poll is told."""

    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    EXPIRED = "expired_token"
    DENIED = "access_denied"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Asked:
    """The two codes of a device; nothing of ours can show them again."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device as the one who types its code sees it.

    :ivar name: of the device code, in requests of ours
    :ivar device: what it says that it is; empty if that is not known
    :ivar network: MAC of where it asked from; ``None`` if that is not known
    """

    name: str
    client_id: str
    request: Mapping[str, Any]
    device: str
    network: bytes | None
    state: str
    created_at: datetime
    expires_at: datetime


_mine = sa.select(sa.literal(1).label("one")).where(
    _devices.c.client_id == sa.bindparam("of_client", type_=sa.Text),
    _devices.c.expires_at > sa.bindparam("at", type_=tables.NOW),
    _devices.c.state == WAITING,
)
_near = _mine.where(_devices.c.network == sa.bindparam("network", type_=sa.LargeBinary))


def _fewer(rows: sa.Select[Any], most: str) -> sa.ColumnElement[bool]:
    limit = sa.bindparam(most, type_=sa.Integer)
    found = rows.limit(limit).subquery()
    return sa.select(sa.func.count()).select_from(found).scalar_subquery() < limit


_GIVEN: Mapping[str, Any] = {
    "digest": sa.LargeBinary(),
    "user_code": sa.LargeBinary(),
    "of_client": sa.Text(),
    "request": pg.JSONB(),
    "device": sa.Text(),
    "network": sa.LargeBinary(),
    "waiting": sa.Text(),
    "interval": sa.Integer(),
    "at": tables.NOW,
    "until": tables.NOW,
}
ASK = statement(
    pg.insert(_devices)
    .from_select(
        [
            *("digest", "user_code", "client_id", "request", "device", "network", "state"),
            *("interval", "created_at", "expires_at"),
        ],
        sa.select(*(sa.bindparam(name, type_=kind) for name, kind in _GIVEN.items())).where(
            _fewer(_mine, "most"), _fewer(_near, "most_of_network")
        ),
    )
    .on_conflict_do_nothing()
    .returning(_devices.c.digest)
)

_TOLD = sa.select(
    *(_devices.c[name] for name in ("digest", "client_id", "request", "device", "network")),
    *(_devices.c[name] for name in ("state", "created_at", "expires_at")),
)
TYPED = statement(_TOLD.where(_devices.c.user_code == sa.bindparam("of_user_code")))
FIND = statement(_TOLD.where(_devices.c.digest == sa.bindparam("of_digest")))

ANSWER = statement(
    sa.update(_devices)
    .where(
        _devices.c.digest == sa.bindparam("of_digest"),
        _devices.c.state == WAITING,
        _devices.c.expires_at > sa.bindparam("at"),
    )
    .values(state=sa.bindparam("new_state"))
    .returning(_devices.c.expires_at)
)

TAKE_BACK = statement(
    sa.update(_devices)
    .where(_devices.c.digest == sa.bindparam("of_digest"), _devices.c.state == GRANTED)
    .values(state=sa.bindparam("new_state"))
)

_CLIENTS = (
    _devices.c.digest == sa.bindparam("of_digest"),
    _devices.c.client_id == sa.bindparam("of_client"),
)
STATE = statement(sa.select(_devices.c.state).where(*_CLIENTS))
_known = (
    sa.select(
        *(_devices.c[name] for name in ("digest", "expires_at")),
        sa.func.coalesce(
            _devices.c.polled_at + sa.func.make_interval(0, 0, 0, 0, 0, 0, _devices.c.interval)
            > sa.bindparam("at", type_=tables.NOW) + GRACE,
            sa.false(),
        ).label("early"),
    )
    .where(*_CLIENTS, _devices.c.state == WAITING)
    .with_for_update()
    .cte("known")
)
POLL = statement(
    sa.update(_devices)
    .where(_devices.c.digest == _known.c.digest)
    .values(
        polled_at=sa.bindparam("at", type_=tables.NOW),
        interval=_devices.c.interval + sa.case((_known.c.early, INTERVAL), else_=0),
    )
    .returning(_known.c.expires_at, _known.c.early)
)

_old = sa.select(_devices.c.digest).where(_devices.c.expires_at < sa.bindparam("before"))
PURGE = statement(
    sa.delete(_devices).where(_devices.c.digest.in_(_old.limit(sa.bindparam("most"))))
)


def spelled(user_code: str) -> str:
    """Spell a short code as people read it: in two groups."""
    return f"{user_code[: LENGTH // 2]}-{user_code[LENGTH // 2 :]}"


def typed(text: str) -> str:
    """Read a short code as somebody typed it: without case, and only what can stand in one."""
    return "".join(letter for letter in text.upper() if letter in ALPHABET)


def handle(device_code: str) -> str:
    """Return the name of a device code: of no use to whoever does not hold the code itself."""
    return opaque.unpadded(opaque.digest(device_code))


async def ask(
    entry: Entry,
    key: bytes,
    *,
    client_id: str,
    request: Mapping[str, Any],
    device: str,
    network: bytes | None,
) -> Asked:
    """Let a device wait.

    :param key: of the MAC over short codes
    :param request: what it asks, for whoever types the code
    :raises TooManyPushed: as many of the client's wait as may, or of its in this network
    """
    for _ in range(3):  # a short code that is in use is drawn once in some million times
        asked = Asked(opaque.handle(), opaque.letters(LENGTH, ALPHABET))
        name = handle(asked.device_code)
        made = await entry.one(
            ASK,
            digest=opaque.digest(name),
            user_code=_mac(key, asked.user_code),
            of_client=client_id,
            request={**request, "device": name},
            device=device,
            network=network,
            waiting=WAITING,
            interval=INTERVAL,
            at=entry.at,
            until=entry.at + LIFETIME,
            most=MOST,
            most_of_network=MOST_OF_NETWORK,
        )
        if made is not None:
            return asked
    raise TooManyPushed(entry.at + LIFETIME)


async def by_user_code(entry: Entry, key: bytes, user_code: str) -> Waiting | None:
    """Return the device with this short code, in whatever state it is."""
    row = await entry.one(TYPED, of_user_code=_mac(key, user_code))
    return _waiting(row)


async def find(entry: Entry, name: str) -> Waiting | None:
    """Return the device of a request of ours."""
    return _waiting(await entry.one(FIND, of_digest=opaque.digest(name)))


async def grant(entry: Entry, name: str) -> timedelta | None:
    """Let the device in, once; return how long its code lives as an authorization code.

    ``None`` if it was answered before, or has run out.
    """
    row = await entry.one(ANSWER, of_digest=opaque.digest(name), new_state=GRANTED, at=entry.at)
    return max(row["expires_at"] - entry.at, TO_REDEEM) if row else None


async def take_back(entry: Entry, name: str) -> None:
    """Tell a device no that was let in at this very moment: its consent ended meanwhile."""
    await entry.run(TAKE_BACK, of_digest=opaque.digest(name), new_state=DENIED)


async def deny(entry: Entry, name: str, client_id: str) -> bool:
    """Tell the device no, once; false if it was answered before, or has run out."""
    row = await entry.one(ANSWER, of_digest=opaque.digest(name), new_state=DENIED, at=entry.at)
    if row is not None:
        entry.record(DeviceDenied(actor=None, object=f"client:{client_id}"))
    return row is not None


async def poll(entry: Entry, device_code: str, client_id: str) -> Answer | None:
    """Say how far a device of this client is; ``None`` if there is none.

    Whoever polls too early has to wait longer from then on (RFC 8628 §3.5).
    """
    whose = {"of_digest": opaque.digest(handle(device_code)), "of_client": client_id}
    row = await entry.one(POLL, **whose, at=entry.at)
    if row is None:  # a device that has its answer is not held up by others that ask for it
        known = await entry.one(STATE, **whose)
        return _ANSWERS[known["state"]] if known else None
    if row["expires_at"] <= entry.at:
        return Answer.EXPIRED
    return Answer.SLOW_DOWN if row["early"] else Answer.PENDING


async def purge(entry: Entry, limit: int = 1000) -> int:
    """Delete up to ``limit`` devices that nobody asks about any more."""
    return await entry.run(PURGE, before=entry.at - REMEMBERED, most=limit)


_ANSWERS = {WAITING: Answer.PENDING, GRANTED: Answer.GRANTED, DENIED: Answer.DENIED}


def _mac(key: bytes, user_code: str) -> bytes:
    return hmac.digest(key, user_code.encode(), hashlib.sha256)


def _waiting(row: Mapping[str, Any] | None) -> Waiting | None:
    if row is None:
        return None
    known = {name: value for name, value in row.items() if name != "digest"}
    return Waiting(name=row["request"]["device"], **known)
