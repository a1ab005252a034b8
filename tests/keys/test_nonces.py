"""Nonces that nobody keeps: ours, for a minute and a half, at every process (RFC 9449 §8)."""

from datetime import datetime, timedelta

import pytest

from keys import nonces

KEY, OTHER = b"k" * 32, b"o" * 32
NOON = datetime.fromisoformat("2026-11-25T12:00:00+00:00")


@pytest.mark.parametrize(
    ("later", "good"),
    [
        pytest.param(0, True, id="at-once"),
        pytest.param(29.9, True, id="in-its-half-minute"),
        pytest.param(89.9, True, id="in-the-two-after-it"),
        pytest.param(90, False, id="DP-13-expired"),
        pytest.param(-0.1, False, id="DP-13-of-a-time-to-come"),
    ],
)
def test_a_nonce_is_good_for_a_while(later: float, *, good: bool) -> None:
    nonce = nonces.make(KEY, NOON)

    assert nonces.good(KEY, nonce, NOON + timedelta(seconds=later)) is good


def test_who_has_the_key_knows_it_again() -> None:
    """DP-14: another process, or the same one after a restart; nobody else's (DP-13)."""
    nonce = nonces.make(KEY, NOON)

    assert nonces.make(bytes(KEY), NOON + timedelta(seconds=1)) == nonce
    assert not nonces.good(OTHER, nonce, NOON)


def test_dp_13_no_other_spelling_of_it_is_good() -> None:
    """Whichever character differs; and what is no nonce at all."""
    nonce = nonces.make(KEY, NOON)
    altered = [nonce[:n] + ("A" if nonce[n] != "A" else "B") + nonce[n + 1 :] for n in range(27)]
    odd = ["", "=", "AAAA", "é", "💥", "A" * 27, f"{nonce}=", f" {nonce}", nonce + "A", "\0" * 9]

    assert len(nonce) == 27
    assert not [one for one in altered + odd if nonces.good(KEY, one, NOON)]
