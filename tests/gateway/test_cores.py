"""PW-08: no process keeps more cores busy than are its own."""

import pytest

from gateway import cores


@pytest.mark.parametrize(
    ("machine", "quotas", "workers", "share"),
    [
        pytest.param(8, [], 1, 8, id="all-of-the-machine"),
        pytest.param(8, [], 2, 4, id="shared-by-two"),
        pytest.param(2, [], 4, 1, id="never-none"),
        pytest.param(64, ["max 100000"], 4, 16, id="no-limit"),
        pytest.param(64, ["400000 100000"], 2, 2, id="a-limit"),
        pytest.param(64, ["50000 100000"], 2, 1, id="half-a-core"),
        pytest.param(64, ["max 100000", "200000 100000", ""], 1, 2, id="a-limit-around-it"),
        pytest.param(4, ["-1 100000", "x", "1 0", "9"], 0, 4, id="what-says-nothing"),
    ],
)
def test_a_process_has_its_share(machine: int, quotas: list[str], workers: int, share: int) -> None:
    assert cores.share(machine, iter(quotas), workers) == share


def test_here_there_is_one_at_least() -> None:
    assert cores.mine(1000) == 1
