"""Changes: what a citizen changed once, which services are told, and what each of them did.

    due ──delivered──▶ told ──the service answers──▶ applied │ rejected │ not_relevant
     │ └──refused, or a week of tries──▶ undelivered            (it may answer anew)
     └──the citizen stops sharing──▶ ended
    left_out: the citizen wanted it so

Each service has a notice of its own, by an id that nobody else has, and with no more of the
moment than its minute: nothing in a row leads to the row of another service, but for the day
of a change to come, which all who are told of it have to know. Names of details only, never a
value, and of an answer a word of ours, never a sentence of theirs.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, statement
from relying_parties import tables
from relying_parties.events import ChangeAnswered

ANSWERS = APPLIED, REJECTED, NOT_RELEVANT = "applied", "rejected", "not_relevant"
# Why a service did not do it, as it says; citizens read it in words of ours.
REASONS = ("no_record", "sign_in", "proof_needed", "not_accepted", "elsewhere")
DUE, TOLD, UNDELIVERED, ENDED, LEFT_OUT = "due", "told", "undelivered", "ended", "left_out"
KEPT = timedelta(days=400)

_notices, _n = tables.change_notices, tables.change_notices.c
_SHOWN = (
    *(_n.id, _n.client_id, _n.claims, _n.state, _n.reason, _n.created_at),
    *(_n.told_at, _n.answered_at, _n.answer_by, _n.effective_from),
)
_IDS = sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid))
_at = sa.bindparam("at", type_=tables.NOW)

ADD = statement(
    sa.insert(_notices).values(
        {
            name: sa.bindparam(name, type_=_n[name].type)
            for name in (
                *("id", "client_id", "subject", "claims", "state", "created_at", "answer_by"),
                "effective_from",
            )
        }
    )
)
MOVE = statement(
    sa.update(_notices)
    .where(_n.id == sa.any_(_IDS), _n.state == DUE)
    .values(
        state=sa.bindparam("became"),
        told_at=sa.case((sa.bindparam("became", type_=sa.Text) == TOLD, _at)),
    )
)
REVIVE = statement(
    sa.update(_notices).where(_n.id == sa.any_(_IDS), _n.state == UNDELIVERED).values(state=DUE)
)
FIND = statement(
    sa.select(*_SHOWN).where(
        _n.id == sa.bindparam("notice", type_=sa.Uuid),
        _n.client_id == sa.bindparam("of_client"),
        _n.state != LEFT_OUT,
        _n.state != ENDED,
    )
)
ANSWER = statement(
    sa.update(_notices)
    .where(
        _n.id == sa.bindparam("notice", type_=sa.Uuid),
        _n.client_id == sa.bindparam("of_client"),
        _n.state != LEFT_OUT,
        _n.state != ENDED,
    )
    .values(
        state=sa.bindparam("became"),
        reason=sa.bindparam("because", type_=sa.Text),
        answered_at=_at,
        # Whoever answers was told, even if the word of that is still on its way.
        told_at=sa.func.coalesce(_n.told_at, _at),
    )
    .returning(*_SHOWN)
)
OF_SUBJECTS = statement(
    sa.select(*_SHOWN)
    .where(_n.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))))
    .order_by(_n.created_at.desc(), _n.client_id)
    .limit(sa.bindparam("most"))
)
PURGE = statement(
    sa.delete(_notices).where(_n.created_at < sa.bindparam("before", type_=tables.NOW))
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What one service is told of one change.

    :ivar claims: catalogue's names of what changed and the service may read
    :ivar created_at: the minute of the change
    :ivar answer_by: until when the service promised to say what it did
    :ivar effective_from: the day on which it changes, if that was to come
    """

    id: UUID
    client_id: str
    claims: Sequence[str]
    state: str
    reason: str | None
    created_at: datetime
    told_at: datetime | None
    answered_at: datetime | None
    answer_by: datetime
    effective_from: date | None = None

    def overdue(self, at: datetime) -> bool:
        """Whether the service should have answered by now."""
        return self.state in (DUE, TOLD, UNDELIVERED) and self.answer_by < at


async def note(
    entry: Entry,
    client_id: str,
    subject: str,
    claims: Collection[str],
    *,
    days: int,
    state: str = DUE,
    effective: date | None = None,
) -> Notice:
    """Note that a service is to be told, or that the citizen left it out.

    :param days: in which the service promised to answer, once it has changed
    :param effective: the day on which it changes, if that is to come
    """
    minute = entry.at.replace(second=0, microsecond=0)
    begins = datetime.combine(effective, time.min, UTC) if effective else minute
    made = Notice(
        id=opaque.new_id(),
        client_id=client_id,
        claims=sorted(claims),
        state=state,
        reason=None,
        created_at=minute,
        told_at=None,
        answered_at=None,
        answer_by=max(begins, minute) + timedelta(days=days),
        effective_from=effective,
    )
    await entry.run(
        ADD,
        id=made.id,
        client_id=client_id,
        subject=subject,
        claims=list(made.claims),
        state=state,
        created_at=minute,
        answer_by=made.answer_by,
        effective_from=effective,
    )
    # Not in the journal: beside the citizen's own row it would name both at one moment.
    return made


async def move(entry: Entry, ids: Collection[UUID], became: str) -> None:
    """Note that the events of notices were told, given up or dropped; an answer goes before."""
    if ids:
        await entry.run(MOVE, ids=list(ids), became=became, at=entry.at)


async def revive(entry: Entry, ids: Collection[UUID]) -> None:
    """Note that what had been given up is told once more."""
    if ids:
        await entry.run(REVIVE, ids=list(ids))


async def find(entry: Entry, client_id: str, notice_id: UUID) -> Notice | None:
    """Return a notice of this service; another's is as unknown as one that never was."""
    row = await entry.one(FIND, notice=notice_id, of_client=client_id)
    return Notice(**row) if row else None


async def answer(
    entry: Entry, client_id: str, notice_id: UUID, state: str, reason: str | None
) -> Notice | None:
    """Write down what a service did about a change; a later answer replaces the one before.

    :param state: one of :data:`ANSWERS`; ``reason`` one of :data:`REASONS`, or ``None``
    """
    row = await entry.one(
        ANSWER, notice=notice_id, of_client=client_id, became=state, because=reason, at=entry.at
    )
    if row is None:
        return None
    entry.record(ChangeAnswered(f"client:{client_id}", f"client:{client_id}", state))
    return Notice(**row)


async def of_subjects(entry: Entry, subjects: Collection[str], most: int = 200) -> list[Notice]:
    """Return a citizen's notices, the latest change first."""
    rows = await entry.all(OF_SUBJECTS, subjects=list(subjects), most=most)
    return [Notice(**row) for row in rows]


async def purge(entry: Entry) -> int:
    """Delete what is more than a year old; returns how many rows went."""
    return await entry.run(PURGE, before=entry.at - KEPT)
