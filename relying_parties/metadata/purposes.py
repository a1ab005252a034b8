"""Purposes of a service: for what reason it asks for which claims, on what ground."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from relying_parties import wording
from relying_parties.metadata import words
from relying_parties.metadata.rules import Problem, Rules, unknown_members
from relying_parties.profiles import Profile
from relying_parties.purposes import AREA, BASES, LONGEST, NEEDS

MEMBERS = ("id", "name", "keepDays", "claims")
OF_CLAIM = ("claim", "need", "basis", "why", "law", "area")


def purposes(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge why the service asks for which claims."""
    if not isinstance(value, list) or len(value) > 20:
        yield path, "not_a_list"
        return
    ids: list[Any] = []
    for number, purpose in enumerate(value):
        where = f"{path}[{number}]"
        if not isinstance(purpose, dict):
            yield where, "not_an_object"
            continue
        yield from _purpose(purpose, where, rules)
        if purpose.get("id") in ids:
            yield f"{where}.id", "twice"
        ids.append(purpose.get("id"))


def _purpose(purpose: Mapping[str, Any], path: str, rules: Rules) -> Iterator[Problem]:
    yield from unknown_members(purpose, f"{path}.", MEMBERS)
    if word := words.slug_problem(purpose.get("id")):
        yield f"{path}.id", word
    yield from wording.words(purpose.get("name"), f"{path}.name", *words.SENTENCE)
    days = purpose.get("keepDays", LONGEST)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST:
        yield f"{path}.keepDays", "range"
    claims = purpose.get("claims")
    if not isinstance(claims, list) or not 1 <= len(claims) <= 60:
        yield f"{path}.claims", "not_a_list"
        return
    seen: list[Any] = []
    for number, asked in enumerate(claims):
        yield from _asked(asked, f"{path}.claims[{number}]", rules, seen)


def _asked(asked: Any, path: str, rules: Rules, seen: list[Any]) -> Iterator[Problem]:
    if not isinstance(asked, dict):
        yield path, "not_an_object"
        return
    yield from unknown_members(asked, f"{path}.", OF_CLAIM)
    claim = asked.get("claim")
    if not isinstance(claim, str) or not re.fullmatch(r"[a-z][a-z0-9_]{1,63}", claim):
        yield f"{path}.claim", "claim_name"
    elif rules.claims is not None and claim not in rules.claims:
        yield f"{path}.claim", "unknown_claim"
    elif claim in seen:
        yield f"{path}.claim", "twice"
    seen.append(claim)
    if asked.get("need", "needed") not in NEEDS:
        yield f"{path}.need", "value"
    yield from wording.words(asked.get("why"), f"{path}.why", *words.SENTENCE)
    yield from _ground(asked, path, rules)
    yield from _area(asked, f"{path}.area", rules)


def _area(asked: Mapping[str, Any], path: str, rules: Rules) -> Iterator[Problem]:
    area, speaks = asked.get("area"), str(asked.get("claim")) in rules.of_area
    if area is None:
        if speaks:
            yield path, "area_missing"
        return
    if not speaks:
        yield path, "unknown_member"
    elif not isinstance(area, dict) or not area:
        yield path, "area_missing"
    else:
        yield from unknown_members(area, f"{path}.", AREA)
        for member in AREA:
            if member in area and (word := wording.problem(area[member], *words.PLACE)):
                yield f"{path}.{member}", word
        if not re.fullmatch(r"[A-Z]{2}", str(area.get("country_code", ""))):
            yield f"{path}.country_code", "country"


def _ground(asked: Mapping[str, Any], path: str, rules: Rules) -> Iterator[Problem]:
    basis = asked.get("basis", "consent")
    if basis not in BASES:
        yield f"{path}.basis", "value"
    elif basis != "law" and str(asked.get("claim")) in rules.by_law:
        yield f"{path}.basis", "law_only"
    if basis == "law" or asked.get("law") is not None:
        yield from wording.words(asked.get("law"), f"{path}.law", *words.SENTENCE)
