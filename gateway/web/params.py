"""Parameters of a query or a form: bounded, strictly UTF-8, every duplicate kept.

Starlette turns bytes that are no UTF-8 into U+FFFD and keeps the last of two values;
here both are visible, so that a handler can refuse them.
"""

from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

MAX_FIELDS = 50


class ParamsInvalid(Exception):  # noqa: N818 - named as the fact it reports
    """Not something that a browser or a library sends."""


class Params:
    """Names and their values, in the order of arrival."""

    __slots__ = ("_values",)

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def text(self, name: str, default: str = "") -> str:
        """Return the only value; ``default`` if there is none, or more than one."""
        values = self._values.get(name)
        return values[0] if values and len(values) == 1 else default

    def all(self, name: str) -> list[str]:
        """Return every value of ``name``."""
        return self._values.get(name, [])

    def repeated(self) -> list[str]:
        """Return the names that came more than once."""
        return [name for name, values in self._values.items() if len(values) > 1]

    def singles(self) -> dict[str, str]:
        """Return each name with its value; of a repeated one, the first."""
        return {name: values[0] for name, values in self._values.items()}


EMPTY = Params([])


def parse(raw: bytes, most: int = MAX_FIELDS) -> Params:
    """Parse ``application/x-www-form-urlencoded`` bytes of up to ``most`` fields.

    :raises ParamsInvalid: too many fields, no UTF-8, a NUL
    """
    if not raw:
        return EMPTY
    parts = raw.split(b"&")
    if len(parts) > most:
        raise ParamsInvalid("too many fields")
    pairs = []
    for part in parts:
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_decode(name), _decode(value)))
    return Params(pairs)


def _decode(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    if b"\0" in raw:
        raise ParamsInvalid("NUL")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise ParamsInvalid("not UTF-8") from error
