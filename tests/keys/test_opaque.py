"""Handles are long, safe to carry and drawn anew; what is kept of them is a digest."""

import hashlib
import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from keys import opaque


def test_a_handle_has_256_bits_and_is_safe_anywhere() -> None:
    drawn = {opaque.handle() for _ in range(1000)}

    assert len(drawn) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", one) for one in drawn)


def test_digits_are_equally_likely() -> None:
    counts = Counter("".join(opaque.digits(8) for _ in range(5000)))

    assert set(counts) == set("0123456789")
    assert all(3600 < count < 4400 for count in counts.values())  # six deviations either way


def test_a_reference_can_be_read_aloud() -> None:
    for _ in range(200):
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", opaque.reference())


def test_an_id_is_a_random_uuid() -> None:
    made = opaque.new_id()

    assert (made.version, made.variant) == (4, "specified in RFC 4122")
    assert made != opaque.new_id()


def test_what_is_kept_is_the_digest() -> None:
    assert opaque.digest("a handle") == hashlib.sha256(b"a handle").digest()


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_comparing_is_comparing(one: bytes, other: bytes) -> None:
    assert opaque.same(one, other) == (one == other)
    assert opaque.same(opaque.unpadded(one), opaque.unpadded(one))


@given(st.binary(max_size=80))
def test_unpadded_is_the_spelling_of_rfc_7515(value: bytes) -> None:
    """RFC 7515 §2."""
    assert re.fullmatch(r"[A-Za-z0-9_-]*", opaque.unpadded(value))


def test_the_vector_of_rfc_7515() -> None:
    """RFC 7515, appendix C."""
    assert opaque.unpadded(bytes([3, 236, 255, 224, 193])) == "A-z_4ME"
