"""What is wrong with a document, in a line that says the way out. Pure.

The rules tell a path and a word; here the document itself is at hand, so the line can say
what it has, what there is instead, and what was perhaps meant.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gateway.admin.problems import SENTENCES
from idp import accounts, catalog
from relying_parties.metadata import DEFAULT_PROFILE, KNOWN, MEMBERS, words
from relying_parties.metadata.responses import RESPONSE_MODES
from relying_parties.profiles import PROFILES
from relying_parties.purposes import BASES, LONGEST, NEEDS
from relying_parties.response_types import RESPONSE_TYPES
from relying_parties.streams import registered

KINDS = ("Agency", "Service", "Administrator")

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_CHOICES: Mapping[str, Iterable[str]] = {
    "apiVersion": ("gatehouse/v1",),
    "kind": KINDS,
    "need": NEEDS,
    "basis": BASES,
    "responseTypes": RESPONSE_TYPES,
    "responseModes": RESPONSE_MODES,
}
_LENGTHS = {
    "contact": words.CONTACT,
    "acr": words.ACR,
    **dict.fromkeys(("country_code", "region", "locality"), words.PLACE),
}

Say = Callable[[Any, str], str]


def told(document: object, path: str, word: str) -> str:
    """Return a problem of ``document`` as a line."""
    say = _SAYS.get(word)
    if say is None:
        sentence = SENTENCES.get(word, word.replace("_", " "))
        text = f"{sentence[0].lower()}{sentence[1:]}"
    else:
        text = say(document, path)
    return f"{path or 'the document'}: {text}"


def title(document: object) -> str:
    """Return what a document is called in a line about it."""
    about = document.get("metadata") if isinstance(document, dict) else None
    kind = document.get("kind") if isinstance(document, dict) else None
    name = (about.get("id") or about.get("email")) if isinstance(about, dict) else None
    return f"{kind or 'a document'} {name or 'without an id'}"


def _value(document: Any, path: str) -> Any:
    for name, number in _STEP.findall(path):
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and number and int(number) < len(document):
            document = document[int(number)]
        else:
            return None
    return document


def _names(path: str) -> list[str]:
    return [name for name, _ in _STEP.findall(path) if name]


def _near(word: object, known: Iterable[str]) -> str:
    # Case is the commonest slip of all.
    small = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(word).lower(), small, 1)
    return f"; did you mean {small[near[0]]}?" if near else ""


def _unknown_member(document: Any, path: str) -> str:
    kind = document.get("kind") if isinstance(document, dict) else None
    *places, member = _names(path) or [""]
    place = places[-1] if places else ""
    known: Iterable[str] = MEMBERS if place == "spec" else KNOWN.get(place, ())
    if place == "spec" and kind == "Agency":
        known = ("name", "contact")
    return f"there is no such member{_near(member, known)}"


def _unknown(document: Any, path: str) -> str:
    if path == "spec.roles":
        return f"must be some of {', '.join(accounts.ROLES)}"
    offered = [name for name, row in PROFILES.items() if row.offered]
    given = _value(document, path)
    return f"there is no profile {given}: {', '.join(offered)}{_near(given, offered)}"


def _unknown_claim(document: Any, path: str) -> str:
    given = _value(document, path)
    return f"the catalogue has no {given}{_near(given, catalog.BY_NAME)}"


def _forbidden(document: Any, path: str) -> str:
    name = _value(document, "spec.profile") or DEFAULT_PROFILE
    profile = PROFILES.get(name) if isinstance(name, str) else None
    profile = profile or PROFILES[DEFAULT_PROFILE]
    if path == "spec.auth.method":
        return f"{profile.name} takes {' or '.join(profile.auth_methods)}"
    if path == "spec.idTokenAlg":
        return f"{profile.name} signs with {' or '.join(profile.id_token_algs)}"
    return f"{profile.name} does not allow this"


def _length(document: Any, path: str) -> str:
    names = _names(path)
    member = next((name for name in reversed(names) if name in _LENGTHS), "")
    ours = words.NAME if names[:2] == ["spec", "name"] else words.SENTENCE
    low, high = _LENGTHS.get(member, ours)
    return f"must have {low} to {high} characters, this has {len(str(_value(document, path)))}"


def _words(document: Any, path: str) -> str:
    missing = not _value(document, path)
    return "is missing: {en: …}" if missing else "must say in which language it is: {en: …}"


def _missing(_document: Any, path: str) -> str:
    by_language = path.rsplit(".", 1)[-1] in ("name", "why", "law")
    return "is missing: {en: …}" if by_language else "is missing"


def _choice(_document: Any, path: str) -> str:
    return f"must be one of {', '.join(_CHOICES.get((_names(path) or [''])[-1], ()))}"


def _range(_document: Any, _path: str) -> str:
    return f"must be a number from 1 to {LONGEST}"


def _answer_days(_document: Any, _path: str) -> str:
    return f"must be a number from 1 to {registered.MOST_DAYS}"


def _switch(_document: Any, _path: str) -> str:
    return "must be true or false"


def _scheme(_document: Any, _path: str) -> str:
    return "must be https; http only for this machine, such as localhost, and on a demo"


_SAYS: Mapping[str, Say] = {
    "unknown_member": _unknown_member,
    "unknown": _unknown,
    "unknown_claim": _unknown_claim,
    "profile_forbids": _forbidden,
    "length": _length,
    "words_by_language": _words,
    "missing": _missing,
    "value": _choice,
    "range": _range,
    "not_a_switch": _switch,
    "answer_days": _answer_days,
    "scheme": _scheme,
}
