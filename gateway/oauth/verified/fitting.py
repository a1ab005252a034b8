"""Fitting: what of a verification is told to whom asked for it, if it is as they want. Pure.

    wish + what is held ──fit──▶ the part that was asked for
                         └────▶ nothing at all: a value, an age or a kind is another

A wish for what is not there is met with silence, unless it came with a condition: then
nothing of its element goes out. There is no error either way.

Specs: OpenID Connect for Identity Assurance 1.0 §5.4, §5.5, §5.7.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from gateway.oauth.verified import shape

Held = Mapping[str, Any]


class _Another(Exception):  # noqa: N818 - ends a descent
    """What is held is not what was wanted."""


def verification(wish: Held, held: Held, at: datetime) -> dict[str, Any] | None:
    """Return what of ``held`` was asked for; ``None`` if any condition is not met."""
    try:
        told = _object(shape.VERIFICATION, wish, held, at)
        if "evidence" in wish:
            told["evidence"] = _evidence(wish["evidence"], held.get("evidence") or (), at)
    except _Another:
        return None
    # Without it no verification is valid, and its key is in every request.
    return {"trust_framework": held["trust_framework"], **told}


def meets(wish: Held | None, value: Any, at: datetime) -> bool:
    """Whether a value is one of those that were wanted, and young enough."""
    if not wish:
        return True
    listed = [wish["value"]] if "value" in wish else wish.get("values")
    # As JSON: in Python 1 is True, and on the wire it is not.
    if listed is not None and _json(value) not in map(_json, listed):
        return False
    return "max_age" not in wish or _young(value, timedelta(seconds=wish["max_age"]), at)


def _object(known: Held, wish: Held, held: Held, at: datetime) -> dict[str, Any]:
    if shape.STRANGE in wish:
        raise _Another
    told = {name: held[name] for name in known if name in shape.ALWAYS and name in held}
    for name, inner in known.items():
        if name in wish:
            part = _part(inner, wish[name], held.get(name), at)
            if part is not None:
                told[name] = part
    return told


def _part(inner: Any, wish: Any, held: Any, at: datetime) -> Any:
    if held is None:
        if _conditional(inner, wish):
            raise _Another
        return None
    if inner is shape.LEAF:
        if not meets(wish, held, at):
            raise _Another
        return held
    if isinstance(inner, list):
        return _array(inner[0], wish, held, at)
    return _object(inner, wish, held, at) or None


def _array(inner: Held, wishes: Sequence[Held], held: Sequence[Held], at: datetime) -> list[Any]:
    """Return the members that fit any of the wishes (§5.4: they are joined by *or*)."""
    told = [part for one in held if (part := _any(inner, wishes, one, at)) is not None]
    if not told:
        raise _Another
    return told


def _evidence(wishes: Sequence[Held], held: Sequence[Held], at: datetime) -> list[Any]:
    told = []
    for item in held:
        part = _any(shape.EVIDENCE[item["type"]], wishes, item, at)
        if part is not None:
            told.append(part)
    if not told:
        raise _Another
    return told


def _any(inner: Held, wishes: Sequence[Held], held: Held, at: datetime) -> dict[str, Any] | None:
    for wish in wishes:
        try:
            return _object(inner, wish, held, at)
        except _Another:
            continue
    return None


def _conditional(inner: Any, wish: Any) -> bool:
    if inner is shape.LEAF:
        return bool(wish)
    if isinstance(inner, list):
        return any(_conditional(inner[0], one) for one in wish)
    return shape.STRANGE in wish or any(_conditional(inner[name], wish[name]) for name in wish)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _young(value: Any, most: timedelta, at: datetime) -> bool:
    try:
        moment = _moment(value)
        return at - moment <= most
    except (TypeError, ValueError, OverflowError):
        return False


def _moment(value: Any) -> datetime:
    text = str(value)
    if len(text) == len("2026-05-04"):
        # §5.5.2: a day counts from its last second.
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    return datetime.fromisoformat(text)
