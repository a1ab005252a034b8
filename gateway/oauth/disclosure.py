"""Disclosure: values go out to a service, and a line of the citizen's ledger says so.

Nothing is answered before the line is durable, whichever way the values go.
"""

from typing import Any, Protocol
from uuid import UUID

from gateway.oauth.verified import release
from gateway.oauth.verified.release import Given
from gateway.web.call import Call
from keys import pairwise
from relying_parties import claims_policy, releases
from relying_parties.clients import Client
from relying_parties.releases import Disclosure


class Held(Given, Protocol):
    """What a service holds about a citizen: a code that it redeemed, or an access token."""

    @property
    def citizen(self) -> bytes:
        """The sealed reference to the citizen."""

    @property
    def subject(self) -> str:
        """Who the citizen is to the service."""

    @property
    def consent_id(self) -> UUID | None:
        """What they agreed to, if the service asks for anything."""


async def disclose(
    call: Call, client: Client, held: Held, allowed: tuple[str, ...], place: str
) -> dict[str, Any]:
    """Read what may be read now, and write down that the service got it.

    :param allowed: names of claims; what the citizen does not have is left out, never null
    :param place: where they go: ``userinfo`` or ``id_token``
    :returns: the values by wire name
    :raises AccountNotOpen: the account is locked or closed
    """
    account_id = pairwise.open_citizen(call.runtime.vault.sealer, held.citizen, client.client_id)
    told = await release.values(call, client, held, account_id, allowed, place)
    if told.present:
        line = Disclosure(
            client_id=client.client_id,
            version=client.version,
            purposes=claims_policy.purposes(client.registration, told.present),
            claims=told.present,
            channel=place,
            consent_id=held.consent_id,
        )
        await releases.record(call.entry, told.key, held.subject, line)
    return told.values
