"""The log: one line of JSON for one thing that happened, fit for a machine to read.

A line has the moment, the level, the name of what happened and its fields. What an
exception says is not among them: a database's message quotes the row that it refused,
and rows hold what citizens told us. Its type and the places that it came through are.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

LONGEST = 8 * 1024  # characters of a line: collectors cut what is longer, and then it is no JSON
_DEEPEST = 24  # places of an exception, the innermost ones

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Lines(logging.Formatter):
    """Spells a record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; whatever its texts hold, it stays one, and ASCII."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _PLAIN},
        }
        if record.exc_info and record.exc_info[1]:
            told |= _spelt(record.exc_info[1])
        line = json.dumps(told, default=str)
        if len(line) > LONGEST:
            kept = ("at", "level", "logger")
            short = {name: told[name] for name in kept} | {
                "event": told["event"][:500],
                "cut": True,
            }
            line = json.dumps(short)
        return line


def set_up() -> None:
    """Write the log to standard error, from now on and for the whole process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # It names every address that we ask, with its query.
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def _spelt(error: BaseException) -> dict[str, Any]:
    steps = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
    return {
        "error": type(error).__qualname__,
        "through": [f"{step.filename}:{step.lineno} {step.name}" for step in steps],
    }
