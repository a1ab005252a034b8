"""Releases: every time a service read something, as a line that the citizen alone can read.

Names only, never values. What a line says is sealed under the citizen's own key and goes
with it: who reads the table sees how many lines a subject has. One statement writes the
line and its row in the journal, for as many requests as come at once.

    line ──salt──▶ commitment ──┐
      └──sealed with the salt──▶├──▶ entry of the transparency tree

The commitment lets the citizen show one line and prove it, and gives nothing away of the
others: without its salt a line can't be guessed. The rest of the entry ties the row down, so
that nobody has to read a line to find that its row was altered.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import journal, opaque
from keys.entry import Entry, Row, statement
from keys.errors import NotSealedHere
from keys.gathering import asked
from keys.sealing import DataKey
from relying_parties import tables
from relying_parties.journalling import fields, named

SALT = 32
SOME = 1000  # lines that are opened in one go: others are answered in between
_PLACE = "relying_parties.releases"
_ALL = 2**62

_r = tables.releases.c
_SUBJECTS = sa.bindparam("subjects", type_=pg.ARRAY(sa.Text))
_WRITTEN: Mapping[str, sa.types.TypeEngine[Any]] = {
    "subject": sa.Text(),
    "sealed": sa.LargeBinary(),
    "commitment": sa.LargeBinary(),
    "client_id": sa.Text(),
    "channel": sa.Text(),
    "count": sa.Integer(),
    "at": tables.NOW,
}
_ROW = ("id", "subject", "sealed", "commitment")


def _record() -> sa.Executable:
    brought = asked(**_WRITTEN)
    number = sa.func.nextval(sa.literal_column("'relying_parties.releases_id_seq'", sa.Text))
    numbered = sa.select(number.label("id"), *(brought.c[name] for name in _WRITTEN)).cte("line")
    made = sa.insert(tables.releases).from_select(
        list(_ROW), sa.select(*(numbered.c[name] for name in _ROW))
    )
    written = journal.cte(
        "ClaimsReleased",
        actor=named("client", numbered.c.client_id),
        object=named("release", sa.cast(numbered.c.id, sa.Text)),
        fields=fields(claims=numbered.c.count, channel=numbered.c.channel),
        source=numbered,
        at=numbered.c.at,
    )
    nothing = sa.select(sa.literal_column("1", sa.Integer).label("n")).where(sa.false())
    return nothing.add_cte(made.cte("released"), written)


RECORD = statement(_record())

OF_SUBJECTS = statement(
    sa.select(tables.releases)
    .where(_r.subject == sa.any_(_SUBJECTS), _r.id < sa.bindparam("before"))
    .order_by(_r.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What goes out now.

    :ivar version: of the registration whose words say why
    :ivar purposes: the ids of those that ask for any of the claims
    :ivar channel: ``userinfo`` or ``id_token``
    """

    client_id: str
    version: int
    purposes: Sequence[str]
    claims: Sequence[str]
    channel: str
    consent_id: UUID | None


@dataclass(frozen=True, slots=True)
class Release:
    """One line, opened.

    :ivar line: what was committed to, to the letter; ``salt`` belongs to it
    :ivar entry: what stands for it in the transparency tree
    """

    id: int
    at: datetime
    client_id: str
    version: int
    purposes: Sequence[str]
    claims: Sequence[str]
    channel: str
    consent_id: UUID | None
    line: str
    salt: bytes
    entry: bytes


@dataclass(frozen=True, slots=True)
class Lines:
    """A citizen's lines, the latest first, and the ids of those that somebody damaged."""

    whole: Sequence[Release]
    damaged: Sequence[int]


@dataclass(frozen=True, slots=True)
class Reads:
    """How often, and when last."""

    last: datetime
    times: int


async def record(entry: Entry, key: DataKey, subject: str, told: Disclosure) -> None:
    """Write down what goes out now; durable on return, and never part of anything else.

    :param key: the citizen's own
    """
    line, salt = _spell(told, entry.at), opaque.random_bytes(SALT)
    await entry.together(
        RECORD,
        subject=subject,
        sealed=key.seal(salt + line, _PLACE, subject),
        commitment=hashlib.sha256(salt + line).digest(),
        client_id=told.client_id,
        channel=told.channel,
        count=len(told.claims),
        at=entry.at,
    )


async def of_subjects(
    entry: Entry, key: DataKey, subjects: Collection[str], limit: int = _ALL
) -> Lines:
    """Open a citizen's lines, up to ``limit`` of the latest."""
    whole, damaged, before = list[Release](), list[int](), _ALL
    while limit > 0:
        most = min(limit, SOME)
        rows = await entry.all(OF_SUBJECTS, subjects=list(subjects), before=before, most=most)
        for row in rows:
            opened = _open(key, row)
            if opened is None:
                damaged.append(row["id"])
            else:
                whole.append(opened)
        if len(rows) < most:
            break
        limit, before = limit - most, rows[-1]["id"]
    return Lines(whole, damaged)


def last_reads(lines: Lines) -> Mapping[str, Mapping[str, Reads]]:
    """Return for each service, for each claim, when it was last read and how often."""
    found: dict[str, dict[str, Reads]] = {}
    for one in lines.whole:
        of_client = found.setdefault(one.client_id, {})
        for claim in one.claims:
            known = of_client.get(claim)
            last, times = (known.last, known.times) if known else (one.at, 0)
            of_client[claim] = Reads(max(last, one.at), times + 1)
    return found


def tree_entry(row: Row) -> bytes:
    """Return what a row commits to: the line, and the row as it is stored."""
    stored = hashlib.sha256(row["subject"].encode() + b"\0" + row["sealed"]).digest()
    return bytes(row["commitment"]) + stored


def _spell(told: Disclosure, at: datetime) -> bytes:
    line = {
        "at": at.isoformat(),
        "channel": told.channel,
        "claims": list(told.claims),
        "consent": str(told.consent_id) if told.consent_id else None,
        "purposes": list(told.purposes),
        "service": told.client_id,
        "version": told.version,
    }
    return json.dumps(line, separators=(",", ":")).encode()


def _open(key: DataKey, row: Row) -> Release | None:
    try:
        plain = key.open(row["sealed"], _PLACE, row["subject"])
    except NotSealedHere:
        return None
    if hashlib.sha256(plain).digest() != row["commitment"]:
        return None
    salt, line = plain[:SALT], plain[SALT:].decode()
    told = json.loads(line)
    return Release(
        id=row["id"],
        at=datetime.fromisoformat(told["at"]),
        client_id=told["service"],
        version=told["version"],
        purposes=told["purposes"],
        claims=told["claims"],
        channel=told["channel"],
        consent_id=UUID(told["consent"]) if told["consent"] else None,
        line=line,
        salt=salt,
        entry=tree_entry(row),
    )
