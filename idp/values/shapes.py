"""Shapes: yes or no, numbers, lists and records, whatever they are of."""

from collections.abc import Callable, Mapping
from typing import Any

from idp.errors import ValueRefused
from idp.values import texts


def boolean(value: Any) -> bool:
    """Keep a yes or no."""
    if not isinstance(value, bool):
        raise ValueRefused("type")
    return value


def number(value: Any) -> int:
    """Keep a whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
        raise ValueRefused("type")
    return value


def unique(kept: list[str]) -> list[str]:
    """Keep what has nothing twice."""
    if len(set(kept)) != len(kept):
        raise ValueRefused("twice")
    return kept


def list_of(of: Callable[[Any], Any], most: int, value: Any) -> list[Any]:
    """Keep one to ``most`` values, each as ``of`` keeps it."""
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise ValueRefused("length")
    return [of(one) for one in value]


def set_of(of: Callable[[Any], str], most: int, value: Any) -> list[str]:
    """Keep a list as :func:`list_of` does, with nothing twice."""
    return unique(list_of(of, most, value))


def record(members: Mapping[str, Callable[[Any], Any]], value: Any) -> dict[str, Any]:
    """Keep a record of some of ``members``, each in its own way."""
    if not isinstance(value, dict) or not value or not members.keys() >= value.keys():
        raise ValueRefused("members")
    return {name: members[name](member) for name, member in value.items()}


def filled(longest: Mapping[str, int], value: Any) -> dict[str, str]:
    """Keep the members that are not empty, each of one line or more."""
    if not isinstance(value, dict) or not longest.keys() >= value.keys():
        raise ValueRefused("members")
    kept = {
        name: texts.lines(member, longest[name]) for name, member in value.items() if member != ""
    }
    if not kept:
        raise ValueRefused("members")
    return kept
