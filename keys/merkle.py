"""Merkle trees: one hash that stands for a list, and short proofs about it. Pure.

A leaf is hashed behind 0x00 and a node behind 0x01, so that neither passes for the other.
The tree over n leaves splits at the largest power of two below n. What a proof is made
of are spans: the hash of the tree over the leaves from ``begin`` to ``end``.

Specs: RFC 9162 §2.1.1 (hashes), §2.1.3 (inclusion), §2.1.4 (consistency).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

EMPTY = hashlib.sha256().digest()  # RFC 9162 §2.1.1: the tree over nothing
SIZE = 32


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry of the list."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two trees, side by side, into one."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Span:
    """The leaves from ``begin``, which is among them, to ``end``, which is not."""

    begin: int
    end: int


def inclusion(index: int, size: int) -> list[Span]:
    """Return whose hashes prove that leaf ``index`` is in a tree of ``size``, the lowest first.

    :raises ValueError: there is no such leaf
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    path, begin, end = list[Span](), 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(begin, middle))
            begin = middle
    return path[::-1]


def consistency(first: int, second: int) -> list[Span]:
    """Return whose hashes prove that the tree of ``second`` begins with that of ``first``.

    :raises ValueError: there are no such trees, or the first is empty: that proves nothing
    """
    if not 0 < first <= second:
        raise ValueError("no such trees")
    path, begin, end = list[Span](), 0, second
    whole = True  # the part on which we stand is the first tree itself, whose root is known
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(begin, middle))
            begin, whole = middle, False
    return [*([] if whole else [Span(begin, end)]), *path[::-1]]


def aligned(span: Span) -> Iterator[tuple[int, int]]:
    """Return the perfect subtrees that ``span`` is made of, from left to right.

    :returns: each one's level (0 are the leaves) and its number at that level
    """
    begin = span.begin
    while begin < span.end:
        level = _split(span.end - begin + 1).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def join(hashes: Sequence[bytes]) -> bytes:
    """Return the root over perfect subtrees that become smaller from left to right."""
    if not hashes:
        return EMPTY
    joined = hashes[-1]
    for each in reversed(hashes[:-1]):
        joined = node_hash(each, joined)
    return joined


def perfect(hashes: Sequence[bytes]) -> bytes:
    """Return the root over hashes whose count is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


class Frontier:
    """A tree that grows, of which only its perfect subtrees are kept: 32 bytes a level."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        number, grown = self.size, leaf
        while number & 1:
            grown = node_hash(self._peaks.pop(), grown)
            number >>= 1
        self._peaks.append(grown)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over everything so far."""
        return join(self._peaks)


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over hashes of leaves."""
    tree = Frontier()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Check that ``path`` leads from a leaf's hash to ``root`` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    sides, joined = _sides(index, size - 1, len(path)), leaf
    for each, left in zip(path, sides or (), strict=sides is not None):
        joined = node_hash(each, joined) if left else node_hash(joined, each)
    return sides is not None and joined == root


@dataclass(frozen=True, slots=True)
class Head:
    """How large a tree was, and its root then."""

    size: int
    root: bytes


def consistent(first: Head, second: Head, path: Sequence[bytes]) -> bool:
    """Check that the second tree begins with the whole first (RFC 9162 §2.1.4.2)."""
    if first.size == second.size:
        return not path and first.root == second.root
    if not 0 < first.size < second.size or not path:
        return False
    if first.size & (first.size - 1) == 0:
        path = [first.root, *path]
    place, last = first.size - 1, second.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    sides = _sides(place, last, len(path) - 1)
    for each, left in zip(path[1:], sides or (), strict=sides is not None):
        old = node_hash(each, old) if left else old
        new = node_hash(each, new) if left else node_hash(new, each)
    return sides is not None and old == first.root and new == second.root


def _sides(place: int, last: int, count: int) -> list[bool] | None:
    """Return, for each of ``count`` hashes on the way up, whether it stands to the left.

    :param last: the last place of the level on which the way begins
    :returns: ``None`` if the way to the root is shorter or longer than that
    """
    sides: list[bool] = []
    while last and len(sides) < count:
        left = bool(place & 1) or place == last
        sides.append(left)
        while left and not place & 1 and place:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    return sides if len(sides) == count and not last else None


def _split(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)
