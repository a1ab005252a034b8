"""A field opens only where it was sealed, whole and with its own key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import NotSealedHere
from keys.master import MasterKey
from keys.sealing import DataKey, Sealer

KEY = DataKey(bytes(range(32)))
PLACE = ("idp.attributes", "ana", "name", "row 1")

places = st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=1)


@given(st.binary(max_size=500), places)
def test_what_was_sealed_opens_at_its_place(plain: bytes, place: list[str]) -> None:
    assert KEY.open(KEY.seal(plain, *place), *place) == plain


@given(places, places)
def test_it_opens_nowhere_else(place: list[str], elsewhere: list[str]) -> None:
    sealed = KEY.seal(b"plain", *place)

    if place != elsewhere:
        with pytest.raises(NotSealedHere):
            KEY.open(sealed, *elsewhere)


@pytest.mark.parametrize("changed", range(len(PLACE)))
def test_another_table_person_column_or_row_opens_nothing(changed: int) -> None:
    sealed = KEY.seal(b"plain", *PLACE)
    moved = [*PLACE]
    moved[changed] += "x"

    with pytest.raises(NotSealedHere):
        KEY.open(sealed, *moved)


def test_a_part_can_not_pretend_to_be_two() -> None:
    with pytest.raises(ValueError, match="NUL"):
        KEY.seal(b"plain", "a\0b")
    with pytest.raises(NotSealedHere):
        KEY.open(KEY.seal(b"plain", "a", "b"), "a\0b\0")


def test_every_changed_bit_shows() -> None:
    sealed = KEY.seal(b"plain", *PLACE)

    for place in range(len(sealed) * 8):
        broken = bytearray(sealed)
        broken[place // 8] ^= 1 << place % 8
        with pytest.raises(NotSealedHere):
            KEY.open(bytes(broken), *PLACE)
    for length in range(len(sealed)):
        with pytest.raises(NotSealedHere):
            KEY.open(sealed[:length], *PLACE)


def test_the_same_field_never_looks_the_same() -> None:
    assert len({KEY.seal(b"plain", *PLACE) for _ in range(100)}) == 100


def test_a_citizen_s_key_is_wrapped_under_the_master_key() -> None:
    sealer, other = Sealer(MasterKey(bytes(32))), Sealer(MasterKey(bytes(range(32))))
    key, wrapped = sealer.new_data_key("idp.accounts", "ana")
    sealed = key.seal(b"plain", *PLACE)

    again = sealer.data_key(wrapped, "idp.accounts", "ana")

    assert again.open(sealed, *PLACE) == b"plain"
    for opener, whose in ((other, "ana"), (sealer, "ben")):
        with pytest.raises(NotSealedHere):
            opener.data_key(wrapped, "idp.accounts", whose)
    with pytest.raises(NotSealedHere):
        sealer.open(sealed, *PLACE)
