"""Languages by name: what somebody types, in any language of our pages, and what it is called."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from babel import Locale

from gateway.folding import bare
from gateway.settings import LOCALES

_PARTED = re.compile(r"[,;،\n]")


def read(said: str) -> list[str]:
    """Return the tags of languages that are named, in their order; what is none stays as it is.

    Names may stand apart by commas, or by spaces where each is one word; a tag such as
    ``fr-CA`` is its own name.
    """
    parts = [one.strip() for one in _PARTED.split(said) if one.strip()]
    found: list[str] = []
    for part in parts:
        whole = _tags().get(_letters(part))
        found += [whole] if whole else [_tags().get(_letters(one), one) for one in part.split()]
    return found


def spell(tags: Iterable[str], language: Locale) -> str:
    """Name languages as :func:`read` reads them; a tag with a region stays one."""
    comma = "، " if language.language == "ar" else ", "
    return comma.join(str(language.languages.get(tag, tag)) for tag in tags)


@cache
def _tags() -> Mapping[str, str]:
    """Return the tag of each name; where two share a name, the first tag of the alphabet."""
    return {
        _letters(str(name)): tag
        for code in ("en_GB", *reversed(LOCALES))
        for tag, name in sorted(Locale.parse(code).languages.items(), reverse=True)
        if "_" not in tag
    }


def _letters(said: str) -> str:
    """Return what two spellings of a name share: no case, no accents."""
    return " ".join(bare(said).split())
