"""Values: what each claim may hold. Pure; a value that passes is in the form that is kept.

Specs: OpenID Connect Core §5.1.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from idp.errors import ValueRefused
from idp.values import choices, days, places, shapes, texts

_MSISDN = re.compile(r"[1-9][0-9]{6,14}")
_LATIN_NAME = re.compile(r"[A-Z' -]{1,39}")  # ICAO 9303
_SCHEME = re.compile(r"[A-Z]{2}:[A-Z0-9]{2,20}")
_EIDAS = re.compile(r"[A-Z]{2}/[A-Z]{2}/[\x21-\x7e]{1,248}")
_PICTURE = re.compile(
    r"https://[\x21-\x7e]{4,2000}|data:image/(jpeg|png);base64,[A-Za-z0-9+/]+={0,2}"
)
_IN_THE_PAST = frozenset({"birthdate", "date"})


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


def _sex(value: Any) -> int:
    if shapes.number(value) not in {0, 1, 2, 3, 4, 5, 6, 9}:  # ISO 5218 and the PID's additions
        raise ValueRefused("sex")
    return int(value)


def _children(value: Any) -> list[dict[str, Any]]:
    # None is a word, too: whoever told of a child by mistake takes it back.
    return [] if value == [] else shapes.list_of(_child, 20, value)


def _child(value: Any) -> dict[str, Any]:
    kept = shapes.record(_CHILD, value)
    if not {"given_name", "birthdate"} <= kept.keys():
        raise ValueRefused("members")
    return kept


_latin = partial(texts.matching, _LATIN_NAME, "characters")
_IDENTIFIER: Mapping[str, Callable[[Any], Any]] = {
    "scheme": partial(texts.matching, _SCHEME, "scheme"),
    "value": texts.text,
}
_LATIN = {"given": _latin, "family": _latin}
_PREVIOUS = {
    "given_name": texts.text,
    "family_name": texts.text,
    "valid_from": days.day,
    "valid_until": days.day,
}
_DOCUMENT: Mapping[str, Callable[[Any], Any]] = {
    "type": partial(choices.one_of, "document"), "number": texts.text,
    "issuing_country": places.country, "date_of_issuance": days.day, "date_of_expiry": days.day,
}  # fmt: skip
_MANDATE: Mapping[str, Callable[[Any], Any]] = {
    "role": partial(choices.one_of, "role"), "subject_ref": texts.text,
    "scope": partial(shapes.list_of, texts.text, 20),
    "valid_from": days.day, "valid_until": days.day, "mandate_ref": texts.text,
}  # fmt: skip
_CHILD = {"given_name": texts.text, "family_name": texts.text, "birthdate": days.day}
VALIDATORS: Mapping[str, Callable[[Any], Any]] = {
    "text": texts.text,
    "text40": partial(texts.text, longest=40),
    "text60": partial(texts.text, longest=60),
    "text80": partial(texts.text, longest=80),
    "name": texts.text,
    "number": shapes.number,
    "boolean": shapes.boolean,
    "birthdate": days.birthdate,
    "date": days.day,
    "nationalities": places.nationalities,
    "phone": texts.phone,
    "msisdn": partial(texts.matching, _MSISDN, "phone"),
    "email": texts.email,
    "language": texts.language,
    "languages": partial(shapes.set_of, texts.language, 5),
    "zone": texts.zone,
    "address": places.address,
    "addresses": partial(shapes.list_of, places.earlier, 20),
    "place": places.place,
    "sex": _sex,
    "marital_status": partial(choices.one_of, "marital_status"),
    "contact_preference": partial(choices.one_of, "contact_preference"),
    "accessibility": partial(shapes.set_of, choices.need, 10),
    "name_latin": partial(shapes.record, _LATIN),
    "previous_names": partial(shapes.list_of, partial(shapes.record, _PREVIOUS), 20),
    "residence_status": partial(
        shapes.record, {"status": partial(choices.one_of, "residence"), "valid_until": days.day}
    ),
    "register_id": partial(shapes.record, {"scheme": texts.text, "id": texts.text}),
    "eidas": partial(texts.matching, _EIDAS, "identifier", longest=254),
    "identifiers": partial(shapes.list_of, partial(shapes.record, _IDENTIFIER), 20),
    "documents": partial(shapes.list_of, partial(shapes.record, _DOCUMENT), 10),
    "picture": partial(texts.matching, _PICTURE, "picture", longest=270_000),
    "representation": partial(shapes.list_of, partial(shapes.record, _MANDATE), 20),
    "children": _children,
}
