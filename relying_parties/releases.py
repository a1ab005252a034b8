"""Releases: every time a service read something, which claims and under which consent.

Names only, never values. One statement writes the record and its row in the journal, for
as many requests as come at once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import journal
from keys.entry import Entry, statement
from keys.gathering import asked, words
from relying_parties import tables
from relying_parties.journalling import fields, named

_r = tables.releases.c
_SUBJECTS = sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))
_WRITTEN: Mapping[str, sa.types.TypeEngine[Any]] = {
    "subject": sa.Text(),
    "client_id": sa.Text(),
    "consent_id": pg.UUID(),
    "claims": sa.Text(),
    "channel": sa.Text(),
    "at": tables.NOW,
}
_SHOWN = (_r.id, _r.client_id, _r.consent_id, _r.claims, _r.channel, _r.at)


def _record() -> sa.Executable:
    brought = asked(**_WRITTEN)
    claims = words(brought.c.claims)
    values = [claims if name == "claims" else brought.c[name] for name in _WRITTEN]
    new = sa.insert(tables.releases).from_select(list(_WRITTEN), sa.select(*values))
    told = (_r.subject, _r.client_id, _r.consent_id, _r.claims, _r.channel, _r.at)
    made = new.returning(*told).cte("released")
    written = journal.cte(
        "ClaimsReleased",
        actor=named("client", made.c.client_id),
        object=named("subject", made.c.subject),
        fields=fields(consent=made.c.consent_id, claims=made.c.claims, channel=made.c.channel),
        source=made,
        at=made.c.at,
    )
    return sa.select(sa.literal_column("1").label("n")).where(sa.false()).add_cte(made, written)


RECORD = statement(_record())

_OF_SUBJECTS = (
    sa.select(*_SHOWN)
    .where(_r.subject == sa.any_(_SUBJECTS), _r.id < sa.bindparam("before"))
    .order_by(_r.id.desc())
    .limit(sa.bindparam("most"))
)
OF_SUBJECTS = statement(_OF_SUBJECTS)
OF_CLIENT = statement(_OF_SUBJECTS.where(_r.client_id == sa.bindparam("client_id")))

_each = (
    sa.select(_r.client_id, _r.at, sa.func.unnest(_r.claims).label("claim"))
    .where(_r.subject == sa.any_(_SUBJECTS))
    .subquery("each")
)

LAST_READS = statement(
    sa.select(
        _each.c.client_id,
        _each.c.claim,
        sa.func.max(_each.c.at).label("last"),
        sa.func.count().label("times"),
    )
    .group_by(_each.c.client_id, _each.c.claim)
    .order_by(sa.desc("last"), _each.c.client_id, _each.c.claim)
)

_old = sa.select(_r.id).where(_r.at < sa.bindparam("before")).order_by(_r.id)
PURGE = statement(sa.delete(tables.releases).where(_r.id.in_(_old.limit(sa.bindparam("most")))))

_NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Release:
    """One disclosure; ``channel`` is ``userinfo`` or ``id_token``."""

    id: int
    client_id: str
    consent_id: UUID | None
    claims: Sequence[str]
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reads:
    """How often, and when last."""

    last: datetime
    times: int


async def record(
    entry: Entry,
    *,
    subject: str,
    client_id: str,
    consent_id: UUID | None,
    claims: Sequence[str],
    channel: str,
) -> None:
    """Write down that ``claims`` go out now; durable on return, and never part of anything else."""
    await entry.together(
        RECORD,
        subject=subject,
        client_id=client_id,
        consent_id=consent_id,
        claims=" ".join(claims),
        channel=channel,
        at=entry.at,
    )


async def of_subjects(
    entry: Entry,
    subjects: Collection[str],
    client_id: str | None = None,
    *,
    limit: int = 25,
    before: int = _NEWEST,
) -> list[Release]:
    """Return a citizen's releases, the latest first; ``before`` is the last id of a page."""
    given = {"subjects": list(subjects), "before": before, "most": limit}
    if client_id is None:
        rows = await entry.all(OF_SUBJECTS, **given)
    else:
        rows = await entry.all(OF_CLIENT, **given, client_id=client_id)
    return [Release(**row) for row in rows]


async def last_reads(entry: Entry, subjects: Collection[str]) -> Mapping[str, Mapping[str, Reads]]:
    """Return for each service, for each claim, when it was last read and how often."""
    found: dict[str, dict[str, Reads]] = {}
    for row in await entry.all(LAST_READS, subjects=list(subjects)):
        of_client = found.setdefault(row["client_id"], {})
        of_client[row["claim"]] = Reads(row["last"], row["times"])
    return found


async def purge(entry: Entry, before: datetime, limit: int = 1000) -> int:
    """Delete up to ``limit`` releases older than ``before``; return how many."""
    return await entry.run(PURGE, before=before, most=limit)
