"""Limits: how often something may be tried before it has to wait.

A bucket is a digest of the rule and of whom it limits; no address is kept. Counting is
one statement, so of any number of tries at once exactly as many pass as are allowed.
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
    """``most`` tries in ``window``; then a wait of ``pause``, twice as long each time."""

    most: int
    window: timedelta
    pause: timedelta = timedelta(0)
    longest: timedelta = timedelta(hours=1)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "login": Rule(5, timedelta(minutes=5), timedelta(seconds=30)),  # address and network
        "login-address": Rule(20, timedelta(minutes=1), timedelta(minutes=1)),  # network
        "mail": Rule(3, timedelta(minutes=10)),
        "mail-day": Rule(10, timedelta(days=1)),
        "recover": Rule(5, timedelta(hours=1)),
        "proofing": Rule(5, timedelta(hours=1)),
        "create": Rule(30, timedelta(hours=1)),  # network
    }
)

LOOK = statement(
    sa.select(_attempts.count, _attempts.window_ends_at, _attempts.blocked_until).where(
        _attempts.bucket == sa.bindparam("of_bucket")
    )
)
_add = pg.insert(tables.attempts).values(
    bucket=sa.bindparam("bucket"), count=1, window_ends_at=sa.bindparam("ends_at")
)
_fresh = _attempts.window_ends_at <= sa.bindparam("at", type_=tables.NOW)
COUNT = statement(
    _add.on_conflict_do_update(
        index_elements=["bucket"],
        set_={
            "count": sa.case((_fresh, 1), else_=_attempts.count + 1),
            "window_ends_at": sa.case(
                (_fresh, _add.excluded.window_ends_at), else_=_attempts.window_ends_at
            ),
        },
    ).returning(_attempts.count, _attempts.window_ends_at)
)
BLOCK = statement(
    sa.update(tables.attempts)
    .where(_attempts.bucket == sa.bindparam("of_bucket"))
    .values(
        blocked_until=sa.bindparam("until"),
        window_ends_at=sa.func.greatest(
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
    row = await entry.one(LOOK, of_bucket=_bucket(rule, whom))
    if row is None:
        return
    if row["blocked_until"] is not None and row["blocked_until"] > entry.at:
        raise TooManyAttempts(row["blocked_until"])
    limit = RULES[rule]
    if not limit.pause and row["window_ends_at"] > entry.at and row["count"] >= limit.most:
        raise TooManyAttempts(row["window_ends_at"])


async def count(entry: Entry, rule: str, *whom: str | bytes) -> int:
    """Count a try; from the limit on, each makes the wait longer. Returns the count.

    :raises TooManyAttempts: this one was beyond the limit; it is counted and kept
    """
    limit, bucket = RULES[rule], _bucket(rule, whom)
    row = await entry.one(COUNT, bucket=bucket, ends_at=entry.at + limit.window, at=entry.at)
    number: int = row["count"] if row else 1
    until: datetime = row["window_ends_at"] if row else entry.at + limit.window
    if number >= limit.most and limit.pause:
        wait = min(limit.pause * 2 ** min(number - limit.most, 12), limit.longest)
        until = entry.at + wait
        # The window outlives the pause, or waiting would make the next one short again.
        await entry.run(BLOCK, of_bucket=bucket, until=until, ends_at=until + limit.window)
    if number > limit.most:
        await entry.commit()
        raise TooManyAttempts(until)
    return number


async def clear(entry: Entry, rule: str, *whom: str | bytes) -> None:
    """Forget the tries: it worked."""
    await entry.run(CLEAR, of_bucket=_bucket(rule, whom))


async def purge(entry: Entry) -> int:
    """Forget buckets whose window is over."""
    return await entry.run(PURGE, at=entry.at)


def _bucket(rule: str, whom: tuple[str | bytes, ...]) -> bytes:
    sum_ = hashlib.sha256(rule.encode())
    for part in whom:
        encoded = part.encode() if isinstance(part, str) else part
        sum_.update(len(encoded).to_bytes(4, "big") + encoded)
    return sum_.digest()
