"""Languages: which one a person gets, and its words.

Chosen by the cookie, then the account, then ``ui_locales``, then the browser. What is
not offered falls back to the default; nothing that a stranger sends is remembered.
"""

import gettext
import io
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from gateway.settings import LOCALES

DOMAIN = "gatehouse"
FOLDER = Path(__file__).parent.parent / "locales"
NAMES: Mapping[str, str] = {"en": "English", "fr": "Français", "ar": "العربية"}
RIGHT_TO_LEFT = frozenset({"ar"})


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a marker
    """Mark ``text`` for translation where it is shown, not where it stands."""
    return text


@cache
def translations(locale: str) -> gettext.NullTranslations:
    """Load the words of one of our locales; compiled ones if they are there and new."""
    folder = FOLDER / locale / "LC_MESSAGES"
    compiled, source = folder / f"{DOMAIN}.mo", folder / f"{DOMAIN}.po"
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        with compiled.open("rb") as file:
            return gettext.GNUTranslations(file)
    if not source.exists():
        return gettext.NullTranslations()
    from babel.messages import mofile, pofile  # noqa: PLC0415 - slow, and rarely needed

    with source.open("rb") as file:
        catalogue = pofile.read_po(file)
    made = io.BytesIO()
    mofile.write_mo(made, catalogue)
    made.seek(0)
    return gettext.GNUTranslations(made)


def direction(locale: str) -> str:
    """Return ``rtl`` or ``ltr``."""
    return "rtl" if locale in RIGHT_TO_LEFT else "ltr"


def choose(wishes: Iterable[str | None], default: str) -> str:
    """Return the first of ``wishes`` that we offer; each is one BCP 47 tag, or a list of them."""
    for wish in wishes:
        for tag in (wish or "")[:200].replace(",", " ").split():
            language = tag.split(";")[0].split("-")[0].lower()
            if language in LOCALES:
                return language
    return default
