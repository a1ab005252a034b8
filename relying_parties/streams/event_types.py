"""The events that a service may hear, as data: the next one is a row.

A registration names them by their short names; on the wire each is a URI. Those that begin
with a slash are our own and follow the issuer's address. What a stream tells of itself, when it
is verified or rests, is never registered for.

Not among them is CAEP's ``token-claims-change``, nor RISC's ``identifier-changed``: both carry
the value, or name the citizen by it, and no event of ours does. ``claims-changed`` says which
details changed; who may know them reads them (docs/events.md).

Specs: SSF 1.0 §8.1.4 and §8.1.5, CAEP 1.0 §3, RISC 1.0 §2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
_RISC = "https://schemas.openid.net/secevent/risc/event-type/"
_SSF = "https://schemas.openid.net/secevent/ssf/event-type/"


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event.

    :ivar uri: on the wire; one that begins with a slash follows the issuer's address
    :ivar after: it is told of a citizen who shares nothing any more, too
    """

    name: str
    uri: str
    after: bool = False

    def wire(self, issuer: str) -> str:
        """Spell it as a token does."""
        return f"{issuer}{self.uri}" if self.uri.startswith("/") else self.uri


EVENT_TYPES: tuple[EventType, ...] = (
    EventType("claims-changed", "/events/claims-changed"),
    EventType("grant-narrowed", "/events/grant-narrowed"),
    EventType("grant-withdrawn", "/events/grant-withdrawn", after=True),
    EventType("grant-restored", "/events/grant-restored"),
    EventType("grant-prolonged", "/events/grant-prolonged"),
    EventType("grant-expired", "/events/grant-expired", after=True),
    EventType("session-revoked", f"{_CAEP}session-revoked"),
    EventType("credential-change", f"{_CAEP}credential-change"),
    EventType("assurance-level-change", f"{_CAEP}assurance-level-change"),
    EventType("account-disabled", f"{_RISC}account-disabled"),
    EventType("account-enabled", f"{_RISC}account-enabled"),
    EventType("account-purged", f"{_RISC}account-purged", after=True),
    EventType("recovery-activated", f"{_RISC}recovery-activated"),
    EventType("account-credential-change-required", f"{_RISC}account-credential-change-required"),
)
VERIFICATION = EventType("verification", f"{_SSF}verification")
STREAM_UPDATED = EventType("stream-updated", f"{_SSF}stream-updated")

AFTER: tuple[str, ...] = tuple(each.name for each in EVENT_TYPES if each.after)
NAMES: tuple[str, ...] = tuple(each.name for each in EVENT_TYPES)
BY_NAME: Mapping[str, EventType] = MappingProxyType(
    {each.name: each for each in (*EVENT_TYPES, VERIFICATION, STREAM_UPDATED)}
)
