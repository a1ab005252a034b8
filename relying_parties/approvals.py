"""Approvals: the citizen's word on authorization details, each bound to what was shown.

    asked ──of──▶ known: no new question
       └──▶ page ──approve──▶ holds ──day passes, service gives it up, consent ends──▶ over

An approval is found by the digest of the whole detail, so one letter more is another
question. It holds while its consent does; one that is for once counts only where the
caller says that it was given in this very interaction.

Specs: RFC 9396 §3 and §7.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import authorization_details, consent_records, tables
from relying_parties.authorization_details import APPROVED_AT, Detail

_a = tables.approvals.c

_HOLDS = (
    _a.consent_id == sa.bindparam("of_consent"),
    _a.ended_at.is_(None),
    sa.or_(_a.expires_at.is_(None), _a.expires_at > sa.bindparam("at")),
)
_TOLD = sa.select(_a.digest, _a.detail, _a.given_at, _a.expires_at).where(*_HOLDS)

HELD = statement(
    _TOLD.where(_a.digest == sa.any_(sa.bindparam("digests", type_=pg.ARRAY(sa.LargeBinary))))
)
ALL = statement(_TOLD.order_by(_a.given_at.desc(), _a.digest))

_NEW = pg.insert(tables.approvals).values(
    {
        name: sa.bindparam(name)
        for name in ("consent_id", "digest", "detail", "shown_digest", "given_at", "expires_at")
    }
)
APPROVE = statement(
    _NEW.on_conflict_do_update(
        index_elements=["consent_id", "digest"],
        set_={
            "detail": _NEW.excluded.detail,
            "shown_digest": _NEW.excluded.shown_digest,
            "given_at": _NEW.excluded.given_at,
            "expires_at": _NEW.excluded.expires_at,
            "ended_at": sa.null(),
        },
    )
)


@dataclass(frozen=True, slots=True)
class Approval:
    """One detail that a citizen agreed to, and until when it holds within the consent."""

    digest: bytes
    detail: Detail
    given_at: datetime
    expires_at: datetime | None


async def of(
    entry: Entry, consent_id: UUID, details: Iterable[Detail], *, given_here: bool
) -> list[Detail] | None:
    """Return ``details`` with when each was agreed to; ``None`` if one of them needs a question.

    :param given_here: the citizen decided in this very interaction, so what is for once counts
    """
    asked = [(authorization_details.digest(one), one) for one in details]
    since = await _since(entry, consent_id, asked, given_here=given_here)
    if any(digest not in since for digest, _ in asked):
        return None
    return [{**one, APPROVED_AT: _spelt(since[digest])} for digest, one in asked]


async def missing(
    entry: Entry, consent_id: UUID | None, details: Iterable[Detail], *, given_here: bool
) -> list[Detail]:
    """Return those of ``details`` that the citizen has still to decide."""
    asked = [(authorization_details.digest(one), one) for one in details]
    if consent_id is None or not asked:
        return [one for _, one in asked]
    since = await _since(entry, consent_id, asked, given_here=given_here)
    return [one for digest, one in asked if digest not in since]


async def approve(
    entry: Entry, consent_id: UUID, details: Collection[Detail], *, shown_digest: bytes
) -> None:
    """Write down that the citizen agreed to ``details``, as a page showed them."""
    for one in details:
        ends = authorization_details.ends_at(one)
        await entry.run(
            APPROVE,
            consent_id=consent_id,
            digest=authorization_details.digest(one),
            detail=dict(one),
            shown_digest=shown_digest,
            given_at=entry.at,
            expires_at=entry.at + consent_records.ONCE if authorization_details.once(one) else ends,
        )


async def all_of(entry: Entry, consent_id: UUID) -> list[Approval]:
    """Return everything in detail that holds under a consent, the latest first."""
    rows = await entry.all(ALL, of_consent=consent_id, at=entry.at)
    return [Approval(**row) for row in rows]


async def _since(
    entry: Entry, consent_id: UUID, asked: list[tuple[bytes, Detail]], *, given_here: bool
) -> dict[bytes, datetime]:
    """Return when each of ``asked`` that counts was agreed to, by digest."""
    counts = [digest for digest, one in asked if given_here or not authorization_details.once(one)]
    rows = await entry.all(HELD, of_consent=consent_id, digests=counts, at=entry.at)
    return {bytes(row["digest"]): row["given_at"] for row in rows}


def _spelt(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
