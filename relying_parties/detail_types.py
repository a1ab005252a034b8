"""Types of authorization details: what a service may ask of a citizen beyond scopes and claims.

A type is a row of fields, and a field is of a kind that says what may stand in it. Nothing
that a type does not name is let in, so the page that asks can show everything there is. The
next type is a row here, and its words in :mod:`gateway.pages.rich`.

Specs: RFC 9396 §2, §5 and §10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Kind(Enum):
    """What may stand in a field."""

    WORDS = "words"  # the service's own, plain, in one language or by language
    REFERENCE = "reference"  # letters, digits and a few signs
    CLAIMS = "claims"  # of the catalogue, each covered by the registration
    PURPOSE = "purpose"  # the id of one of the registration's
    DAY = "day"  # the last one, as 2027-03-01
    ONCE = "once"  # true, or not there
    RESOURCES = "resources"  # that the registration names for citizens
    AMOUNT = "amount"  # {"currency": "EUR", "value": "312.40"}


LISTS = frozenset({Kind.CLAIMS, Kind.RESOURCES})  # in no order; less of them is less


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a type."""

    name: str
    kind: Kind
    needed: bool = True


@dataclass(frozen=True, slots=True)
class DetailType:
    """One type.

    :ivar either: exactly one of these optional fields is there
    :ivar reads: the field whose claims are read at userinfo; they must be of the purpose
        that the detail names
    :ivar until: the field after whose day nothing of it holds any more, claims included
    :ivar before: the field after whose day it can't be agreed to any more
    :ivar stands: citizens may agree to it beforehand, for as often as it comes
    """

    name: str
    fields: tuple[Field, ...]
    either: tuple[str, ...] = ()
    reads: str = ""
    until: str = ""
    before: str = ""
    stands: bool = False

    def of(self, kind: Kind) -> tuple[str, ...]:
        """Return the names of the fields of ``kind``."""
        return tuple(field.name for field in self.fields if field.kind is kind)


AUTHORIZATION_DETAILS_TYPES = (
    # Named details for one matter: once, or until a day.
    DetailType(
        "data-share",
        (
            Field("purpose", Kind.PURPOSE),
            Field("topic", Kind.WORDS),
            Field("claims", Kind.CLAIMS),
            Field("until", Kind.DAY, needed=False),
            Field("once", Kind.ONCE, needed=False),
        ),
        either=("until", "once"),
        reads="claims",
        until="until",
    ),
    # What an office would do for the citizen, told before it does.
    DetailType(
        "proactive-decision",
        (
            Field("action", Kind.WORDS),
            Field("data", Kind.CLAIMS),
            Field("effect", Kind.WORDS),
            Field("amount", Kind.AMOUNT, needed=False),
            Field("deadline", Kind.DAY),
            Field("legal_basis", Kind.WORDS),
            Field("reference", Kind.REFERENCE),
            Field("locations", Kind.RESOURCES, needed=False),
        ),
        before="deadline",
        stands=True,
    ),
)
BY_NAME: Mapping[str, DetailType] = MappingProxyType(
    {row.name: row for row in AUTHORIZATION_DETAILS_TYPES}
)
