"""Resources: APIs that services offer to one another, and who may call which for what.

A service that offers one names it in its registration, with the scopes that it knows; a
service that calls it names resource and scopes in its own. Both are approved by people,
so a token leads along a path that somebody has seen, and nowhere else.

    caller ──calls: resource, scopes──▶ resource ◀──resource: identifier, scopes── its server

Specs: RFC 6749 §3.3 and §4.4, RFC 8707 §2, RFC 9700 §2.3.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relying_parties import redirects

MOST = 20  # scopes of a resource, and resources that one service calls
OPAQUE, SIGNED = TOKENS = ("opaque", "jwt")  # asked about, or read by the resource itself
OPENID = frozenset({"openid", "offline_access"})

_SCOPE = re.compile(r"[a-z0-9]+(?:[:._/-][a-z0-9]+)*")

Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Resource:
    """An API that a service offers.

    :ivar identifier: the audience of what is issued for it
    :ivar tokens: one of :data:`TOKENS`
    """

    identifier: str
    scopes: tuple[str, ...]
    tokens: str


@dataclass(frozen=True, slots=True)
class Called:
    """What a service may do at one resource, in its own name or for citizens."""

    resource: str
    scopes: tuple[str, ...]


def resource_problems(
    value: Any, path: str, citizens: Collection[str], *, allow_loopback: bool
) -> Iterator[Problem]:
    """Return what is wrong with the resource that a service offers.

    :param citizens: scopes that speak of citizens, which no resource may take for itself
    """
    if not isinstance(value, dict):
        yield path, "not_an_object"
        return
    yield from _members(value, path, ("identifier", "scopes", "tokens"))
    yield from _address(value.get("identifier"), f"{path}.identifier", allow_loopback)
    yield from _scopes(value.get("scopes"), f"{path}.scopes", citizens)
    if value.get("tokens", OPAQUE) not in TOKENS:
        yield f"{path}.tokens", "value"


def calls_problems(
    value: Any, path: str, citizens: Collection[str], *, allow_loopback: bool
) -> Iterator[Problem]:
    """Return what is wrong with what a service calls."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST:
        yield path, "not_a_list"
        return
    seen: list[Any] = []
    for number, called in enumerate(value):
        where = f"{path}[{number}]"
        if not isinstance(called, dict):
            yield where, "not_an_object"
            continue
        yield from _members(called, where, ("resource", "scopes"))
        yield from _address(called.get("resource"), f"{where}.resource", allow_loopback)
        yield from _scopes(called.get("scopes"), f"{where}.scopes", citizens)
        if called.get("resource") in seen:
            yield f"{where}.resource", "twice"
        seen.append(called.get("resource"))


def read_resource(given: Mapping[str, Any] | None) -> Resource | None:
    """Read what was judged before."""
    if not given:
        return None
    return Resource(given["identifier"], tuple(given["scopes"]), given.get("tokens") or OPAQUE)


def read_calls(given: Collection[Mapping[str, Any]]) -> tuple[Called, ...]:
    """Read what was judged before."""
    return tuple(Called(each["resource"], tuple(each["scopes"])) for each in given)


def _members(value: Mapping[Any, Any], path: str, known: Collection[str]) -> Iterator[Problem]:
    for member in value:
        if member not in known:
            yield f"{path}.{str(member)[:80]}", "unknown_member"


def _address(value: Any, path: str, allow_loopback: bool) -> Iterator[Problem]:
    if word := redirects.web_problem(value, allow_loopback=allow_loopback):
        yield path, word
    elif "#" in value:  # RFC 8707 §2
        yield path, "fragment"
    elif "?" in value:
        yield path, "query"


def _scopes(value: Any, path: str, citizens: Collection[str]) -> Iterator[Problem]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST:
        yield path, "not_a_list"
        return
    for number, scope in enumerate(value):
        good = isinstance(scope, str) and len(scope) <= 100 and _SCOPE.fullmatch(scope)
        if not good or scope in OPENID or scope in citizens:
            yield f"{path}[{number}]", "scope"
        elif scope in value[:number]:
            yield f"{path}[{number}]", "twice"
