"""Parameters of a query or a form: bounded, strictly UTF-8, every duplicate kept.

Starlette turns bytes that are no UTF-8 into U+FFFD and keeps the last of two values;
here both are visible, so that a handler can refuse them.
"""

from collections.abc import Iterable, Iterator
from typing import Self
from urllib.parse import unquote_to_bytes

MAX_FIELDS = 50


class ParamsInvalid(Exception):  # noqa: N818 - named as the fact it reports
    """Not something that a browser or a library sends."""


class Params:
    """Names and their values, in the order of arrival."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, list[str]]) -> None:
        self._values = values

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Return what was put together here, not sent."""
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        return cls(values)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def text(self, name: str, default: str = "") -> str:
        """Return the only value; ``default`` if there is none, or more than one."""
        values = self._values.get(name)
        return values[0] if values and len(values) == 1 else default

    def said(self) -> "Params":
        """Return what has a value: what has none was not sent (RFC 6749 §3.1 and §3.2)."""
        if not any("" in values for values in self._values.values()):
            return self
        kept = {name: [each for each in values if each] for name, values in self._values.items()}
        return Params({name: values for name, values in kept.items() if values})

    def all(self, name: str) -> list[str]:
        """Return every value of ``name``."""
        return self._values.get(name, [])

    def repeated(self) -> list[str]:
        """Return the names that came more than once."""
        return [name for name, values in self._values.items() if len(values) > 1]

    def singles(self) -> dict[str, str]:
        """Return each name with its value; of a repeated one, the first."""
        return {name: values[0] for name, values in self._values.items()}


EMPTY = Params({})


def parse(raw: bytes, most: int = MAX_FIELDS) -> Params:
    """Parse ``application/x-www-form-urlencoded`` bytes of up to ``most`` fields.

    :raises ParamsInvalid: too many fields, no UTF-8, a NUL
    """
    if not raw:
        return EMPTY
    parts = _text(raw).split("&")
    if len(parts) > most:
        raise ParamsInvalid("too many fields")
    values: dict[str, list[str]] = {}
    for part in parts:
        if part:
            name, _, value = part.partition("=")
            # Most are spelt as they are: one look at the part tells.
            if "%" in part or "+" in part:
                name, value = _unquoted(name), _unquoted(value)
            if name in values:
                values[name].append(value)
            else:
                values[name] = [value]
    return Params(values)


def _unquoted(text: str) -> str:
    spaced = text.replace("+", " ")
    return _text(unquote_to_bytes(spaced)) if "%" in spaced else spaced


def _text(raw: bytes) -> str:
    if b"\0" in raw:
        raise ParamsInvalid("NUL")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise ParamsInvalid("not UTF-8") from error
