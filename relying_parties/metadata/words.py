"""Texts of a service: how long each may be, and what its ids are made of."""

import re
from collections.abc import Iterator
from typing import Any

from relying_parties import wording
from relying_parties.metadata.rules import Problem, Rules
from relying_parties.profiles import Profile

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

# Characters, from and to.
NAME, SENTENCE, CONTACT, ACR, PLACE = (2, 80), (3, 300), (3, 254), (1, 255), (2, 100)


def slug_problem(value: object) -> str | None:
    """Say what is wrong with the id of a service, agency or purpose."""
    return None if isinstance(value, str) and SLUG.fullmatch(value) else "slug"


def name(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge a name, by language."""
    return wording.names(value, path, *NAME)


def sentences(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge sentences, by language."""
    return wording.words(value, path, *SENTENCE)


def contact(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge where citizens can ask: an address or a number."""
    if word := wording.problem(value, *CONTACT):
        yield path, word


def acr(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge the values of ``acr`` of which each sign-in must reach one."""
    if not isinstance(value, list) or len(value) > 10:
        yield path, "not_a_list"
        return
    for number, each in enumerate(value):
        if word := wording.problem(each, *ACR):
            yield f"{path}[{number}]", word
