"""Attributes: what we hold about a citizen, each value with where it came from and when.

    recorded ─▶ active ──a newer one──▶ superseded
                  └──the citizen contests it──▶ disputed

Values are sealed under the citizen's own key, so destroying that key destroys them,
in backups too. A verified and a told value of one claim may stand side by side; the
verified one is read first, as long as its verification holds: after its end the value
is no more than told.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
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
        *(_attributes.id, _attributes.claim, _attributes.sealed, _attributes.recorded_at),
        *(_attributes.verified, _attributes.verified_at, _attributes.verification_ends_at),
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
_expected = sa.bindparam("expected", type_=sa.Integer)
SUPERSEDE = statement(
    sa.update(tables.attributes)
    .where(
        _attributes.account_id == sa.bindparam("of_account"),
        _attributes.claim == sa.bindparam("of_claim"),
        _attributes.verified == sa.bindparam("of_verified"),
        _attributes.version == sa.func.coalesce(_expected, _attributes.version),
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
    :ivar verified: a verification holds at the moment of reading
    :ivar verified_at: when it was verified, even if that holds no more
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
    verification_ends_at: datetime | None = None


async def read(
    entry: Entry, vault: Vault, account_id: UUID, claims: Collection[str]
) -> dict[str, Attribute]:
    """Return what there is of ``claims``, derived ones computed; one statement.

    :raises AccountNotOpen: locked, closed or unknown: nothing is read
    """
    inputs = {source for name in claims for source in catalog.BY_NAME[name].derived_from}
    rows = await entry.all(READ, of_account=account_id, claims=sorted({*claims, *inputs}))
    key = _key(vault, account_id, rows)
    seen = _Seen(entry.at, rows[0]["ial"], _best(rows, entry.at), claims)
    held = {name: _opened(key, account_id, row, entry.at) for name, row in seen.best.items()}
    known = {name: one.value for name, one in held.items()}
    chosen = {}
    for name in claims:
        one = held.get(name) or _derived(name, held, known, seen)
        if one is not None:
            chosen[name] = one
    return chosen


async def values_of(
    entry: Entry, vault: Vault, account_id: UUID, claims: Collection[str]
) -> dict[str, Any]:
    """Return the values of ``claims`` alone, derived ones computed: what a release needs.

    :raises AccountNotOpen: locked, closed or unknown: nothing is read
    """
    inputs = (source for name in claims for source in catalog.BY_NAME[name].derived_from)
    rows = await entry.together(VALUES, of_account=account_id, claims=" ".join({*claims, *inputs}))
    key = _key(vault, account_id, rows)
    at, whose = entry.at, str(account_id)
    best = _best(rows, at)
    known = {}
    for name, row in best.items():
        plain = key.open(row["sealed"], "idp.attributes", whose, name, str(row["id"]))
        known[name] = _now(_spelt(plain), row, at)
    seen = _Seen(at, rows[0]["ial"], best, claims)
    found = {}
    for name in claims:
        value = known[name] if name in known else _made(name, known, seen)
        if value is not None:
            found[name] = value
    return found


async def all_current(entry: Entry, vault: Vault, account_id: UUID) -> list[Attribute]:
    """Return every current value, verified and told.

    :raises AccountNotOpen: locked, closed or unknown
    """
    rows = await entry.all(ALL, of_account=account_id)
    key = _key(vault, account_id, rows)
    return [_opened(key, account_id, row, entry.at) for row in rows if row["claim"] is not None]


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
    if known is None or claim in _COMPUTED or (known.derived_from and claim != "name"):
        raise ClaimUnknown(claim)
    value = values.check(known.validator, value, entry.at.date())
    row = await entry.one(KEY, of_account=account_id)
    if row is None or row["account_status"] != "open":
        raise AccountNotOpen
    key = vault.sealer.data_key(row["data_key"], "idp.accounts", str(account_id))
    old = await entry.one(
        SUPERSEDE,
        of_account=account_id,
        of_claim=claim,
        of_verified=verified,
        expected=expected,
    )
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


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a reading found: the current rows of the claims asked for and of their inputs."""

    at: datetime
    ial: int
    best: Mapping[str, Row]
    claims: Collection[str]


def _best(rows: Sequence[Row], at: datetime) -> dict[str, Row]:
    best: dict[str, Row] = {}
    for row in rows:
        claim = row["claim"]
        if claim is not None and (claim not in best or _comes_first(row, best[claim], at)):
            best[claim] = row
    return best


def _comes_first(row: Row, other: Row, at: datetime) -> bool:
    # Two that are told, one of them verified once: the newer word counts.
    ranks = [(_holds(one, at), one["recorded_at"], one["verified"]) for one in (row, other)]
    return ranks[0] > ranks[1]


def _holds(row: Row, at: datetime) -> bool:
    ends = row["verification_ends_at"]
    return row["verified"] and (ends is None or ends > at)


def _now(value: Any, row: Row, at: datetime) -> Any:
    # Of what is stored, only "is verified" is a yes: it is true while it holds.
    return _holds(row, at) if value is True else value


def _made(name: str, known: Mapping[str, Any], seen: _Seen) -> Any:
    made = _COMPUTED.get(name)
    if made:
        return made(seen)
    function = derived.FUNCTIONS.get(name)
    return function(known, seen.at.date()) if function else None


def _identity_verified(seen: _Seen) -> bool:
    return seen.ial > 1


def _verified_at(seen: _Seen) -> int | None:
    times = [
        row["verified_at"]
        for name in catalog.BY_NAME["verified_at"].derived_from
        if (row := seen.best.get(name)) and _holds(row, seen.at)
    ]
    return int(max(times).timestamp()) if times and seen.ial > 1 else None


def _updated_at(seen: _Seen) -> int | None:
    # Only of what is asked for: a change of anything else is nobody's business.
    names = {*seen.claims, *(catalog.BY_NAME["name"].derived_from if "name" in seen.claims else ())}
    times = [row["recorded_at"] for name, row in seen.best.items() if name in names]
    return int(max(times).timestamp()) if times else None


_COMPUTED: Mapping[str, Callable[[_Seen], Any]] = {
    "identity_verified": _identity_verified,
    "verified_at": _verified_at,
    "updated_at": _updated_at,
}


def _opened(key: DataKey, account_id: UUID, row: Row, at: datetime) -> Attribute:
    plain = key.open(row["sealed"], *_place(account_id, row["claim"], row["id"]))
    return Attribute(
        claim=row["claim"],
        value=_now(_spelt(plain), row, at),
        source_type=row["source_type"],
        source=row["source"],
        verified=_holds(row, at),
        verified_at=row["verified_at"],
        recorded_at=row["recorded_at"],
        valid_from=row["valid_from"],
        status=row["status"],
        version=row["version"],
        verification_ends_at=row["verification_ends_at"],
    )


def _derived(
    name: str, held: Mapping[str, Attribute], known: Mapping[str, Any], seen: _Seen
) -> Attribute | None:
    value = _made(name, known, seen)
    if value is None:
        return None
    sources = [held[source] for source in catalog.BY_NAME[name].derived_from if source in held]
    # Ours to say, whatever is held.
    verified = name in _COMPUTED or (bool(sources) and all(one.verified for one in sources))
    first = sources[0] if sources else None
    return Attribute(
        claim=name,
        value=value,
        source_type="derived",
        source=first.source if first else None,
        verified=verified,
        verified_at=first.verified_at if first and verified else None,
        recorded_at=first.recorded_at if first else seen.at,
        valid_from=None,
        status="active",
        version=first.version if first else 1,
        verification_ends_at=first.verification_ends_at if first and verified else None,
    )


def _place(account_id: UUID, claim: str, row_id: UUID) -> tuple[str, ...]:
    return ("idp.attributes", str(account_id), claim, str(row_id))
