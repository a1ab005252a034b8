"""Standing rules: what a citizen agreed to beforehand, for one service and as often as it comes.

    given ──a request lies within──▶ used, used … ──its last day──▶ over
      ├──the citizen ends it──▶ ended
      └──the consent that it stands under ends──▶ ended, and no undo brings it back

A rule is a detail (RFC 9396) of which only what is of one time is left open: words are the
same to the letter, lists may be shorter, an amount up to a ceiling. It knows how sure the
sign-in was in which it was given, because nothing that takes more may come of it. Whoever
gives or uses a rule holds its consent first and then its row, in the order in which a
withdrawal does: none is used a moment after its end, and none is given beside one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, Row, statement
from relying_parties import authorization_details, tables
from relying_parties.authorization_details import Detail
from relying_parties.consent_records import ACTIVE
from relying_parties.errors import ConsentMissing, StateConflict
from relying_parties.events import StandingEnded, StandingGiven, StandingUsed

LONGEST = timedelta(days=365)
MOST_USES, USES_WINDOW = 10, timedelta(days=30)  # of one rule; then the citizen is asked again
MOST = 20  # rules of a citizen with one service that are in force
CITIZEN, CONSENT = "citizen", "consent"  # who ended it

_s, _u, _c = tables.standing_rules.c, tables.standing_uses.c, tables.consents.c
_at = sa.bindparam("at", type_=tables.NOW)
_subjects = sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))
_in_force = (_s.ended_at.is_(None), _s.ends_at > _at)
_NEW = tuple(
    column.name for column in tables.standing_rules.c if column.name not in ("ended_at", "ended_by")
)

GIVE = statement(
    sa.insert(tables.standing_rules).values({name: sa.bindparam(name) for name in _NEW})
)
# Not for update: codes may be issued under it meanwhile, and only its end has to wait.
HOLD_CONSENT = statement(
    sa.select(_c.id)
    .where(
        _c.subject == sa.bindparam("of_subject"),
        _c.client_id == sa.bindparam("of_client"),
        _c.state == ACTIVE,
        _c.expires_at > _at,
    )
    .with_for_update(key_share=True)
)
# In force, and so is its consent; whether that is so still, the code asks once more.
HOLD = statement(
    sa.select(tables.standing_rules)
    .join_from(tables.standing_rules, tables.consents, _c.id == _s.consent_id)
    .where(
        _s.subject == sa.bindparam("of_subject"),
        _s.client_id == sa.bindparam("of_client"),
        *_in_force,
        _c.state == ACTIVE,
        _c.expires_at > _at,
    )
    .order_by(_s.given_at, _s.id)
    .with_for_update(of=tables.standing_rules)
)
USED = statement(
    sa.select(sa.func.count().label("uses")).where(
        _u.rule_id == sa.bindparam("of_rule"),
        _u.used_at > sa.bindparam("since", type_=tables.NOW),
    )
)
USE = statement(
    sa.insert(tables.standing_uses).values(
        {name: sa.bindparam(name) for name in ("id", "rule_id", "request_id", "detail", "used_at")}
    )
)
END = statement(
    sa.update(tables.standing_rules)
    .where(_s.id == sa.bindparam("of_rule"), _s.subject == sa.any_(_subjects), *_in_force)
    .values(ended_at=_at, ended_by=sa.bindparam("who"))
    .returning(_s.subject, _s.client_id)
)
END_UNDER = statement(
    sa.update(tables.standing_rules)
    .where(_s.consent_id == sa.bindparam("of_consent"), _s.ended_at.is_(None))
    .values(ended_at=_at, ended_by=sa.bindparam("who"))
    .returning(_s.subject, _s.client_id)
)
LISTED = statement(
    sa.select(tables.standing_rules)
    .where(_s.subject == sa.any_(_subjects))
    .order_by(_s.given_at.desc(), _s.id)
)
USES = statement(
    sa.select(tables.standing_uses)
    .join_from(tables.standing_uses, tables.standing_rules, _s.id == _u.rule_id)
    .where(_s.subject == sa.any_(_subjects))
    .order_by(_u.used_at.desc(), _u.id)
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a citizen lets one service do without being asked again.

    :ivar detail: what it lets in; words are the service's
    :ivar scope: of the request that it came of; no other scope comes of it
    :ivar resources: likewise
    :ivar ial: how well the citizen was known, and ``aal`` how strongly they signed in, then
    :ivar ended_by: the citizen, or the end of the consent; ``None`` while it stands
    """

    id: UUID
    client_id: str
    subject: str
    citizen: bytes = field(repr=False)
    consent_id: UUID
    detail: Detail
    scope: str
    resources: Sequence[str]
    ial: int
    aal: int
    amr: Sequence[str]
    auth_time: datetime
    shown_digest: bytes = field(repr=False)
    given_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    def live(self, at: datetime) -> bool:
        """Whether it stands at ``at``, as far as the rule itself goes."""
        return self.ended_at is None and self.ends_at > at

    def lets(self, detail: Detail, *, scopes: Collection[str], resources: Collection[str]) -> bool:
        """Whether ``detail``, asked with ``scopes`` for ``resources``, lies within it."""
        inside = set(scopes) <= set(self.scope.split()) and set(resources) <= set(self.resources)
        return inside and authorization_details.within(detail, self.detail)


@dataclass(frozen=True, slots=True)
class Use:
    """One request that a rule answered."""

    id: UUID
    rule_id: UUID
    request_id: UUID
    detail: Detail
    used_at: datetime


async def give(entry: Entry, rule: Rule) -> None:
    """Write down what a citizen agreed to beforehand.

    :raises ConsentMissing: the consent that it is to stand under ended a moment ago
    :raises StateConflict: there are too many of them, or it would last too long
    """
    if await _hold_consent(entry, rule.subject, rule.client_id) != rule.consent_id:
        raise ConsentMissing
    there = [one for one in await hold(entry, rule.subject, rule.client_id) if one.live(entry.at)]
    if len(there) >= MOST or not entry.at < rule.ends_at <= entry.at + LONGEST:
        raise StateConflict(rule.client_id)
    values: dict[str, Any] = {name: getattr(rule, name) for name in _NEW}
    values |= {name: list(values[name]) for name in ("resources", "amr")}
    await entry.run(GIVE, **values | {"detail": dict(rule.detail)})
    entry.record(StandingGiven(actor=f"subject:{rule.subject}", object=f"client:{rule.client_id}"))


async def hold(entry: Entry, subject: str, client_id: str) -> list[Rule]:
    """Return the rules of a citizen with one service that stand, and keep them from ending.

    Whoever ends one waits for this transaction; one that was ended before is not there.
    """
    if await _hold_consent(entry, subject, client_id) is None:
        return []
    rows = await entry.all(HOLD, of_subject=subject, of_client=client_id, at=entry.at)
    return [_rule(row) for row in rows]


async def answering(
    entry: Entry,
    held: Sequence[Rule],
    details: Sequence[Detail],
    *,
    scopes: Collection[str],
    resources: Collection[str],
) -> list[Rule] | None:
    """Return which of the rules that are held answers each of ``details``.

    :returns: ``None`` if one is not answered by any, or that one was used often of late
    """
    found: list[Rule] = []
    for detail in details:
        lets = (one for one in held if one.lets(detail, scopes=scopes, resources=resources))
        rule = next(lets, None)
        if rule is None:
            return None
        found.append(rule)
    for rule in {one.id: one for one in found}.values():
        since = entry.at - USES_WINDOW
        row = await entry.one(USED, of_rule=rule.id, since=since)
        if row is None or row["uses"] + found.count(rule) > MOST_USES:
            return None
    return found or None


async def use(entry: Entry, rule: Rule, *, request_id: UUID, detail: Detail) -> None:
    """Write down that a rule that is held answered a request."""
    await entry.run(
        USE,
        id=opaque.new_id(),
        rule_id=rule.id,
        request_id=request_id,
        detail=dict(detail),
        used_at=entry.at,
    )
    entry.record(StandingUsed(actor=f"client:{rule.client_id}", object=f"subject:{rule.subject}"))


async def end(entry: Entry, rule_id: UUID, subjects: Collection[str]) -> bool:
    """End a rule of this citizen at once; false if there is none, or it is over."""
    row = await entry.one(END, of_rule=rule_id, subjects=list(subjects), who=CITIZEN, at=entry.at)
    if row:
        _ended(entry, row, f"subject:{row['subject']}")
    return row is not None


async def end_under(entry: Entry, consent_id: UUID) -> None:
    """End what stands under a consent that ends."""
    for row in await entry.all(END_UNDER, of_consent=consent_id, who=CONSENT, at=entry.at):
        _ended(entry, row, None)


async def of(entry: Entry, subjects: Collection[str]) -> list[Rule]:
    """Return every rule of a citizen, the latest first, whether it stands or not."""
    return [_rule(row) for row in await entry.all(LISTED, subjects=list(subjects))]


async def uses(entry: Entry, subjects: Collection[str]) -> list[Use]:
    """Return every use of a citizen's rules, the latest first."""
    rows = await entry.all(USES, subjects=list(subjects))
    return [
        Use(
            id=UUID(bytes=row["id"].bytes),
            rule_id=UUID(bytes=row["rule_id"].bytes),
            request_id=UUID(bytes=row["request_id"].bytes),
            detail=row["detail"],
            used_at=row["used_at"],
        )
        for row in rows
    ]


async def _hold_consent(entry: Entry, subject: str, client_id: str) -> UUID | None:
    """Return the consent in force, which nobody ends before this transaction does."""
    row = await entry.one(HOLD_CONSENT, of_subject=subject, of_client=client_id, at=entry.at)
    return UUID(bytes=row["id"].bytes) if row else None


def _ended(entry: Entry, row: Row, actor: str | None) -> None:
    entry.record(StandingEnded(actor=actor, object=f"client:{row['client_id']}"))


def _rule(row: Row) -> Rule:
    values = {name: row[name] for name in Rule.__slots__}
    ids = {name: UUID(bytes=row[name].bytes) for name in ("id", "consent_id")}
    return Rule(**values | ids)
