"""Responses of the authorization endpoint: what a service may want there, and how it comes."""

from collections.abc import Iterator
from typing import Any

from relying_parties import response_types
from relying_parties.metadata.rules import Problem, Rules
from relying_parties.profiles import Profile

RESPONSE_MODES = (
    *("query", "form_post", "fragment"),
    *("jwt", "query.jwt", "form_post.jwt", "fragment.jwt"),
)
BY_FRAGMENT = ("fragment", "fragment.jwt")  # for response types that put a token there

_TYPES = (*response_types.RESPONSE_TYPES,)  # a list, because what is asked may not be hashable


def types(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge what the service may want from the authorization endpoint."""
    if not isinstance(value, list) or not value or not all(each in _TYPES for each in value):
        yield path, "value"
    elif set(value) == {response_types.PLAIN}:
        return
    elif not profile.front_channel:
        yield path, "profile_forbids"
    elif not rules.legacy:
        yield path, "not_here"


def modes(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge how the answer may reach the service."""
    if not isinstance(value, list) or not all(each in RESPONSE_MODES for each in value):
        yield path, "value"
    elif not profile.front_channel and not set(BY_FRAGMENT).isdisjoint(value):
        yield path, "profile_forbids"
