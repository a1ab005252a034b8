"""Every field of every type has words, and what a service writes stays its own."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.pages import rich
from relying_parties.detail_types import AUTHORIZATION_DETAILS_TYPES, DetailType
from tests.factories import a_registration

READER: Any = SimpleNamespace(locale="en", _=lambda text: text)
VALUES = {
    "amount": {"currency": "EUR", "value": "312.40"},
    "words": "We pay <you>",
    "reference": "R-1",
    "claims": ["name", "address"],
    "purpose": "permit",
    "day": "2026-12-01",
    "once": True,
    "resources": ["https://one.example", "https://two.example"],
}


@pytest.mark.parametrize("kind", AUTHORIZATION_DETAILS_TYPES, ids=lambda kind: kind.name)
def test_every_field_is_shown_in_the_order_of_its_type(kind: DetailType) -> None:
    """RFC9396-3, RAR-6."""
    detail = {field.name: VALUES[field.kind.value] for field in kind.fields}

    (matter,) = rich.matters([{"type": kind.name, **detail}], a_registration(), READER)

    labels = rich.WORDS[kind.name].fields
    assert [line.label for line in matter.lines] == [labels[field.name] for field in kind.fields]
    assert labels.keys() == detail.keys()
    assert all(line.text for line in matter.lines)
    assert rich.NAMES[kind.name]
    for line, field in zip(matter.lines, kind.fields, strict=True):
        assert line.quoted is (field.kind.value in ("words", "reference"))


@pytest.mark.parametrize(
    ("locale", "text", "lang"),
    [("fr", "Nous payons", ""), ("en", "We pay", ""), ("ar", "We pay", "en")],
)
def test_words_come_in_the_language_that_there_is(locale: str, text: str, lang: str) -> None:
    reader: Any = SimpleNamespace(locale=locale, _=lambda said: said)
    detail = {"type": "data-share", "topic": {"en": "We pay", "fr": "Nous payons"}}

    (matter,) = rich.matters([detail], a_registration(), reader)

    assert [(line.text, line.lang) for line in matter.lines] == [(text, lang)]


def test_a_type_that_is_gone_says_nothing() -> None:
    assert rich.matters([{"type": "gone", "topic": "x"}], a_registration(), READER) == ()
