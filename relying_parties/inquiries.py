"""Inquiries: what a citizen asks back before they answer, what the office says, and why a no.

    pending ──ask──▶ question ──answer──▶ answer … (a few questions, one at a time)
       └──decline──▶ reason, if they want to give one

Words are sealed under the citizen's own key, so they are gone for good when that is; who
reads them are the citizen and the one service that asked. A request does not wait longer
because of them. The next reason is a row here, and its words in the gateway.

The service reads them until a week after the end of the request. It may have no consent, and
learn of nothing else: so long before an account goes all that was said before its citizen
wanted that is over for everybody, and that it is not there tells nothing.
"""

import json
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import opaque
from keys.entry import Entry, Row, statement
from keys.errors import NotSealedHere
from keys.sealing import DataKey
from relying_parties import tables, wording
from relying_parties.errors import StateConflict, WordsInvalid
from relying_parties.events import InquiryAnswered, InquiryMade
from relying_parties.grants.backchannel_requests import Asked

REASONS = ("not_wanted", "wrong", "not_now", "not_me")
LONGEST = 600  # characters of a question or an answer
LONGEST_REASON = 300
MOST = 5  # questions about one request
LISTED = 200
READABLE = timedelta(days=7)  # after the end of the request

QUESTION, ANSWER, REASON = "question", "answer", "reason"
_PLACE = "relying_parties.inquiries"

_i, _r = tables.inquiries.c, tables.backchannel_requests.c
_requests = tables.backchannel_requests
_at = sa.bindparam("at", type_=tables.NOW)
_theirs = _r.subject == sa.any_(sa.bindparam("subjects", type_=pg.ARRAY(sa.Text)))

ADD = statement(
    sa.insert(tables.inquiries).values(
        {name: sa.bindparam(name) for name in ("id", "request_id", "kind", "sealed", "said_at")}
    )
)
SAID = statement(
    sa.select(tables.inquiries)
    .where(_i.request_id == sa.any_(sa.bindparam("requests", type_=pg.ARRAY(sa.Uuid))))
    .order_by(_i.said_at, _i.id)
)
ALL = statement(
    sa.select(tables.inquiries, _r.client_id)
    .join_from(tables.inquiries, _requests, _r.id == _i.request_id)
    .where(_theirs)
    .order_by(_i.said_at, _i.id)
)
# Whoever wants to be pinged hears of a question as of an answer: it comes, and reads it.
TELL_SERVICE = statement(
    sa.update(_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(
        citizen=sa.func.coalesce(_r.citizen, sa.bindparam("whom", type_=sa.LargeBinary)),
        ping_tries=0,
        ping_due_at=sa.case((_r.ping.is_not(None), _at), else_=sa.null()),
    )
)
TELL_CITIZEN = statement(
    sa.update(_requests)
    .where(_r.id == sa.bindparam("of_request"))
    .values(noticed_at=sa.null(), notice_due_at=sa.null())
)
_TOLD = sa.select(
    *(_r.id, _r.client_id, _r.subject, _r.citizen, _r.request, _r.message, _r.state),
    *(_r.created_at, _r.expires_at),
).where(
    _r.client_id == sa.bindparam("of_client"),
    _r.expires_at > sa.bindparam("since", type_=tables.NOW),
    # A row is nobody's, perhaps: only where a citizen said something does it show.
    sa.exists().where(_i.request_id == _r.id),
)
OF_CLIENT = statement(_TOLD.order_by(_r.created_at.desc()).limit(LISTED))
_one = _TOLD.where(_r.id == sa.bindparam("of_request", type_=sa.Uuid))
FIND = statement(_one)
LOCK = statement(_one.with_for_update())


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said about a request.

    :ivar kind: question, answer or reason
    :ivar reason: a row of :data:`REASONS`, of a reason alone
    """

    request_id: UUID
    kind: str
    words: str = field(repr=False)
    reason: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request that its citizen said something about, as its service sees it.

    :ivar citizen: sealed reference to whom it was to
    :ivar state: of the row, or ``expired``
    """

    id: UUID
    client_id: str
    subject: str
    citizen: bytes = field(repr=False)
    request: Mapping[str, Any]
    message: str
    state: str
    created_at: datetime
    expires_at: datetime


def waits(said: Iterable[Said]) -> bool:
    """Whether a question is not answered yet."""
    spoken = [one.kind for one in said if one.kind != REASON]
    return bool(spoken) and spoken[-1] == QUESTION


def questions(said: Iterable[Said]) -> int:
    """Return how many questions were asked."""
    return sum(one.kind == QUESTION for one in said)


async def ask(entry: Entry, key: DataKey, held: Asked, *, words: str, citizen: bytes) -> None:
    """Ask the service something about a request that is held and waits.

    :param citizen: the sealed reference, opaque here
    :raises WordsInvalid: nothing, too much, or what is no plain text
    :raises StateConflict: the last question is not answered yet, or there were too many
    """
    plain = _plain(words, LONGEST)
    said = (await of_requests(entry, key, [held.id])).get(held.id, [])
    if held.state != "pending" or waits(said) or questions(said) >= MOST:
        raise StateConflict(str(held.id))
    await _say(entry, key, held.id, QUESTION, plain)
    await entry.run(TELL_SERVICE, of_request=held.id, whom=citizen, at=entry.at)
    entry.record(InquiryMade(actor=f"subject:{held.subject}", object=f"client:{held.client_id}"))


async def because(
    entry: Entry, key: DataKey, held: Asked, *, reason: str, words: str, citizen: bytes
) -> None:
    """Say why a request that is held is declined; whoever gives no reason says nothing.

    :raises WordsInvalid: no such reason, or words that are too many or no plain text
    """
    if not reason and not words.strip():
        return
    if reason and reason not in REASONS:
        raise WordsInvalid("reason")
    plain = _plain(words, LONGEST_REASON) if words.strip() else ""
    await _say(entry, key, held.id, REASON, plain, reason)
    await entry.run(TELL_SERVICE, of_request=held.id, whom=citizen, at=entry.at)


async def answer(entry: Entry, key: DataKey, held: Inquiry, *, words: str) -> None:
    """Answer the question of a citizen, who is told that there is something to read.

    :raises WordsInvalid: nothing, too much, or what is no plain text
    :raises StateConflict: nothing was asked since, or the request is over
    """
    plain = _plain(words, LONGEST)
    said = (await of_requests(entry, key, [held.id])).get(held.id, [])
    if held.state != "pending" or not waits(said):
        raise StateConflict(str(held.id))
    await _say(entry, key, held.id, ANSWER, plain)
    await entry.run(TELL_CITIZEN, of_request=held.id)
    entry.record(InquiryAnswered(actor=f"client:{held.client_id}", object=None))


async def talked_about(entry: Entry, request_id: UUID) -> bool:
    """Whether anything was said about a request."""
    return bool(await entry.all(SAID, requests=[request_id]))


async def of_requests(
    entry: Entry, key: DataKey, requests: Collection[UUID]
) -> dict[UUID, list[Said]]:
    """Return what was said about requests of one citizen, oldest first."""
    return await of_each(entry, dict.fromkeys(requests, key))


async def of_each(entry: Entry, keys: Mapping[UUID, DataKey]) -> dict[UUID, list[Said]]:
    """Return what was said about requests, each with its citizen's key, in one statement."""
    found: dict[UUID, list[Said]] = {}
    for row in await entry.all(SAID, requests=list(keys)):
        if one := _said(row, keys[UUID(bytes=row["request_id"].bytes)]):
            found.setdefault(one.request_id, []).append(one)
    return found


async def of(entry: Entry, key: DataKey, subjects: Collection[str]) -> list[tuple[str, Said]]:
    """Return all that was said to and by a citizen, each with the service."""
    rows = await entry.all(ALL, subjects=list(subjects))
    return [(row["client_id"], one) for row in rows if (one := _said(row, key))]


async def of_client(entry: Entry, client_id: str) -> list[Inquiry]:
    """Return the requests of a service that citizens said something about, newest first."""
    rows = await entry.all(OF_CLIENT, of_client=client_id, since=entry.at - READABLE)
    return [_inquiry(row, entry.at) for row in rows]


async def find(entry: Entry, client_id: str, request_id: UUID) -> Inquiry | None:
    """Return one of them; another service's is as unknown as none."""
    row = await entry.one(FIND, **_named(entry, client_id, request_id))
    return _inquiry(row, entry.at) if row else None


async def hold(entry: Entry, client_id: str, request_id: UUID) -> Inquiry | None:
    """Return one of them, and let nobody else say anything in this transaction."""
    row = await entry.one(LOCK, **_named(entry, client_id, request_id))
    return _inquiry(row, entry.at) if row else None


def _named(entry: Entry, client_id: str, request_id: UUID) -> dict[str, Any]:
    return {
        "of_request": request_id,
        "of_client": client_id,
        "since": entry.at - READABLE,
    }


async def _say(
    entry: Entry, key: DataKey, request_id: UUID, kind: str, words: str, reason: str = ""
) -> None:
    row_id = opaque.new_id()
    said = json.dumps([words, reason], ensure_ascii=False).encode()
    sealed = key.seal(said, _PLACE, str(request_id), kind, str(row_id))
    await entry.run(
        ADD, id=row_id, request_id=request_id, kind=kind, sealed=sealed, said_at=entry.at
    )


def _said(row: Row, key: DataKey) -> Said | None:
    request_id, row_id = (UUID(bytes=row[name].bytes) for name in ("request_id", "id"))
    try:
        opened = key.open(row["sealed"], _PLACE, str(request_id), row["kind"], str(row_id))
    except NotSealedHere:  # altered, or moved here from elsewhere: nobody said it here
        return None
    words, reason = json.loads(opened)
    return Said(request_id, row["kind"], words, reason, row["said_at"])


def _inquiry(row: Row, at: datetime) -> Inquiry:
    over = row["state"] == "pending" and row["expires_at"] <= at
    kept = {name: row[name] for name in Inquiry.__slots__ if name not in ("id", "state")}
    return Inquiry(
        id=UUID(bytes=row["id"].bytes), state="expired" if over else row["state"], **kept
    )


def _plain(words: str, longest: int) -> str:
    """Return ``words`` on one line, without what hides or turns text."""
    seen = "".join(each for each in words if unicodedata.category(each) != "Cf")
    plain = unicodedata.normalize("NFC", " ".join(seen.split()))
    if problem := wording.problem(plain, 1, longest):
        raise WordsInvalid(problem)
    return plain
