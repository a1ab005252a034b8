"""Corrections: a service says that a detail is other than what is held; the citizen answers, once.

    open ──accept──▶ accepted     ──dispute──▶ disputed     ──explain──▶ explained
     ├──the service takes it back──▶ withdrawn
     └──its time──▶ expired

What is proposed and what is answered is ciphertext here: it opens with the citizen's own key.
A row holds a pairwise subject and the name of the detail, and of an answer's moment its minute,
so that it does not lead to what the citizen's own rows tell of that moment (ADR 2).

Specs: GDPR Art. 16, 18 and 19.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, Row, statement
from relying_parties import tables
from relying_parties.errors import StateConflict, TooManyStates
from relying_parties.events import CorrectionProposed, CorrectionWithdrawn

OPEN, WITHDRAWN, EXPIRED = "open", "withdrawn", "expired"
ANSWERS = ACCEPTED, DISPUTED, EXPLAINED = "accepted", "disputed", "explained"
LIVES = timedelta(days=60)  # for an answer
MOST, WINDOW = 5, timedelta(days=30)  # of one service to one citizen
KEPT = timedelta(days=400)
PLACE = "relying_parties.corrections"

_corrections, _c = tables.corrections, tables.corrections.c
_at = sa.bindparam("at", type_=tables.NOW)
_subjects = sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))
_correction = sa.bindparam("correction", type_=sa.Uuid)
_client = sa.bindparam("of_client", type_=sa.Text)
_subject = sa.bindparam("of_subject", type_=sa.Text)
_SHOWN = (
    *(_c.id, _c.client_id, _c.subject, _c.claim, _c.sealed, _c.state, _c.created_at),
    *(_c.expires_at, _c.answered_at, _c.answer),
)
_GIVEN = ("id", "client_id", "subject", "claim", "sealed", "state", "created_at", "expires_at")

EXPIRE = statement(
    sa.update(_corrections)
    .where(
        _c.client_id == _client,
        _c.subject == _subject,
        _c.state == OPEN,
        _c.expires_at <= _at,
    )
    .values(state=EXPIRED, unnoticed=False)
)
COUNT = statement(
    sa.select(sa.func.count().label("n")).where(
        _c.client_id == _client,
        _c.subject == _subject,
        _c.created_at > sa.bindparam("since", type_=tables.NOW),
    )
)
ADD = statement(
    pg.insert(_corrections)
    .values(
        {name: sa.bindparam(name, type_=_c[name].type) for name in _GIVEN} | {"unnoticed": True}
    )
    .on_conflict_do_nothing()
    .returning(*_SHOWN)
)
OPEN_OF = statement(
    sa.select(*_SHOWN).where(
        _c.client_id == _client,
        _c.subject == _subject,
        _c.claim == sa.bindparam("of_claim", type_=sa.Text),
        _c.state == OPEN,
        _c.expires_at > _at,
    )
)
OF_CLIENT = statement(sa.select(*_SHOWN).where(_c.id == _correction, _c.client_id == _client))
OF_SUBJECTS = statement(
    sa.select(*_SHOWN)
    .where(_c.subject == sa.any_(_subjects), _c.state != WITHDRAWN)
    .order_by(_c.created_at.desc(), _c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
ALL = statement(
    sa.select(*_SHOWN).where(_c.subject == sa.any_(_subjects)).order_by(_c.created_at.desc(), _c.id)
)
_one = sa.select(*_SHOWN).where(
    _c.id == _correction, _c.subject == sa.any_(_subjects), _c.state != WITHDRAWN
)
FIND = statement(_one)
HOLD = statement(_one.with_for_update())
# Of fifty answers at once, one finds it open: the others wait for the row, and then it is not.
ANSWER = statement(
    sa.update(_corrections)
    .where(
        _c.id == _correction,
        _c.subject == sa.any_(_subjects),
        _c.state == OPEN,
        _c.expires_at > _at,
    )
    .values(
        state=sa.bindparam("became", type_=sa.Text),
        answer=sa.bindparam("sealed_answer", type_=sa.LargeBinary),
        answered_at=sa.bindparam("minute", type_=tables.NOW),
        unnoticed=False,
    )
    .returning(*_SHOWN)
)
WITHDRAW = statement(
    sa.update(_corrections)
    .where(
        _c.id == _correction,
        _c.client_id == _client,
        _c.state == OPEN,
        _c.expires_at > _at,
    )
    .values(state=WITHDRAWN, unnoticed=False)
    .returning(_c.id)
)
_news = (
    sa.select(_c.id)
    .where(_c.unnoticed)
    .order_by(_c.created_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
TAKE = statement(
    sa.update(_corrections)
    .where(_c.id.in_(_news.scalar_subquery()))
    .values(unnoticed=False)
    .returning(_c.client_id, _c.subject, _c.expires_at)
)
ERASE = statement(sa.delete(_corrections).where(_c.subject == sa.any_(_subjects)))
_old = (
    sa.select(_c.id)
    .where(_c.created_at < sa.bindparam("before", type_=tables.NOW))
    .limit(sa.bindparam("most", type_=sa.Integer))
)
PURGE = statement(sa.delete(_corrections).where(_c.id.in_(_old.scalar_subquery())))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a service proposes.

    :ivar id: drawn before, because what is sealed is tied to it
    :ivar claim: the catalogue's name of the detail
    :ivar sealed: the value and the reason, under the citizen's key
    """

    id: UUID
    client_id: str
    subject: str
    claim: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Correction:
    """A proposal, and what became of it.

    :ivar answered_at: the minute; ``answer`` is sealed, too
    """

    id: UUID
    client_id: str
    subject: str
    claim: str
    state: str
    created_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    sealed: bytes = field(repr=False)
    answer: bytes | None = field(repr=False)


def new_id() -> UUID:
    """Draw the id of a proposal."""
    return opaque.new_id()


def place(correction_id: UUID, subject: str, what: str) -> tuple[str, ...]:
    """Return where ``what`` of a correction is sealed: ``proposal`` or ``answer``."""
    return (PLACE, subject, str(correction_id), what)


async def propose(entry: Entry, given: Proposal) -> Correction | None:
    """Ask the citizen; ``None`` if the service has asked about this detail and waits still.

    :raises TooManyStates: it has proposed as much to this citizen as it may
    """
    whom = {"of_client": given.client_id, "of_subject": given.subject}
    await entry.run(EXPIRE, **whom, at=entry.at)
    count = await entry.one(COUNT, **whom, since=entry.at - WINDOW)
    if count is not None and count["n"] >= MOST:
        raise TooManyStates(given.client_id)
    row = await entry.one(
        ADD,
        id=given.id,
        client_id=given.client_id,
        subject=given.subject,
        claim=given.claim,
        sealed=given.sealed,
        state=OPEN,
        created_at=entry.at,
        expires_at=entry.at + LIVES,
    )
    if row is None:
        return None
    actor, whom_about = f"client:{given.client_id}", f"correction:{given.id}"
    entry.record(CorrectionProposed(actor, whom_about, [given.claim]))
    return _correction_of(row, entry.at)


async def open_of(entry: Entry, client_id: str, subject: str, claim: str) -> Correction | None:
    """Return what a service proposed about a detail, if that waits still."""
    row = await entry.one(
        OPEN_OF, of_client=client_id, of_subject=subject, of_claim=claim, at=entry.at
    )
    return _correction_of(row, entry.at) if row else None


async def of_service(entry: Entry, client_id: str, correction_id: UUID) -> Correction | None:
    """Return a service's own; another's is as unknown as one that never was."""
    row = await entry.one(OF_CLIENT, correction=correction_id, of_client=client_id)
    return _correction_of(row, entry.at) if row else None


async def withdraw(entry: Entry, client_id: str, correction_id: UUID) -> None:
    """Take a proposal back that nobody has answered.

    :raises StateConflict: it is answered, over, or no such
    """
    if (
        await entry.one(WITHDRAW, correction=correction_id, of_client=client_id, at=entry.at)
        is None
    ):
        raise StateConflict(str(correction_id))
    entry.record(CorrectionWithdrawn(f"client:{client_id}", f"correction:{correction_id}"))


async def of_subjects(entry: Entry, subjects: Collection[str], most: int = 200) -> list[Correction]:
    """Return what was proposed to a citizen, the newest first."""
    rows = await entry.all(OF_SUBJECTS, subjects=list(subjects), most=most)
    return [_correction_of(row, entry.at) for row in rows]


async def of(entry: Entry, subjects: Collection[str]) -> list[Correction]:
    """Return all that was proposed to a citizen and is kept, also what was taken back."""
    rows = await entry.all(ALL, subjects=list(subjects))
    return [_correction_of(row, entry.at) for row in rows]


async def find(entry: Entry, correction_id: UUID, subjects: Collection[str]) -> Correction | None:
    """Return one that was proposed to the citizen who has ``subjects``."""
    row = await entry.one(FIND, correction=correction_id, subjects=list(subjects))
    return _correction_of(row, entry.at) if row else None


async def hold(entry: Entry, correction_id: UUID, subjects: Collection[str]) -> Correction | None:
    """Return the same as :func:`find`, and let nobody else answer it meanwhile."""
    row = await entry.one(HOLD, correction=correction_id, subjects=list(subjects))
    return _correction_of(row, entry.at) if row else None


async def answer(
    entry: Entry, one: Correction, state: str, sealed: bytes | None
) -> Correction | None:
    """Write the citizen's answer down, once; ``None`` if there is one or its time is over.

    Not in the journal: beside the citizen's own row it would name both at one moment.

    :param state: one of :data:`ANSWERS`; ``sealed`` is what they said beside it
    """
    row = await entry.one(
        ANSWER,
        correction=one.id,
        subjects=[one.subject],
        became=state,
        sealed_answer=sealed,
        minute=entry.at.replace(second=0, microsecond=0),
        at=entry.at,
    )
    return _correction_of(row, entry.at) if row else None


async def take_news(entry: Entry, most: int = 50) -> list[tuple[str, str]]:
    """Take those of which the citizen was not told yet: (client_id, subject)."""
    rows = await entry.all(TAKE, most=most)
    return [(row["client_id"], row["subject"]) for row in rows if row["expires_at"] > entry.at]


async def purge(entry: Entry, most: int = 1000) -> int:
    """Delete up to ``most`` that are more than a year old; return how many went."""
    return await entry.run(PURGE, before=entry.at - KEPT, most=most)


def _correction_of(row: Row, at: datetime) -> Correction:
    told: dict[str, Any] = dict(row)
    if told["state"] == OPEN and told["expires_at"] <= at:
        told["state"] = EXPIRED
    return Correction(**told)
