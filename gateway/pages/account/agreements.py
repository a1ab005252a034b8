"""What a citizen agreed to, service by service: of each the newest."""

from typing import Any

from gateway.pages import stale
from gateway.pages.account import citizen
from gateway.web.call import Call
from idp.sessions import Session
from relying_parties import clients, consents
from relying_parties.clients import Client
from relying_parties.consents import Consent


async def named(call: Call, session: Session) -> tuple[dict[str, Any], Consent, Client]:
    """Find the citizen's latest consent to the service in the address.

    :raises stale.DeadEnd: there is none
    """
    theirs = await citizen.subjects(call, session)
    wanted = call.path_text("client")
    found = newest(call, await consents.of_subjects(call.entry, theirs))
    consent = next((one for one in found if one.client_id == wanted), None)
    client = await clients.find(call.entry, wanted) if consent else None
    if consent is None or client is None:
        raise stale.DeadEnd(stale.NOTHING_SHARED)
    return theirs, consent, client


def newest(call: Call, found: list[Consent]) -> list[Consent]:
    """Return of each service the one in force, else the last; the latest change first."""
    at, latest = call.entry.at, dict[str, Consent]()
    for one in sorted(found, key=lambda one: (one.live(at), one.changed_at)):
        latest[one.client_id] = one
    return sorted(latest.values(), key=lambda one: one.changed_at, reverse=True)
