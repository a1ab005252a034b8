"""Agencies: the organisations that run services, and who may act for them.

An agency's ``sector`` is drawn once and never changes, because every subject that
its services know a citizen by is derived from it. Its name is what citizens decide by:
no other agency has it, and once services run under it only the operator changes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys.entry import Entry, Row, statement
from relying_parties import events, registry, sectors, tables, wording
from relying_parties.errors import AgencyExists, AgencyServes, AgencyUnknown, RegistrationInvalid
from relying_parties.metadata import words
from relying_parties.purposes import Words

ROLES = ("owner", "engineer", "privacy", "viewer")
OPERATOR = "operator"  # has the machine anyway

_COLUMNS = (
    tables.agencies.c.id,
    tables.agencies.c.name,
    tables.agencies.c.sector,
    tables.agencies.c.contact,
)

CREATE = statement(
    pg.insert(tables.agencies)
    .values(
        id=sa.bindparam("id"),
        name=sa.bindparam("name"),
        sector=sa.bindparam("sector"),
        contact=sa.bindparam("contact"),
        created_at=sa.bindparam("created_at"),
    )
    .on_conflict_do_nothing(index_elements=["id"])
    .returning(*_COLUMNS)
)

FIND = statement(sa.select(*_COLUMNS).where(tables.agencies.c.id == sa.bindparam("agency_id")))

LISTED = statement(sa.select(*_COLUMNS).order_by(tables.agencies.c.id))

# Names are compared under this lock: of two agencies at once, one gets the name.
LOCK = statement(
    sa.select(
        sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.literal_column("'agencies'"), 0))
    )
)

SERVES = statement(
    sa.select(tables.clients.c.client_id)
    .where(
        tables.clients.c.agency_id == sa.bindparam("agency_id"),
        tables.clients.c.status.in_(
            [sa.literal_column("'live'", sa.Text), sa.literal_column("'suspended'", sa.Text)]
        ),
    )
    .limit(1)
)

CHANGE = statement(
    sa.update(tables.agencies)
    .where(tables.agencies.c.id == sa.bindparam("agency_id"))
    .values(name=sa.bindparam("name"), contact=sa.bindparam("contact"))
    .returning(*_COLUMNS)
)

ADD_MEMBER = statement(
    pg.insert(tables.members)
    .values(
        agency_id=sa.bindparam("agency_id"),
        subject=sa.bindparam("subject"),
        role=sa.bindparam("role"),
        since=sa.bindparam("since"),
    )
    .on_conflict_do_update(
        index_elements=["agency_id", "subject"], set_={"role": sa.bindparam("new_role")}
    )
)

REMOVE_MEMBER = statement(
    sa.delete(tables.members).where(
        tables.members.c.agency_id == sa.bindparam("agency_id"),
        tables.members.c.subject == sa.bindparam("subject"),
    )
)

MEMBERS = statement(
    sa.select(tables.members.c.subject, tables.members.c.role, tables.members.c.since)
    .where(tables.members.c.agency_id == sa.bindparam("agency_id"))
    .order_by(tables.members.c.since, tables.members.c.subject)
)

MEMBERSHIPS = statement(
    sa.select(tables.members.c.agency_id, tables.members.c.role)
    .where(tables.members.c.subject == sa.bindparam("subject"))
    .order_by(tables.members.c.agency_id)
)


@dataclass(frozen=True, slots=True)
class Agency:
    """One organisation. ``name`` is by language."""

    id: str
    name: Words
    sector: str
    contact: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One person who acts for an agency; ``subject`` is in the sector of the gateway itself."""

    subject: str
    role: str
    since: datetime


async def create(
    entry: Entry, agency_id: str, *, name: Words, contact: str | None, by: str
) -> Agency:
    """Let an agency join, in a sector of its own.

    :raises RegistrationInvalid: the id, a name or the contact breaks rules, or another
        agency has the name
    :raises AgencyExists: the id is taken
    """
    _judge(agency_id, name, contact)
    await entry.one(LOCK)
    if await find(entry, agency_id) is None:
        await _unlike_others(entry, agency_id, name)
    row = await entry.one(
        CREATE,
        id=agency_id,
        name=dict(name),
        sector=sectors.draw(),
        contact=contact,
        created_at=entry.at,
    )
    if row is None:
        raise AgencyExists(agency_id)
    entry.record(events.AgencyCreated(actor=by, object=f"agency:{agency_id}"))
    await registry.bump(entry)
    return _agency(row)


async def find(entry: Entry, agency_id: str) -> Agency | None:
    """Return the agency with this id."""
    row = await entry.one(FIND, agency_id=agency_id)
    return _agency(row) if row else None


async def listed(entry: Entry) -> list[Agency]:
    """Return all agencies, by id."""
    return [_agency(row) for row in await entry.all(LISTED)]


async def change(
    entry: Entry, agency_id: str, *, name: Words, contact: str | None, by: str
) -> Agency:
    """Give an agency a new name or contact; its sector stays.

    :raises RegistrationInvalid: the name or the contact breaks rules, or another agency
        has the name
    :raises AgencyUnknown: no agency has this id
    :raises AgencyServes: it has another name and services, and ``by`` is not the operator
    """
    _judge(agency_id, name, contact)
    await entry.one(LOCK)
    found = await find(entry, agency_id)
    if found is not None and found.name != name:
        if by != OPERATOR and await serves(entry, agency_id):
            raise AgencyServes(agency_id)
        await _unlike_others(entry, agency_id, name)
    row = await entry.one(CHANGE, agency_id=agency_id, name=dict(name), contact=contact)
    if row is None:
        raise AgencyUnknown(agency_id)
    entry.record(events.AgencyChanged(actor=by, object=f"agency:{agency_id}"))
    await registry.bump(entry)
    return _agency(row)


async def serves(entry: Entry, agency_id: str) -> bool:
    """Whether citizens meet the agency's name: it has a service, switched off or not."""
    return await entry.one(SERVES, agency_id=agency_id) is not None


async def add_member(entry: Entry, agency_id: str, subject: str, *, role: str, by: str) -> None:
    """Let ``subject`` act for an agency, or change their role.

    :raises AgencyUnknown: no agency has this id
    :raises ValueError: no such role
    """
    if role not in ROLES:
        raise ValueError(role)
    if await find(entry, agency_id) is None:
        raise AgencyUnknown(agency_id)
    await entry.run(
        ADD_MEMBER,
        agency_id=agency_id,
        subject=subject,
        role=role,
        new_role=role,
        since=entry.at,
    )
    entry.record(
        events.MemberAdded(actor=by, object=f"agency:{agency_id}", subject=subject, role=role)
    )


async def remove_member(entry: Entry, agency_id: str, subject: str, *, by: str) -> None:
    """Let ``subject`` no longer act for an agency."""
    if await entry.run(REMOVE_MEMBER, agency_id=agency_id, subject=subject):
        entry.record(events.MemberRemoved(actor=by, object=f"agency:{agency_id}", subject=subject))


async def members(entry: Entry, agency_id: str) -> Sequence[Member]:
    """Return who may act for an agency, oldest first."""
    return [Member(**row) for row in await entry.all(MEMBERS, agency_id=agency_id)]


async def memberships(entry: Entry, subject: str) -> dict[str, str]:
    """Return the agencies that ``subject`` acts for, each with the role there."""
    rows = await entry.all(MEMBERSHIPS, subject=subject)
    return {row["agency_id"]: row["role"] for row in rows}


def _judge(agency_id: str, name: Words, contact: str | None) -> None:
    problems = list(wording.names(name, "spec.name", *words.NAME))
    if word := words.slug_problem(agency_id):
        problems.append(("metadata.id", word))
    if contact is not None and (word := wording.problem(contact, *words.CONTACT)):
        problems.append(("spec.contact", word))
    if problems:
        raise RegistrationInvalid(tuple(problems))


async def _unlike_others(entry: Entry, agency_id: str, name: Words) -> None:
    # A name in one language is shown in all that its agency has no other for.
    taken = {
        wording.folded(text)
        for other in await listed(entry)
        if other.id != agency_id
        for text in other.name.values()
    }
    problems = [
        (f"spec.name.{tag}", "name_taken")
        for tag, text in name.items()
        if wording.folded(text) in taken
    ]
    if problems:
        raise RegistrationInvalid(tuple(problems))


def _agency(row: Row) -> Agency:
    return Agency(**row)
