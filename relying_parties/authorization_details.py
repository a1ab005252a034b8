"""Authorization details: whether one is right, the same as another, or a part of it. Pure.

    asked ──problem──▶ refused │ judged ──digest──▶ what the citizen agrees to
                                    └──granted──▶ what is left of it now

Claims are named as in the catalogue; the caller maps wire names, because this room does not
know it. The texts in a detail are the service's: bounded here, and quoted wherever shown.

Specs: RFC 9396 §2, §5, §6 and §7.1.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from keys import opaque
from relying_parties import wording
from relying_parties.detail_types import BY_NAME, LISTS, DetailType, Kind
from relying_parties.registration import Registration

Detail = Mapping[str, Any]

MOST = 10  # details of one request
APPROVED_AT = "approved_at"  # ours: told with what was granted, never read

_CLAIMS, _TONGUES, _TEXT = 30, 10, (3, 300)
_LAST_SECOND = time(23, 59, 59, tzinfo=UTC)
_DAY, _REFERENCE, _CURRENCY, _VALUE = (
    re.compile(r"\d{4}-\d{2}-\d{2}"),
    re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}"),
    re.compile(r"[A-Z]{3}"),  # ISO 4217
    re.compile(r"(0|[1-9]\d{0,11})(\.\d{1,3})?", re.ASCII),
)


def problem(detail: Detail, registration: Registration) -> str | None:
    """Say what is wrong with ``detail``, for developers; ``None`` if its service may ask it."""
    kind = known(detail, registration)
    if kind is None:
        return "type is unknown, or not registered for this client"
    if not detail.keys() <= {"type", *(field.name for field in kind.fields)}:
        return f"{kind.name} has no such member"
    for field in kind.fields:
        if field.name not in detail:
            if field.needed:
                return f"{field.name} is missing"
        elif not _JUDGES[field.kind](detail[field.name], registration):
            return f"{field.name} has no such value"
    if kind.either and sum(name in detail for name in kind.either) != 1:
        return f"exactly one of {' and '.join(kind.either)} is needed"
    return _beyond_purpose(detail, kind, registration)


def late(detail: Detail, registration: Registration, at: datetime) -> str | None:
    """Say which day of ``detail`` has passed at ``at``, or lies beyond what may be agreed."""
    kind = BY_NAME[detail["type"]]
    for name in filter(None, (kind.before, kind.until)):
        if name in detail and end(detail[name]) <= at:
            return f"{name} has passed"
    if kind.until in detail and end(detail[kind.until]) > at + _longest(detail, kind, registration):
        return f"{kind.until} is later than the purpose allows"
    return None


def known(detail: Detail, registration: Registration) -> DetailType | None:
    """Return the type of ``detail`` if its service is registered for it."""
    name = detail.get("type")
    registered = isinstance(name, str) and name in registration.authorization_details_types
    return BY_NAME.get(name) if registered and isinstance(name, str) else None


def digest(detail: Detail) -> bytes:
    """Return what two details have in common that ask the same: SHA-256 of their canonical JSON."""
    kind = BY_NAME[detail["type"]]
    lists = {field.name for field in kind.fields if field.kind in LISTS}
    plain = {
        name: sorted(value) if name in lists else value
        for name, value in detail.items()
        if name != APPROVED_AT
    }
    said = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return opaque.digest(said)


def reads(details: Iterable[Detail]) -> tuple[str, ...]:
    """Return the claims that ``details`` ask to be read at userinfo."""
    wanted = (claim for detail in details for claim in _read_by(detail))
    return tuple(dict.fromkeys(wanted))


def until(details: Iterable[Detail]) -> datetime | None:
    """Return when the first of ``details`` ends, claims included, if any does."""
    fields = ((detail, BY_NAME[detail["type"]].until) for detail in details)
    return min((end(detail[name]) for detail, name in fields if name in detail), default=None)


def ends_at(detail: Detail) -> datetime | None:
    """Return when a citizen's word on ``detail`` ends, if a day of its own says so."""
    kind = BY_NAME[detail["type"]]
    day = detail.get(kind.until or kind.before)
    return end(day) if day else None


def answer_by(details: Iterable[Detail]) -> datetime | None:
    """Return until when all of ``details`` can be agreed to, if a day of theirs says so."""
    named = ((detail, BY_NAME[detail["type"]]) for detail in details)
    days = [
        end(one[name]) for one, kind in named for name in (kind.before, kind.until) if name in one
    ]
    return min(days, default=None)


def once(detail: Detail) -> bool:
    """Whether ``detail`` is for one authorization alone."""
    return any(detail.get(name) is True for name in BY_NAME[detail["type"]].of(Kind.ONCE))


def part_of(part: Detail, whole: Detail) -> Detail | None:
    """Return ``part`` as a piece of ``whole``, which was granted; ``None`` if it is none.

    Lists may be shorter and not empty; all else is the same (RFC 9396 §6.1).
    """
    lists = {field.name for field in BY_NAME[whole["type"]].fields if field.kind in LISTS}
    told = {name: value for name, value in part.items() if name != APPROVED_AT}
    if told.keys() != whole.keys() - {APPROVED_AT}:
        return None
    for name, value in told.items():
        fewer = name in lists and _some_of(value, whole[name], len(whole[name]))
        if not fewer and value != whole[name]:
            return None
    return {**whole, **told}


def standing(detail: Detail, ceiling: str = "") -> Detail | None:
    """Return what of ``detail`` a citizen can agree to beforehand; ``None`` if they can't.

    What is only of this one time, its reference and its last day, is left out.

    :param ceiling: the most that the amount may be, instead of what it is
    """
    kind = BY_NAME[detail["type"]]
    if not kind.stands:
        return None
    free = {*kind.of(Kind.REFERENCE), kind.before}
    kept = {name: value for name, value in detail.items() if name not in free}
    for name in kind.of(Kind.AMOUNT):
        if ceiling and name in kept:
            kept[name] = {**kept[name], "value": ceiling}
    return kept


def within(detail: Detail, rule: Detail) -> bool:
    """Whether ``detail`` asks no more than a citizen agreed to beforehand.

    Words are the same to the letter, in every language; lists may be shorter, an amount smaller.
    """
    asked = standing(detail) if detail["type"] == rule["type"] else None
    if asked is None or asked.keys() != rule.keys():
        return False
    fields = {field.name: field.kind for field in BY_NAME[rule["type"]].fields}
    return all(
        value == rule[name] or _less(fields.get(name), value, rule[name])
        for name, value in asked.items()
    )


def amount_problem(text: str) -> bool:
    """Whether ``text`` spells no amount."""
    return _VALUE.fullmatch(text) is None


def granted(
    details: Iterable[Detail],
    registration: Registration,
    *,
    agreed: Collection[str],
    at: datetime,
) -> list[Detail]:
    """Return what is left of ``details`` now: registered, not over, claims still agreed to."""
    left: list[Detail] = []
    for detail in details:
        kind = known(detail, registration)
        if kind is None or (kind.until in detail and end(detail[kind.until]) <= at):
            continue
        now = dict(detail)
        if kind.reads:
            may = registration.asked.keys() & set(agreed)
            now[kind.reads] = [name for name in detail[kind.reads] if name in may]
            if not now[kind.reads]:
                continue
        left.append(now)
    return left


def at_resource(details: Iterable[Detail], resource: str) -> list[Detail]:
    """Return those of ``details`` that name ``resource`` (RFC 9396 §9.1)."""
    return [
        detail
        for detail in details
        if any(
            resource in detail.get(name, ()) for name in BY_NAME[detail["type"]].of(Kind.RESOURCES)
        )
    ]


def end(day: str) -> datetime:
    """Return the last second of a day."""
    return datetime.combine(date.fromisoformat(day), _LAST_SECOND)


def _read_by(detail: Detail) -> Sequence[str]:
    kind = BY_NAME.get(str(detail.get("type")))
    value = detail.get(kind.reads) if kind and kind.reads else None
    return value if value and _texts(value) else ()


def _longest(detail: Detail, kind: DetailType, registration: Registration) -> timedelta:
    named = {detail[name] for name in kind.of(Kind.PURPOSE)}
    days = (one.keep_days for one in registration.purposes if one.id in named)
    return timedelta(days=min(days, default=0) + 1)  # the day it is today counts in full


def _beyond_purpose(detail: Detail, kind: DetailType, registration: Registration) -> str | None:
    named = {detail[name] for name in kind.of(Kind.PURPOSE)}
    if not kind.reads or not named:
        return None
    covered = {row.claim for one in registration.purposes if one.id in named for row in one.claims}
    return None if covered.issuperset(detail[kind.reads]) else "claims are not of this purpose"


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _words(value: Any, _registration: Registration) -> bool:
    if isinstance(value, dict):
        return len(value) <= _TONGUES and not [*wording.words(value, "", *_TEXT)]
    return wording.problem(value, *_TEXT) is None


def _reference(value: Any, _registration: Registration) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def _claims(value: Any, registration: Registration) -> bool:
    return _some_of(value, registration.asked, _CLAIMS)


def _purpose(value: Any, registration: Registration) -> bool:
    return isinstance(value, str) and any(one.id == value for one in registration.purposes)


def _day(value: Any, _registration: Registration) -> bool:
    if not isinstance(value, str) or not value.isascii() or not _DAY.fullmatch(value):
        return False
    try:
        end(value)
    except ValueError:
        return False
    return True


def _once(value: Any, _registration: Registration) -> bool:
    return value is True


def _resources(value: Any, registration: Registration) -> bool:
    return _some_of(value, {one.resource for one in registration.on_behalf}, MOST)


def _amount(value: Any, _registration: Registration) -> bool:
    if not isinstance(value, dict) or value.keys() != {"currency", "value"}:
        return False
    texts = [value["currency"], value["value"]]
    if not _texts(texts):
        return False
    return bool(_CURRENCY.fullmatch(texts[0]) and _VALUE.fullmatch(texts[1]))


def _less(kind: Kind | None, value: Any, most: Any) -> bool:
    if kind in LISTS:
        return _some_of(value, most, len(most))
    if kind is not Kind.AMOUNT or value["currency"] != most["currency"]:
        return False
    return Decimal(value["value"]) <= Decimal(most["value"])


def _some_of(value: Any, allowed: Collection[str], most: int) -> bool:
    if not _texts(value) or not 1 <= len(value) <= most or len(set(value)) != len(value):
        return False
    return all(each in allowed for each in value)


_JUDGES: Mapping[Kind, Callable[[Any, Registration], bool]] = {
    Kind.WORDS: _words,
    Kind.REFERENCE: _reference,
    Kind.CLAIMS: _claims,
    Kind.PURPOSE: _purpose,
    Kind.DAY: _day,
    Kind.ONCE: _once,
    Kind.RESOURCES: _resources,
    Kind.AMOUNT: _amount,
}
