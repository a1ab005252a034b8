"""Later: when a citizen can be reminded of a request, and what the form means. Pure.

Mornings are at eight, in UTC as every time on our pages: nobody is woken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import claim_labels
from relying_parties import asides
from relying_parties.asides import Aside
from relying_parties.errors import MomentRefused
from relying_parties.grants.backchannel_requests import Asked

MORNING = timedelta(hours=8)
OWN = "own"  # a moment that is typed
_TYPED = "%Y-%m-%dT%H:%M"  # in a field of type datetime-local
_LONG = 16  # characters of it


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads of it: their language, and the moment they read it."""

    locale: str
    _: Callable[[str], str]
    at: datetime


def choices(asked: Asked, at: datetime) -> dict[str, datetime]:
    """Return the moments that are offered, by name, the nearest first; there may be none."""
    possible = asides.span(asked, at)
    if possible is None:
        return {}
    first, last = possible
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    days = range((last - midnight).days + 1)
    mornings = [midnight + timedelta(days=day) + MORNING for day in days]
    fitting = [one for one in mornings if first <= one <= last]
    found = {"hour": at + timedelta(hours=1)} if at + timedelta(hours=1) <= last else {}
    found |= {"morning": fitting[0]} if fitting else {}
    return found | ({"last": fitting[-1]} if len(fitting) > 1 else {})


def meant(asked: Asked, at: datetime, wanted: str, typed: str) -> datetime:
    """Return the moment that a form means.

    :param wanted: the name of one that was offered, or ``own``
    :param typed: day and time, if it is ``own``
    :raises MomentRefused: none, or not one that can be read
    """
    offered = choices(asked, at)
    if wanted in offered:
        return offered[wanted]
    if wanted != OWN or len(typed) != _LONG:
        raise MomentRefused
    try:
        return datetime.strptime(typed, _TYPED).replace(tzinfo=UTC)
    except ValueError as error:
        raise MomentRefused from error


def shown(asked: Asked, aside: Aside | None, reader: Reader) -> dict[str, Any] | None:
    """Return what the request's page says of it; ``None`` where there is nothing to say."""
    possible = asides.span(asked, reader.at)
    away = aside if aside and aside.away(reader.at) else None
    if possible is None and away is None:
        return None
    first, last = possible or (reader.at, reader.at)
    return {
        "until": claim_labels.clock(away.due_at, reader.locale) if away else "",
        "options": _options(asked, reader) if possible else [],
        # Of a minute that has begun, the next whole one is meant.
        "first": (first + timedelta(minutes=1)).strftime(_TYPED),
        "last": last.strftime(_TYPED),
    }


def _options(asked: Asked, reader: Reader) -> list[dict[str, str]]:
    _ = reader._
    said = {
        "hour": _("In an hour"),
        "morning": _("The next morning"),
        "last": _("On the last morning before it ends"),
    }
    named = [
        {"value": name, "label": said[name], "hint": claim_labels.clock(moment, reader.locale)}
        for name, moment in choices(asked, reader.at).items()
    ]
    return [*named, {"value": OWN, "label": _("At a moment that you choose"), "hint": ""}]
