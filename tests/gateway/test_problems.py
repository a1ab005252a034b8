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
