"""Assurance: how sure we are who it is (ial), and that it is them again (aal). Pure.

| acr                | ial | aal | phishing-resistant |
|--------------------|-----|-----|--------------------|
| LoA/high           | 3   | 3   | yes |
| LoA/substantial    | 2   | 2   | |
| LoA/low            | 1   | 1   | |
| phr                |     |     | yes |
| urn:gatehouse:acr:basic |  |   | |

`acr` always says what was achieved, never what was asked (OpenID Connect Core §2).

Specs: eIDAS implementing regulation 2015/1502, OpenID EAP ACR Values, RFC 8176.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from idp.sessions import Session

LOA = "http://eidas.europa.eu/LoA/"
HIGH, SUBSTANTIAL, LOW = f"{LOA}high", f"{LOA}substantial", f"{LOA}low"
BASIC = "urn:gatehouse:acr:basic"


@dataclass(frozen=True, slots=True)
class Level:
    """What an acr takes."""

    ial: int = 0
    aal: int = 0
    phr: bool = False


ACRS: Mapping[str, Level] = MappingProxyType(
    {
        HIGH: Level(3, 3, phr=True),
        SUBSTANTIAL: Level(2, 2),
        LOW: Level(1, 1),
        "phr": Level(phr=True),
        BASIC: Level(),
    }
)


@dataclass(frozen=True, slots=True)
class Met:
    """Nothing is missing."""


@dataclass(frozen=True, slots=True)
class NeedsStepUp:
    """A stronger sign-in would do."""


@dataclass(frozen=True, slots=True)
class NeedsProofing:
    """We would have to know better who it is."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing that we offer would do."""


Missing = Met | NeedsStepUp | NeedsProofing | Unreachable

OFFERED = Level(2, 2, phr=True)  # a passkey, and the online check


def acr(ial: int, aal: int, *, phr: bool) -> str:
    """Return the first acr of the table that is reached."""
    for name, level in ACRS.items():
        if _reached(level, ial, aal, phr=phr):
            return name
    return BASIC


def missing(session: Session, wanted: Sequence[str], *, essential: bool) -> Missing:
    """Return what is missing for the easiest of ``wanted``; unknown ones can't be reached.

    :param essential: a wish that is not gets a stronger sign-in at most, never a proofing
    """
    ial, aal = session.account.ial, session.aal
    phr = session.phishing_resistant
    levels = [ACRS[name] for name in wanted if name in ACRS]
    if any(_reached(level, ial, aal, phr=phr) for level in levels):
        return Met()
    offered = [level for level in levels if level.ial <= OFFERED.ial and level.aal <= OFFERED.aal]
    if any(level.ial <= ial for level in offered):
        return NeedsStepUp()
    return NeedsProofing() if offered and essential else Unreachable()


def at_least(achieved: str | None, wanted: str) -> bool:
    """Whether a sign-in that is told as ``achieved`` is also a ``wanted`` one.

    Only what the acr itself says counts: ``LoA/low`` may have been with a passkey, or not.
    """
    has, level = ACRS.get(achieved or "", ACRS[BASIC]), ACRS[wanted]
    return _reached(level, has.ial, has.aal, phr=has.phr)


def beyond_passwords(wanted: Sequence[str]) -> bool:
    """Whether a password alone reaches none of ``wanted``; no wish is reached by anything."""
    levels = [ACRS[name] for name in wanted if name in ACRS]
    return bool(wanted) and not any(level.aal <= 1 and not level.phr for level in levels)


def _reached(level: Level, ial: int, aal: int, *, phr: bool) -> bool:
    return ial >= level.ial and aal >= level.aal and (phr or not level.phr)
