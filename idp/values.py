"""Values: what each claim may hold. Pure; a value that passes is in the form that is kept.

Text is NFC, trimmed, without control or direction-changing characters, and never
refused for its letters: a name is what its owner says it is.

Specs: OpenID Connect Core §5.1, ISO 8601, ISO 3166-1, E.164, BCP 47.
"""

import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from typing import Any

from idp import countries
from idp.errors import ValueRefused

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_BIRTHDATE = re.compile(r"\d{4}(-\d{2}-\d{2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_EARLIEST = 1880

ADDRESS = {
    "formatted": 500, "street_address": 200, "house_number": 20, "unit": 40, "locality": 100,
    "region": 100, "postal_code": 12, "country": 60, "country_code": 2, "status": 30,
}  # fmt: skip
ENUMS: Mapping[str, frozenset[str]] = {
    "marital_status": frozenset(
        {"single", "married", "registered_partnership", "divorced", "widowed", "undisclosed"}
    ),
    "contact_preference": frozenset({"digital_mailbox", "email", "sms", "phone", "post"}),
}
NEEDS = frozenset(
    {
        "large_print", "screen_reader", "easy_read", "sign_language", "braille", "bsl_video",
        "in_person", "other",
    }
)  # fmt: skip


def check(validator: str, value: Any) -> Any:
    """Return ``value`` in the form that is kept.

    :raises ValueRefused: it is none of this kind; the reason is a stable word
    """
    return VALIDATORS[validator](value)


def text(value: Any, longest: int = 150) -> str:
    """Keep a line of text."""
    if not isinstance(value, str):
        raise ValueRefused("type")
    if _FORBIDDEN.search(value.replace("\n", " ")):
        raise ValueRefused("characters")
    kept = _SPACES.sub(" ", unicodedata.normalize("NFC", value)).strip()
    if not 0 < len(kept) <= longest:
        raise ValueRefused("length")
    return kept


def boolean(value: Any) -> bool:
    """Keep a yes or no."""
    if not isinstance(value, bool):
        raise ValueRefused("type")
    return value


def number(value: Any) -> int:
    """Keep a whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
        raise ValueRefused("type")
    return value


def birthdate(value: Any) -> str:
    """Keep a date, a year alone, or a day whose year is not known (0000-MM-DD)."""
    kept = text(value, 10)
    if not _BIRTHDATE.fullmatch(kept):
        raise ValueRefused("date")
    year, rest = int(kept[:4]), kept[4:]
    if year and not _EARLIEST <= year <= 2200:
        raise ValueRefused("date")
    if rest:
        _real_date(f"{year or 2000:04d}{rest}")
    elif not year:
        raise ValueRefused("date")
    return kept


def day(value: Any) -> str:
    """Keep a calendar date."""
    kept = text(value, 10)
    if not _DATE.fullmatch(kept):
        raise ValueRefused("date")
    _real_date(kept)
    return kept


def country(value: Any) -> str:
    """Keep a country as two letters; three are turned into two."""
    kept = text(value, 3).upper()
    kept = countries.ALPHA_2.get(kept, kept)
    if kept not in countries.CODES:
        raise ValueRefused("country")
    return kept


def nationalities(value: Any) -> list[str]:
    """Keep one to five countries; XXA, XXB and XXX say stateless or refugee (ICAO 9303)."""
    if not isinstance(value, list) or not 0 < len(value) <= 5:
        raise ValueRefused("length")
    kept = [one if one in ("XXA", "XXB", "XXX") else country(one) for one in value]
    if len(set(kept)) != len(kept):
        raise ValueRefused("twice")
    return kept


def phone(value: Any) -> str:
    """Keep a number in international form."""
    kept = re.sub(r"[\s().-]", "", text(value, 40))
    kept = "+" + kept[2:] if kept.startswith("00") else kept
    if not _PHONE.fullmatch(kept):
        raise ValueRefused("phone")
    return kept


def language(value: Any) -> str:
    """Keep a language tag."""
    kept = text(value, 35)
    if not _LANGUAGE.fullmatch(kept):
        raise ValueRefused("language")
    return kept


def address(value: Any) -> dict[str, str]:
    """Keep an address: known members only, the country by its code."""
    if not isinstance(value, dict) or not value or not ADDRESS.keys() >= value.keys():
        raise ValueRefused("members")
    kept = {
        name: "\n".join(text(line, ADDRESS[name]) for line in str(member).split("\n"))
        for name, member in value.items()
        if member
    }
    if "country_code" in kept:
        kept["country_code"] = country(kept["country_code"])
    return kept


def place(value: Any) -> dict[str, str]:
    """Keep a place of birth: at least one of country, region and locality."""
    if not isinstance(value, dict) or not {"country", "region", "locality"} >= value.keys():
        raise ValueRefused("members")
    kept = {name: text(member, 100) for name, member in value.items() if member}
    if not kept:
        raise ValueRefused("members")
    if "country" in kept:
        kept["country"] = country(kept["country"])
    return kept


def email(value: Any) -> str:
    """Keep an address that :mod:`idp.identifiers` has normalised."""
    kept = text(value, 254)
    if kept.count("@") != 1:
        raise ValueRefused("email")
    return kept


def _zone(value: Any) -> str:
    kept = text(value, 60)
    if kept not in _zones():
        raise ValueRefused("zone")
    return kept


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _sex(value: Any) -> int:
    if number(value) not in {0, 1, 2, 3, 4, 5, 6, 9}:  # ISO 5218 and the PID's additions
        raise ValueRefused("sex")
    return int(value)


def _one_of(name: str, value: Any) -> str:
    if value not in ENUMS[name]:
        raise ValueRefused("choice")
    return str(value)


def _list(of: Callable[[Any], Any], most: int, value: Any) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise ValueRefused("length")
    return [of(one) for one in value]


def _need(value: Any) -> str:
    kept = text(value, 60)
    if kept not in NEEDS and not kept.startswith("interpreter:"):
        raise ValueRefused("choice")
    return kept


def _record(members: Mapping[str, Callable[[Any], Any]], value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value or not members.keys() >= value.keys():
        raise ValueRefused("members")
    return {name: members[name](member) for name, member in value.items()}


def _real_date(spelled: str) -> None:
    try:
        date.fromisoformat(spelled)
    except ValueError as error:
        raise ValueRefused("date") from error


_IDENTIFIER = {"scheme": text, "value": text}
_LATIN = {"given": text, "family": text}
_PREVIOUS = {"given_name": text, "family_name": text, "valid_from": day, "valid_until": day}
_DOCUMENT = {
    "type": text, "number": text, "issuing_country": country,
    "date_of_issuance": day, "date_of_expiry": day,
}  # fmt: skip
_MANDATE: Mapping[str, Callable[[Any], Any]] = {
    "role": text, "subject_ref": text, "scope": partial(_list, text, 20), "valid_from": day,
    "valid_until": day, "mandate_ref": text,
}  # fmt: skip

VALIDATORS: Mapping[str, Callable[[Any], Any]] = {
    "text": text,
    "text40": partial(text, longest=40),
    "text60": partial(text, longest=60),
    "text80": partial(text, longest=80),
    "name": text,
    "number": number,
    "boolean": boolean,
    "birthdate": birthdate,
    "date": day,
    "nationalities": nationalities,
    "phone": phone,
    "msisdn": text,
    "email": email,
    "language": language,
    "languages": partial(_list, language, 5),
    "zone": _zone,
    "address": address,
    "addresses": partial(_list, address, 20),
    "place": place,
    "sex": _sex,
    "marital_status": partial(_one_of, "marital_status"),
    "contact_preference": partial(_one_of, "contact_preference"),
    "accessibility": partial(_list, _need, 10),
    "name_latin": partial(_record, _LATIN),
    "previous_names": partial(_list, partial(_record, _PREVIOUS), 20),
    "residence_status": partial(_record, {"status": text, "valid_until": day}),
    "register_id": partial(_record, {"scheme": text, "id": text}),
    "eidas": partial(text, longest=255),
    "identifiers": partial(_list, partial(_record, _IDENTIFIER), 20),
    "documents": partial(_list, partial(_record, _DOCUMENT), 10),
    "picture": partial(text, longest=300_000),
    "representation": partial(_list, partial(_record, _MANDATE), 20),
}
