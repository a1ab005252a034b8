"""Authorization details in plain words: what a type asks, field by field. Pure.

The words of a type are ours and come in the citizen's language; what the service wrote
stands beside them as its own words, quoted, and never as markup. A type or a field without
words here fails a test, so nothing is agreed to that was not shown.

Specs: RFC 9396 §3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from gateway import claim_labels
from gateway.web.locale import N_
from relying_parties import receipts
from relying_parties.authorization_details import Detail
from relying_parties.detail_types import BY_NAME, Field, Kind
from relying_parties.registration import Registration


class Reader(Protocol):
    """Who reads it."""

    @property
    def locale(self) -> str:
        """Their language."""

    @property
    def _(self) -> Any:
        """Translates into it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What we call a type and its fields."""

    title: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One field as it is shown.

    :ivar quoted: the text is the service's own
    :ivar lang: of the text, if it is not the reader's
    """

    label: str
    text: str
    quoted: bool = False
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """One detail as it is shown."""

    title: str
    lines: tuple[Line, ...]


WORDS: Mapping[str, Spoken] = {
    "data-share": Spoken(
        N_("Your details for one matter"),
        {
            "purpose": N_("Why they ask"),
            "topic": N_("What it is about"),
            "claims": N_("Which details"),
            "until": N_("Until"),
            "once": N_("How often"),
        },
    ),
    "proactive-decision": Spoken(
        N_("Something they would do for you"),
        {
            "action": N_("What they will do"),
            "data": N_("With which of your details"),
            "effect": N_("What it means for you"),
            "amount": N_("How much"),
            "deadline": N_("Last day to answer"),
            "legal_basis": N_("The law that lets them"),
            "reference": N_("Their reference"),
            "locations": N_("Which system carries it out"),
        },
    ),
}
NAMES: Mapping[str, str] = {
    "data-share": N_("Asks for details for one matter, once or until a day"),
    "proactive-decision": N_("Asks citizens before it acts for them"),
}


def matters(
    details: Sequence[Detail], registration: Registration, reader: Reader
) -> tuple[Matter, ...]:
    """Spell ``details`` for ``reader``; those whose type we no longer know say nothing."""
    known = (one for one in details if one["type"] in BY_NAME)
    return tuple(_matter(one, registration, reader) for one in known)


def beforehand(detail: Detail, registration: Registration, reader: Reader) -> tuple[Matter, ...]:
    """Spell what was agreed to beforehand: its amount is the most that it may be."""
    kind = BY_NAME.get(detail["type"])
    if kind is None:
        return ()
    said = WORDS[kind.name].fields
    amounts = {reader._(said[name]) for name in kind.of(Kind.AMOUNT)}
    (matter,) = matters([detail], registration, reader)
    most = reader._(N_("How much at most"))
    lines = (replace(one, label=most) if one.label in amounts else one for one in matter.lines)
    return (replace(matter, lines=tuple(lines)),)


def _matter(detail: Detail, registration: Registration, reader: Reader) -> Matter:
    kind = BY_NAME[detail["type"]]
    said = WORDS[kind.name]
    lines = [
        _line(field, said.fields[field.name], detail[field.name], registration, reader)
        for field in kind.fields
        if field.name in detail
    ]
    return Matter(reader._(said.title), tuple(lines))


def _line(field: Field, label: str, value: Any, registration: Registration, reader: Reader) -> Line:
    label = reader._(label)
    if field.kind is Kind.WORDS:
        text, lang = _own(value, reader.locale)
        return Line(label, text, quoted=True, lang=lang)
    if field.kind is Kind.PURPOSE:
        named = next((one.name for one in registration.purposes if one.id == value), {})
        text, lang = _own(named, reader.locale)
        return Line(label, text, lang=lang)
    return Line(label, _spelt(field.kind, value, reader), quoted=field.kind is Kind.REFERENCE)


def _spelt(kind: Kind, value: Any, reader: Reader) -> str:
    if kind is Kind.CLAIMS:
        labels = [claim_labels.label(claim, reader._) for claim in value]
        return claim_labels.listed(labels, reader.locale)
    if kind is Kind.DAY:
        return claim_labels.day(date.fromisoformat(value), reader.locale)
    if kind is Kind.AMOUNT:
        return claim_labels.money(value["value"], value["currency"], reader.locale)
    if kind is Kind.ONCE:
        return str(reader._(N_("Just this once")))
    return value if isinstance(value, str) else "\n".join(value)


def _own(words: Any, locale: str) -> tuple[str, str]:
    """Return words of the service, and their language if it is another than the reader's."""
    if isinstance(words, str):
        return words, ""
    text = receipts.words(words, locale)
    lang = next((tag for tag, one in words.items() if one == text), "")
    return text, "" if lang.partition("-")[0] == locale else lang
