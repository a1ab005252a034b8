"""What a sign-in reaches, and what is missing for more."""

import pytest

from idp import assurance

LOA = assurance.LOA


@pytest.mark.parametrize(
    ("ial", "aal", "phr", "reached"),
    [
        (0, 1, False, assurance.BASIC),
        (0, 2, True, "phr"),
        (1, 1, False, f"{LOA}low"),
        (1, 2, True, f"{LOA}low"),
        (2, 1, False, f"{LOA}low"),
        (2, 2, True, f"{LOA}substantial"),
        (3, 2, True, f"{LOA}substantial"),
        (3, 3, True, f"{LOA}high"),
        (3, 3, False, f"{LOA}substantial"),
    ],
)
def test_an_acr_takes_both_proofs(ial: int, aal: int, phr: bool, reached: str) -> None:
    assert assurance.acr(ial, aal, phr=phr) == reached
