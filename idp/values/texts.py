"""Texts: a line, or one of a form that somebody else laid down.

Text is NFC, trimmed, without control, direction-changing or other invisible characters,
and never refused for its letters: a name is what its owner says it is. The two joiners
U+200C and U+200D are letters of Persian and of Indic scripts, and stay.

Specs: E.164, BCP 47.
"""

import re
import unicodedata
import zoneinfo
from functools import cache
from typing import Any

from idp.errors import ValueRefused

_FORBIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_UNSEEN = frozenset({"Cf", "Mn", "Me", "Zs"})
_SPACES = re.compile(r"\s+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@[^\s@\"(),:;<>\[\\\]]+\.[^\s@\"(),:;<>\[\\\].]+")
_LANGUAGE = re.compile(  # RFC 5646 §2.1, less the grandfathered tags
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?"
    r"(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)


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


def matching(pattern: re.Pattern[str], reason: str, value: Any, longest: int = 150) -> str:
    """Keep a line that has the form of ``pattern``."""
    kept = text(value, longest)
    if not pattern.fullmatch(kept):
        raise ValueRefused(reason)
    return kept


def lines(value: Any, longest: int) -> str:
    """Keep one line or several."""
    if not isinstance(value, str):
        raise ValueRefused("type")
    kept = "\n".join(text(line, longest) for line in value.split("\n"))
    if len(kept) > longest:
        raise ValueRefused("length")
    return kept


def phone(value: Any) -> str:
    """Keep a number in international form."""
    kept = re.sub(r"[\s().-]", "", text(value, 40))
    kept = "+" + kept[2:] if kept.startswith("00") else kept
    if not _PHONE.fullmatch(kept):
        raise ValueRefused("phone")
    return kept


def email(value: Any) -> str:
    """Keep an address that :mod:`idp.identifiers` has normalised."""
    return matching(_EMAIL, "email", value, 254)


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


def zone(value: Any) -> str:
    """Keep the name of a time zone."""
    kept = text(value, 60)
    if kept not in _zones():
        raise ValueRefused("zone")
    return kept


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
