"""States of a citizen's request: what a service may report about one, and what follows of it.

What is reported is a row here, in words of the service's own: plain text by language, short
enough for a page, and a link to nowhere but the service itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from relying_parties import origins, redirects, wording
from relying_parties.errors import StateInvalid
from relying_parties.purposes import Words
from relying_parties.registration import Registration

STATES = RECEIVED, IN_PROGRESS, WAITING_FOR_YOU, WAITING_FOR_OTHER, DECIDED, CLOSED = (
    *("received", "in_progress", "waiting_for_you", "waiting_for_other", "decided", "closed"),
)
SETTLED = frozenset({DECIDED, CLOSED})
MEMBERS = ("state", "at", "title", "next_step", "office", "due", "link")

# Characters, from and to.
TITLE, STEP, OFFICE = (2, 120), (3, 300), (2, 120)
TONGUES = 10
EARLY = timedelta(minutes=5)  # by which a service's clock may be ahead of ours
OLDEST, FARTHEST = timedelta(days=1096), timedelta(days=3660)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")

Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """What a service reports: where a request stands since ``at``, and what comes next.

    :ivar at: the service's moment, UTC
    :ivar due: the day by which the next thing happens; by the citizen, if it waits for them
    """

    state: str
    at: datetime
    title: Words
    office: Words
    next_step: Words
    due: date | None = None
    link: str | None = None

    @property
    def settled(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.state in SETTLED

    def overdue(self, today: date) -> bool:
        """Whether the day has passed by which something was to happen."""
        return self.due is not None and self.due < today and not self.settled


def read(
    given: Mapping[str, Any], registration: Registration, at: datetime, *, allow_loopback: bool
) -> State:
    """Read what a service of ``registration`` reports at ``at``.

    :param allow_loopback: ``http`` to this machine is good enough for a link
    :raises StateInvalid: with every problem, as (path, word)
    """
    problems = [
        *((str(member)[:80], "unknown_member") for member in given if member not in MEMBERS),
        *_words(given),
        *_moments(given, at),
        *_link(given.get("link"), registration, allow_loopback=allow_loopback),
    ]
    if given.get("state") not in STATES:
        problems.append(("state", "value"))
    if problems:
        raise StateInvalid(tuple(problems))
    return of(given)


def of(told: Mapping[str, Any]) -> State:
    """Make a state of what was judged before."""
    return State(
        state=told["state"],
        at=_moment(told["at"]),
        title=told["title"],
        office=told["office"],
        next_step=told.get("next_step") or {},
        due=date.fromisoformat(told["due"]) if told.get("due") else None,
        link=told.get("link"),
    )


def spell(state: State) -> dict[str, Any]:
    """Spell a state as it is told; what is not there is left out."""
    told = {
        "state": state.state,
        "at": state.at.isoformat(),
        "title": dict(state.title),
        "office": dict(state.office),
        "next_step": dict(state.next_step),
        "due": state.due.isoformat() if state.due else None,
        "link": state.link,
    }
    return {member: value for member, value in told.items() if value}


def _words(given: Mapping[str, Any]) -> Iterator[Problem]:
    for member, (low, high) in (("title", TITLE), ("office", OFFICE), ("next_step", STEP)):
        value = given.get(member)
        if value is None and member == "next_step":
            continue
        if isinstance(value, dict) and len(value) > TONGUES:
            yield member, "too_many"
            continue
        for path, word in wording.words(value, member, low, high):
            yield path[:80], word


def _moments(given: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    at = _parsed(given.get("at"), _MOMENT, _moment)
    if at is None:
        yield "at", "moment"
    elif not now - OLDEST <= at <= now + EARLY:
        yield "at", "range"
    if given.get("due") is None:
        return
    due = _parsed(given["due"], _DAY, date.fromisoformat)
    if due is None:
        yield "due", "day"
    elif abs(due - now.date()) > FARTHEST:
        yield "due", "range"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper()).astimezone(UTC)  # RFC 3339 §5.6: either case


def _parsed(value: object, form: re.Pattern[str], read: Any) -> Any:
    if not isinstance(value, str) or not form.fullmatch(value):
        return None
    try:
        return read(value)
    except ValueError:
        return None


def _link(value: object, registration: Registration, *, allow_loopback: bool) -> Iterator[Problem]:
    if value is None:
        return
    if word := redirects.web_problem(value, allow_loopback=allow_loopback):
        yield "link", word
    elif origins.spelt(str(value)) not in origins.own(registration):
        yield "link", "foreign_origin"
