"""The tax office's mark: a row of sums, each higher than the one before."""

from relying_parties.samples.sdk.drawing import draw

_BARS = ((0.2, 0.56), (0.42, 0.4), (0.64, 0.22))  # where each begins, and how high it reaches


def _sums(x: float, y: float) -> bool:
    bars = any(left <= x <= left + 0.16 and top <= y <= 0.7 for left, top in _BARS)
    return bars or (0.16 <= x <= 0.84 and 0.76 <= y <= 0.82)


LOGO = draw(_sums, paper="14213d", ink="f2b705")
