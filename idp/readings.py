"""Readings: which of a citizen's rows counts at a moment, and what follows from it. Pure.

A verified value goes before a told one for as long as its verification holds; what is over
counts for nothing. Some claims are never held but said of what is: that an identity was
verified, when, and when anything that is asked for changed last.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from idp import catalog, derived
from idp.derived import Terms
from keys.entry import Row

COMING = "coming"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reading found: the current rows of the claims asked for and of their inputs."""

    at: datetime
    ial: int
    best: Mapping[str, Row]
    claims: Collection[str]
    terms: Terms


def best(rows: Sequence[Row], at: datetime) -> dict[str, Row]:
    """Return the row that counts of each claim: what is verified, then what is newer."""
    chosen: dict[str, Row] = {}
    for row in rows:
        claim = row["claim"]
        if claim is None or over(row, at) or coming(row, at):
            continue
        if claim not in chosen or _comes_first(row, chosen[claim], at):
            chosen[claim] = row
    return chosen


def _comes_first(row: Row, other: Row, at: datetime) -> bool:
    # Two that are told, one of them verified once: the newer word counts. What was to come and
    # has begun takes the place of what it was to replace, whatever was said of that meanwhile.
    ranks = [
        (holds(one, at), one["status"] == COMING, one["recorded_at"], one["verified"])
        for one in (row, other)
    ]
    return ranks[0] > ranks[1]


def holds(row: Row, at: datetime) -> bool:
    """Whether the value is verified and its verification has not ended."""
    ends = row["verification_ends_at"]
    return row["verified"] and (ends is None or ends > at)


def over(row: Row, at: datetime) -> bool:
    """Whether the last day on which the fact held has passed."""
    return row["valid_until"] is not None and row["valid_until"] < at.date()


def coming(row: Row, at: datetime) -> bool:
    """Whether the first day on which the fact is to hold has not begun."""
    return bool(row["status"] == COMING and row["valid_from"] > at.date())


def now(value: Any, row: Row, at: datetime) -> Any:
    """Return a stored value as it is to be told at this moment."""
    # Of what is stored, only "is verified" is a yes: it is true while it holds.
    return holds(row, at) if value is True else value


def made(name: str, known: Mapping[str, Any], seen: Seen) -> Any:
    """Compute a claim that is not held; ``None`` if it can't be said."""
    computed = COMPUTED.get(name)
    if computed:
        return computed(seen)
    if name in derived.OF_TERMS:
        return derived.OF_TERMS[name](known, seen.terms)
    function = derived.FUNCTIONS.get(name)
    return function(known, seen.at.date()) if function else None


def _identity_verified(seen: Seen) -> bool:
    return seen.ial > 1


def _verified_at(seen: Seen) -> int | None:
    times = [
        row["verified_at"]
        for name in catalog.BY_NAME["verified_at"].derived_from
        if (row := seen.best.get(name)) and holds(row, seen.at)
    ]
    return int(max(times).timestamp()) if times and seen.ial > 1 else None


def _phone_verified(seen: Seen) -> bool | None:
    row = seen.best.get("phone_number")
    return holds(row, seen.at) if row else None


def _updated_at(seen: Seen) -> int | None:
    # Only of what is asked for: a change of anything else is nobody's business.
    names = {*seen.claims, *(catalog.BY_NAME["name"].derived_from if "name" in seen.claims else ())}
    times = [_began(row) for name, row in seen.best.items() if name in names]
    return int(max(times).timestamp()) if times else None


def _began(row: Row) -> datetime:
    """Return since when it is read: what was told beforehand is news on its day."""
    recorded: datetime = row["recorded_at"]
    if row["valid_from"] is None or row["valid_from"] <= recorded.date():
        return recorded
    return datetime.combine(row["valid_from"], time.min, UTC)


def _verification(seen: Seen) -> str | None:
    return _proof(seen).get("level")


def _evidence(seen: Seen) -> list[str] | None:
    return _proof(seen).get("looked_at") or None


def _proof(seen: Seen) -> Mapping[str, Any]:
    """Return how the identity was proved, if that holds and the rows tell it."""
    for name in catalog.BY_NAME["verification"].derived_from:
        row = seen.best.get(name)
        if row and holds(row, seen.at) and (told := row.get("verification")):
            return told if told.get("framework") else {}
    return {}


COMPUTED: Mapping[str, Callable[[Seen], Any]] = {
    "identity_verified": _identity_verified,
    "verified_at": _verified_at,
    "updated_at": _updated_at,
    "phone_number_verified": _phone_verified,
    "verification": _verification,
    "evidence": _evidence,
}


def follows(name: str, disputed: Collection[str]) -> bool:
    """Whether a claim is derived from what the citizen contests."""
    sources = catalog.BY_NAME[name].derived_from
    return name not in COMPUTED and not set(sources).isdisjoint(disputed)
