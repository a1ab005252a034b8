"""Switches of a service: true or false, where its profile and this gateway leave it the choice."""

from collections.abc import Iterator
from typing import Any

from relying_parties.metadata.rules import Problem, Rules, confidential
from relying_parties.profiles import Profile


def plain(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge one that every profile leaves to the service."""
    if not isinstance(value, bool):
        yield path, "not_a_switch"


def in_own_name(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge one for what a service does in its own name."""
    yield from confidential(path, profile)
    yield from plain(value, path, rules, profile)


def pkce(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Let PKCE (RFC 7636) be off only where the profile does."""
    if not isinstance(value, bool):
        yield path, "not_a_switch"
    elif not value and not profile.pkce_waivable:
        yield path, "profile_forbids"


def openid(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Let requests do without ``openid`` only where the profile does."""
    if not isinstance(value, bool):
        yield path, "not_a_switch"
    elif value and not profile.openid_waivable:
        yield path, "profile_forbids"


def certificate_bound(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Let tokens be bound only where services can show certificates (RFC 8705 §3.4)."""
    if not isinstance(value, bool):
        yield path, "not_a_switch"
    elif value and not rules.mutual_tls:
        yield path, "no_certificates"
