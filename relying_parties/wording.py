"""What text a service may show to citizens: plain characters in one script per word.

A name is shown on the page where people decide, so nothing in it may turn the
writing direction, hide, break the line or look like another letter (RFC 7591 §5).
"""

import re
import unicodedata
from collections.abc import Iterator

# BCP 47 as far as the pages need it: language, then script, region or variant.
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")

# Control, format (bidi and zero-width), private, surrogate, unassigned, line and paragraph.
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})

# Scripts whose letters are mistaken for one another.
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})


def problem(  # noqa: PLR0911 - guard clauses
    value: object, low: int, high: int
) -> str | None:
    """Say what is wrong with one text of ``low`` to ``high`` characters, or ``None``."""
    if not isinstance(value, str):
        return "not_text"
    if any(unicodedata.category(char) in _HIDDEN for char in value):
        return "hidden_characters"
    if not low <= len(value) <= high:
        return "length"
    if value != value.strip():
        return "outer_spaces"
    if "<" in value or ">" in value:
        return "markup"
    if unicodedata.normalize("NFC", value) != value:
        return "not_nfc"
    return None


def name_problem(value: object, low: int, high: int) -> str | None:
    """Say what is wrong with a name: as :func:`problem`, and one script per word."""
    found = problem(value, low, high)
    if found is None and isinstance(value, str) and mixed_scripts(value):
        return "mixed_scripts"
    return found


def folded(text: str) -> str:
    """Return what two names have in common that people read as the same."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(plain.split())


def mixed_scripts(text: str) -> bool:
    """Whether a word of ``text`` has letters of two scripts that look alike."""
    return any(len(_scripts(word)) > 1 for word in re.split(r"[\s.\-/]+", text))


def languages(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Problems with the shape of words by language."""
    if not isinstance(value, dict) or not value:
        yield path, "words_by_language"
        return
    if len(value) > 40:
        yield path, "too_many"
    for language in value:
        if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
            yield path, "language_tag"


def words(value: object, path: str, low: int, high: int) -> Iterator[tuple[str, str]]:
    """Problems with sentences by language."""
    yield from languages(value, path)
    if isinstance(value, dict):
        for language, text in value.items():
            if found := problem(text, low, high):
                yield f"{path}.{language}", found


def names(value: object, path: str, low: int, high: int) -> Iterator[tuple[str, str]]:
    """Problems with names by language."""
    yield from languages(value, path)
    if isinstance(value, dict):
        for language, text in value.items():
            if found := name_problem(text, low, high):
                yield f"{path}.{language}", found


def _scripts(word: str) -> set[str]:
    first_words = (unicodedata.name(char, "").partition(" ")[0] for char in word if char.isalpha())
    return {script for script in first_words if script in _ALIKE}
