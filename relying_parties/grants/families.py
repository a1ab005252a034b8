"""Families: a code and every token that came of it, which live and die together.

The code's row outlives the code, and each token points to it, so that ending a family
is one update and reaches tokens that were made a moment ago in another process.

Specs: RFC 6749 §4.1.2, RFC 7009 §2, RFC 9700 §4.14.2.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.events import FamiliesEnded

# A dead family is kept so long, to recognise what comes back.
KEPT = timedelta(days=1)
IDLE = timedelta(days=30)  # a refresh token that nobody uses for so long is dead

_codes, _access, _refresh = tables.codes, tables.access_tokens, tables.refresh_tokens


def _end(*where: sa.ColumnElement[bool]) -> sa.Update:
    return (
        sa.update(_codes)
        .where(_codes.c.ended_at.is_(None), *where)
        .values(
            ended_at=sa.bindparam("at"),
            kept_until=sa.func.least(_codes.c.kept_until, sa.bindparam("kept", type_=tables.NOW)),
        )
    )


END = statement(_end(_codes.c.digest == sa.bindparam("of_code")))

END_FOR_CONSENT = statement(
    _end(
        _codes.c.subject == sa.bindparam("of_subject"),  # for its index
        _codes.c.consent_id == sa.bindparam("of_consent"),
    )
)

_OF_SUBJECTS = _codes.c.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text)))
_OF_SIDS = _codes.c.sid == sa.any_(sa.bindparam("sids", type_=pg.ARRAY(sa.Text)))

# A code that nobody has redeemed is no grant yet: whoever brings it after the session has
# ended gets nothing, offline access or not.
_ONLINE = sa.or_(_codes.c.offline.is_(False), _codes.c.used_at.is_(None))

END_ALL = statement(_end(_OF_SUBJECTS))
END_ONLINE = statement(_end(_OF_SUBJECTS, _ONLINE))
END_ALL_OF_SIDS = statement(_end(_OF_SUBJECTS, _OF_SIDS))
END_ONLINE_OF_SIDS = statement(_end(_OF_SUBJECTS, _OF_SIDS, _ONLINE))

_until = sa.bindparam("until", type_=tables.NOW)
_kept = (
    sa.update(_codes)
    .where(
        _codes.c.subject == sa.bindparam("of_subject"),
        _codes.c.consent_id == sa.bindparam("of_consent"),
        _codes.c.ended_at.is_(None),
        _codes.c.offline,
    )
    .values(
        kept_until=sa.func.greatest(_codes.c.kept_until, sa.bindparam("kept", type_=tables.NOW))
    )
    .returning(_codes.c.digest)
    .cte("kept")
)
# No use of it moved the end: nobody finds it dead, unless it lay idle.
PROLONG = statement(
    sa.update(_refresh)
    .where(
        _refresh.c.code == _kept.c.digest,
        _refresh.c.revoked_at.is_(None),
        _refresh.c.replaced_at.is_(None),
        _refresh.c.idle_until > sa.bindparam("at", type_=tables.NOW),
    )
    .values(
        expires_at=_until,
        idle_until=sa.func.least(
            _until,
            sa.func.coalesce(_refresh.c.used_at, _refresh.c.issued_at)
            + sa.bindparam("idle", type_=sa.Interval),
        ),
    )
)


def _over(table: sa.Table, until: sa.ColumnElement[object]) -> sa.Delete:
    old = sa.select(table.c.digest).where(until < sa.bindparam("before"))
    return sa.delete(table).where(table.c.digest.in_(old.limit(sa.bindparam("most"))))


PURGES = (
    statement(_over(_access, _access.c.expires_at)),
    statement(_over(_refresh, _refresh.c.expires_at)),
    statement(_over(_codes, _codes.c.kept_until)),
)


async def end(entry: Entry, code: bytes) -> bool:
    """End the family of the code with this digest; false if it had ended."""
    return bool(await entry.run(END, of_code=code, **_when(entry)))


async def end_for_consent(entry: Entry, subject: str, consent_id: UUID) -> int:
    """End all families under one consent; return how many."""
    return await entry.run(
        END_FOR_CONSENT, of_subject=subject, of_consent=consent_id, **_when(entry)
    )


async def prolong(entry: Entry, subject: str, consent_id: UUID, until: datetime) -> None:
    """Let what a citizen's absence does not end go on until ``until``, the consent's new end."""
    await entry.run(
        PROLONG,
        of_subject=subject,
        of_consent=consent_id,
        until=until,
        kept=until + KEPT,
        idle=IDLE,
        at=entry.at,
    )


async def end_for_subjects(
    entry: Entry,
    subjects: Collection[str],
    *,
    sids: Collection[str] | None = None,
    offline_too: bool,
) -> int:
    """End the families of a citizen: at sign-out, or when their account is in trouble.

    :param sids: only those that came of these sessions
    :param offline_too: also what the citizen let services use in their absence; a code
        that was not redeemed yet ends in any case
    """
    given = {"subjects": list(subjects), **_when(entry)}
    if sids is None:
        ended = await entry.run(END_ALL if offline_too else END_ONLINE, **given)
    else:
        which = END_ALL_OF_SIDS if offline_too else END_ONLINE_OF_SIDS
        ended = await entry.run(which, **given, sids=list(sids))
    if ended:
        # No subjects here: one event that lists them would join what is kept apart.
        entry.record(FamiliesEnded(actor=None, object=None, ended=ended, offline_too=offline_too))
    return ended


async def purge(entry: Entry, limit: int = 1000) -> int:
    """Delete up to ``limit`` rows each of codes and tokens that nobody can use or replay."""
    return sum([await entry.run(each, before=entry.at, most=limit) for each in PURGES])


def _when(entry: Entry) -> dict[str, object]:
    return {"at": entry.at, "kept": entry.at + KEPT}
