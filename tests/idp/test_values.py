"""What a claim may hold: any JSON comes out clean or is refused in one way."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import catalog, countries, identifiers, values
from idp.errors import IdentifierInvalid, ValueRefused
from idp.proofing import sandbox
from idp.values import places

TODAY = date(2026, 11, 24)
INVISIBLE = (
    "\x00\x1b\x85\xad\u061c\u180e\u200b\u200e\u200f\u2028\u202a\u202e\u2060\u2066\u2069\ufeff\ufffb"
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*places.ADDRESS, "scheme", "value", "type", "role"])
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("validator", values.VALIDATORS)
@given(value=json_values)
def test_any_json_gives_a_clean_value_or_the_rooms_refusal(validator: str, value: Any) -> None:
    try:
        kept = values.check(validator, value, TODAY)
    except ValueRefused:
        return

    assert values.check(validator, kept, TODAY) == kept
    assert json.loads(json.dumps(kept)) == kept


@pytest.mark.parametrize("letter", INVISIBLE, ids=lambda letter: f"U+{ord(letter):04X}")
def test_a_name_holds_nothing_that_cannot_be_seen(letter: str) -> None:
    with pytest.raises(ValueRefused):
        values.check("name", f"An{letter}a", TODAY)
    with pytest.raises(ValueRefused):
        values.check("address", {"locality": f"North{letter}town"}, TODAY)


@pytest.mark.parametrize("name", ["Ελένη", "يوسف", "Nguyễn", "نیلی\u200cفر", "O'Brien-Łuk", "李"])
def test_a_name_may_be_of_any_letters(name: str) -> None:
    assert values.check("name", f"  {name} ", TODAY) == name


@pytest.mark.parametrize(
    ("validator", "value", "kept"),
    [
        ("birthdate", "2000-02-29", "2000-02-29"),
        ("birthdate", "2008", "2008"),
        ("birthdate", "2026", "2026"),
        ("birthdate", "0000-02-29", "0000-02-29"),
        ("birthdate", "2026-11-24", "2026-11-24"),
        ("phone", "0044 (1632) 960-417", "+441632960417"),
        ("msisdn", "441632960417", "441632960417"),
        ("languages", ["EN-gb", "zh-hant-tw", "sr-latn"], ["en-GB", "zh-Hant-TW", "sr-Latn"]),
        ("language", "de-u-co-phonebk", "de-u-co-phonebk"),
        ("nationalities", ["gbr", "XXA"], ["GB", "XXA"]),
        ("place", {"country": "YU", "region": ""}, {"country": "YU"}),
        ("address", {"country_code": "FRA"}, {"country_code": "FR"}),
        (
            "address",
            {"street_address": "1 A\nFlat 2", "unit": ""},
            {"street_address": "1 A\nFlat 2"},
        ),
        ("accessibility", ["braille", "interpreter:AR"], ["braille", "interpreter:ar"]),
        ("email", "ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
        ("eidas", "ES/AT/02635542Y", "ES/AT/02635542Y"),
        ("picture", "https://id.example/p/1", "https://id.example/p/1"),
    ],
)
def test_a_good_value_is_kept_in_one_form(validator: str, value: Any, kept: Any) -> None:
    assert values.check(validator, value, TODAY) == kept


@pytest.mark.parametrize(
    ("validator", "value"),
    [
        ("birthdate", "\u0662\u0660\u0660\u0660-01-01"),
        ("birthdate", "2026-11-25"),
        ("birthdate", "2027"),
        ("birthdate", "1879-12-31"),
        ("birthdate", "2001-02-29"),
        ("birthdate", "0000"),
        ("birthdate", "20000101"),
        ("date", "2026-11-25"),
        ("email", "@"),
        ("email", "ana@"),
        ("email", "@example.org"),
        ("email", "ana@localhost"),
        ("email", "a@b@example.org"),
        ("phone", "+0441632960417"),
        ("phone", "+441632960417;ext=5"),
        ("phone", "01632 960417"),
        ("msisdn", "+441632960417"),
        ("msisdn", "044163"),
        ("language", "english"),
        ("language", "en_GB"),
        ("languages", ["en", "EN"]),
        ("nationalities", ["GB", "GBR"]),
        ("nationalities", ["YU"]),
        ("nationalities", ["ß"]),
        ("address", {"locality": 5}),
        ("address", {"locality": None}),
        ("address", {"locality": ["Northtown"]}),
        ("address", {"locality": ""}),
        ("address", {"status": "elsewhere"}),
        ("address", {"planet": "Earth"}),
        ("place", {"locality": 0}),
        ("marital_status", ["single"]),
        ("contact_preference", {"post": True}),
        ("accessibility", ["interpreter:"]),
        ("sex", True),
        ("sex", 7),
        ("number", 1.0),
        ("name_latin", {"given": "Eleni"}),
        ("eidas", "ES/AT/"),
        ("picture", "http://id.example/p/1"),
        ("picture", "javascript:alert(1)"),
        ("documents", [{"type": "library_card"}]),
        ("identifiers", [{"scheme": "demo", "value": "1"}]),
        ("name", "\u200d\u200c"),
    ],
)
def test_a_bad_value_is_refused(validator: str, value: Any) -> None:
    with pytest.raises(ValueRefused):
        values.check(validator, value, TODAY)


def test_every_country_goes_to_three_letters_and_back() -> None:
    assert len(countries.ALPHA_2) == 249
    for three, two in countries.ALPHA_2.items():
        assert places.country(three) == two == places.country(two)
    assert places.country("XK") == "XK"


@pytest.mark.parametrize("person", sandbox.register(), ids=lambda person: person["mail"])
def test_what_the_register_says_are_values(person: Any) -> None:
    for claim, value in {**person["attributes"], **person["told"]}.items():
        assert values.check(catalog.BY_NAME[claim].validator, value, TODAY) == value


@given(local=st.text(min_size=1, max_size=64), domain=st.sampled_from(["example.org", "bücher.de"]))
def test_an_address_that_is_taken_at_the_door_can_be_kept(local: str, domain: str) -> None:
    try:
        taken = identifiers.normalise_email(f"{local}@{domain}")
    except IdentifierInvalid:
        return

    assert values.check("email", taken, TODAY) == taken


@pytest.mark.parametrize("letter", ["\u061c", "\u200e", "\u202e", "\ufeff"])
def test_an_address_with_a_mark_nobody_sees_is_refused_at_the_door(letter: str) -> None:
    with pytest.raises(IdentifierInvalid):
        identifiers.normalise_email(f"a{letter}b@example.org")


def test_an_address_whose_domain_grows_too_long_is_refused_at_the_door() -> None:
    domain = ".".join(["\u00fc" * 30] * 5)
    with pytest.raises(IdentifierInvalid):
        identifiers.normalise_email(f"{'a' * 64}@{domain}.example")


def test_an_address_that_was_left_says_on_which_days_it_held() -> None:
    left = {"locality": "Lyon", "valid_from": "2015-03-01", "valid_until": "2020-02-29"}

    assert values.check("addresses", [left], TODAY) == [left]
    with pytest.raises(ValueRefused):
        values.check("addresses", [{**left, "valid_until": "soon"}], TODAY)
    with pytest.raises(ValueRefused):
        values.check("addresses", [{"valid_from": "2015-03-01"}], TODAY)
