"""Fitting what is held to what was wanted: pure, so every turn of it is here."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.oauth.verified import fitting

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
CHECKED = {"check_method": "data", "organization": "Register", "time": "2026-05-04T11:00:00Z"}
CARD = {
    "type": "document",
    "check_details": [CHECKED, {"check_method": "vpip"}],
    "document_details": {
        "type": "idcard",
        "document_number": "XD1",
        "date_of_issuance": "2026-05-03",
        "issuer": {"name": "Register", "country_code": "GB"},
    },
}
ENTRY = {"type": "electronic_record", "record": {"type": "population_register"}}
HELD = {
    "trust_framework": "eidas",
    "assurance_level": "substantial",
    "assurance_process": {"policy": "A policy"},
    "time": "2026-05-04T11:00:00Z",
    "evidence": [CARD, ENTRY],
}
LEVEL = {"assurance_level": "substantial"}
DOCUMENT = {"type": {"value": "document"}}
RECORD = {"type": {"value": "electronic_record"}}


def fit(**wish: Any) -> Any:
    told = fitting.verification({"trust_framework": None} | wish, HELD, AT)
    if told is None:
        return None
    assert told.pop("trust_framework") == "eidas"
    return told


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({}, {}),
        ({"assurance_level": None}, LEVEL),
        ({"assurance_level": {"values": ["low", "high", "substantial"]}}, LEVEL),
        ({"assurance_process": {"policy": None}}, {"assurance_process": {"policy": "A policy"}}),
        ({"assurance_process": {"procedure": None}}, {}),
        ({"assurance_process": {}}, {}),
        ({"verification_process": None}, {}),
        ({"time": {"max_age": 3600}}, {"time": HELD["time"]}),
        ({"evidence": [DOCUMENT]}, {"evidence": [{"type": "document"}]}),
        (
            {"evidence": [DOCUMENT | {"check_details": [{"check_method": {"value": "vpip"}}]}]},
            {"evidence": [{"type": "document", "check_details": [{"check_method": "vpip"}]}]},
        ),
        (
            {"evidence": [DOCUMENT | {"document_details": {"issuer": {"country_code": None}}}]},
            {
                "evidence": [
                    {
                        "type": "document",
                        "document_details": {"type": "idcard", "issuer": {"country_code": "GB"}},
                    }
                ]
            },
        ),
        (
            {"evidence": [DOCUMENT | {"document_details": {"serial_number": None}}, RECORD]},
            {
                "evidence": [
                    {"type": "document", "document_details": {"type": "idcard"}},
                    {"type": "electronic_record"},
                ]
            },
        ),
        # A second wish for the same type is another way to fit, not one more condition.
        (
            {
                "evidence": [
                    DOCUMENT | {"document_details": {"type": {"value": "passport"}}},
                    DOCUMENT,
                ]
            },
            {"evidence": [{"type": "document"}]},
        ),
        # What has no checks is not left out because nobody said which.
        (
            {"evidence": [RECORD | {"check_details": [{"check_method": None}]}]},
            {"evidence": [{"type": "electronic_record"}]},
        ),
    ],
)
def test_what_was_wanted_is_told_and_nothing_else(wish: Any, told: Any) -> None:
    assert fit(**wish) == told


@pytest.mark.parametrize(
    "wish",
    [
        {"trust_framework": {"value": "gold"}},
        {"assurance_level": {"values": ["low", "high"]}},
        {"assurance_process": {"procedure": {"value": "any"}}},
        {"verification_process": {"value": "any"}},
        {"time": {"max_age": 3599}},
        {"assurance_level": {"max_age": 10**11}},  # no time at all
        {"evidence": [{"type": {"value": "vouch"}}]},
        {"evidence": [DOCUMENT | {"check_details": [{"check_method": {"value": "vri"}}]}]},
        {"evidence": [DOCUMENT | {"document_details": {"serial_number": {"value": "1"}}}]},
        {"evidence": [DOCUMENT | {"document_details": {"date_of_issuance": {"max_age": 43200}}}]},
        {"evidence": [RECORD | {"check_details": [{"check_method": {"value": "data"}}]}]},
    ],
)
def test_another_one_than_was_wanted_is_none(wish: Any) -> None:
    assert fit(**wish) is None


def test_without_evidence_none_fits() -> None:
    bare = {name: one for name, one in HELD.items() if name != "evidence"}
    wish = {"trust_framework": None, "evidence": [DOCUMENT]}

    assert fitting.verification(wish, bare, AT) is None


@pytest.mark.parametrize(
    ("wish", "value", "meets"),
    [
        (None, "Ana", True),
        ({"value": "Ana"}, "Ana", True),
        ({"value": "Ana"}, "ana", False),
        ({"values": ["Eve", "Ana"]}, "Ana", True),
        ({"value": True}, True, True),
        ({"value": 1}, True, False),
        ({"value": {"a": 1, "b": 2}}, {"b": 2, "a": 1}, True),
        ({"value": ["GB", "FR"]}, ["FR", "GB"], False),
        ({"max_age": 1}, "Ana", False),
        ({"max_age": 1}, {"date": "2026-05-04"}, False),
    ],
)
def test_a_value_is_compared_as_json(wish: Any, value: Any, meets: bool) -> None:
    assert fitting.meets(wish, value, AT) is meets


def test_a_day_counts_from_its_last_second() -> None:
    """Identity Assurance §5.5.2."""
    wish = {"max_age": 12 * 3600 + 1}

    assert fitting.meets(wish, "2026-05-03", AT)
    assert not fitting.meets(wish, "2026-05-03", AT + timedelta(seconds=1))
