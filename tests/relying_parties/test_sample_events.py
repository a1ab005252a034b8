"""What the sample services do of themselves: wait for a day to come, drop what is stopped."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from relying_parties.samples.sdk import events
from relying_parties.samples.sdk.settings import today
from relying_parties.samples.sdk.store import Heard, Store

SUB = "citizen-in-northtown"


@pytest.mark.parametrize(
    ("told", "waits"),
    [
        ({"claims": ["address"]}, False),
        ({"effective_from": today()}, False),
        ({"effective_from": "2020-01-01"}, False),
        ({"effective_from": (date.fromisoformat(today()) + timedelta(days=1)).isoformat()}, True),
    ],
)
def test_what_is_to_come_waits_for_its_day(told: dict[str, object], *, waits: bool) -> None:
    heard = Heard("one", {}, {"https://id.example/events/claims-changed": told})

    assert events._is_to_come(heard) == waits


def test_what_is_stopped_is_dropped_and_all_else_stays() -> None:
    store = Store(Path(":memory:"))
    store.remember(SUB, {"name": "Mia", "email": "mia@example.test"}, "today", "token")
    store.note(SUB, {"permit": "NT-1"})

    store.drop(SUB, ["email", "email_verified"])
    store.drop("somebody-else", ["name"])

    person = store.person(SUB)
    assert person
    assert person.details == {"name": "Mia"}
    assert (person.notes, person.refresh_token) == ({"permit": "NT-1"}, "token")
