"""Changed grants: what became of what a citizen lets a service have, told to that service.

    journal: ConsentNarrowed … ──▶ grant-narrowed … ──▶ the stream of that one service

Names of details and no value, and only what the service could see anyway when it next reads;
it hears of it now, so that it can drop what it must. What it did itself it is not told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from gateway.oauth import names
from keys.entry import Entry
from keys.journal import Journalled
from relying_parties import claims_policy, consents
from relying_parties.consents import Consent
from relying_parties.streams.delivery import Signal
from relying_parties.streams.subscriptions import Receiver

Payload = dict[str, Any]
Spell = Callable[[Iterable[str]], list[str]]


def _narrowed(one: Journalled, _consent: Consent, spell: Spell) -> Payload:
    return {"claims": spell(one.fields["claims"]), "stopped": spell(one.fields["stopped"])}


def _ended(one: Journalled, _consent: Consent, spell: Spell) -> Payload:
    return {"claims": [], "stopped": spell(one.fields["claims"])}


def _holds(one: Journalled, consent: Consent, spell: Spell) -> Payload:
    until = consent.expires_at.date().isoformat()
    return {"claims": spell(one.fields["claims"]), "until": until}


Telling = Callable[[Journalled, Consent, Spell], Payload]
TOLD: Mapping[str, tuple[str, Telling]] = {
    "ConsentNarrowed": ("grant-narrowed", _narrowed),
    "ConsentWithdrawn": ("grant-withdrawn", _ended),
    "ConsentExpired": ("grant-expired", _ended),
    "ConsentRestored": ("grant-restored", _holds),
    "ConsentProlonged": ("grant-prolonged", _holds),
}


async def signals(
    entry: Entry, issuer: str, happened: Iterable[Journalled], hearing: Sequence[Receiver]
) -> list[Signal]:
    """Return what is to be told of ``happened``, each to the service of that grant alone."""
    receivers = {one.client_id: one for one in hearing}
    told = [one for one in happened if _is_told(one, receivers)]
    if not told:
        return []
    known = {one.id: one for one in await consents.of_ids(entry, [_grant(one) for one in told])}
    return [_signal(issuer, one, known[_grant(one)]) for one in told if _grant(one) in known]


def _is_told(one: Journalled, receivers: Mapping[str, Receiver]) -> bool:
    if one.kind not in TOLD or (one.actor or "").startswith("client:"):
        return False
    receiver = receivers.get(one.fields["client_id"])
    return receiver is not None and TOLD[one.kind][0] in receiver.types


def _signal(issuer: str, one: Journalled, consent: Consent) -> Signal:
    def spell(claims: Iterable[str]) -> list[str]:
        given = list(claims)
        flags = [flag for flag, of in claims_policy.FOLLOWS.items() if of in given]
        return [names.wire(issuer, claim) for claim in (*given, *flags)]

    event, telling = TOLD[one.kind]
    payload = {"grant_id": str(consent.id), **telling(one, consent, spell)}
    return Signal(consent.client_id, consent.subject, event, payload, one.at)


def _grant(one: Journalled) -> UUID:
    return UUID((one.object or "").partition(":")[2])
