"""What a registration says of events: which a service may hear, and where they may be sent.

    events: {types: [claims-changed, session-revoked], endpoint: https://…, answerDays: 7}

The address is approved with the rest, so a token that leaked can't turn a stream to another.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relying_parties import redirects
from relying_parties.streams.event_types import NAMES

MEMBERS = ("types", "endpoint", "answerDays")
DAYS = 14  # in which a service promises to answer a change, if it says nothing else
MOST_DAYS = 90

Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Events:
    """What a service may hear.

    :ivar types: short names of :data:`~relying_parties.streams.event_types.EVENT_TYPES`
    :ivar endpoint: the only address that events may be pushed to; without one it polls
    :ivar answer_days: in which it promises to say what it did about a change
    """

    types: tuple[str, ...]
    endpoint: str | None
    answer_days: int


def problems(value: Any, path: str, *, allow_loopback: bool) -> Iterator[Problem]:
    """Return what is wrong with the member ``events``."""
    if not isinstance(value, dict):
        yield path, "not_an_object"
        return
    for member in value:
        if member not in MEMBERS:
            yield f"{path}.{str(member)[:80]}", "unknown_member"
    yield from _types(value.get("types"), f"{path}.types")
    endpoint, days = value.get("endpoint"), value.get("answerDays", DAYS)
    if endpoint is not None:
        word = redirects.problem(endpoint, allow_loopback=allow_loopback)
        if word := word or redirects.unreachable(endpoint, allow_loopback=allow_loopback):
            yield f"{path}.endpoint", word
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        yield f"{path}.answerDays", "answer_days"


def read(given: Mapping[str, Any] | None) -> Events | None:
    """Read what was judged before."""
    if not given:
        return None
    return Events(tuple(given["types"]), given.get("endpoint"), given.get("answerDays") or DAYS)


def _types(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, list) or not 1 <= len(value) <= len(NAMES):
        yield path, "not_a_list"
        return
    for number, each in enumerate(value):
        if each not in NAMES:
            yield f"{path}[{number}]", "value"
        elif each in value[:number]:
            yield f"{path}[{number}]", "twice"
