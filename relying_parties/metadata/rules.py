"""What every check is given: where we run, and the words for what is wrong."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relying_parties.profiles import Profile

Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What depends on where we run.

    :ivar allow_loopback: ``http`` to this machine, for demonstrations and tests
    :ivar unsigned: request objects may be registered that nobody signs
    :ivar claims: the names in the catalogue, if the caller knows it
    :ivar legacy: response types whose tokens go through the browser may be registered
    :ivar by_law: those that go out only where a law says so
    :ivar of_area: those that speak of one area, which the document has to name
    :ivar corrigible: those that a service may say are wrong, if the caller knows them
    :ivar mutual_tls: services can show certificates to us (RFC 8705)
    :ivar scopes: those that speak of citizens, so that no resource takes them for its own
    """

    allow_loopback: bool = False
    legacy: bool = False
    unsigned: bool = False
    claims: frozenset[str] | None = None
    by_law: frozenset[str] = frozenset()
    of_area: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    corrigible: frozenset[str] | None = None
    mutual_tls: bool = True


STRICT = Rules()

Check = Callable[[Any, str, Rules, Profile], Iterator[Problem]]


def unknown_members(value: Mapping[Any, Any], path: str, known: Any) -> Iterator[Problem]:
    """Say which members of ``value`` there are not."""
    for member in value:
        if member not in known:
            yield f"{path}{str(member)[:80]}", "unknown_member"


def confidential(path: str, profile: Profile) -> Iterator[Problem]:
    """RFC 6749 §4.4: who can't prove who it is has no name of its own to act in."""
    if profile.auth_methods == ("none",):
        yield path, "profile_forbids"
