"""Requests of citizens: where each of them stands, as its service reports.

    first state ─▶ … ─▶ a newer one: the citizen is to be told
                    └── an older one: takes its place in the line, and nothing else
                    └── the same again: nothing

States are added and never changed; the newest by the service's own moment is how the request
stands. Rows hold a pairwise subject and a MAC of the service's number. What a state says,
what it is among it, opens with the citizen's own key alone and goes with it.

Not in the ledger: a line there is a detail that a service got, and here it gave one.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, Row, statement
from keys.errors import NotSealedHere
from keys.sealing import DataKey
from relying_parties import request_states, tables
from relying_parties.errors import ReferenceTaken, StateConflict, TooManyStates
from relying_parties.events import RequestReported
from relying_parties.request_states import State

MOST, MOST_STATES = 50, 50  # requests of one citizen at one service, and states of a request
KEPT = request_states.OLDEST  # after the newest state
PAUSE = timedelta(days=1)  # between two mails about one request
_PLACE = "relying_parties.request_states"

_requests, _r = tables.citizen_requests, tables.citizen_requests.c
_states, _s = tables.request_states, tables.request_states.c
_at = sa.bindparam("at", type_=tables.NOW)
_subjects = sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))
_request = sa.bindparam("request", type_=sa.Uuid)
_SHOWN = (_r.id, _r.client_id, _r.subject, _s.at, _s.noted_at, _s.sealed)


def _values(table: sa.Table, *names: str) -> dict[str, Any]:
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in names}


ADD = statement(
    pg.insert(_requests)
    .values(_values(_requests, "id", "client_id", "subject", "reference", "moved_at", "unnoticed"))
    .on_conflict_do_nothing()
    .returning(_r.id)
)
HOLD = statement(
    sa.select(_r.id, _r.subject, _r.moved_at)
    .where(_r.client_id == sa.bindparam("of_client"), _r.reference == sa.bindparam("of_reference"))
    .with_for_update()
)
COUNT = statement(
    sa.select(sa.func.count().label("n")).where(
        _r.client_id == sa.bindparam("of_client"), _r.subject == sa.bindparam("of_subject")
    )
)
COUNT_STATES = statement(sa.select(sa.func.count().label("n")).where(_s.request_id == _request))
ADD_STATE = statement(
    pg.insert(_states)
    .values(_values(_states, "request_id", "at", "noted_at", "sealed"))
    .on_conflict_do_nothing()
    .returning(_s.at)
)
MOVE = statement(
    sa.update(_requests)
    .where(_r.id == _request)
    .values(
        moved_at=sa.bindparam("moved", type_=tables.NOW),
        unnoticed=sa.or_(_r.unnoticed, sa.bindparam("news", type_=sa.Boolean)),
    )
)
OF_REFERENCE = statement(
    sa.select(_r.id, _r.subject).where(
        _r.client_id == sa.bindparam("of_client"), _r.reference == sa.bindparam("of_reference")
    )
)
STATES_OF = statement(
    sa.select(*_SHOWN)
    .join(_states, _s.request_id == _r.id)
    .where(_r.id == _request, _r.subject == sa.any_(_subjects))
    .order_by(_s.at.desc())
)
NEWEST = statement(
    sa.select(*_SHOWN)
    .join(_states, sa.and_(_s.request_id == _r.id, _s.at == _r.moved_at))
    .where(_r.subject == sa.any_(_subjects))
    .order_by(_r.moved_at.desc(), _r.id)
)
_news = (
    sa.select(_r.id)
    .where(
        _r.unnoticed,
        sa.or_(_r.noticed_at.is_(None), _r.noticed_at <= sa.bindparam("before", type_=tables.NOW)),
    )
    .order_by(_r.noticed_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
TAKE = statement(
    sa.update(_requests)
    .where(_r.id.in_(_news.scalar_subquery()))
    .values(unnoticed=False, noticed_at=_at)
    .returning(_r.client_id, _r.subject)
)
ERASE = statement(sa.delete(_requests).where(_r.subject == sa.any_(_subjects)))
_old = (
    sa.select(_r.id)
    .where(_r.moved_at < sa.bindparam("before", type_=tables.NOW))
    .limit(sa.bindparam("most", type_=sa.Integer))
)
PURGE = statement(sa.delete(_requests).where(_r.id.in_(_old.scalar_subquery())))


@dataclass(frozen=True, slots=True)
class File:
    """One request, as its service knows it.

    :ivar number: the service's own
    :ivar reference: a MAC of it, by which it is found
    """

    client_id: str
    subject: str
    number: str
    reference: str


@dataclass(frozen=True, slots=True)
class Held:
    """A request's row that nobody else changes meanwhile; ``first``: it was made just now."""

    id: UUID
    subject: str
    moved_at: datetime
    first: bool


@dataclass(frozen=True, slots=True)
class Noted:
    """A state, and when we heard of it."""

    state: State
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A request, its states from the newest on; of a list's rows the newest alone."""

    id: UUID
    client_id: str
    subject: str
    number: str
    states: Sequence[Noted]

    @property
    def now(self) -> State:
        """How it stands."""
        return self.states[0].state

    def silent(self, today: date) -> bool:
        """Whether the day that was named has passed, and nothing was reported after it."""
        due = self.now.due
        return self.now.overdue(today) and due is not None and self.now.at.date() <= due


async def report(entry: Entry, key: DataKey, file: File, state: State) -> bool:
    """Add ``state`` to the line of a request; false if it stood there already.

    :param key: the citizen's own
    :raises ReferenceTaken: the service has this number for somebody else
    :raises StateConflict: it reported something else for the same moment
    :raises TooManyStates: of this request, or too many requests of this citizen
    """
    held = await _held(entry, file, state)
    if not held.first:
        known = await _state_at(entry, key, held, state.at)
        if known is not None and known != state:
            raise StateConflict(str(held.id))
        if known is not None:
            return False
        await _bound(entry, held)
    await _add(entry, key, held, file.number, state)
    if not held.first and state.at > held.moved_at:
        before = await _state_at(entry, key, held, held.moved_at)
        news = before is None or _matter(before) != _matter(state)
        await entry.run(MOVE, request=held.id, moved=state.at, news=news)
    entry.record(RequestReported(f"client:{file.client_id}", f"request:{held.id}"))
    return True


async def of_service(entry: Entry, client_id: str, reference: str) -> tuple[UUID, str] | None:
    """Return id and subject of a service's request; another's is as unknown as none."""
    row = await entry.one(OF_REFERENCE, of_client=client_id, of_reference=reference)
    return (row["id"], row["subject"]) if row else None


async def find(
    entry: Entry, key: DataKey, request_id: UUID, subjects: Collection[str]
) -> Request | None:
    """Return a citizen's request with its whole line."""
    rows = await entry.all(STATES_OF, request=request_id, subjects=list(subjects))
    opened = [found for row in rows if (found := _opened(key, row))]
    if not opened:
        return None
    number = opened[0][0]
    row = rows[0]
    noted = tuple(one for _, one in opened)
    return Request(row["id"], row["client_id"], row["subject"], number, noted)


async def of_subjects(entry: Entry, key: DataKey, subjects: Collection[str]) -> list[Request]:
    """Return all requests of a citizen as they stand, the last that moved first."""
    found = []
    for row in await entry.all(NEWEST, subjects=list(subjects)):
        opened = _opened(key, row)
        if opened is not None:
            number, noted = opened
            one = Request(row["id"], row["client_id"], row["subject"], number, (noted,))
            found.append(one)
    return found


async def take_news(entry: Entry, most: int = 50) -> list[tuple[str, str]]:
    """Take what citizens are to be told of, once a day for a request: (client_id, subject)."""
    rows = await entry.all(TAKE, at=entry.at, before=entry.at - PAUSE, most=most)
    return [(row["client_id"], row["subject"]) for row in rows]


async def purge(entry: Entry, most: int = 1000) -> int:
    """Delete up to ``most`` requests that did not move for long; return how many went."""
    return await entry.run(PURGE, before=entry.at - KEPT, most=most)


async def _held(entry: Entry, file: File, state: State) -> Held:
    """Hold the request's row until the end, and make it if there is none."""
    found = await _hold(entry, file)
    if found is not None:
        return found
    count = await entry.one(COUNT, of_client=file.client_id, of_subject=file.subject)
    if count is not None and count["n"] >= MOST:
        raise TooManyStates(file.client_id)
    made = await entry.one(
        ADD,
        id=opaque.new_id(),
        client_id=file.client_id,
        subject=file.subject,
        reference=file.reference,
        moved_at=state.at,
        unnoticed=True,
    )
    if made is not None:
        return Held(made["id"], file.subject, state.at, first=True)
    found = await _hold(entry, file)  # another report of it was faster
    if found is None:
        raise StateConflict(file.client_id)
    return found


async def _hold(entry: Entry, file: File) -> Held | None:
    row = await entry.one(HOLD, of_client=file.client_id, of_reference=file.reference)
    if row is None:
        return None
    if row["subject"] != file.subject:
        raise ReferenceTaken(file.client_id)
    return Held(row["id"], file.subject, row["moved_at"], first=False)


async def _bound(entry: Entry, held: Held) -> None:
    row = await entry.one(COUNT_STATES, request=held.id)
    if row is not None and row["n"] >= MOST_STATES:
        raise TooManyStates(str(held.id))


async def _add(entry: Entry, key: DataKey, held: Held, number: str, state: State) -> None:
    told = json.dumps({"number": number, **request_states.spell(state)}).encode()
    added = await entry.one(
        ADD_STATE,
        request_id=held.id,
        at=state.at,
        noted_at=entry.at,
        sealed=key.seal(told, *_place(held.subject, held.id, state.at)),
    )
    if added is None:  # there is one that does not open: it is no news that it is not this
        raise StateConflict(str(held.id))


async def _state_at(entry: Entry, key: DataKey, held: Held, moment: datetime) -> State | None:
    for row in await entry.all(STATES_OF, request=held.id, subjects=[held.subject]):
        opened = _opened(key, row) if row["at"] == moment else None
        if opened is not None:
            return opened[1].state
    return None


def _matter(state: State) -> dict[str, Any]:
    """Return what a citizen would want to hear of: all but the moment."""
    return {name: told for name, told in request_states.spell(state).items() if name != "at"}


def _opened(key: DataKey, row: Row) -> tuple[str, Noted] | None:
    try:
        plain = key.open(row["sealed"], *_place(row["subject"], row["id"], row["at"]))
    except NotSealedHere:  # altered, or moved here from elsewhere
        return None
    told = json.loads(plain)
    return told["number"], Noted(request_states.of(told), row["noted_at"])


def _place(subject: str, request_id: UUID, at: datetime) -> tuple[str, ...]:
    return (_PLACE, subject, str(request_id), at.isoformat())
