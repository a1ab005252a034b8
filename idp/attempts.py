"""Limits: how often something may be tried before it has to wait.

    open ──count──▶ open … ──the last one allowed──▶ shut ──its pause is over──▶ open for one
      ▲                                                                             │
      └── worked, or undone, or the window is over ◀── wrong: shut twice as long ◀──┘

A bucket is a digest of the rule and of whom it limits; no address is kept. Counting is
one statement, so of any number of tries at once exactly as many pass as are allowed:
what costs time, such as hashing, is counted before and undone if it was right.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import tables
from idp.errors import TooManyAttempts
from keys.entry import Entry, statement

_attempts = tables.attempts.c


@dataclass(frozen=True, slots=True)
class Rule:
    """``most`` tries in ``window``; then a wait of ``pause``, twice as long each time.

    Without a pause one waits until the window is over.
    """

    most: int
    window: timedelta
    pause: timedelta = timedelta(0)
    longest: timedelta = timedelta(hours=1)


Limit = tuple[str, tuple[str | bytes, ...]]  # a rule, and whom it limits

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "login": Rule(5, timedelta(minutes=5), timedelta(seconds=30)),  # address and network
        "login-half-day": Rule(50, timedelta(hours=12)),  # address and network
        "login-address": Rule(20, timedelta(minutes=1), timedelta(minutes=1)),  # network
        "login-all": Rule(10_000, timedelta(minutes=5)),  # everybody: nobody waits for it
        "mail": Rule(3, timedelta(minutes=10)),  # address, and its owner apart from strangers
        "mail-day": Rule(10, timedelta(days=1)),  # as above
        "mail-network": Rule(30, timedelta(hours=1)),  # network
        "recover": Rule(5, timedelta(hours=1)),
        "proofing": Rule(5, timedelta(hours=1)),
        "device": Rule(5, timedelta(minutes=10), timedelta(minutes=1)),  # browser
        "device-network": Rule(50, timedelta(minutes=10)),  # network
        "summons": Rule(5, timedelta(hours=1)),  # account: mails that a request waits
        "reminder": Rule(1, timedelta(days=1)),  # account and day: mails that sharing ends
        "news": Rule(5, timedelta(days=1)),  # account: mails that requests moved
        "export": Rule(10, timedelta(days=1)),  # account: files of everything
        "leaving": Rule(5, timedelta(days=1)),  # account: wishes to be deleted, each with its mail
        "create": Rule(30, timedelta(hours=1)),  # network
    }
)

LOOK = statement(
    sa.select(_attempts.count, _attempts.window_ends_at, _attempts.blocked_until).where(
        _attempts.bucket == sa.bindparam("of_bucket")
    )
)


def _seconds(number: sa.ColumnElement[float]) -> sa.ColumnElement[timedelta]:
    return sa.func.make_interval(0, 0, 0, 0, 0, 0, number, type_=sa.Interval)


_add = pg.insert(tables.attempts).values(
    bucket=sa.bindparam("bucket"), count=1, window_ends_at=sa.bindparam("ends_at")
)
_at = sa.bindparam("at", type_=tables.NOW)
_most = sa.bindparam("most", type_=sa.Integer)
_pause, _longest, _window = (  # seconds
    sa.bindparam(name, type_=sa.Float) for name in ("pause", "longest", "window")
)
_fresh = _attempts.window_ends_at <= _at
_pauses = _pause > 0.0
_number = sa.case((_fresh, 1), else_=_attempts.count + 1)
# Two to the twelfth of any pause is longer than the longest.
_doublings = sa.func.least(_number - _most, 12)
_wait = sa.func.least(_pause * sa.func.power(2.0, _doublings), _longest)
_shut_until_then = _at + _seconds(_wait)
_shuts = sa.and_(_pauses, _number >= _most)
COUNT = statement(
    _add.on_conflict_do_update(
        index_elements=["bucket"],
        set_={
            "count": _number,
            # The window outlives the pause, or waiting would make the next one short again.
            "window_ends_at": sa.case(
                (_shuts, _shut_until_then + _seconds(_window)),
                (_fresh, _add.excluded.window_ends_at),
                else_=_attempts.window_ends_at,
            ),
            "blocked_until": sa.case((_shuts, _shut_until_then), else_=sa.null()),
        },
        where=sa.and_(
            sa.func.coalesce(_attempts.blocked_until, _at) <= _at,
            sa.or_(_fresh, _pauses, _attempts.count < _most),
        ),
    ).returning(_attempts.count)
)
# Whoever passed last shut the door behind them, so it is theirs to open again.
UNDO = statement(
    sa.update(tables.attempts)
    .where(_attempts.bucket == sa.bindparam("of_bucket"), _attempts.count > 0)
    .values(
        count=_attempts.count - 1,
        blocked_until=sa.null(),
        window_ends_at=sa.func.least(
            _attempts.window_ends_at, sa.bindparam("ends_at", type_=tables.NOW)
        ),
    )
)
CLEAR = statement(sa.delete(tables.attempts).where(_attempts.bucket == sa.bindparam("of_bucket")))
PURGE = statement(
    sa.delete(tables.attempts).where(
        _attempts.window_ends_at < sa.bindparam("at", type_=tables.NOW),
        sa.func.coalesce(_attempts.blocked_until, _attempts.window_ends_at)
        < sa.bindparam("at", type_=tables.NOW),
    )
)


async def check(entry: Entry, rule: str, *whom: str | bytes) -> None:
    """Refuse if the limit is reached; counts nothing.

    :raises TooManyAttempts: it is
    """
    until = await _shut_until(entry, rule, whom)
    if until is not None:
        raise TooManyAttempts(until)


async def count(entry: Entry, rule: str, *whom: str | bytes) -> int:
    """Count a try that may be made; return how many that makes. A refused one counts nothing.

    :raises TooManyAttempts: it may not
    """
    limit, bucket = RULES[rule], _bucket(rule, whom)
    row = await entry.one(
        COUNT,
        bucket=bucket,
        at=entry.at,
        ends_at=entry.at + limit.window,
        most=limit.most,
        pause=limit.pause.total_seconds(),
        longest=limit.longest.total_seconds(),
        window=limit.window.total_seconds(),
    )
    if row is None:
        raise TooManyAttempts(await _shut_until(entry, rule, whom) or entry.at)
    number: int = row["count"]
    return number


async def count_all(entry: Entry, *limits: Limit) -> None:
    """Count one try under several rules.

    :raises TooManyAttempts: one of them refuses; then none of them has counted it
    """
    for number, (rule, whom) in enumerate(limits):
        try:
            await count(entry, rule, *whom)
        except TooManyAttempts:
            await undo_all(entry, *limits[:number])
            raise


async def undo_all(entry: Entry, *limits: Limit) -> None:
    """Take back what :func:`count_all` counted."""
    for rule, whom in limits:
        await undo(entry, rule, *whom)


async def undo(entry: Entry, rule: str, *whom: str | bytes) -> None:
    """Take back a try that was counted beforehand and was none: it was right."""
    ends_at = entry.at + RULES[rule].window
    await entry.run(UNDO, of_bucket=_bucket(rule, whom), ends_at=ends_at)


async def clear(entry: Entry, rule: str, *whom: str | bytes) -> None:
    """Forget the tries: it worked."""
    await entry.run(CLEAR, of_bucket=_bucket(rule, whom))


async def purge(entry: Entry) -> int:
    """Forget buckets whose window is over."""
    return await entry.run(PURGE, at=entry.at)


async def _shut_until(entry: Entry, rule: str, whom: tuple[str | bytes, ...]) -> datetime | None:
    row = await entry.one(LOOK, of_bucket=_bucket(rule, whom))
    if row is None:
        return None
    limit, until = RULES[rule], row["blocked_until"]
    if not limit.pause and row["count"] >= limit.most:
        until = row["window_ends_at"]
    return until if until is not None and until > entry.at else None


def _bucket(rule: str, whom: tuple[str | bytes, ...]) -> bytes:
    sum_ = hashlib.sha256(rule.encode())
    for part in whom:
        encoded = part.encode() if isinstance(part, str) else part
        sum_.update(len(encoded).to_bytes(4, "big") + encoded)
    return sum_.digest()
