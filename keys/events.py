"""What every event is: a fact in the past tense, with ids and names, never with values."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in an entry; its class name is its kind.

    ``actor`` and ``object`` are references such as ``account:…``, ``client:…``,
    ``admin:…`` or ``agency:…``. An event of ``idp`` never names a client, one of
    ``relying_parties`` never names an account: the journal links nobody either.
    Subclasses add fields of JSON types.
    """

    actor: str | None
    object: str | None

    kind: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        # dataclass(slots=True) makes the class twice; both get the same kind.
        cls.kind = cls.__name__

    def fields(self) -> dict[str, Any]:
        """Everything but actor and object, as JSON."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("actor", "object")
        }


@dataclass(frozen=True, slots=True)
class KeyChangedState(Event):
    """A signing key was announced, activated, retired or destroyed."""

    state: str


@dataclass(frozen=True, slots=True)
class KeysRotated(Event):
    """The rotation policy was applied to one purpose and algorithm."""

    purpose: str
    alg: str


@dataclass(frozen=True, slots=True)
class KeysReplaced(Event):
    """A key that leaked was replaced at once; what it had signed no longer verifies."""

    purpose: str
    alg: str
