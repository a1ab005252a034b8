"""Attributes: what we hold about a citizen, each value with where it came from and when.

    recorded ─▶ active ──a newer one──▶ superseded
       └─for a later day─▶ coming ──the day──▶ active, the one before superseded
                              └──the citizen drops it──▶ withdrawn
                  └──the citizen contests it──▶ disputed ──another value──▶ superseded

Values are sealed under the citizen's own key, so destroying that key destroys them,
in backups too. A verified and a told value of one claim may stand side by side; the
verified one is read first, as long as its verification holds: after its end the value
is no more than told.

What the citizen contests goes out to nobody, nor does what follows from it, until it is
settled (:mod:`idp.disputes`). A value whose validity is over is read no more: the fact
itself has ended, as when somebody moved. What is to hold from a later day is read from that
day on, at the very reading, whenever the rows are put in order (:mod:`idp.coming`).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from idp import attribute_records as records
from idp import catalog, person_keys, readings, values
from idp import coming as coming_rows
from idp.derived import NO_TERMS, Terms
from idp.errors import AccountNotOpen, ClaimUnknown, StaleVersion, ValueRefused
from idp.events import AttributesChanged
from keys import opaque
from keys.entry import Entry, Row
from keys.sealing import DataKey
from keys.vault import Vault

COMING = readings.COMING
FIRST = date(1850, 1, 1)  # nothing that we hold has held for longer
AHEAD = timedelta(days=366)  # so far a citizen may tell us what will be

# Not decode(): what we spelt ourselves has no white space to look for.
_read = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Validity:
    """The days on which a fact holds, both of them counted; ``None`` is an open end."""

    since: date | None = None
    until: date | None = None


OPEN = Validity()


@dataclass(frozen=True, slots=True)
class Released:
    """Values that go out, and the citizen's key, which seals what is written down about that."""

    values: Mapping[str, Any]
    key: DataKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value and its provenance.

    :ivar source_type: self, register, document, derived …
    :ivar source: which register or document, by name
    :ivar verified: a verification holds at the moment of reading
    :ivar verified_at: when it was verified, even if that holds no more
    :ivar valid_from: since when the fact holds; ``valid_until`` is its last day
    :ivar over: that day was before the moment of reading
    :ivar coming: the first day is after it: another value holds until then
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
    valid_until: date | None = None
    over: bool = False
    coming: bool = False

    @property
    def disputed(self) -> bool:
        """Whether the citizen says that it is wrong: it goes out to nobody."""
        return self.status == records.DISPUTED


async def read(
    entry: Entry,
    vault: Vault,
    account_id: UUID,
    claims: Collection[str],
    terms: Terms = NO_TERMS,
) -> dict[str, Attribute]:
    """Return what there is of ``claims``, derived ones computed; one statement.

    What is disputed is among it and says so: whoever shows it must not release it.

    :raises AccountNotOpen: locked, closed or unknown: nothing is read
    """
    inputs = {source for name in claims for source in catalog.BY_NAME[name].derived_from}
    rows = await entry.all(records.READ, of_account=account_id, claims=sorted({*claims, *inputs}))
    key = _key(vault, account_id, rows)
    seen = readings.Seen(entry.at, rows[0]["ial"], readings.best(rows, entry.at), claims, terms)
    held = {name: _opened(key, account_id, row, entry.at) for name, row in seen.best.items()}
    known = {name: one.value for name, one in held.items()}
    chosen = {}
    for name in claims:
        one = held.get(name) or _derived(name, held, known, seen)
        if one is not None:
            chosen[name] = one
    return chosen


async def release(
    entry: Entry,
    vault: Vault,
    account_id: UUID,
    claims: Collection[str],
    terms: Terms = NO_TERMS,
) -> Released:
    """Return the values of ``claims`` alone, derived ones computed: what goes out.

    :raises AccountNotOpen: locked, closed or unknown: nothing is read
    """
    inputs = (source for name in claims for source in catalog.BY_NAME[name].derived_from)
    wanted = " ".join({*claims, *inputs})
    rows = await entry.together(records.VALUES, of_account=account_id, claims=wanted)
    key = _key(vault, account_id, rows)
    at, whose = entry.at, str(account_id)
    found_rows = readings.best(rows, at)
    disputed = {name for name, row in found_rows.items() if row["status"] == records.DISPUTED}
    best = {name: row for name, row in found_rows.items() if name not in disputed}
    known = {}
    for name, row in best.items():
        plain = key.open(row["sealed"], "idp.attributes", whose, name, str(row["id"]))
        known[name] = readings.now(_spelt(plain), row, at)
    seen = readings.Seen(at, rows[0]["ial"], best, claims, terms)
    found = {}
    for name in claims:
        if disputed and (name in disputed or readings.follows(name, disputed)):
            continue
        value = known[name] if name in known else readings.made(name, known, seen)
        if value is not None:
            found[name] = value
    return Released(found, key)


async def all_current(entry: Entry, vault: Vault, account_id: UUID) -> list[Attribute]:
    """Return every current value, verified and told, also those that are over or to come.

    :raises AccountNotOpen: locked, closed or unknown
    """
    rows = await entry.all(records.ALL, of_account=account_id)
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
    validity: Validity = OPEN,
    by: str,
    expected: int | None = None,
) -> None:
    """Write a value down, in the place of the one before it.

    :param source_type: self, register, document …; ``source`` names which
    :param verification: framework, level, method and organization of the check
    :param validity: when the fact holds. What begins later replaces nothing until then; only
        citizens may say so, up to :data:`AHEAD`, and a newer such word replaces the older
    :param by: who wrote it: ``account:…``, ``proofing:…``
    :param expected: the version that the writer saw; another one means that somebody was faster
    :raises ClaimUnknown: not in the catalogue, or derived and never stored
    :raises ValueRefused: not a value of this claim, or not a validity
    :raises StaleVersion: another writer was faster; nothing is written
    :raises AccountNotOpen: there is nobody to write about
    """
    known = catalog.BY_NAME.get(claim)
    if known is None or claim in readings.COMPUTED or (known.derived_from and claim != "name"):
        raise ClaimUnknown(claim)
    value = values.check(known.validator, value, entry.at.date())
    later = _judge(validity, entry.at.date(), told=source_type == "self")
    key = await data_key(entry, vault, account_id)
    if not verified:
        await coming_rows.arrive(entry, account_id, claim)
    whose = {"of_account": account_id, "of_claim": claim, "of_verified": verified}
    if later:
        await coming_rows.drop(entry, account_id, claim)
    old = await _former(entry, {**whose, "expected": expected}, validity, later=later)
    before = old["version"] if old else 0
    if expected is not None and expected != before:
        raise StaleVersion(claim)
    # Whoever says the same again does not settle what the citizen contests.
    contested = old is not None and old["status"] == records.DISPUTED
    same = old is not None and _spelt(_plain(key, account_id, claim, old)) == value
    row_id, days = opaque.new_id(), known.verified_for
    added = await entry.one(
        records.ADD,
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
        valid_from=validity.since,
        valid_until=validity.until,
        at=entry.at,
        recorded_by=by,
        status=_status(later=later, disputed=contested and same),
        change_kind=_change(before, contested=contested, same=same),
        version=before + 1,
    )
    if added is None:
        raise StaleVersion(claim)
    entry.record(AttributesChanged(by, f"account:{account_id}", [claim]))


async def data_key(entry: Entry, vault: Vault, account_id: UUID) -> DataKey:
    """Return the citizen's own key: what is sealed under it is gone with the account.

    :raises AccountNotOpen: locked, closed or unknown
    """
    row = await entry.one(records.KEY, of_account=account_id)
    return _key(vault, account_id, [row] if row else [])


async def _former(
    entry: Entry, whose: Mapping[str, Any], validity: Validity, *, later: bool
) -> Row | None:
    """Return the row before, which gives up its place unless the next one begins ``later``."""
    if later:
        return await entry.one(records.LOOK, **whose)
    left = validity.since - timedelta(days=1) if validity.since else None
    return await entry.one(records.SUPERSEDE, **whose, left=left)


def _judge(validity: Validity, today: date, *, told: bool) -> bool:
    """Refuse days that can't be; return whether it begins later."""
    since, until = validity.since, validity.until
    if since is not None and since < FIRST:
        raise ValueRefused("day")
    later = since is not None and since > today
    if since is not None and later and (not told or since > today + AHEAD):
        raise ValueRefused("future")
    if since is not None and until is not None and until < since:
        raise ValueRefused("validity")
    return later


def _status(*, later: bool, disputed: bool) -> str:
    if later:
        return COMING
    return records.DISPUTED if disputed else "active"


def _change(before: int, *, contested: bool, same: bool) -> str | None:
    if not before:
        return None
    if same:
        return "reverification"
    return "correction" if contested else "change"


def _key(vault: Vault, account_id: UUID, rows: Sequence[Row]) -> DataKey:
    if not rows or rows[0]["account_status"] != "open" or rows[0]["wrapped"] is None:
        raise AccountNotOpen
    return person_keys.unwrap(vault, account_id, rows[0]["wrapped"])


def _spelt(plain: bytes) -> Any:
    return _read(plain.decode())[0]


def _opened(key: DataKey, account_id: UUID, row: Row, at: datetime) -> Attribute:
    return Attribute(
        claim=row["claim"],
        value=readings.now(_spelt(_plain(key, account_id, row["claim"], row)), row, at),
        source_type=row["source_type"],
        source=row["source"],
        verified=readings.holds(row, at),
        verified_at=row["verified_at"],
        recorded_at=row["recorded_at"],
        valid_from=row["valid_from"],
        status=row["status"],
        version=row["version"],
        verification_ends_at=row["verification_ends_at"],
        valid_until=row["valid_until"],
        over=readings.over(row, at),
        coming=readings.coming(row, at),
    )


def _plain(key: DataKey, account_id: UUID, claim: str, row: Row) -> bytes:
    return key.open(row["sealed"], *_place(account_id, claim, row["id"]))


def _derived(
    name: str, held: Mapping[str, Attribute], known: Mapping[str, Any], seen: readings.Seen
) -> Attribute | None:
    value = readings.made(name, known, seen)
    if value is None:
        return None
    sources = [held[source] for source in catalog.BY_NAME[name].derived_from if source in held]
    # Ours to say, whatever is held.
    verified = name in readings.COMPUTED or (bool(sources) and all(one.verified for one in sources))
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
        status=records.DISPUTED if any(one.disputed for one in sources) else "active",
        version=first.version if first else 1,
        verification_ends_at=first.verification_ends_at if first and verified else None,
    )


def _place(account_id: UUID, claim: str, row_id: UUID) -> tuple[str, ...]:
    return ("idp.attributes", str(account_id), claim, str(row_id))
