"""What a process remembers of what it took in: bounded, for a time, once."""

from datetime import UTC, datetime, timedelta

from gateway.recent import Recent

AT = datetime(2026, 11, 26, tzinfo=UTC)
LATER = AT + timedelta(seconds=90)


def test_it_is_remembered_until_its_time_is_over_and_taken_once() -> None:
    recent: Recent[int] = Recent()
    recent.keep("one", 1, AT, LATER)
    recent.keep("two", 2, AT, LATER)

    assert recent.take("one", LATER - timedelta(seconds=1)) == 1
    assert recent.take("one", AT) is None
    assert recent.take("two", LATER) is None
    assert recent.take("three", AT) is None


def test_the_first_is_forgotten_first() -> None:
    recent: Recent[int] = Recent(held=2)
    for number in range(3):
        recent.keep(str(number), number, AT, LATER)

    assert [recent.take(str(number), AT) for number in range(3)] == [None, 1, 2]


def test_what_is_over_does_not_stay() -> None:
    """It may be about somebody: nothing that nobody came for is kept in memory."""
    recent: Recent[str] = Recent()
    recent.keep("one", "1", AT, LATER)
    recent.keep("two", "2", LATER, LATER + timedelta(seconds=90))

    assert recent.take("one", AT) is None
    assert recent.take("two", LATER) == "2"
