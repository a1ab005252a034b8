"""The rows behind consents: one active record per citizen and service, and each change of it.

The verbs stand in :mod:`relying_parties.consents`; nothing else writes these tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, Row, statement
from keys.gathering import asked
from relying_parties import tables

_c = tables.consents.c
_changes = tables.consent_changes

# For one authorization: the interaction, the code and the access token, and no more.
ONCE = timedelta(minutes=25)

# Written into the SQL and not sent as a parameter: only then does the planner see that
# the partial index on active consents answers.
ACTIVE = sa.literal_column("'active'", sa.Text)

_NARROW = (
    *(_c.id, _c.subject, _c.client_id, _c.claims, _c.asked, _c.state, _c.offline, _c.once),
    *(_c.registration_version, _c.given_at, _c.changed_at, _c.expires_at, _c.version),
)
WIDE = (*_NARROW, _c.details, _c.citizen, _c.locale, _c.shown_digest)

_asked = asked(subject=sa.Text(), client_id=sa.Text(), at=tables.NOW)
CURRENT = statement(
    sa.select(_asked.c.n, *_NARROW)
    .join_from(
        _asked,
        tables.consents,
        sa.and_(_c.subject == _asked.c.subject, _c.client_id == _asked.c.client_id),
    )
    .where(_c.state == ACTIVE, _c.expires_at > _asked.c.at)
)

OF_SUBJECTS = statement(
    sa.select(*WIDE)
    .where(_c.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))))
    .order_by(_c.changed_at.desc(), _c.id)
)

OF_IDS = statement(
    sa.select(*WIDE).where(_c.id == sa.any_(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid))))
)

# A citizen's own, or nothing: every change goes through one of these two.
LOCK = statement(
    sa.select(*WIDE)
    .where(
        _c.id == sa.bindparam("consent_id"),
        _c.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))),
    )
    .with_for_update()
)

LOCK_ACTIVE = statement(
    sa.select(*WIDE)
    .where(
        _c.subject == sa.bindparam("subject"),
        _c.client_id == sa.bindparam("client_id"),
        _c.state == ACTIVE,
    )
    .with_for_update()
)

INSERT = statement(
    pg.insert(tables.consents)
    .values({column.name: sa.bindparam(column.name) for column in tables.consents.c})
    .on_conflict_do_nothing()
    .returning(_c.id)
)

_CHANGING = (
    *("claims", "asked", "details", "state", "offline", "once", "registration_version"),
    *("locale", "shown_digest", "citizen", "given_at", "changed_at", "expires_at", "version"),
)

UPDATE = statement(
    sa.update(tables.consents)
    .where(_c.id == sa.bindparam("consent_id"))
    .values({name: sa.bindparam(f"new_{name}", type_=_c[name].type) for name in _CHANGING})
)

ADD_CHANGE = statement(
    sa.insert(_changes).values(
        {
            name: sa.bindparam(name)
            for name in ("consent_id", "version", "kind", "claims", "before", "at")
        }
    )
)

LAST_CHANGE = statement(
    sa.select(_changes.c.kind, _changes.c.before, _changes.c.at).where(
        _changes.c.consent_id == sa.bindparam("consent_id"),
        _changes.c.version == sa.bindparam("version"),
    )
)

CHANGES = statement(
    sa.select(
        *(_changes.c.consent_id, _changes.c.version, _changes.c.kind, _changes.c.claims),
        *(_changes.c.receipt, _changes.c.at),
    )
    .where(
        _changes.c.consent_id == _c.id,
        _c.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))),
    )
    .order_by(_changes.c.at.desc(), _changes.c.version.desc())
)

ATTACH = statement(
    sa.update(_changes)
    .where(
        _changes.c.consent_id == sa.bindparam("of_consent"),
        _changes.c.version == sa.bindparam("of_version"),
        _changes.c.receipt.is_(None),
    )
    .values(receipt=sa.bindparam("signed"))
)

# What nobody was there to sign: it ended with its time, or by the service's own doing.
UNSIGNED = statement(
    sa.select(*WIDE, _changes.c.kind, _changes.c.at)
    .join_from(_changes, tables.consents, _c.id == _changes.c.consent_id)
    .where(_changes.c.receipt.is_(None), _c.version == _changes.c.version)
    .order_by(_changes.c.at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True, of=_changes)
)

DUE = statement(
    sa.select(*WIDE)
    .where(_c.state == ACTIVE, _c.expires_at <= sa.bindparam("at"))
    .order_by(_c.expires_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True, slots=True)
class Consent:
    """What one citizen lets one service have.

    :ivar claims: what may be read, while the state is active
    :ivar asked: everything that was decided, either way
    :ivar details: claim → purpose, basis, since; left out of the hottest read, as are
        the last three
    """

    id: UUID  # grant_id on the wire
    subject: str
    client_id: str
    claims: Sequence[str]
    asked: Sequence[str]
    state: str
    offline: bool
    once: bool
    registration_version: int
    given_at: datetime
    changed_at: datetime
    expires_at: datetime
    version: int
    details: Mapping[str, Any] = field(default_factory=dict)
    citizen: bytes = b""
    locale: str = ""
    shown_digest: bytes = b""

    def live(self, at: datetime) -> bool:
        """Whether anything may be read under it at ``at``."""
        return self.state == "active" and self.expires_at > at

    def by_law(self, claim: str) -> bool:
        """Whether a law demanded ``claim`` when it was shown; needs ``details``."""
        return bool(self.details.get(claim, {}).get("basis") == "law")


@dataclass(frozen=True, slots=True)
class Change:
    """One step in the life of a consent.

    :ivar kind: given, widened, narrowed, withdrawn, restored, prolonged or expired; by the
        service's own doing replaced, revoked or superseded
    """

    consent_id: UUID
    version: int
    kind: str
    claims: Sequence[str]
    receipt: str | None
    at: datetime


def consent(row: Row) -> Consent:
    """Read a row of any of the statements above."""
    return Consent(**{name: value for name, value in row.items() if name != "n"})


async def add(entry: Entry, new: Consent) -> bool:
    """Insert ``new`` with its first change; false if an active one appeared meanwhile."""
    values = {name: getattr(new, name) for name in _WIDE_NAMES}
    if await entry.one(INSERT, **values) is None:
        return False
    await _note(entry, new, "given", None)
    return True


async def change(entry: Entry, old: Consent, kind: str, **values: Any) -> Consent:
    """Write ``values`` over ``old`` (which is locked), as its next version."""
    new = replace(old, **values, changed_at=entry.at, version=old.version + 1)
    await entry.run(
        UPDATE, consent_id=old.id, **{f"new_{name}": getattr(new, name) for name in _CHANGING}
    )
    await _note(entry, new, kind, old)
    return new


_WIDE_NAMES = tuple(column.name for column in WIDE)
_UNDONE = ("claims", "asked", "details", "state", "offline", "once")


async def _note(entry: Entry, new: Consent, kind: str, old: Consent | None) -> None:
    before = None
    if old is not None:
        before = {name: getattr(old, name) for name in _UNDONE}
        before["expires_at"] = old.expires_at.isoformat()
    await entry.run(
        ADD_CHANGE,
        consent_id=new.id,
        version=new.version,
        kind=kind,
        claims=list(new.claims),
        before=before,
        at=entry.at,
    )
