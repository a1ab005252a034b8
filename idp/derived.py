"""Derived claims: a yes or a number instead of the fact behind it. Pure; nothing is stored.

A partial date answers only what is certain: who was born "in 2008" is over 18 when the
whole of 2008 lies eighteen years back.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

_DATE = re.compile(r"(\d{4})(?:-(\d{2})-(\d{2}))?")

Held = Mapping[str, Any]
Area = Mapping[str, str]  # members of an address, such as {"country_code": "GB"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What an answer depends on besides the citizen.

    :ivar country: whose citizens are asked about, two letters; empty if nobody said
    :ivar area: where they are asked to live; a service can't choose it with its request
    """

    country: str = ""
    area: Area = field(default_factory=lambda: MappingProxyType({}))


NO_TERMS = Terms()


def years(birthdate: str, today: date) -> int | None:
    """Return the age in whole years; ``None`` if the year of birth is not known.

    Born on 29 February, one turns a year older on 1 March of a common year.
    """
    found = _DATE.fullmatch(birthdate)
    if found is None or found[1] == "0000":
        return None
    month, day = int(found[2] or 12), int(found[3] or 31)  # the latest that it can have been
    return today.year - int(found[1]) - ((today.month, today.day) < (month, day))


def name(held: Held, _today: date) -> str | None:
    """Join the parts for display; never taken apart again."""
    parts = [held.get(part) for part in ("given_name", "middle_name", "family_name")]
    return " ".join(str(part) for part in parts if part) or None


def _over(limit: int) -> Callable[[Held, date], bool | None]:
    def over(held: Held, today: date) -> bool | None:
        age = years(held["birthdate"], today) if "birthdate" in held else None
        return None if age is None else age >= limit

    return over


def _age(held: Held, today: date) -> int | None:
    return years(held["birthdate"], today) if "birthdate" in held else None


def _birth_year(held: Held, _today: date) -> str | None:
    year = str(held.get("birthdate", ""))[:4]
    return year if year and year != "0000" else None


def _of_address(member: str) -> Callable[[Held, date], Any]:
    return lambda held, _today: (held.get("address") or {}).get(member)


def _msisdn(held: Held, _today: date) -> str | None:
    return str(held["phone_number"]).lstrip("+") if "phone_number" in held else None


def is_citizen(held: Held, country: str) -> bool | None:
    """Whether ``country`` is one of the nationalities."""
    return country in held["nationalities"] if country and "nationalities" in held else None


def is_resident(held: Held, area: Area) -> bool | None:
    """Whether the home is in ``area``; ``None`` if the address does not say."""
    home = held.get("address")
    if not home or not area:
        return None
    told = [_same(home[member], name) for member, name in area.items() if home.get(member)]
    if not all(told):
        return False
    return True if len(told) == len(area) else None


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


OF_TERMS: Mapping[str, Callable[[Held, Terms], Any]] = {
    "is_citizen": lambda held, terms: is_citizen(held, terms.country),
    "is_resident_of": lambda held, terms: is_resident(held, terms.area),
}
FUNCTIONS: Mapping[str, Callable[[Held, date], Any]] = {
    "name": name,
    "age_over_16": _over(16),
    "age_over_18": _over(18),
    "age_over_21": _over(21),
    "age_over_65": _over(65),
    "age_in_years": _age,
    "birth_year": _birth_year,
    "locality": _of_address("locality"),
    "postal_code": _of_address("postal_code"),
    "msisdn": _msisdn,
}
