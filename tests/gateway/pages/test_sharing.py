"""The share page says what a consent will cover, and nothing else."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.pages import sharing
from relying_parties import registration
from relying_parties.claims_policy import New

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def english(text: str) -> str:
    return text


READER = sharing.Reader("en", english, AT)

DOCUMENT: dict[str, Any] = {
    "apiVersion": "gatehouse/v1",
    "kind": "Service",
    "metadata": {"id": "parking", "agency": "northtown"},
    "spec": {
        "name": {"en": "Parking Permits", "ar": "تصاريح المواقف"},
        "redirectUris": ["https://parking.example/callback"],
        "auth": {"method": "client_secret_basic"},
        "purposes": [
            {
                "id": "permit",
                "name": {"en": "To check that you live in the permit zone"},
                "keepDays": 365,
                "claims": [
                    {"claim": "name", "why": {"en": "To print on the permit"}},
                    {
                        "claim": "phone_number",
                        "need": "optional",
                        "why": {"en": "To text you before it runs out"},
                    },
                    {
                        "claim": "tax_identifier",
                        "basis": "law",
                        "law": {"en": "Tax Code §12"},
                        "why": {"en": "To find your file"},
                    },
                ],
            }
        ],
    },
}
SERVICE = registration.read(DOCUMENT)


def a_value(value: Any, **over: Any) -> Any:
    known = {
        "value": value,
        "source_type": "register",
        "source": "Population Register",
        "verified": True,
        "verified_at": datetime(2026, 5, 3, tzinfo=UTC),
        "recorded_at": datetime(2026, 5, 3, tzinfo=UTC),
        "valid_from": None,
        "valid_until": None,
        "disputed": False,
    }
    return SimpleNamespace(**(known | over))


HELD: Mapping[str, Any] = {
    "name": a_value("Amina Haddad"),
    "tax_identifier": a_value([{"scheme": "XX:TIN", "value": "55667812"}]),
}


def a_page(
    *claims: str, known: tuple[str, ...] = (), locale: str = "en", version: int = 1
) -> sharing.Page:
    new = New(claims, known, first=not known)
    reader = dataclasses.replace(READER, locale=locale)
    return sharing.page(SERVICE, new, HELD, reader, version=version, offline=False)


def test_needed_optional_and_lawful_details_stand_apart() -> None:
    page = a_page("name", "phone_number", "tax_identifier")

    assert [row.claim for row in page.needed] == ["name"]
    assert [row.claim for row in page.optional] == ["phone_number"]
    assert [row.claim for row in page.law] == ["tax_identifier"]
    assert page.law[0].law == "Tax Code §12"


def test_a_row_shows_the_value_its_source_its_date_and_the_reason() -> None:
    row = a_page("name").needed[0]

    assert row.value == "Amina Haddad"
    assert row.source == "Checked by Population Register on 3 May 2026"
    assert row.why == "To print on the permit"


def test_a_detail_that_we_do_not_hold_says_so() -> None:
    row = a_page("phone_number").optional[0]

    assert row.missing
    assert row.value.startswith("You have not told us")


def test_a_number_stands_behind_show() -> None:
    row = a_page("tax_identifier").law[0]

    assert row.hidden == "•••• 812"
    assert row.value.endswith("55667812")


@pytest.mark.parametrize(
    ("claims", "deny"),
    [
        pytest.param(("tax_identifier",), "Do not continue", id="the-law-alone"),
        pytest.param(("name", "tax_identifier"), "Do not share", id="the-law-beside-a-choice"),
    ],
)
def test_where_a_law_decides_the_page_says_what_a_no_comes_to(
    claims: tuple[str, ...], deny: str
) -> None:
    first, again = a_page(*claims), a_page(*claims, known=("phone_number",))

    told = sharing.refusing(first, READER, service="Parking Permits", known=False)
    later = sharing.refusing(again, READER, service="Parking Permits", known=True)
    behind = sharing.refusing(first, READER, known=False)

    assert told.startswith(f'If you choose "{deny}", they get nothing from us now, and you are')
    assert "not signed in with Parking Permits" in told
    assert "may still ask elsewhere for what they get by law" in told
    assert later == f"{told} What they may read already stays as it is."
    assert "signed in" not in behind


def test_where_the_citizen_decides_a_no_needs_no_words() -> None:
    assert sharing.refusing(a_page("name"), READER, service="Parking Permits", known=False) == ""


def test_what_the_law_demands_is_never_called_sharing() -> None:
    page = a_page("tax_identifier")

    assert page.title == "Parking Permits will get these details"
    assert (page.allow, page.deny) == ("Continue", "Do not continue")
    assert not page.until


def test_asking_again_marks_what_is_new_and_folds_the_rest() -> None:
    page = a_page("phone_number", known=("name",))

    assert page.optional[0].new
    assert [row.claim for row in page.known] == ["name"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_page("name", locale="fr"), id="another-language"),
        pytest.param(a_page("name", "phone_number"), id="another-question"),
        pytest.param(a_page("name", version=2), id="another-version"),
        pytest.param(dataclasses.replace(a_page("name"), agency="Tax"), id="CO-13-another-agency"),
        pytest.param(dataclasses.replace(a_page("name"), domain="x.test"), id="CO-13-another-host"),
    ],
)
def test_the_digest_is_of_what_was_said(other: sharing.Page) -> None:
    assert a_page("name").digest == a_page("name").digest
    assert a_page("name").digest != other.digest


def test_a_service_speaks_the_readers_language_where_it_can() -> None:
    assert sharing.words(SERVICE.name, "ar") == "تصاريح المواقف"
    assert sharing.words(SERVICE.name, "fr") == "Parking Permits"


def test_what_says_only_yes_or_no_comes_first() -> None:
    """N21, TC-5: and says which fact it stands for, unless that is shown as well."""
    purpose = DOCUMENT["spec"]["purposes"][0]
    asks = [
        {"claim": claim, "why": {"en": "To know it"}}
        for claim in ("name", "birthdate", "nationalities", "is_citizen", "age_over_18")
    ]
    spec = DOCUMENT["spec"] | {"purposes": [purpose | {"claims": asks}]}
    service = registration.read(DOCUMENT | {"spec": spec})

    def rows(*claims: str) -> list[tuple[str, str]]:
        new = New(claims, (), first=True)
        page = sharing.page(service, new, {}, READER, version=1, offline=False)
        return [(row.claim, row.only) for row in page.needed]

    assert rows("name", "is_citizen", "age_over_18") == [
        ("is_citizen", "Says only yes or no, and does not show: Nationality"),
        ("age_over_18", "Says only yes or no, and does not show: Date of birth"),
        ("name", ""),
    ]
    assert rows("name", "birthdate", "age_over_18") == [
        ("age_over_18", ""),
        ("name", ""),
        ("birthdate", ""),
    ]
