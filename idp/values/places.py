"""Places: countries, addresses, where somebody was born.

Specs: OpenID Connect Core §5.1.1, ISO 3166-1.
"""

import re
from collections.abc import Collection
from typing import Any

from idp import countries
from idp.errors import ValueRefused
from idp.values import choices, days, shapes, texts

_POSTAL_CODE = re.compile(r"[A-Za-z0-9 -]{2,12}")
ADDRESS = {
    "formatted": 500, "street_address": 200, "house_number": 20, "unit": 40, "locality": 100,
    "region": 100, "postal_code": 12, "country": 60, "country_code": 3, "status": 30,
}  # fmt: skip


def country(value: Any) -> str:
    """Keep a country as two letters; three are turned into two."""
    return _country(value, countries.CODES)


def nationalities(value: Any) -> list[str]:
    """Keep one to five countries; XXA, XXB and XXX say stateless or refugee (ICAO 9303)."""
    if not isinstance(value, list) or not 0 < len(value) <= 5:
        raise ValueRefused("length")
    return shapes.unique([one if one in ("XXA", "XXB", "XXX") else country(one) for one in value])


def address(value: Any) -> dict[str, str]:
    """Keep an address: known members only, the country by its code."""
    kept = shapes.filled(ADDRESS, value)
    if "country_code" in kept:
        kept["country_code"] = country(kept["country_code"])
    if "status" in kept:
        choices.one_of("abode", kept["status"])
    if "postal_code" in kept and not _POSTAL_CODE.fullmatch(kept["postal_code"]):
        raise ValueRefused("postal_code")
    return kept


def earlier(value: Any) -> dict[str, str]:
    """Keep an address that was left, with the days on which it held."""
    if not isinstance(value, dict):
        raise ValueRefused("members")
    held = {name: days.day(value[name]) for name in ("valid_from", "valid_until") if name in value}
    return address({name: part for name, part in value.items() if name not in held}) | held


def place(value: Any) -> dict[str, str]:
    """Keep a place of birth: at least one of country, region and locality.

    The country may be one that is no more: people were born there.
    """
    kept = shapes.filled({"country": 3, "region": 100, "locality": 100}, value)
    if "country" in kept:
        kept["country"] = _country(kept["country"], countries.CODES | countries.WITHDRAWN)
    return kept


def _country(value: Any, known: Collection[str]) -> str:
    kept = texts.text(value, 3)
    # "ß".upper() is a code, too.
    kept = kept.upper() if kept.isascii() else kept
    kept = countries.ALPHA_2.get(kept, kept)
    if kept not in known:
        raise ValueRefused("country")
    return kept
