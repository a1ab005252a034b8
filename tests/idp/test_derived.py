"""A yes or a number instead of the fact behind it; only what is certain is said."""

from datetime import date
from typing import Any

import pytest

from idp import derived
from idp.derived import Terms

HOME = {"street_address": "14 Mill Lane", "locality": "NORTHTOWN ", "country_code": "GB"}
NORTHTOWN = {"country_code": "GB", "locality": "Northtown"}


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        pytest.param("2000-02-29", date(2018, 2, 28), 17, id="leap-day-the-day-before"),
        pytest.param("2000-02-29", date(2018, 3, 1), 18, id="leap-day-on-1-March"),
        pytest.param("2000-02-29", date(2020, 2, 29), 20, id="leap-day-in-a-leap-year"),
        pytest.param("2008-11-24", date(2026, 11, 24), 18, id="on-the-birthday"),
        pytest.param("2008-11-25", date(2026, 11, 24), 17, id="on-its-eve"),
        pytest.param("2008", date(2026, 12, 30), 17, id="a-year-alone-is-not-certain"),
        pytest.param("2008", date(2026, 12, 31), 18, id="until-it-is-over"),
        pytest.param("0000-07-02", date(2026, 11, 24), None, id="no-year-no-age"),
    ],
)
def test_an_age_is_told_when_it_is_certain(born: str, today: date, age: int | None) -> None:
    """TC-1: from the birthday on, by the day of UTC; of a leap day from 1 March on."""
    held = {"birthdate": born}

    assert derived.FUNCTIONS["age_in_years"](held, today) == age
    over = derived.FUNCTIONS["age_over_18"](held, today)
    assert over == (None if age is None else age >= 18)


@pytest.mark.parametrize("name", derived.FUNCTIONS)
def test_from_nothing_follows_nothing(name: str) -> None:
    assert derived.FUNCTIONS[name]({}, date(2026, 11, 24)) is None


@pytest.mark.parametrize(
    ("name", "held", "value"),
    [
        ("name", {"given_name": "Suharto"}, "Suharto"),
        ("name", {"given_name": "A", "middle_name": "B", "family_name": "C"}, "A B C"),
        ("birth_year", {"birthdate": "1981-03-07"}, "1981"),
        ("birth_year", {"birthdate": "0000-03-07"}, None),
        ("locality", {"address": {"locality": "Northtown"}}, "Northtown"),
        ("postal_code", {"address": {"locality": "Northtown"}}, None),
        ("msisdn", {"phone_number": "+441632960417"}, "441632960417"),
    ],
)
def test_a_part_is_told_instead_of_the_whole(name: str, held: Any, value: Any) -> None:
    assert derived.FUNCTIONS[name](held, date(2026, 11, 24)) == value


@pytest.mark.parametrize(
    ("name", "held", "terms", "value"),
    [
        ("is_citizen", {"nationalities": ["LB", "GB"]}, Terms("GB"), True),
        ("is_citizen", {"nationalities": ["XXB"]}, Terms("GB"), False),
        ("is_citizen", {"nationalities": ["GB"]}, Terms(), None),
        ("is_citizen", {}, Terms("GB"), None),
        ("is_resident_of", {"address": HOME}, Terms(area={"country_code": "GB"}), True),
        ("is_resident_of", {"address": HOME}, Terms(area=NORTHTOWN), True),
        (
            "is_resident_of",
            {"address": HOME | {"locality": "Riverside"}},
            Terms(area=NORTHTOWN),
            False,
        ),
        (
            "is_resident_of",
            {"address": HOME | {"country_code": "FR"}},
            Terms(area=NORTHTOWN),
            False,
        ),
        ("is_resident_of", {"address": {"country_code": "GB"}}, Terms(area=NORTHTOWN), None),
        ("is_resident_of", {"address": HOME}, Terms(), None),
        ("is_resident_of", {}, Terms(area=NORTHTOWN), None),
    ],
)
def test_an_answer_is_about_the_country_and_the_area_that_were_registered(
    name: str, held: Any, terms: Terms, value: Any
) -> None:
    assert derived.OF_TERMS[name](held, terms) is value
