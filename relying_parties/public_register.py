"""The public register: what each live service may ask for, and how that was decided.

Anybody may read it, without an account. It is made of the approved registrations and of
nothing else, so it can't say anything that is not in force.

Specs: product N9; Regulation (EU) 2016/679 Articles 5(2), 13 and 30.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from keys.entry import Entry, Row, statement
from relying_parties import agencies, registration, tables
from relying_parties.purposes import Words
from relying_parties.registration import Registration

NEWEST = 100  # decisions in the list of changes

_v, _c, _a = tables.registrations.c, tables.clients.c, tables.agencies.c
# A version that was handed in, and overtaken before anybody decided, was never in force.
_WAS_IN_FORCE = sa.and_(
    _v.state.in_([sa.literal_column("'approved'"), sa.literal_column("'superseded'")]),
    _v.decided_at.is_not(None),
)
_DECISION = (
    sa.select(
        *(_v.client_id, _v.version, _v.document, _v.decided_at, _v.decided_by),
        _a.name.label("agency"),
    )
    .join_from(tables.registrations, tables.clients, _c.client_id == _v.client_id)
    .join(tables.agencies, _a.id == _c.agency_id)
    .where(_WAS_IN_FORCE, _c.status == "live")
)

OF_CLIENT = statement(
    _DECISION.where(_v.client_id == sa.bindparam("of_client")).order_by(_v.version.desc())
)
RECENT = statement(
    _DECISION.order_by(_v.decided_at.desc(), _v.client_id, _v.version.desc()).limit(
        sa.bindparam("most", type_=sa.Integer)
    )
)
IN_FORCE = statement(
    sa.select(_v.client_id, _v.decided_at)
    .join_from(
        tables.registrations,
        tables.clients,
        sa.and_(_c.client_id == _v.client_id, _c.version == _v.version),
    )
    .where(_c.status == "live")
)


@dataclass(frozen=True, slots=True)
class Decision:
    """A version of a registration that came into force.

    :ivar by_operator: whoever runs the gateway put it in; else two people of the registry
        and of the agency agreed on it
    :ivar by_itself: the service registered itself, and nobody looked
    """

    client_id: str
    agency: Words
    version: int
    at: datetime
    registration: Registration
    by_operator: bool
    by_itself: bool


async def history(entry: Entry, client_id: str) -> list[Decision]:
    """Return every version of a live service that came into force, newest first."""
    return [_decision(row) for row in await entry.all(OF_CLIENT, of_client=client_id)]


async def recent(entry: Entry) -> list[Decision]:
    """Return the newest decisions about services that are live."""
    return [_decision(row) for row in await entry.all(RECENT, most=NEWEST)]


async def since_when(entry: Entry) -> Mapping[str, datetime]:
    """Return, for each live service, when what is in force was decided."""
    return {row["client_id"]: row["decided_at"] for row in await entry.all(IN_FORCE)}


def _decision(row: Row) -> Decision:
    read: dict[str, Any] = dict(row)
    found = registration.read(read["document"])
    return Decision(
        client_id=read["client_id"],
        agency=read["agency"],
        version=read["version"],
        at=read["decided_at"],
        registration=found,
        by_operator=read["decided_by"] == agencies.OPERATOR,
        by_itself=found.self_registered,
    )
