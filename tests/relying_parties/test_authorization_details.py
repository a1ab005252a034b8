"""Authorization details: the same, a part, what is left; pure."""

from datetime import UTC, datetime
from typing import Any

import pytest

from relying_parties import authorization_details
from relying_parties.detail_types import AUTHORIZATION_DETAILS_TYPES, BY_NAME, DetailType, Kind
from relying_parties.registration import Registration
from tests.factories import a_registration

AT = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
SHARE = {
    "type": "data-share",
    "purpose": "permit",
    "topic": "Permit 4711",
    "claims": ["name", "address"],
    "until": "2026-12-01",
}


def share(**over: Any) -> dict[str, Any]:
    return {name: value for name, value in (SHARE | over).items() if value is not None}


@pytest.fixture
def service() -> Registration:
    return a_registration(authorizationDetailsTypes=["data-share"])


@pytest.mark.parametrize("kind", AUTHORIZATION_DETAILS_TYPES, ids=lambda kind: kind.name)
def test_a_type_speaks_of_its_own_fields(kind: DetailType) -> None:
    fields = {field.name: field for field in kind.fields}

    assert BY_NAME[kind.name] is kind
    assert len(fields) == len(kind.fields)
    assert "type" not in fields
    for name in filter(None, (kind.until, kind.before)):
        assert fields[name].kind is Kind.DAY
    assert not kind.reads or (fields[kind.reads].kind is Kind.CLAIMS and kind.of(Kind.PURPOSE))
    assert not any(fields[name].needed for name in kind.either)


@pytest.mark.parametrize(
    ("over", "same"),
    [
        ({"claims": ["address", "name"]}, True),
        ({"approved_at": "2026-11-25T12:00:00+00:00"}, True),
        ({"claims": ["name"]}, False),
        ({"topic": "Permit 4712"}, False),
        ({"topic": {"en": "Permit 4711"}}, False),
        ({"until": "2026-12-02"}, False),
        ({"until": None, "once": True}, False),
    ],
)
def test_what_asks_the_same_has_one_digest(over: dict[str, Any], same: bool) -> None:
    one, other = authorization_details.digest(SHARE), authorization_details.digest(share(**over))

    assert (one == other) is same


def test_a_piece_keeps_when_the_whole_was_agreed_to() -> None:
    whole = share(approved_at="2026-11-25T12:00:00+00:00")

    assert authorization_details.part_of(share(claims=["name"]), whole) == {
        **whole,
        "claims": ["name"],
    }
    assert authorization_details.part_of(share(claims=["name", "name", "name"]), whole) is None
    assert authorization_details.part_of(share(claims="name"), whole) is None
    assert authorization_details.part_of(share(topic=["Permit 4711"]), whole) is None


@pytest.mark.parametrize(
    ("day", "wrong"),
    [
        ("2026-11-24", "until has passed"),
        ("2026-11-25", None),  # the day itself still counts
        ("2027-11-25", None),
        ("2027-11-26", "until is later than the purpose allows"),
    ],
)
def test_a_last_day_is_within_the_purpose(
    service: Registration, day: str, wrong: str | None
) -> None:
    assert authorization_details.late(share(until=day), service, AT) == wrong


def test_what_is_left_is_what_holds(service: Registration) -> None:
    def left(*agreed: str, at: datetime = AT, **over: Any) -> list[Any]:
        return authorization_details.granted([share(**over)], service, agreed=agreed, at=at)

    assert left("address", "name") == [SHARE]
    assert left("name", "email") == [share(claims=["name"])]
    assert left("email") == []
    assert left("name", at=datetime(2026, 12, 2, tzinfo=UTC)) == []
    assert left("name", type="proactive-decision") == []  # not registered


def test_a_deadline_to_answer_ends_no_consent() -> None:
    decision = {"type": "proactive-decision", "deadline": "2026-12-01"}

    assert authorization_details.until([decision]) is None
    assert authorization_details.until([decision, SHARE]) == authorization_details.end("2026-12-01")
