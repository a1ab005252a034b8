"""Passwords that everybody tries: a sorted file of digest prefixes, searched in place.

The file holds the first six bytes of SHA-1 of each entry, of those that our minimum
length would let through. It ships with the program, so that no password or part of
one is ever sent anywhere. Where it comes from: docs/notices.md.
"""

import bisect
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PREFIX = 6  # bytes
FILE = Path(__file__).with_name("breached.bin")
SHORTEST = 12  # characters; what is shorter fails by its length


class _Prefixes:
    """The file as a sequence, so that bisect can search it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __len__(self) -> int:
        return len(self._content) // PREFIX

    def __getitem__(self, index: int) -> bytes:
        return self._content[index * PREFIX : (index + 1) * PREFIX]


@cache
def _prefixes() -> _Prefixes:
    return _Prefixes(FILE.read_bytes())


def contains(password: str) -> bool:
    """Whether ``password`` is on the list, in any case of its letters."""
    known = _prefixes()
    for spelling in {password, password.lower()}:
        prefix = _prefix(spelling)
        place = bisect.bisect_left(known, prefix)
        if place < len(known) and known[place] == prefix:
            return True
    return False


def build(passwords: Iterable[str]) -> bytes:
    """Make the file's content out of a list of passwords."""
    wanted = {_prefix(one.lower()) for one in passwords if len(one) >= SHORTEST}
    return b"".join(sorted(wanted))


def _prefix(password: str) -> bytes:
    return hashlib.sha1(password.encode(), usedforsecurity=False).digest()[:PREFIX]
