"""Which moments are offered to whoever puts a request aside, and what a form means by one."""

import dataclasses
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gateway.pages.account import later
from relying_parties.asides import NEAREST, Aside
from relying_parties.errors import MomentRefused
from relying_parties.grants.backchannel_requests import Asked

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
NEXT = datetime(2026, 11, 25, 8, tzinfo=UTC)


def asked(**lives: float) -> Asked:
    """A request that waits from noon on."""
    return Asked(
        id=UUID(int=1),
        digest=b"",
        client_id="office",
        subject="s",
        request={},
        message="Your tax",
        state="pending",
        created_at=NOON,
        expires_at=NOON + timedelta(**lives),
        decided_at=None,
        by_rule=False,
    )


@pytest.mark.parametrize(
    ("lives", "named"),
    [
        pytest.param({"days": 7}, ["hour", "morning", "last"], id="a-week"),
        pytest.param({"hours": 22}, ["hour", "morning"], id="one-morning"),
        pytest.param({"hours": 20, "minutes": 14}, ["hour"], id="too-near-the-morning"),
        pytest.param({"hours": 1}, [], id="too-near-the-hour"),
        pytest.param({"minutes": 20}, [], id="no-time-at-all"),
    ],
)
def test_only_what_is_of_use_is_offered(lives: dict[str, float], named: list[str]) -> None:
    assert list(later.choices(asked(**lives), NOON)) == named


def test_mornings_are_at_eight_and_the_last_one_is_before_the_end() -> None:
    offered = later.choices(asked(days=7), NOON)

    assert offered["hour"] == NOON + timedelta(hours=1)
    assert offered["morning"] == NEXT
    assert offered["last"] == NEXT + timedelta(days=6)


def test_whoever_is_up_before_eight_is_reminded_the_same_day() -> None:
    early = NEXT - timedelta(hours=3)

    assert later.choices(asked(days=7), early)["morning"] == NEXT


def test_what_is_typed_is_meant_in_utc() -> None:
    assert later.meant(asked(days=7), NOON, "own", "2026-11-26T17:30") == datetime(
        2026, 11, 26, 17, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("wanted", "typed"),
    [
        pytest.param("", "", id="nothing-chosen"),
        pytest.param("last", "", id="not-offered"),
        pytest.param("own", "", id="nothing-typed"),
        pytest.param("own", "2026-13-26T17:30", id="no-such-month"),
        pytest.param("own", "2026-11-26T17:30+02:00", id="another-zone"),
        pytest.param("own", "tomorrow morning", id="words"),
    ],
)
def test_what_names_no_moment_is_refused(wanted: str, typed: str) -> None:
    with pytest.raises(MomentRefused):
        later.meant(asked(hours=22), NOON, wanted, typed)


def test_a_page_says_nothing_of_it_where_there_is_no_time() -> None:
    reader = later.Reader("en", str, NOON)
    over = dataclasses.replace(asked(days=7), state="declined")

    assert later.shown(asked(minutes=20), None, reader) is None
    assert later.shown(over, None, reader) is None


def test_a_page_says_until_when_it_is_aside_and_offers_other_moments() -> None:
    reader = later.Reader("en", str, NOON)

    told = later.shown(asked(days=7), Aside(NEXT, told=False), reader)
    again = later.shown(asked(days=7), Aside(NEXT, told=True), reader)

    assert told is not None
    assert told["until"] == "25 November 2026, 08:00 UTC"
    assert [one["value"] for one in told["options"]] == ["hour", "morning", "last", "own"]
    assert again is not None
    assert again["until"] == ""


def test_the_first_and_the_last_minute_that_can_be_picked_are_taken() -> None:
    request = asked(days=7)
    told = later.shown(request, None, later.Reader("en", str, NOON))

    assert told is not None
    for end in ("first", "last"):
        moment = later.meant(request, NOON, "own", told[end])
        assert NOON + NEAREST <= moment <= request.expires_at - NEAREST
