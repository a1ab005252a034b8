"""Attributes: what we hold about a citizen, each value with where it came from and when.

    recorded ─▶ active ──a newer one──▶ superseded
                  └──the citizen contests it──▶ disputed

Values are sealed under the citizen's own key, so destroying that key destroys them,
in backups too. A verified and a told value of one claim may stand side by side; the
verified one is read first.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from idp import catalog, derived, tables, values
from idp.errors import AccountNotOpen, ClaimUnknown, StaleVersion
from idp.events import AttributesChanged
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.gathering import asked, words
from keys.sealing import DataKey
from keys.vault import Vault

_attributes = tables.attributes.c
_accounts = tables.accounts.c

# Not decode(): what we spelt ourselves has no white space to look for.
_read = json.JSONDecoder().raw_decode

_columns = (
    _attributes.id,
    _attributes.claim,
    _attributes.sealed,
    _attributes.source_type,
    _attributes.source,
    _attributes.verified,
    _attributes.verified_at,
    _attributes.verification_ends_at,
    _attributes.recorded_at,
    _attributes.valid_from,
    _attributes.status,
    _attributes.version,
)
_head = (_accounts.status.label("account_status"), _accounts.data_key, _accounts.ial)
_CURRENT = sa.literal_column("idp.attributes.status IN ('active', 'disputed')", sa.Boolean)


def _join(*where: sa.ColumnElement[bool]) -> sa.FromClause:
    return sa.outerjoin(
        tables.accounts,
        tables.attributes,
        sa.and_(
            _attributes.account_id == _accounts.id,
            _CURRENT,
            *where,
        ),
    )


READ = statement(
    sa.select(*_head, *_columns)
    .select_from(
        _join(_attributes.claim == sa.any_(sa.bindparam("claims", type_=pg.ARRAY(sa.Text))))
    )
    .where(_accounts.id == sa.bindparam("of_account"))
)
_asked = asked(of_account=sa.Uuid(), claims=sa.Text())
VALUES = statement(
    sa.select(
        _asked.c.n,
        *_head,
        *(_attributes.id, _attributes.claim, _attributes.sealed, _attributes.verified),
    ).select_from(
        _asked.join(tables.accounts, _accounts.id == _asked.c.of_account).outerjoin(
            tables.attributes,
            sa.and_(
                _attributes.account_id == _accounts.id,
                _CURRENT,
                _attributes.claim == sa.any_(words(_asked.c.claims)),
            ),
        )
    )
)
ALL = statement(
    sa.select(*_head, *_columns)
    .select_from(_join())
    .where(_accounts.id == sa.bindparam("of_account"))
)
SUPERSEDE = statement(
    sa.update(tables.attributes)
    .where(
        _attributes.account_id == sa.bindparam("of_account"),
        _attributes.claim == sa.bindparam("of_claim"),
        _attributes.verified == sa.bindparam("of_verified"),
        _CURRENT,
    )
    .values(status="superseded")
    .returning(_attributes.version)
)
ADD = statement(
    pg.insert(tables.attributes)
    .values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        claim=sa.bindparam("claim"),
        sealed=sa.bindparam("sealed"),
        source_type=sa.bindparam("source_type"),
        source=sa.bindparam("source"),
        verified=sa.bindparam("verified"),
        verification=sa.bindparam("verification"),
        verified_at=sa.bindparam("verified_at"),
        verification_ends_at=sa.bindparam("verification_ends_at"),
        valid_from=sa.bindparam("valid_from"),
        recorded_at=sa.bindparam("at"),
        recorded_by=sa.bindparam("recorded_by"),
        status=sa.bindparam("status"),
        change_kind=sa.bindparam("change_kind"),
        version=sa.bindparam("version"),
    )
    .on_conflict_do_nothing()
    .returning(_attributes.id)
)
KEY = statement(
    sa.select(_accounts.status.label("account_status"), _accounts.data_key).where(
        _accounts.id == sa.bindparam("of_account")
    )
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value and its provenance.

    :ivar source_type: self, register, document, derived …
    :ivar source: which register or document, by name
    """

    claim: str
    value: Any = field(repr=False)
    source_type: str
    source: str | None
    verified: bool
    verified_at: datetime | None
    recorded_at: datetime
    valid_from: date | None
    status: str
    version: int


async def read(
    entry: Entry, vault: Vault, account_id: UUID, claims: Collection[str]
) -> dict[str, Attribute]:
    """Return what there is of ``claims``, derived ones computed; one statement.

    :raises AccountNotOpen: locked, closed or unknown: nothing is read
    """
    inputs = {source for name in claims for source in catalog.BY_NAME[name].derived_from}
    rows = await entry.all(READ, of_account=account_id, claims=sorted({*claims, *inputs}))
    held = _opened(vault, account_id, rows)
    return _chosen(held, claims, entry.at, rows)


async def values_of(
    entry: Entry, vault: Vault, account_id: UUID, claims: Collection[str]
) -> dict[str, Any]:
    """Return the values of ``claims`` alone, derived ones computed: what a release needs.

    :raises AccountNotOpen: locked, closed or unknown: nothing is read
    """
    inputs = (source for name in claims for source in catalog.BY_NAME[name].derived_from)
    rows = await entry.together(VALUES, of_account=account_id, claims=" ".join({*claims, *inputs}))
    key = _key(vault, account_id, rows)
    best: dict[str, Row] = {}
    for row in rows:
        if row["claim"] is not None and (row["claim"] not in best or row["verified"]):
            best[row["claim"]] = row
    whose = str(account_id)
    known = {
        name: _spelt(key.open(row["sealed"], "idp.attributes", whose, name, str(row["id"])))
        for name, row in best.items()
    }
    found = {}
    for name in claims:
        value = known[name] if name in known else _made(name, known, entry.at, rows[0]["ial"])
        if value is not None:
            found[name] = value
    return found


async def all_current(entry: Entry, vault: Vault, account_id: UUID) -> list[Attribute]:
    """Return every current value, verified and told.

    :raises AccountNotOpen: locked, closed or unknown
    """
    rows = await entry.all(ALL, of_account=account_id)
    return _opened(vault, account_id, rows)


async def record(  # noqa: PLR0913 - one row of the table
    entry: Entry,
    vault: Vault,
    account_id: UUID,
    claim: str,
    value: Any,
    *,
    source_type: str,
    source: str | None = None,
    verified: bool = False,
    verification: Mapping[str, Any] | None = None,
    by: str,
    expected: int | None = None,
) -> None:
    """Write a value down, in the place of the one before it.

    :param source_type: self, register, document …; ``source`` names which
    :param verification: framework, level, method and organization of the check
    :param by: who wrote it: ``account:…``, ``proofing:…``
    :param expected: the version that the writer saw; another one means that somebody was faster
    :raises ClaimUnknown: not in the catalogue, or derived and never stored
    :raises ValueRefused: not a value of this claim
    :raises StaleVersion: another writer was faster; nothing is written
    :raises AccountNotOpen: there is nobody to write about
    """
    known = catalog.BY_NAME.get(claim)
    if known is None or (known.derived_from and claim != "name"):
        raise ClaimUnknown(claim)
    value = values.check(known.validator, value, entry.at.date())
    row = await entry.one(KEY, of_account=account_id)
    if row is None or row["account_status"] != "open":
        raise AccountNotOpen
    key = vault.sealer.data_key(row["data_key"], "idp.accounts", str(account_id))
    old = await entry.one(SUPERSEDE, of_account=account_id, of_claim=claim, of_verified=verified)
    before = old["version"] if old else 0
    if expected is not None and expected != before:
        raise StaleVersion(claim)
    row_id, days = opaque.new_id(), known.verified_for
    added = await entry.one(
        ADD,
        id=row_id,
        account_id=account_id,
        claim=claim,
        sealed=key.seal(json.dumps(value).encode(), *_place(account_id, claim, row_id)),
        source_type=source_type,
        source=source,
        verified=verified,
        verification=dict(verification) if verification else None,
        verified_at=entry.at if verified else None,
        verification_ends_at=entry.at + timedelta(days=days) if verified and days else None,
        valid_from=None,
        at=entry.at,
        recorded_by=by,
        status="active",
        change_kind="change" if before else None,
        version=before + 1,
    )
    if added is None:
        raise StaleVersion(claim)
    entry.record(AttributesChanged(by, f"account:{account_id}", [claim]))


def _key(vault: Vault, account_id: UUID, rows: Sequence[Row]) -> DataKey:
    if not rows or rows[0]["account_status"] != "open":
        raise AccountNotOpen
    return vault.sealer.data_key(rows[0]["data_key"], "idp.accounts", str(account_id))


def _spelt(plain: bytes) -> Any:
    return _read(plain.decode())[0]


def _made(name: str, known: Mapping[str, Any], at: datetime, ial: int) -> Any:
    if name == "identity_verified":
        return ial > 1
    function = derived.FUNCTIONS.get(name)
    return function(known, at.date()) if function else None


def _opened(vault: Vault, account_id: UUID, rows: Sequence[Row]) -> list[Attribute]:
    key = _key(vault, account_id, rows)
    found = []
    for row in rows:
        if row["claim"] is not None:
            place = _place(account_id, row["claim"], row["id"])
            found.append(
                Attribute(
                    claim=row["claim"],
                    value=_spelt(key.open(row["sealed"], *place)),
                    source_type=row["source_type"],
                    source=row["source"],
                    verified=row["verified"],
                    verified_at=row["verified_at"],
                    recorded_at=row["recorded_at"],
                    valid_from=row["valid_from"],
                    status=row["status"],
                    version=row["version"],
                )
            )
    return found


def _chosen(
    held: list[Attribute], claims: Collection[str], at: datetime, rows: Sequence[Row]
) -> dict[str, Attribute]:
    best: dict[str, Attribute] = {}
    for one in held:
        if one.claim not in best or one.verified:
            best[one.claim] = one
    chosen = {name: best[name] for name in claims if name in best}
    known = {name: one.value for name, one in best.items()}
    for name in claims:
        if name not in chosen:
            made = _derived(name, best, known, at, rows[0]["ial"])
            if made is not None:
                chosen[name] = made
    return chosen


def _derived(
    name: str, best: Mapping[str, Attribute], known: Mapping[str, Any], at: datetime, ial: int
) -> Attribute | None:
    value = _made(name, known, at, ial)
    if value is None:
        return None
    if name == "identity_verified":
        return _computed(name, value, at, verified=True)
    sources = [best[source] for source in catalog.BY_NAME[name].derived_from if source in best]
    verified = bool(sources) and all(source.verified for source in sources)
    made = _computed(name, value, at, verified=verified)
    if not sources:
        return made
    first = sources[0]
    return Attribute(
        claim=name,
        value=value,
        source_type="derived",
        source=first.source,
        verified=verified,
        verified_at=first.verified_at if verified else None,
        recorded_at=first.recorded_at,
        valid_from=None,
        status="active",
        version=first.version,
    )


def _computed(name: str, value: Any, at: datetime, *, verified: bool) -> Attribute:
    return Attribute(name, value, "derived", None, verified, None, at, None, "active", 1)


def _place(account_id: UUID, claim: str, row_id: UUID) -> tuple[str, ...]:
    return ("idp.attributes", str(account_id), claim, str(row_id))
