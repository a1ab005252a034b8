"""Trust frameworks: the rules under which a proofing is done, and what they call its strength.

Specs: OpenID Identity Assurance Schema Definition 1.0 §5.4, eIDAS implementing regulation
2015/1502.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Framework:
    """One set of rules.

    :ivar policy: the text that has them, by its own name
    :ivar levels: how the rules call each ial
    """

    name: str
    policy: str
    levels: Mapping[int, str]


EIDAS = Framework(
    name="eidas",
    policy="Commission Implementing Regulation (EU) 2015/1502",
    levels=MappingProxyType({1: "low", 2: "substantial", 3: "high"}),
)

FRAMEWORKS: Mapping[str, Framework] = MappingProxyType({row.name: row for row in (EIDAS,)})
