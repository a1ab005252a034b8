"""Backchannel requests: a service asks a citizen who is not in front of it, and waits.

    pending ──approve──▶ approved ──poll──▶ used
       │ └──decline──▶ declined
       └──its time──▶ expired

The service holds ``auth_req_id``, of which the table has the digest only; the citizen finds
the request by who they are to the service. A row is made for an address that nobody has,
too, and runs out unanswered, so that no answer tells whether there is an account.

What is asked, and how often, stands in :mod:`relying_parties.grants.backchannel_orders`; how
the service comes for the answer, in :mod:`relying_parties.grants.backchannel_polls`.

Specs: OpenID Connect CIBA Core 1.0 §8.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, Row, statement
from relying_parties import tables
from relying_parties.consent_records import ACTIVE
from relying_parties.events import BackchannelApproved, BackchannelDeclined

# After its end, for the citizen's page and to know what comes back; what was asked in detail
# is looked up longer, and counts as long as its budget does.
KEPT, KEPT_IN_DETAIL = timedelta(days=1), timedelta(days=30)

_r = tables.backchannel_requests.c
_at = sa.bindparam("at", type_=tables.NOW)
_TOLD = sa.select(
    *(_r.id, _r.digest, _r.client_id, _r.subject, _r.request, _r.message, _r.state),
    *(_r.created_at, _r.expires_at, _r.decided_at, _r.by_rule),
)
_theirs = _r.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text)))
ALL = statement(_TOLD.where(_theirs).order_by(_r.created_at.desc()))
LISTED = statement(_TOLD.where(_theirs).order_by(_r.created_at.desc()).limit(50))
FIND = statement(_TOLD.where(_r.id == sa.bindparam("of_request"), _theirs))
LOCK = statement(_TOLD.where(_r.id == sa.bindparam("of_request"), _theirs).with_for_update())
SETTLE = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(
        state=sa.bindparam("became"),
        decided_at=_at,
        # Whoever wanted to be told is told now.
        ping_tries=0,
        ping_due_at=sa.case((_r.ping.is_not(None), _at), else_=sa.null()),
    )
)
BY_RULE = statement(
    sa.update(tables.backchannel_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(by_rule=sa.true())
)
CITIZEN = statement(
    sa.select(tables.codes.c.citizen)
    .where(
        tables.codes.c.subject == sa.bindparam("of_subject"),
        tables.codes.c.client_id == sa.bindparam("of_client"),
    )
    .order_by(tables.codes.c.issued_at.desc())
    .limit(1)
)
# A code is forgotten a day after its tokens; what was agreed to knows them as long as it holds.
AGREED = statement(
    sa.select(tables.consents.c.citizen).where(
        tables.consents.c.subject == sa.bindparam("of_subject"),
        tables.consents.c.client_id == sa.bindparam("of_client"),
        tables.consents.c.state == ACTIVE,
    )
)
# Of nobody from now on, as if an address was named that nobody has: it waits, runs out or says
# what was decided as before, so that no poll tells that somebody went. `named` and when it was
# asked and ends stay, or the service could ask again sooner. Each row gets a subject that joins
# it to no other, and loses the moments that it shares with what the journal says of the citizen.
_salted = sa.bindparam("salt", type_=sa.LargeBinary).op("||")(sa.func.uuid_send(_r.id))
_nobody = sa.func.encode(sa.func.sha256(_salted), sa.literal_column("'hex'", sa.Text))
ERASE = statement(
    sa.update(tables.backchannel_requests)
    .where(_theirs)
    .values(
        subject=_nobody,
        citizen=sa.null(),
        request=sa.literal_column("'{}'::jsonb", pg.JSONB),
        message=sa.literal_column("''", sa.Text),
        decided_at=sa.null(),
        noticed_at=sa.case((_r.noticed_at.is_not(None), _r.created_at)),
        used_at=sa.case((_r.used_at.is_not(None), _r.created_at)),
    )
)
PURGE = statement(
    sa.delete(tables.backchannel_requests).where(
        _r.id.in_(
            sa.select(_r.id)
            .where(
                _r.expires_at < sa.bindparam("before", type_=tables.NOW),
                sa.or_(
                    sa.not_(_r.in_detail),
                    _r.expires_at < sa.bindparam("long_before", type_=tables.NOW),
                ),
            )
            .limit(sa.bindparam("most"))
        )
    )
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its citizen sees it.

    :ivar digest: of ``auth_req_id``
    :ivar state: of the row, or ``expired``
    :ivar by_rule: it was approved by what the citizen agreed to beforehand
    """

    id: UUID
    digest: bytes = field(repr=False)
    client_id: str
    subject: str
    request: Mapping[str, Any]
    message: str
    state: str
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    by_rule: bool


async def of_subjects(entry: Entry, subjects: Collection[str]) -> list[Asked]:
    """Return what a citizen was asked of late, newest first."""
    rows = await entry.all(LISTED, subjects=list(subjects))
    return [_asked(row, entry.at) for row in rows]


async def find(entry: Entry, request_id: UUID, subjects: Collection[str]) -> Asked | None:
    """Return a request to this citizen; another's is as unknown as none."""
    row = await entry.one(FIND, of_request=request_id, subjects=list(subjects))
    return _asked(row, entry.at) if row else None


async def hold(entry: Entry, request_id: UUID, subjects: Collection[str]) -> Asked | None:
    """Return a request to this citizen and let nobody else answer it in this transaction."""
    row = await entry.one(LOCK, of_request=request_id, subjects=list(subjects))
    return _asked(row, entry.at) if row else None


async def by_rule(entry: Entry, held: Asked) -> None:
    """Write down that a request that was approved is what the citizen agreed to beforehand."""
    await entry.run(BY_RULE, of_request=held.id)


async def approve(entry: Entry, held: Asked) -> None:
    """Write down that the citizen said yes to a request that is held."""
    await entry.run(SETTLE, of_request=held.id, became="approved", at=entry.at)
    actor = f"subject:{held.subject}"
    entry.record(BackchannelApproved(actor=actor, object=f"client:{held.client_id}"))


async def decline(entry: Entry, held: Asked) -> None:
    """Write down that the citizen said no to a request that is held."""
    await entry.run(SETTLE, of_request=held.id, became="declined", at=entry.at)
    actor = f"subject:{held.subject}"
    entry.record(BackchannelDeclined(actor=actor, object=f"client:{held.client_id}"))


async def citizen_of(entry: Entry, subject: str, client_id: str) -> bytes | None:
    """Return the sealed reference to a citizen whom a client knows by ``subject``."""
    known = {"of_subject": subject, "of_client": client_id}
    row = await entry.one(CITIZEN, **known) or await entry.one(AGREED, **known)
    return row["citizen"] if row else None


async def of(entry: Entry, subjects: Collection[str]) -> list[Asked]:
    """Return all that a citizen was asked and that is kept still, newest first."""
    rows = await entry.all(ALL, subjects=list(subjects))
    return [_asked(row, entry.at) for row in rows]


async def purge(entry: Entry, limit: int = 1000) -> int:
    """Delete up to ``limit`` requests that were over long ago."""
    long_before = entry.at - KEPT_IN_DETAIL
    return await entry.run(PURGE, before=entry.at - KEPT, long_before=long_before, most=limit)


def _asked(row: Row, at: datetime) -> Asked:
    over = row["state"] == "pending" and row["expires_at"] <= at
    kept = {name: row[name] for name in Asked.__slots__ if name not in ("id", "state")}
    return Asked(id=UUID(bytes=row["id"].bytes), state="expired" if over else row["state"], **kept)
