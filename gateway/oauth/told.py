"""What is told to a service: values, by what names, and the key that seals the note of it."""

from dataclasses import dataclass, field
from typing import Any

from keys.sealing import DataKey


@dataclass(frozen=True, slots=True)
class Told:
    """What goes out.

    :ivar present: the catalogue's names of what there is, ``values`` the members of the answer
    :ivar key: the citizen's own, which seals what is written down about it
    """

    present: tuple[str, ...]
    values: dict[str, Any]
    key: DataKey = field(repr=False)
