"""Values read as people write them, in each language."""

import datetime as dt
from typing import Any

import pytest

from gateway import claim_labels, country_names
from gateway.web.locale import translations
from idp import countries


def english(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("claim", "value", "said"),
    [
        pytest.param("age_over_18", True, "Yes", id="a-flag"),
        pytest.param("birthdate", "1981-03-07", "7 March 1981", id="a-date"),
        pytest.param("birthdate", "1981", "1981", id="a-year-alone"),
        pytest.param("birthdate", "0000-02-29", "29 February", id="a-day-without-a-year"),
        pytest.param("nationalities", ["FR", "GB"], "France\nUnited Kingdom", id="countries"),
        pytest.param("nationalities", ["XXA"], "Stateless", id="stateless"),
        pytest.param("nationalities", ["XXB", "XXX"], "Refugee\nNationality not known", id="icao"),
        pytest.param(
            "place_of_birth",
            {"locality": "Sarajevo", "country": "YU"},
            "Sarajevo, Yugoslavia",
            id="a-country-that-is-no-more",
        ),
        pytest.param("place_of_birth", {"locality": "Lyon"}, "Lyon", id="no-country-known"),
        pytest.param("preferred_language", ["ar", "fr-CA"], "Arabic\nFrench", id="languages"),
        pytest.param("sex", 2, "female", id="iso-5218"),
        pytest.param("accessibility_needs", ["interpreter:fr"], "interpreter: French", id="help"),
        pytest.param("verified_at", 1777766400, "3 May 2026", id="a-moment"),
        pytest.param(
            "address",
            {
                "street_address": "14 Mill Lane",
                "locality": "Northtown",
                "postal_code": "NT1 4QX",
                "country_code": "GB",
            },
            "14 Mill Lane\nNorthtown NT1 4QX\nUnited Kingdom",
            id="address-town-first",
        ),
        pytest.param(
            "previous_addresses",
            [{"locality": "Lyon", "valid_from": "2015-03-01", "valid_until": "2020-02-29"}],
            "Lyon\n1 March 2015 \u2013 29 February 2020",
            id="an-address-that-was-left",
        ),
        pytest.param(
            "address",
            {"street_address": "1 rue Haute", "locality": "Lyon", "postal_code": "69001"},
            "1 rue Haute\n69001 Lyon",
            id="address-postcode-first",
        ),
        pytest.param("address", {"status": "no_fixed_abode"}, "No fixed address", id="no-abode"),
        pytest.param(
            "children",
            [{"given_name": "Mia", "family_name": "Frost", "birthdate": "2026-05-03"}],
            "Mia Frost, 3 May 2026",
            id="a-child",
        ),
        pytest.param("children", [], "None", id="no-child"),
        pytest.param("name", "<b>O'Neil</b>", "<b>O'Neil</b>", id="kept-as-typed"),
    ],
)
def test_a_value_is_spelled_for_a_person(claim: str, value: Any, said: str) -> None:
    assert claim_labels.text(claim, value, locale="en", _=english) == said


@pytest.mark.parametrize(("locale", "said"), [("fr", "7 mars 1981"), ("ar", "7 مارس 1981")])
def test_a_date_follows_the_language(locale: str, said: str) -> None:
    assert claim_labels.text("birthdate", "1981-03-07", locale=locale, _=english) == said


@pytest.mark.parametrize(
    ("locale", "day", "clock", "names", "place"),
    [
        ("en", "29 February", "3 May 2026, 14:05 UTC", "A, B and C", "Lyon, France"),
        ("fr", "29 février", "3 mai 2026, 14:05 UTC", "A, B et C", "Lyon, France"),
        ("ar", "29 فبراير", "3 مايو 2026، 14:05 UTC", "A وB وC", "Lyon، فرنسا"),
    ],
)
def test_lists_and_moments_follow_the_language(
    locale: str, day: str, clock: str, names: str, place: str
) -> None:
    """Each language has its own comma, and its own word before the last of a list."""
    moment = dt.datetime(2026, 5, 3, 14, 5, tzinfo=dt.UTC)
    born = {"locality": "Lyon", "country": "FR"}

    assert claim_labels.text("birthdate", "0000-02-29", locale=locale, _=english) == day
    assert claim_labels.clock(moment, locale) == clock
    assert claim_labels.listed(["A", "B", "C"], locale) == names
    assert claim_labels.text("place_of_birth", born, locale=locale, _=english) == place
    assert claim_labels.area({"locality": "Lyon", "country_code": "FR"}, locale) == place


def test_a_birthday_counts_on_the_day() -> None:
    """``age_over_65`` is true from the sixty-fifth birthday on (ISO/IEC 18013-5 §7.2.5)."""
    assert claim_labels.label("age_over_65", english) == "65 or over"


def test_our_register_has_a_name_in_each_language() -> None:
    told = translations("ar").gettext

    assert claim_labels.register("Population Register", told) == "سجل السكان"
    assert claim_labels.register("Land Register", told) == "Land Register"


def test_only_the_end_of_a_number_is_shown() -> None:
    assert claim_labels.mask("tax_identifier", "XX:TIN 55667812") == "•••• 812"
    assert claim_labels.mask("name", "Amina") is None


@pytest.mark.parametrize(
    ("locale", "first", "home"),
    [
        ("en", "Afghanistan", "United Kingdom"),
        ("fr", "Afghanistan", "Royaume-Uni"),
        ("ar", "إثيوبيا", "المملكة المتحدة"),
    ],
)
def test_countries_are_chosen_by_name(locale: str, first: str, home: str) -> None:
    """Every code that is taken has a name in each language; no accent moves one to the end."""
    found = claim_labels.countries(locale)

    assert found[0][1] == first
    assert dict(found)["GB"] == home
    assert {code for code, _ in found} == countries.CODES
    assert not [code for code, name in found if code == name]


@pytest.mark.parametrize("locale", ["fr", "ar"])
def test_what_is_no_country_of_today_is_named_in_each_language(locale: str) -> None:
    told = translations(locale).gettext
    gone = {*country_names.NO_MORE.values(), *country_names.NONE.values()}

    assert set(country_names.NO_MORE) == countries.WITHDRAWN
    assert not [name for name in gone if told(name) == name]
