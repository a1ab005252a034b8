"""Purposes: why a service asks for which claims, on what ground and for how long.

They are part of the approved registration. A claim that no purpose names is never
released to the service, whatever it requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass

NEEDS = ("needed", "optional")
BASES = ("consent", "law")
AREA = ("country_code", "region", "locality")  # a postcode would tell the house
LONGEST = 365  # days that one consent may last

# Words of the service by language tag: {"en": "…", "fr": "…"}.
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One claim that a service may ask for.

    :ivar need: ``needed``, the service can't work without it, or ``optional``
    :ivar basis: ``consent``, or ``law``: then the citizen is told and has no switch
    :ivar why: the service's reason, 3 to 300 characters in each language
    :ivar law: the provision, if ``basis`` is ``law``
    :ivar area: of which area a claim about it speaks: country_code, region, locality
    """

    claim: str
    need: str
    basis: str
    why: Words
    law: Words | None = None
    area: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """One reason, and the claims asked for it; ``keep_days`` is the longest consent."""

    id: str
    name: Words
    keep_days: int
    claims: tuple[Asked, ...]
