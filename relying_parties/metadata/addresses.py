"""Addresses of a service: those that citizens are sent to, and those that we call.

Specs: RFC 9700 §2.1, RFC 8252, OpenID Connect Core §4, Front-Channel Logout §2.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from relying_parties import redirects
from relying_parties.metadata.rules import Problem, Rules
from relying_parties.profiles import Profile


def web(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge one that citizens open."""
    if word := redirects.web_problem(value, allow_loopback=rules.allow_loopback):
        yield path, word


def secure(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """OpenID Connect Core §4: https, wherever we run."""
    if word := redirects.web_problem(value):
        yield path, word


def several(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge a list of those that we fetch."""
    if not isinstance(value, list) or len(value) > redirects.MOST:
        yield path, "not_a_list"
        return
    for number, address in enumerate(value):
        yield from fetched(address, f"{path}[{number}]", rules, profile)


def fetched(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge one that we fetch."""
    loopback = rules.allow_loopback
    word = redirects.web_problem(value, allow_loopback=loopback)
    if word := word or redirects.unreachable(value, allow_loopback=loopback):
        yield path, word


def called(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge one that we call."""
    loopback = rules.allow_loopback
    word = redirects.problem(value, allow_loopback=loopback)
    if word := word or redirects.unreachable(value, allow_loopback=loopback):
        yield path, word


def framed(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge one that a page of ours frames (Front-Channel Logout §2)."""
    if word := redirects.problem(value, allow_loopback=rules.allow_loopback):
        yield path, word
    elif {name for name, _ in parse_qsl(urlsplit(value).query, keep_blank_values=True)} & {"sid"}:
        yield path, "reserved_query"  # we say it there ourselves


def redirect_uris(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge those that citizens are sent back to (RFC 9700 §2.1)."""
    if not isinstance(value, list) or (not value and path == "spec.redirectUris"):
        yield path, "not_a_list"
        return
    if len(value) > redirects.MOST:
        yield path, "too_many"
        return
    for number, uri in enumerate(value):
        if word := redirects.problem(
            uri, allow_loopback=rules.allow_loopback, native=profile.loopback
        ):
            yield f"{path}[{number}]", word
        elif uri in value[:number]:
            yield f"{path}[{number}]", "twice"


def frame_at_home(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Front-Channel Logout §2: scheme, host and port of one of the redirect addresses."""
    uri, back = spec.get("frontchannelLogoutUri"), spec.get("redirectUris")
    if not {*_origins([uri])} <= {*_origins(back if isinstance(back, list) else ())}:
        yield "spec.frontchannelLogoutUri", "foreign_origin"


def _origins(addresses: Iterable[Any]) -> Iterator[str]:
    # One that is no address is told of where each is judged, and has no origin.
    for each in addresses:
        if redirects.problem(each, allow_loopback=True) is None:
            yield redirects.origin(each)
