"""Verifications: values that were checked, and how: under which rules, when, by what.

    attributes (verified, in force) ──read──▶ Verified(value, Verification)
                                                              │ evidence
    evidence (sealed) ────────────────────looked_at───────────┘

A value counts here only while its verification holds, and only if we know under which rules
it was made. What is derived has the verification of what it follows from, if that is one.

Specs: OpenID Identity Assurance Schema Definition 1.0 §5.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import attribute_records as records
from idp import attributes, catalog, readings, tables
from idp.derived import NO_TERMS, Terms
from idp.proofing import evidence
from idp.proofing.evidence import Item
from idp.proofing.frameworks import FRAMEWORKS
from keys.entry import Entry, Row, statement
from keys.vault import Vault

_a, _e = tables.attributes.c, tables.evidence.c

VERIFIED = statement(
    sa.select(
        *(_a.id, _a.claim, _a.sealed, _a.verified, _a.verification, _a.verified_at),
        *(_a.verification_ends_at, _a.valid_from, _a.valid_until, _a.recorded_at, _a.status),
    ).where(
        _a.account_id == sa.bindparam("of_account"),
        _a.claim == sa.any_(sa.bindparam("claims", type_=pg.ARRAY(sa.Text))),
        _a.verified,
        records.CURRENT,
    )
)
LOOKED_AT = statement(
    sa.select(_e.id, _e.sealed, _e.recorded_at).where(
        _e.account_id == sa.bindparam("of_account"),
        _e.id == sa.any_(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid))),
    )
)


@dataclass(frozen=True, slots=True)
class Verification:
    """One act of checking.

    :ivar at: to the minute: a finer one would name the citizen to whoever compares
    :ivar evidence: ids of what was looked at
    """

    framework: str
    level: str
    procedure: str
    at: datetime
    evidence: tuple[UUID, ...]

    def told(self) -> dict[str, Any]:
        """Return the ``verification`` element, all of it but the evidence."""
        return {
            "trust_framework": self.framework,
            "assurance_level": self.level,
            "assurance_process": {
                "policy": FRAMEWORKS[self.framework].policy,
                "procedure": self.procedure,
            },
            "time": _time(self.at),
        }


@dataclass(frozen=True, slots=True)
class Verified:
    """A value that was checked, and how."""

    value: Any = field(repr=False)
    verification: Verification


async def read(
    entry: Entry,
    vault: Vault,
    account_id: UUID,
    claims: Collection[str],
    terms: Terms = NO_TERMS,
) -> dict[str, Verified]:
    """Return what of ``claims`` was checked and is not contested; two statements.

    :raises AccountNotOpen: locked, closed or unknown: nothing is read
    """
    key = await attributes.data_key(entry, vault, account_id)
    inputs = {source for name in claims for source in catalog.BY_NAME[name].derived_from}
    rows = await entry.all(VERIFIED, of_account=account_id, claims=sorted({*claims, *inputs}))
    disputed = {row["claim"] for row in rows if row["status"] == records.DISPUTED}
    held = {row["claim"]: row for row in rows if _counts(row, entry.at)}
    known = {
        name: json.loads(
            key.open(row["sealed"], "idp.attributes", str(account_id), name, str(row["id"]))
        )
        for name, row in held.items()
    }
    seen = readings.Seen(entry.at, 0, held, claims, terms)
    found = {}
    for name in claims:
        if name in disputed or readings.follows(name, disputed):
            continue
        if (verification := _of(name, held)) is None:
            continue
        value = known[name] if name in known else readings.made(name, known, seen)
        if value is not None:
            found[name] = Verified(value, verification)
    return found


async def looked_at(
    entry: Entry, vault: Vault, account_id: UUID, ids: Iterable[UUID]
) -> dict[UUID, Item]:
    """Return what was looked at, each check with its time; one statement after the key's.

    :raises AccountNotOpen: locked, closed or unknown: nothing is read
    """
    key = await attributes.data_key(entry, vault, account_id)
    rows = await entry.all(LOOKED_AT, of_account=account_id, ids=list(ids))
    return {
        UUID(bytes=row["id"].bytes): _timed(
            json.loads(
                key.open(row["sealed"], *evidence.place(account_id, UUID(bytes=row["id"].bytes)))
            ),
            row["recorded_at"],
        )
        for row in rows
    }


def _counts(row: Row, at: datetime) -> bool:
    rules = (row["verification"] or {}).get("framework")
    return rules in FRAMEWORKS and readings.holds(row, at) and not readings.over(row, at)


def _of(name: str, held: Mapping[str, Row]) -> Verification | None:
    """Return how a claim was checked; nothing if its inputs were checked in several ways."""
    if name not in catalog.VERIFIABLE:
        return None
    rows = [held[one] for one in (name, *catalog.BY_NAME[name].derived_from) if one in held]
    ways = {_verification(row) for row in rows}
    return ways.pop() if len(ways) == 1 else None


def _verification(row: Row) -> Verification:
    told = row["verification"]
    return Verification(
        framework=told["framework"],
        level=told["level"],
        procedure=told["procedure"],
        at=row["verified_at"].astimezone(UTC).replace(second=0, microsecond=0),
        evidence=tuple(UUID(one) for one in told["evidence"]),
    )


def _timed(item: dict[str, Any], at: datetime) -> Item:
    time = _time(at.astimezone(UTC).replace(second=0))
    return {**item, "check_details": [one | {"time": time} for one in item["check_details"]]}


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
