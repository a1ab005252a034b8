"""What is wrong with what a service sent, in words that say the way out. Pure.

The rules tell a path and a stable word. Whoever writes the service reads the answer in a log
and has nothing else, so it says what would be right.

Specs: RFC 6749 §5.2 (which characters a description may have).
"""

from collections.abc import Iterable, Mapping

from relying_parties import request_states

PROPOSED = (3, 300)  # characters of a text beside a proposal, from and to
LONGEST = 500  # characters of an answer

_LENGTHS = {
    "title": request_states.TITLE,
    "office": request_states.OFFICE,
    "next_step": request_states.STEP,
    "reason": PROPOSED,
    "evidence": PROPOSED,
}
_RANGES = {
    "at": "must not be in the future, nor more than three years ago",
    "due": "must be within ten years",
}
SENTENCES: Mapping[str, str] = {
    "unknown_member": "there is no such member",
    "value": f"must be one of {', '.join(request_states.STATES)}",
    "moment": "must be a moment with its time zone, such as 2026-11-25T10:04:00Z",
    "day": "must be a day, such as 2026-12-09",
    "words_by_language": "must be words by language, such as {en: ...}",
    "language_tag": "a language is spelt like en, fr or pt-BR",
    "too_many": f"must have at most {request_states.TONGUES} languages",
    "not_text": "must be text",
    "hidden_characters": "has line breaks, or characters that nobody can see",
    "outer_spaces": "has spaces at its beginning or end",
    "markup": "must be plain text without < or >",
    "not_nfc": "must be in Unicode's composed form (NFC)",
    "foreign_origin": (
        "must have the scheme, host and port of one of your redirect addresses,"
        " your sign-out addresses or your start"
    ),
    "scheme": "must be https",
    "userinfo": "must not have a name or password in it",
    "characters": "has characters that cannot stand here",
    "malformed": "must be an address",
    "host": "must have the name of a host",
    "too_long": "must be shorter",
    # What a value of a detail can be.
    "date": "must be a day, such as 1980-02-28",
    "future": "must not be in the future",
    "type": "must be of the kind that userinfo has",
    "members": "must have the members that userinfo has, and no others",
    "choice": "must be one of the values that userinfo can have",
}


def told(problems: Iterable[tuple[str, str]]) -> str:
    """Return every problem, each after its path, as one description of an error."""
    said = "; ".join(f"{path[:80]}: {_sentence(path, word)}" for path, word in problems)
    return said.encode("ascii", "replace").decode()[:LONGEST]


def _sentence(path: str, word: str) -> str:
    member = path.partition(".")[0]
    if word == "length" and member in _LENGTHS:
        low, high = _LENGTHS[member]
        return f"must have {low} to {high} characters"
    if word == "range" and member in _RANGES:
        return _RANGES[member]
    return SENTENCES.get(word, f"is not right ({word.replace('_', ' ')})")
