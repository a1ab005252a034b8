"""Proving who someone is: a module each provider, all with one outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.attributes import Validity
from idp.proofing.evidence import Item
from idp.proofing.providers import Provider


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider found.

    :ivar ial: how well the citizen is known now; 0 if they could not be found
    :ivar attributes: claim → value, as the register has them
    :ivar validity: claim → the days on which it holds, where the register says them
    :ivar source: the register, by name
    :ivar reason: why not, in one stable word
    :ivar person: the register's own number of the person, for the fingerprint
    :ivar evidence: what was looked at, item by item; kept sealed
    """

    provider: Provider
    ial: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    validity: Mapping[str, Validity] = field(default_factory=dict)
    source: str = ""
    reason: str = ""
    person: str = field(default="", repr=False)
    evidence: tuple[Item, ...] = field(default=(), repr=False)
