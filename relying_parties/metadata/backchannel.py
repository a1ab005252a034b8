"""Requests from behind (CIBA): how a service hears what the citizen answered.

Specs: CIBA Core 1.0 §4 and §5, FAPI-CIBA §5.2.2.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from relying_parties.metadata.rules import Problem, Rules
from relying_parties.profiles import Profile

# CIBA Core §5; push would hand tokens to an address, and FAPI-CIBA §5.2.2 forbids it.
DELIVERY_MODES = ("poll", "ping")


def mode(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge how the service hears of an answer (CIBA Core §5)."""
    if not profile.backchannel:
        yield path, "profile_forbids"
    elif value not in DELIVERY_MODES:
        yield path, "value"


def delivery(spec: Mapping[str, Any], profile: Profile) -> Iterator[Problem]:
    """CIBA Core §4: who asks says how it hears; an address for that is for pings alone."""
    mode, address = (spec.get(member) for member in ("backchannelMode", "notificationEndpoint"))
    if profile.backchannel and mode is None:
        yield "spec.backchannelMode", "missing"
    if mode == "ping" and address is None:
        yield "spec.notificationEndpoint", "missing"
    if mode != "ping" and address is not None:
        yield "spec.notificationEndpoint", "for_pings_only"
