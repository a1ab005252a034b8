"""Reminders: a citizen hears, twice at most, that sharing with a service ends soon.

    given ─▶ 14 days left ──told──▶ 2 days left ──told──▶ ended
                 └──"let it end"──▶ known, told no more
    prolonged: it has another end, so both are due anew

What is told of stands beside the end that it was told of, so each is told once, however many
workers look. It is due from eight in the morning (UTC) of its day: what ends on one day comes
in one mail, and nobody is woken by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, Row, statement
from relying_parties import tables
from relying_parties.consent_records import ACTIVE, Consent

# The nearest first: who was told of two days needs no word of fourteen.
STAGES = (2, 14)  # days before the end
KNOWN = 0  # the citizen said that it may end
MORNING = timedelta(hours=8)

_c, _r = tables.consents.c, tables.consent_reminders.c
_at = sa.bindparam("at", type_=tables.NOW)
_days = sa.bindparam("days", type_=sa.SmallInteger)
_told = sa.exists().where(_r.consent_id == _c.id, _r.expires_at == _c.expires_at, _r.days <= _days)
_due = (
    sa.select(_c.id, _c.expires_at, _days)
    .where(
        _c.state == ACTIVE,
        _c.expires_at > _at,
        _c.expires_at < sa.bindparam("before", type_=tables.NOW),
        # Whoever decided later than that knew how little time was left.
        _c.changed_at < _c.expires_at - sa.bindparam("span", type_=sa.Interval),
        sa.not_(_c.once),
        sa.func.cardinality(_c.claims) > sa.literal_column("0"),
        sa.not_(_told),
    )
    .order_by(_c.expires_at, _c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_new = (
    pg.insert(tables.consent_reminders)
    .from_select(["consent_id", "expires_at", "days"], _due)
    .on_conflict_do_nothing()
    .returning(_r.consent_id)
    .cte("new")
)
TAKE = statement(
    sa.select(_c.client_id, _c.citizen, _c.claims, _c.details).join_from(
        _new, tables.consents, _c.id == _new.c.consent_id
    )
)
NOTE = statement(
    pg.insert(tables.consent_reminders)
    .values(consent_id=sa.bindparam("of_consent"), expires_at=sa.bindparam("ends"), days=_days)
    .on_conflict_do_nothing()
)
NOTED = statement(
    sa.select(_r.consent_id).where(
        _r.consent_id == sa.bindparam("of_consent"),
        _r.expires_at == sa.bindparam("ends"),
        _r.days == _days,
    )
)
PURGE = statement(
    sa.delete(tables.consent_reminders).where(
        _r.expires_at < sa.bindparam("before", type_=tables.NOW)
    )
)


@dataclass(frozen=True, slots=True)
class Ending:
    """A consent that ends soon; ``citizen`` is the sealed reference."""

    client_id: str
    citizen: bytes = field(repr=False)


async def take(entry: Entry, most: int = 500) -> list[Ending]:
    """Take the reminders that are due; durable with what is done about them."""
    today = (entry.at - MORNING).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[Row] = []
    for days in STAGES:
        span = timedelta(days=days)
        before = today + span + timedelta(days=1)
        rows = await entry.all(
            TAKE, at=entry.at, days=days, span=span, before=before, most=most - len(found)
        )
        found += rows
    return [
        Ending(row["client_id"], row["citizen"])
        for row in found
        if not _by_law(row["claims"], row["details"])
    ]


def concerns(consent: Consent, at: datetime) -> bool:
    """Whether ``consent`` is so near its end that its citizen is told; needs its details.

    What a law demands does not end with its time, so nobody is told of that.
    """
    if not consent.live(at) or consent.once or _by_law(consent.claims, consent.details):
        return False
    return consent.expires_at - at <= timedelta(days=STAGES[-1] + 1)


async def let_end(entry: Entry, consent: Consent) -> None:
    """Note that the citizen wants it to end, so that nobody tells them again."""
    await entry.run(NOTE, of_consent=consent.id, ends=consent.expires_at, days=KNOWN)


async def may_end(entry: Entry, consent: Consent) -> bool:
    """Whether the citizen said that it may end."""
    given = {"of_consent": consent.id, "ends": consent.expires_at, "days": KNOWN}
    return await entry.one(NOTED, **given) is not None


async def purge(entry: Entry) -> int:
    """Forget what was told of ends that are over."""
    return await entry.run(PURGE, before=entry.at)


def _by_law(claims: Sequence[str], details: Mapping[str, Any]) -> bool:
    return all(details.get(claim, {}).get("basis") == "law" for claim in claims)
