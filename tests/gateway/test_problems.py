"""What is wrong with a registration is said in a sentence, beside the field that it is about."""

import pytest

from gateway.admin import form, problems
from tests import factories

CLAIM = "spec.purposes[0].claims[1]"
FIELD = "spec.purposes.0.claims.1"


@pytest.mark.parametrize(
    ("path", "word", "field", "sentence"),
    [
        (f"{CLAIM}.basis", "law_only", f"{FIELD}.basis", "This goes out only where a law says so"),
        (f"{CLAIM}.area", "area_missing", f"{FIELD}.area", "Name the area"),
        (f"{CLAIM}.area.country_code", "country", f"{FIELD}.area.country_code", "two capital"),
    ],
)
def test_a_rule_of_the_catalogue_is_told_in_words(
    path: str, word: str, field: str, sentence: str
) -> None:
    told = problems.told([(path, word)], str)

    assert told.keys() == {field}
    assert sentence in told[field]


def test_the_form_loses_no_area() -> None:
    """A registration that is opened and saved again says the same."""
    area = {"country_code": "GB", "locality": "Northtown"}
    rows = [factories.asks("name"), factories.asks("is_resident_of", area=area)]
    purpose = {"id": "p", "name": {"en": "To serve"}, "keepDays": 30, "claims": rows}
    document = factories.a_document(purposes=[purpose])

    again = form.document(form.fields(document), document)

    assert again["spec"]["purposes"] == document["spec"]["purposes"]


def test_the_form_loses_no_api() -> None:
    """What is offered and what is called comes back as it was written."""
    offered = {
        "identifier": "https://api.example/v1",
        "scopes": ["a:read", "a:write"],
        "tokens": "jwt",
    }
    called = [
        {"resource": "https://other.example", "scopes": ["x", "y"]},
        {"resource": "https://third.example", "scopes": ["z"]},
    ]
    document = factories.a_document(resource=offered, calls=called, onBehalf=called[:1])

    again = form.document(form.fields(document), factories.a_document())

    assert again["spec"]["resource"] == offered
    assert again["spec"]["calls"] == called
    assert again["spec"]["onBehalf"] == called[:1]


@pytest.mark.parametrize(
    ("path", "word", "field"),
    [
        ("spec.calls[0].scopes[1]", "scope", "spec.calls"),
        ("spec.calls[1].resource", "query", "spec.calls"),
        ("spec.resource.scopes[0]", "scope", "spec.resource.scopes"),
        ("spec.resource.identifier", "taken", "spec.resource.identifier"),
        ("spec.events.types[2]", "value", "spec.events.types"),
        ("spec.events.answerDays", "answer_days", "spec.events.answerDays"),
    ],
)
def test_a_problem_of_an_api_stands_beside_its_field(path: str, word: str, field: str) -> None:
    assert problems.told([(path, word)], str) == {field: problems.SENTENCES[word]}
