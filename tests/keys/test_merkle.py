"""RFC 9162 §2.1: roots and proofs, against the definitions of the RFC written down here again."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import merkle
from keys.merkle import Head, Span

# The eight entries that implementations of Certificate Transparency share as test vectors,
# and the roots of the trees over the first of them.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def sha256(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def split(count: int) -> int:
    """RFC 9162 §2.1.1: the largest power of two smaller than ``count``."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(entries: Sequence[bytes]) -> bytes:
    """RFC 9162 §2.1.1."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0])
    k = split(len(entries))
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:]))


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """RFC 9162 §2.1.3.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """RFC 9162 §2.1.4.1."""
    if m == len(entries):
        return [] if known else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], known=known), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], known=False), mth(entries[:k])]


def hashed(entries: Sequence[bytes], spans: Sequence[Span]) -> list[bytes]:
    return [merkle.root(map(merkle.leaf_hash, entries[it.begin : it.end])) for it in spans]


def flipped(text: bytes, bit: int) -> bytes:
    number = int.from_bytes(text, "big") ^ 1 << bit % (len(text) * 8)
    return number.to_bytes(len(text), "big")


trees = st.lists(st.binary(max_size=40), min_size=1, max_size=150)


@pytest.mark.parametrize("size", ROOTS)
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert mth(ENTRIES[:size]).hex() == ROOTS[size]
    assert merkle.root(map(merkle.leaf_hash, ENTRIES[:size])).hex() == ROOTS[size]


@given(trees, st.data())
def test_any_leaf_of_any_tree_proves(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = hashed(entries, merkle.inclusion(index, len(entries)))
    leaf, root = merkle.leaf_hash(entries[index]), mth(entries)

    assert proof == path(index, entries)
    assert merkle.included(leaf, index, len(entries), proof, root)


@given(trees, st.data())
def test_any_changed_byte_fails(entries: list[bytes], data: st.DataObject) -> None:
    """Of the leaf, of the root, of any hash between; a hash too few, too many, another place."""
    size, bit = len(entries), data.draw(st.integers(0, 255))
    index = data.draw(st.integers(0, size - 1))
    proof = hashed(entries, merkle.inclusion(index, size))
    leaf, root = merkle.leaf_hash(entries[index]), mth(entries)
    other = data.draw(st.integers(0, size).filter(lambda it: it != index))
    wrong = [
        (flipped(leaf, bit), index, proof, root),
        (leaf, index, proof, flipped(root, bit)),
        (leaf, index, [*proof, root], root),
        *((leaf, index, proof[:-1], root) for _ in proof[:1]),
        *(
            (leaf, index, [*proof[:at], flipped(proof[at], bit), *proof[at + 1 :]], root)
            for at in range(len(proof))
        ),
    ]
    if other == size or merkle.leaf_hash(entries[other]) != leaf:
        wrong.append((leaf, other, proof, root))

    for leaf_, place, proof_, root_ in wrong:
        assert not merkle.included(leaf_, place, size, proof_, root_)


@given(trees, st.data())
def test_any_tree_begins_with_each_that_it_was(entries: list[bytes], data: st.DataObject) -> None:
    size, bit = len(entries), data.draw(st.integers(0, 255))
    first = data.draw(st.integers(1, size))
    proof = hashed(entries, merkle.consistency(first, size))
    old, new = Head(first, mth(entries[:first])), Head(size, mth(entries))

    assert proof == subproof(first, entries)
    assert merkle.consistent(old, new, proof)
    assert not merkle.consistent(Head(first, flipped(old.root, bit)), new, proof)
    assert not merkle.consistent(old, Head(size, flipped(new.root, bit)), proof)
    assert not merkle.consistent(old, new, [*proof, new.root])
    for at, each in enumerate(proof):
        broken = [*proof[:at], flipped(each, bit), *proof[at + 1 :]]
        assert not merkle.consistent(old, new, broken)


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=60), st.data())
def test_a_tree_that_was_rewritten_has_no_proof(entries: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(entries) - 1))
    at = data.draw(st.integers(0, first - 1))
    forged = [*entries[:at], entries[at] + b"!", *entries[at + 1 :]]
    proof = hashed(forged, merkle.consistency(first, len(entries)))

    assert not merkle.consistent(
        Head(first, mth(entries[:first])), Head(len(entries), mth(forged)), proof
    )


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4), (5, 5)])
def test_of_a_leaf_that_is_not_there_nothing_is_proved(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion(index, size)
    assert not merkle.included(merkle.leaf_hash(b""), index, size, [], merkle.leaf_hash(b""))


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 5), (6, 5)])
def test_of_trees_that_never_were_nothing_is_proved(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="no such trees"):
        merkle.consistency(first, second)


def test_a_leaf_does_not_pass_for_a_node() -> None:
    """RFC 9162 §2.1.1: each kind is hashed behind a byte of its own."""
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")

    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
