"""What a service asks citizens who are elsewhere: how much waits, and what became of it.

Numbers, and nobody: whom it asked is between it and them.
"""

from typing import Any

from gateway.web.call import Call
from gateway.web.locale import N_
from relying_parties.clients import Client
from relying_parties.grants import backchannel_counts

WORDS = {
    "waiting": N_("Waiting for citizens"),
    "approved": N_("Approved"),
    "declined": N_("Not approved"),
    "unanswered": N_("Not answered in time"),
    "refused": N_("Refused by us, because it asked too often"),
}


async def shown(call: Call, client: Client | None) -> list[dict[str, Any]]:
    """Return the counts of a service for its page; nothing if it does not ask in this way."""
    if client is None or client.registration.backchannel_mode is None:
        return []
    counted = await backchannel_counts.standing(call.entry, client.client_id)
    return [
        {"key": call.gettext(text), "value": counted.get(name, 0)} for name, text in WORDS.items()
    ]
