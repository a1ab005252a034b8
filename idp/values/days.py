"""Days: of the calendar, and of a birth, of which the year alone may be known (ISO 8601)."""

import re
from datetime import date
from typing import Any

from idp.errors import ValueRefused
from idp.values import texts

_BIRTHDATE = re.compile(r"[0-9]{4}(-[0-9]{2}-[0-9]{2})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST = 1880


def birthdate(value: Any) -> str:
    """Keep a date, a year alone, or a day whose year is not known (0000-MM-DD)."""
    kept = texts.text(value, 10)
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
    kept = texts.text(value, 10)
    if not _DATE.fullmatch(kept):
        raise ValueRefused("date")
    _real_date(kept)
    return kept


def _real_date(spelled: str) -> None:
    try:
        date.fromisoformat(spelled)
    except ValueError as error:
        raise ValueRefused("date") from error
