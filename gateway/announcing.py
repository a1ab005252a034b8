"""Announcing: which services are told that a detail changed, and the telling itself.

    detail changed ─▶ what follows from it ─▶ what each service may read of that ─▶ told
                                                   (consent, and a stream for it)

The event names the details and a number for the answer. What they are now, the service
reads under the citizen's consent.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from gateway.oauth import names
from idp import catalog
from keys.entry import Entry
from relying_parties import changes
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.streams import delivery
from relying_parties.streams.delivery import Signal
from relying_parties.streams.subscriptions import Receiver

EVENT = "claims-changed"


@dataclass(frozen=True, slots=True)
class Hearer:
    """A service that may read what changed.

    :ivar claims: the part of it, by the catalogue's names
    :ivar reached: whether it can be told; else it sees the change when it next reads
    :ivar by_law: it is told, whatever the citizen ticks
    """

    client: Client
    consent: Consent
    claims: tuple[str, ...]
    reached: bool
    by_law: bool


def followers(claims: Iterable[str]) -> frozenset[str]:
    """Return ``claims`` and what is made of them, as far as services may be told of changes."""
    changed = set(claims)
    return frozenset(
        one.name
        for one in catalog.CATALOG
        if one.mode == "keep" and (one.name in changed or changed & set(one.derived_from))
    )


def hearer(
    client: Client, consent: Consent, changed: Collection[str], hearing: Collection[str]
) -> Hearer | None:
    """Return ``client`` as one that may read something of ``changed``.

    :param hearing: ids of those whose stream takes the event
    """
    claims = tuple(
        name for name in consent.claims if name in changed and name in client.registration.asked
    )
    if not claims or not client.live:
        return None
    by_law = any(consent.by_law(name) for name in claims)
    return Hearer(client, consent, claims, client.client_id in hearing, by_law)


def hearing(receivers: Iterable[Receiver]) -> frozenset[str]:
    """Return the ids of those that take the event."""
    return frozenset(one.client_id for one in receivers if EVENT in one.types)


async def announce(
    entry: Entry, issuer: str, hearers: Iterable[Hearer], *, effective: date | None = None
) -> int:
    """Tell each of ``hearers``; return how many events are on their way.

    :param effective: the day on which it changes, if that is to come
    """
    told = []
    for one in hearers:
        notice = await changes.note(
            entry,
            one.client.client_id,
            one.consent.subject,
            one.claims,
            days=_days(one.client),
            effective=effective,
        )
        payload = {
            "claims": [names.wire(issuer, claim) for claim in notice.claims],
            "change_id": str(notice.id),
            "answer_by": notice.answer_by.date().isoformat(),
        }
        if effective is not None:
            payload["effective_from"] = effective.isoformat()
        told.append(
            Signal(
                notice.client_id, one.consent.subject, EVENT, payload, entry.at, notice=notice.id
            )
        )
    return await delivery.queue(entry, told)


async def leave_out(
    entry: Entry, hearers: Iterable[Hearer], *, effective: date | None = None
) -> None:
    """Note whom the citizen did not want to be told."""
    for one in hearers:
        await changes.note(
            entry,
            one.client.client_id,
            one.consent.subject,
            one.claims,
            days=_days(one.client),
            state=changes.LEFT_OUT,
            effective=effective,
        )


def _days(client: Client) -> int:
    events = client.registration.events
    return events.answer_days if events else 0
