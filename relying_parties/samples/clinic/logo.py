"""The clinic's mark: a heart."""

from relying_parties.samples.sdk.drawing import draw


def _heart(x: float, y: float) -> bool:
    across, up = (x - 0.5) * 3.2, (0.47 - y) * 3.2
    return (across**2 + up**2 - 1) ** 3 <= across**2 * up**3


LOGO = draw(_heart, paper="fdf1ee", ink="b8412c")
