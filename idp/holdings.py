"""Holdings: everything that is held of a citizen in this room, every version of it.

For the citizen alone, who takes it along: values opened, where they came from, what became of
them, and how the citizen signs in. Nothing that could sign anybody in is among it.

Specs: GDPR Art. 15 (1), Art. 20 (1).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from idp import tables
from idp.proofing import evidence
from keys.entry import Entry, Row, statement
from keys.sealing import DataKey

_a, _e, _p, _s = (
    table.c for table in (tables.attributes, tables.evidence, tables.proofings, tables.sessions)
)
_d, _i = tables.known_devices.c, tables.identifiers.c


def _theirs(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return column == sa.bindparam("of_account")


CLAIMS = statement(
    sa.select(tables.attributes).where(_theirs(_a.account_id)).order_by(_a.claim, _a.recorded_at)
)
EVIDENCE = statement(
    sa.select(tables.evidence).where(_theirs(_e.account_id)).order_by(_e.recorded_at)
)
PROOFINGS = statement(
    sa.select(_p.provider, _p.outcome, _p.reason, _p.ial, _p.at)
    .where(_theirs(_p.account_id))
    .order_by(_p.at)
)
SESSIONS = statement(
    sa.select(_s.kind, _s.device, _s.amr, _s.started_at, _s.seen_at, _s.expires_at, _s.ended_at)
    .where(_theirs(_s.account_id))
    .order_by(_s.started_at)
)
DEVICES = statement(
    sa.select(_d.seen_at, _d.expires_at).where(_theirs(_d.account_id)).order_by(_d.seen_at)
)
PROVED = statement(
    sa.select(_i.kind, _i.proved_at).where(_theirs(_i.account_id)).order_by(_i.proved_at)
)


@dataclass(frozen=True, slots=True)
class Version:
    """One value of a claim, as it was written down.

    :ivar status: active, superseded, disputed, withdrawn or expired
    :ivar change: what it was to the one before: change, correction, removal or reverification
    """

    claim: str
    value: Any = field(repr=False)
    version: int
    status: str
    change: str | None
    source_type: str
    source: str | None
    verified: bool
    verification: Mapping[str, Any] | None
    verified_at: datetime | None
    verification_ends_at: datetime | None
    valid_from: date | None
    valid_until: date | None
    recorded_at: datetime


async def claims(entry: Entry, key: DataKey, account_id: UUID) -> list[Version]:
    """Return every version of every claim, by name, the oldest first."""
    return [
        _version(row, key, account_id) for row in await entry.all(CLAIMS, of_account=account_id)
    ]


async def looked_at(entry: Entry, key: DataKey, account_id: UUID) -> list[Mapping[str, Any]]:
    """Return what was looked at to find out who the citizen is."""
    return [
        {
            "recorded_at": row["recorded_at"],
            **json.loads(key.open(row["sealed"], *evidence.place(account_id, _id(row)))),
        }
        for row in await entry.all(EVIDENCE, of_account=account_id)
    ]


async def proofings(entry: Entry, account_id: UUID) -> Sequence[Row]:
    """Return each time that somebody was asked who the citizen is, and what they said."""
    return await entry.all(PROOFINGS, of_account=account_id)


async def sessions(entry: Entry, account_id: UUID) -> Sequence[Row]:
    """Return every session that is still known, ended ones too."""
    return await entry.all(SESSIONS, of_account=account_id)


async def devices(entry: Entry, account_id: UUID) -> Sequence[Row]:
    """Return when each browser that is known here was seen last."""
    return await entry.all(DEVICES, of_account=account_id)


async def addresses_proved(entry: Entry, account_id: UUID) -> Sequence[Row]:
    """Return when each address was proved, in the order of :func:`idp.identifiers.emails`."""
    return await entry.all(PROVED, of_account=account_id)


def _version(row: Row, key: DataKey, account_id: UUID) -> Version:
    plain = key.open(row["sealed"], "idp.attributes", str(account_id), row["claim"], str(_id(row)))
    names = (
        *("claim", "version", "status", "source_type", "source", "verified", "verification"),
        *("verified_at", "verification_ends_at", "valid_from", "valid_until", "recorded_at"),
    )
    values = {name: row[name] for name in names}
    return Version(value=json.loads(plain), change=row["change_kind"], **values)


def _id(row: Row) -> UUID:
    return UUID(bytes=row["id"].bytes)
