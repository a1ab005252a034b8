import pytest

from gateway.settings import SettingsInvalid, read
from gateway.web.pace import Buckets, Pace, TooFast


def tries(buckets: Buckets, whom: str, number: int, at: float) -> int:
    """Return how many of so many pass."""
    passed = 0
    for _ in range(number):
        try:
            buckets.take(whom, at)
        except TooFast:
            continue
        passed += 1
    return passed


def test_as_many_pass_as_are_allowed_and_more_as_time_goes_by() -> None:
    buckets = Buckets(Pace(300, 300.0))

    assert tries(buckets, "a network", 1000, 50.0) == 300
    assert tries(buckets, "a network", 1000, 60.0) == 10
    assert tries(buckets, "another", 1000, 60.0) == 300
    assert tries(buckets, "a network", 1000, 1000.0) == 300


def test_it_says_how_long_to_wait() -> None:
    """RL-08."""
    buckets = Buckets(Pace(2, 60.0))
    tries(buckets, "a client", 2, 7.0)

    with pytest.raises(TooFast) as refused:
        buckets.take("a client", 7.0)

    assert refused.value.seconds == 30
    assert tries(buckets, "a client", 1, 37.0) == 1


def test_it_holds_so_many_and_forgets_who_came_least_lately() -> None:
    buckets = Buckets(Pace(1, 60.0), held=2)
    for whom in ("first", "second", "first", "third"):
        tries(buckets, whom, 1, 0.0)

    assert tries(buckets, "first", 1, 0.0) == 0
    assert tries(buckets, "second", 1, 0.0) == 1


def test_it_can_be_off() -> None:
    assert tries(Buckets(Pace(1, 60.0), on=False), "anybody", 1000, 0.0) == 1000


def test_it_can_t_be_off_in_production() -> None:
    environment = {
        "GATEHOUSE_ISSUER": "https://id.example",
        "GATEHOUSE_DATABASE_URL": "postgresql://127.0.0.1/x",
        "GATEHOUSE_MASTER_KEY_FILE": "/x",
        "GATEHOUSE_RATE_LIMITS": "false",
    }

    with pytest.raises(SettingsInvalid, match="RATE_LIMITS"):
        read(environment)
    assert not read(environment | {"GATEHOUSE_ENVIRONMENT": "test"}).rate_limits
