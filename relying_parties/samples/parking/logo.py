"""The council's mark: the sign of a car park."""

from math import hypot

from relying_parties.samples.sdk.drawing import draw


def _letter(x: float, y: float) -> bool:
    stem = 0.28 <= x <= 0.42 and 0.18 <= y <= 0.82
    bowl = 0.075 <= hypot(max(x - 0.53, 0), y - 0.385) <= 0.205 and x >= 0.42
    return stem or bowl


LOGO = draw(_letter, paper="1f6b3a", ink="ffffff")
