import json
import logging

import pytest

from gateway.logs import LONGEST, Lines


def line(text: str, *, error: BaseException | None = None, **fields: object) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("gatehouse", logging.ERROR, __file__, 1, text, None, exc_info)
    vars(record).update(fields)
    return Lines().format(record)


@pytest.mark.parametrize(
    "hostile",
    ["a\r\nb", "\x1b[2J", "\u2028", '"}{"', "${jndi:ldap://x}", "\ud800", "é" * 2_000_000],
    ids=["crlf", "escape", "separator", "quotes", "lookup", "surrogate", "long"],
)
def test_whatever_it_holds_it_is_one_line(hostile: str) -> None:
    """LG-01."""
    told = line("happened", agent=hostile)

    assert told.isascii()
    assert told.isprintable()
    assert len(told) <= LONGEST
    assert json.loads(told)["event"] == "happened"


def test_an_exception_is_told_without_what_it_says() -> None:
    """LG-02."""
    try:
        raise ValueError("Key (email)=(ana@example.test) already exists")  # noqa: TRY301
    except ValueError as error:
        told = line("unexpected", error=error, reference="ABCD")

    assert "ana@example.test" not in told
    read = json.loads(told)
    assert (read["error"], read["reference"]) == ("ValueError", "ABCD")
    assert "test_an_exception_is_told" in read["through"][0]
