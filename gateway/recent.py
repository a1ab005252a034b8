"""What a process took in a moment ago, so that it need not ask the database for it at once.

It only ever spares a look: whatever may be done once, or only while something holds, is
still judged by the database when it is done.
"""

from datetime import datetime
from typing import Generic, TypeVar

Value = TypeVar("Value")

HELD = 500  # beyond, what came first is forgotten first: then the database is asked after all


class Recent(Generic[Value]):
    """Values by their names, each until its time is over."""

    def __init__(self, held: int = HELD) -> None:
        self._held = held
        self._values: dict[str, tuple[Value, datetime]] = {}

    def keep(self, name: str, value: Value, at: datetime, until: datetime) -> None:
        """Remember ``value`` until then, or until there are too many; forget what is over."""
        self._values[name] = value, until
        for first in list(self._values):
            if len(self._values) <= self._held and self._values[first][1] > at:
                break
            del self._values[first]

    def take(self, name: str, at: datetime) -> Value | None:
        """Return what is remembered of ``name``, and forget it."""
        value, until = self._values.pop(name, (None, at))
        return value if until > at else None
