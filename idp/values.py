"""Values: what each claim may hold. Pure; a value that passes is in the form that is kept.

Text is NFC, trimmed, without control, direction-changing or other invisible characters,
and never refused for its letters: a name is what its owner says it is. The two joiners
U+200C and U+200D are letters of Persian and of Indic scripts, and stay.

Specs: OpenID Connect Core §5.1, ISO 8601, ISO 3166-1, E.164, BCP 47.
"""

import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import cache, partial
from typing import Any

from idp import countries
from idp.errors import ValueRefused

_FORBIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_UNSEEN = frozenset({"Cf", "Mn", "Me", "Zs"})
_SPACES = re.compile(r"\s+")
_BIRTHDATE = re.compile(r"[0-9]{4}(-[0-9]{2}-[0-9]{2})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_MSISDN = re.compile(r"[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@[^\s@\"(),:;<>\[\\\]]+\.[^\s@\"(),:;<>\[\\\].]+")
_POSTAL_CODE = re.compile(r"[A-Za-z0-9 -]{2,12}")
_LATIN_NAME = re.compile(r"[A-Z' -]{1,39}")  # ICAO 9303
_SCHEME = re.compile(r"[A-Z]{2}:[A-Z0-9]{2,20}")
_EIDAS = re.compile(r"[A-Z]{2}/[A-Z]{2}/[\x21-\x7e]{1,248}")
_PICTURE = re.compile(
    r"https://[\x21-\x7e]{4,2000}|data:image/(jpeg|png);base64,[A-Za-z0-9+/]+={0,2}"
)
_LANGUAGE = re.compile(  # RFC 5646 §2.1, less the grandfathered tags
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?"
    r"(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)
_EARLIEST = 1880

ADDRESS = {
    "formatted": 500, "street_address": 200, "house_number": 20, "unit": 40, "locality": 100,
    "region": 100, "postal_code": 12, "country": 60, "country_code": 3, "status": 30,
}  # fmt: skip
ENUMS: Mapping[str, frozenset[str]] = {
    "marital_status": frozenset(
        {"single", "married", "registered_partnership", "divorced", "widowed", "undisclosed"}
    ),
    "contact_preference": frozenset({"digital_mailbox", "email", "sms", "phone", "post"}),
    "residence": frozenset({"citizen", "permanent", "temporary", "protected", "other"}),
    "document": frozenset({"idcard", "passport", "driving_permit", "residence_permit"}),
    "role": frozenset({"parent", "guardian", "carer", "attorney", "company_representative"}),
    "abode": frozenset({"no_fixed_abode"}),
}
_IN_THE_PAST = frozenset({"birthdate", "date"})
NEEDS = frozenset(
    {
        "large_print", "screen_reader", "easy_read", "sign_language", "braille", "bsl_video",
        "in_person", "other",
    }
)  # fmt: skip


def check(validator: str, value: Any, today: date) -> Any:
    """Return ``value`` in the form that is kept.

    :param today: the day at which it is written down: nobody was born after it
    :raises ValueRefused: it is none of this kind; the reason is a stable word
    """
    kept = VALIDATORS[validator](value)
    if validator in _IN_THE_PAST and kept > today.isoformat():
        raise ValueRefused("future")
    if validator == "children" and any(one["birthdate"] > today.isoformat() for one in kept):
        raise ValueRefused("unborn")
    return kept


def text(value: Any, longest: int = 150) -> str:
    """Keep a line of text."""
    if not isinstance(value, str):
        raise ValueRefused("type")
    if _FORBIDDEN.search(value.replace("\n", " ")):
        raise ValueRefused("characters")
    kept = _SPACES.sub(" ", unicodedata.normalize("NFC", value)).strip()
    if not 0 < len(kept) <= longest:
        raise ValueRefused("length")
    if all(unicodedata.category(letter) in _UNSEEN for letter in kept):
        raise ValueRefused("characters")
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
    return _country(value, countries.CODES)


def nationalities(value: Any) -> list[str]:
    """Keep one to five countries; XXA, XXB and XXX say stateless or refugee (ICAO 9303)."""
    if not isinstance(value, list) or not 0 < len(value) <= 5:
        raise ValueRefused("length")
    return _unique([one if one in ("XXA", "XXB", "XXX") else country(one) for one in value])


def phone(value: Any) -> str:
    """Keep a number in international form."""
    kept = re.sub(r"[\s().-]", "", text(value, 40))
    kept = "+" + kept[2:] if kept.startswith("00") else kept
    if not _PHONE.fullmatch(kept):
        raise ValueRefused("phone")
    return kept


def language(value: Any) -> str:
    """Keep a language tag, its case as RFC 5646 §2.1.1 writes it."""
    kept = text(value, 35)
    if not _LANGUAGE.fullmatch(kept):
        raise ValueRefused("language")
    first, *rest = kept.lower().split("-")
    plain = True  # nothing is a script or a region after a single letter
    for place, part in enumerate(rest):
        plain = plain and len(part) > 1
        if plain and part.isalpha() and len(part) in (2, 4):
            rest[place] = part.upper() if len(part) == 2 else part.title()
    return "-".join((first, *rest))


def address(value: Any) -> dict[str, str]:
    """Keep an address: known members only, the country by its code."""
    kept = _filled(ADDRESS, value)
    if "country_code" in kept:
        kept["country_code"] = country(kept["country_code"])
    if "status" in kept:
        _one_of("abode", kept["status"])
    if "postal_code" in kept and not _POSTAL_CODE.fullmatch(kept["postal_code"]):
        raise ValueRefused("postal_code")
    return kept


def _earlier(value: Any) -> dict[str, str]:
    """Keep an address that was left, with the days on which it held."""
    if not isinstance(value, dict):
        raise ValueRefused("members")
    days = {name: day(value[name]) for name in ("valid_from", "valid_until") if name in value}
    return address({name: part for name, part in value.items() if name not in days}) | days


def place(value: Any) -> dict[str, str]:
    """Keep a place of birth: at least one of country, region and locality.

    The country may be one that is no more: people were born there.
    """
    kept = _filled({"country": 3, "region": 100, "locality": 100}, value)
    if "country" in kept:
        kept["country"] = _country(kept["country"], countries.CODES | countries.WITHDRAWN)
    return kept


def email(value: Any) -> str:
    """Keep an address that :mod:`idp.identifiers` has normalised."""
    return _matching(_EMAIL, "email", value, 254)


def _matching(pattern: re.Pattern[str], reason: str, value: Any, longest: int = 150) -> str:
    kept = text(value, longest)
    if not pattern.fullmatch(kept):
        raise ValueRefused(reason)
    return kept


def _country(value: Any, known: Collection[str]) -> str:
    kept = text(value, 3)
    # "ß".upper() is a code, too.
    kept = kept.upper() if kept.isascii() else kept
    kept = countries.ALPHA_2.get(kept, kept)
    if kept not in known:
        raise ValueRefused("country")
    return kept


def _filled(longest: Mapping[str, int], value: Any) -> dict[str, str]:
    """Keep the members that are not empty, each of one line or more."""
    if not isinstance(value, dict) or not longest.keys() >= value.keys():
        raise ValueRefused("members")
    kept = {name: _lines(member, longest[name]) for name, member in value.items() if member != ""}
    if not kept:
        raise ValueRefused("members")
    return kept


def _lines(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise ValueRefused("type")
    kept = "\n".join(text(line, longest) for line in value.split("\n"))
    if len(kept) > longest:
        raise ValueRefused("length")
    return kept


def _unique(kept: list[str]) -> list[str]:
    if len(set(kept)) != len(kept):
        raise ValueRefused("twice")
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
    if not isinstance(value, str):
        raise ValueRefused("type")
    if value not in ENUMS[name]:
        raise ValueRefused("choice")
    return value


def _set(of: Callable[[Any], str], most: int, value: Any) -> list[str]:
    return _unique(_list(of, most, value))


def _list(of: Callable[[Any], Any], most: int, value: Any) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise ValueRefused("length")
    return [of(one) for one in value]


def _children(value: Any) -> list[dict[str, Any]]:
    # None is a word, too: whoever told of a child by mistake takes it back.
    return [] if value == [] else _list(_child, 20, value)


def _child(value: Any) -> dict[str, Any]:
    kept = _record(_CHILD, value)
    if not {"given_name", "birthdate"} <= kept.keys():
        raise ValueRefused("members")
    return kept


def _need(value: Any) -> str:
    kept = text(value, 60)
    kind, colon, tag = kept.partition(":")
    if colon and kind == "interpreter":
        return f"interpreter:{language(tag)}"
    if kept not in NEEDS:
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


_latin = partial(_matching, _LATIN_NAME, "characters")
_IDENTIFIER: Mapping[str, Callable[[Any], Any]] = {
    "scheme": partial(_matching, _SCHEME, "scheme"),
    "value": text,
}
_LATIN = {"given": _latin, "family": _latin}
_PREVIOUS = {"given_name": text, "family_name": text, "valid_from": day, "valid_until": day}
_DOCUMENT: Mapping[str, Callable[[Any], Any]] = {
    "type": partial(_one_of, "document"), "number": text, "issuing_country": country,
    "date_of_issuance": day, "date_of_expiry": day,
}  # fmt: skip
_MANDATE: Mapping[str, Callable[[Any], Any]] = {
    "role": partial(_one_of, "role"), "subject_ref": text, "scope": partial(_list, text, 20),
    "valid_from": day, "valid_until": day, "mandate_ref": text,
}  # fmt: skip
_CHILD = {"given_name": text, "family_name": text, "birthdate": day}

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
    "msisdn": partial(_matching, _MSISDN, "phone"),
    "email": email,
    "language": language,
    "languages": partial(_set, language, 5),
    "zone": _zone,
    "address": address,
    "addresses": partial(_list, _earlier, 20),
    "place": place,
    "sex": _sex,
    "marital_status": partial(_one_of, "marital_status"),
    "contact_preference": partial(_one_of, "contact_preference"),
    "accessibility": partial(_set, _need, 10),
    "name_latin": partial(_record, _LATIN),
    "previous_names": partial(_list, partial(_record, _PREVIOUS), 20),
    "residence_status": partial(
        _record, {"status": partial(_one_of, "residence"), "valid_until": day}
    ),
    "register_id": partial(_record, {"scheme": text, "id": text}),
    "eidas": partial(_matching, _EIDAS, "identifier", longest=254),
    "identifiers": partial(_list, partial(_record, _IDENTIFIER), 20),
    "documents": partial(_list, partial(_record, _DOCUMENT), 10),
    "picture": partial(_matching, _PICTURE, "picture", longest=270_000),
    "representation": partial(_list, partial(_record, _MANDATE), 20),
    "children": _children,
}
