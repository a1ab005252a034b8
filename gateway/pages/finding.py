"""Finding a service by the words of a need: accents, case and endings do not matter. Pure.

    words ─▶ those that say something ─▶ services in which all are found, else most of them

Whatever language a service speaks is looked through; what was looked for is kept nowhere.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.folding import bare

MOST_WORDS = 12  # of what somebody looks for
SHORT = 3  # letters; what is shorter says little, but for Arabic, which writes fewer
_WHOLE = 4  # letters from which on the beginning of a word will do
NAME, REST = 3, 1  # what a word that is found counts

# Words of a question that are in the text of every service, or of none.
_EMPTY = frozenset(
    word
    for line in (
        "and are can for from get has have her his how into its let like make need our see",
        "some that the their them they this want was what when where which who why will with you",
        "avec avoir ces cette comment dans des elle est faire faut ici les leur mais mes mon nos",
        "nous notre par pas pour puis que qui quoi sans ses son sont sur une veux vos votre vous",
        "اريد كيف اين متي ماذا هذا هذه الي علي من في عن مع لي هل ما",
    )
    for word in line.split()
)
_WORD = re.compile(r"[^\W_]+")
_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "\u0649": "\u064a", "\u0629": "\u0647"}
)
_ARTICLES = ("وال", "بال", "لل", "ال")


ByInitial = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Text:
    """What can be found of a service: the words of its name, and all others, by first letter."""

    name: ByInitial
    rest: ByInitial


@lru_cache(maxsize=4096)
def text(name: tuple[str, ...], rest: tuple[str, ...]) -> Text:
    """Read the words of a service; made once for each version of its words."""
    return Text(_by_initial(name), _by_initial(rest))


def _by_initial(said: Iterable[str]) -> ByInitial:
    found: dict[str, list[str]] = {}
    for word in {word for each in said for word in words(each)}:
        found.setdefault(word[0], []).append(word)
    return found


def words(said: str) -> list[str]:
    """Return the words of a sentence as they are compared."""
    plain = bare(said).translate(_LIGATURES).replace("ـ", "")
    return [_stripped(word) for word in _WORD.findall(plain)]


def sought(said: str) -> list[str]:
    """Return the words that somebody looks for; all of them if none says anything."""
    given = list(dict.fromkeys(words(said)))[:MOST_WORDS]
    telling = [word for word in given if word not in _EMPTY and len(word) >= _least(word)]
    return telling or given


def best(wanted: Sequence[str], texts: Mapping[str, Text]) -> list[str]:
    """Return the keys of ``texts`` in which most of ``wanted`` are found, the best first."""
    found = {key: _count(wanted, one) for key, one in texts.items()}
    most = max((number for number, _ in found.values()), default=0)
    keys = [key for key, (number, _) in found.items() if number == most and most]
    return sorted(keys, key=lambda key: -found[key][1])


def _count(wanted: Iterable[str], one: Text) -> tuple[int, int]:
    """Return how many of ``wanted`` are there, and what they weigh."""
    number = weight = 0
    for word in wanted:
        here = any(_alike(word, other) for other in one.name.get(word[0], ()))
        if here or any(_alike(word, other) for other in one.rest.get(word[0], ())):
            number += 1
            weight += NAME if here else REST
    return number, weight


def _alike(word: str, other: str) -> bool:
    """Whether two words that begin alike are one with different endings."""
    if len(word) < _WHOLE and word.isascii():  # "car" is in too many others
        return other in (word, f"{word}s", f"{word}es")
    if other.startswith(word):
        return True
    if len(word) >= 5 and other.startswith(word[:-2]):
        return True
    return len(other) >= 4 and word.startswith(other)


def _stripped(word: str) -> str:
    article = next((each for each in _ARTICLES if word.startswith(each)), "")
    return word[len(article) :] if article and len(word) - len(article) >= 3 else word


def _least(word: str) -> int:
    return 2 if "\u0600" <= word[:1] <= "\u06ff" else SHORT
