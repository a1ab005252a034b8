"""Abilities of a service: what it may do besides signing people in.

Most are for who can prove who it is, because they are used in a name of its own.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from relying_parties import detail_types as details
from relying_parties import resources
from relying_parties.life_events import LIFE_EVENTS
from relying_parties.metadata.rules import Problem, Rules, confidential
from relying_parties.profiles import Profile
from relying_parties.streams import registered

GRANT_MANAGEMENT = ("optional", "required")  # to name an action in each request


def resource(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge the API that it offers."""
    yield from confidential(path, profile)
    loopback = rules.allow_loopback
    yield from resources.resource_problems(value, path, rules.scopes, allow_loopback=loopback)


def calls(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge the APIs that it calls in its own name."""
    yield from confidential(path, profile)
    yield from on_behalf(value, path, rules, profile)


def on_behalf(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge the APIs that it calls for a citizen."""
    loopback = rules.allow_loopback
    yield from resources.calls_problems(value, path, rules.scopes, allow_loopback=loopback)


def events(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge what it wants to hear of citizens who share with it."""
    yield from confidential(path, profile)
    yield from registered.problems(value, path, allow_loopback=rules.allow_loopback)


def corrections(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge the details of which it may say that they are otherwise."""
    yield from confidential(path, profile)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        yield path, "not_a_list"
        return
    for number, name in enumerate(value):
        if rules.corrigible is not None and name not in rules.corrigible:
            yield f"{path}[{number}]", "not_corrigible"


def of_what_is_asked(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Nobody corrects a detail who may not see it."""
    named, purposes = spec.get("corrections"), spec.get("purposes")
    rows = [row for row in purposes if isinstance(row, dict)] if isinstance(purposes, list) else []
    asked = [
        each.get("claim")
        for row in rows
        if isinstance(row.get("claims"), list)
        for each in row["claims"]
        if isinstance(each, dict)
    ]
    for number, name in enumerate(named if isinstance(named, list) else ()):
        if name not in asked:
            yield f"spec.corrections[{number}]", "not_asked"


def grant_management(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Grant Management §5.1: for confidential clients only."""
    yield from confidential(path, profile)
    if value not in GRANT_MANAGEMENT:
        yield path, "value"


def detail_types(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge what it may ask citizens in detail (RFC 9396)."""
    return _names(value, path, details.BY_NAME)


def life_events(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge in which events of a life people need it."""
    return _names(value, path, LIFE_EVENTS)


def _names(value: Any, path: str, known: Collection[str]) -> Iterator[Problem]:
    if not isinstance(value, list) or len(value) > len(known):
        yield path, "not_a_list"
        return
    for number, name in enumerate(value):
        if not isinstance(name, str) or name not in known:
            yield f"{path}[{number}]", "unknown"
        elif name in value[:number]:
            yield f"{path}[{number}]", "twice"
