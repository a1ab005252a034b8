"""Relations: to whom a service may write, and with which key it is kept. Decided here alone.

    sub ─▶ a consent in force between the two ─▶ its account is open ─▶ the citizen's key
      └── anything else: one answer, whoever is meant by it and whatever is missing

A service that lost the relation can neither write nor read what it wrote.
"""

from dataclasses import dataclass, field
from uuid import UUID

from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from idp import attributes
from idp.errors import AccountNotOpen
from keys import pairwise
from keys.sealing import DataKey
from relying_parties import consents
from relying_parties.clients import Client
from relying_parties.consents import Consent


@dataclass(frozen=True, slots=True)
class Relation:
    """A citizen who shares something with the service now.

    :ivar key: the citizen's own
    """

    consent: Consent
    account_id: UUID
    key: DataKey = field(repr=False)

    @property
    def subject(self) -> str:
        """Who the citizen is to the service."""
        return self.consent.subject


async def living(call: Call, client: Client, sub: object) -> Relation:
    """Return the relation of ``client`` to whom it calls ``sub``.

    :raises OAuthRefused: ``not_found``: nobody, somebody who shares nothing with it, or whose
        account is not open at the moment
    """
    if not isinstance(sub, str):
        raise OAuthRefused("invalid_request", "sub is missing")
    found = await find(call, client, sub)
    if found is None:
        raise unknown()
    return found


async def find(call: Call, client: Client, sub: str) -> Relation | None:
    """Return the relation of ``client`` to whom it calls ``sub``, if there is one."""
    at, vault = call.entry.at, call.runtime.vault
    for consent in await consents.of_subjects(call.entry, [sub]):
        if consent.client_id == client.client_id and consent.live(at):
            account_id = pairwise.open_citizen(vault.sealer, consent.citizen, consent.client_id)
            try:
                key = await attributes.data_key(call.entry, vault, account_id)
            except AccountNotOpen:
                return None
            return Relation(consent, account_id, key)
    return None


def unknown() -> OAuthRefused:
    """Return the one answer, whatever is missing."""
    return OAuthRefused("not_found", "nobody of this sub shares this with you", 404)
