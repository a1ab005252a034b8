"""States of requests: whose turn it is, and when a day has passed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from relying_parties import registration, request_states
from relying_parties.errors import StateInvalid
from relying_parties.registration import Registration
from relying_parties.request_states import STATES, State
from tests.factories import a_document

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TODAY = NOW.date()
WORDS = {"en": "Words"}


def state(name: str = "in_progress", due: date | None = None, at: datetime = NOW) -> State:
    return State(name, at, WORDS, WORDS, {}, due)


def given(**over: Any) -> dict[str, Any]:
    usual = {"state": "received", "at": NOW.isoformat(), "title": WORDS, "office": WORDS}
    return {name: value for name, value in (usual | over).items() if value is not None}


def a_registration(**spec: Any) -> Registration:
    return registration.read(a_document(**spec))


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize(("days", "passed"), [(-1, True), (0, False), (1, False)])
def test_what_is_settled_is_never_overdue(name: str, days: int, passed: bool) -> None:
    one = state(name, TODAY + timedelta(days=days))

    assert one.overdue(TODAY) == (passed and name not in ("decided", "closed"))
    assert not state(name).overdue(TODAY)


def test_what_is_spelt_is_read_again() -> None:
    one = State("waiting_for_you", NOW, WORDS, {"fr": "Mots"}, WORDS, TODAY, "https://a.example/")

    assert request_states.of(request_states.spell(one)) == one
    assert "next_step" not in request_states.spell(state())


@pytest.mark.parametrize(
    ("spec", "link"),
    [
        ({"redirectUris": ["https://a.example/cb"]}, "https://a.example/x?y=z"),
        ({"redirectUris": ["https://a.example:443/cb"]}, "https://a.example/"),
        ({"redirectUris": ["https://a.example/cb"]}, "https://a.example:443/"),
        ({"start": "https://b.example/start"}, "https://b.example/"),
        ({"postLogoutRedirectUris": ["https://c.example/bye"]}, "https://c.example/papers"),
    ],
)
def test_a_link_leads_to_a_page_of_the_service(spec: dict[str, Any], link: str) -> None:
    read = request_states.read(given(link=link), a_registration(**spec), NOW, allow_loopback=False)

    assert read.link == link


@pytest.mark.parametrize("link", ["https://a.example:8443/", "http://a.example/", "//a.example/"])
def test_another_port_or_scheme_is_elsewhere(link: str) -> None:
    own = a_registration(redirectUris=["https://a.example/cb"])

    with pytest.raises(StateInvalid):
        request_states.read(given(link=link), own, NOW, allow_loopback=False)


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = given(state="done", at="now", title="x", office=None, due="soon", more=1)

    with pytest.raises(StateInvalid) as refused:
        request_states.read(wrong, a_registration(), NOW, allow_loopback=False)

    assert {path for path, _ in refused.value.problems} == {
        "state", "at", "title", "office", "due", "more",
    }  # fmt: skip


def test_a_moment_keeps_its_place_in_any_zone() -> None:
    own = a_registration()
    read = [
        request_states.read(given(at=at), own, NOW, allow_loopback=False).at
        for at in ("2026-11-25T12:00:00Z", "2026-11-25T13:00:00+01:00", "2026-11-25t12:00:00z")
    ]

    assert read == [NOW] * 3
