"""What lines of the ledger say, in the citizen's language and the service's words of that day."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from gateway import claim_labels
from gateway.web.locale import N_
from keys.entry import Entry
from relying_parties import claims_policy, onboarding, registration
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.receipts import words
from relying_parties.registration import Registration
from relying_parties.releases import Release

CHANNELS = {
    "userinfo": N_("The service asked for them with the permission that you gave"),
    "id_token": N_("With your sign-in"),
}


class Reading(Protocol):
    """Who reads: a page's call, or a worker that makes a file."""

    @property
    def runtime(self) -> Any:
        """What the process holds."""

    @property
    def entry(self) -> Entry:
        """The unit of work."""

    @property
    def locale(self) -> str:
        """The citizen's language."""

    def gettext(self, text: str) -> str:
        """Say something in it."""


class Speller:
    """Says what lines say, in the citizen's language and in the service's words of that day."""

    def __init__(self, call: Reading, agreed: Iterable[Consent]) -> None:
        self._call = call
        self._agreed = {one.id: one for one in agreed}
        self._registrations = dict[tuple[str, int], Registration | None]()

    async def spell(self, one: Release) -> dict[str, Any]:
        """Return the parts of a line as a page shows them."""
        call, asked = self._call, await self._registration(one)
        client = await call.runtime.client(one.client_id)
        agreed = self._agreed.get(one.consent_id) if one.consent_id else None
        names = [name for name in one.claims if name not in claims_policy.FOLLOWS] or one.claims
        return {
            "id": one.id,
            "moment": one.at,
            "clock": claim_labels.clock(one.at, call.locale),
            "client_id": one.client_id,
            "service": words(asked.name, call.locale) if asked else one.client_id,
            "agency": words(client.agency.name, call.locale) if client else "",
            "details": [claim_labels.label(name, call.gettext) for name in names],
            "why": self._why(asked, one),
            "agreed": claim_labels.day(agreed.given_at, call.locale) if agreed else "",
            "by_law": agreed is not None and all(agreed.by_law(name) for name in one.claims),
            "channel": call.gettext(CHANNELS[one.channel]) if one.channel in CHANNELS else "",
        }

    def _why(self, asked: Registration | None, one: Release) -> list[str]:
        purposes, locale = asked.purposes if asked else (), self._call.locale
        named = {each.id: words(each.name, locale) for each in purposes}
        return [named.get(each, each) for each in one.purposes]

    async def _registration(self, one: Release) -> Registration | None:
        """Return the version whose words were shown then."""
        client: Client | None = await self._call.runtime.client(one.client_id)
        if client is not None and client.version == one.version:
            return client.registration
        which = (one.client_id, one.version)
        if which not in self._registrations:
            written = await onboarding.find(self._call.entry, *which)
            self._registrations[which] = registration.read(written.document) if written else None
        return self._registrations[which]


def in_words(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a spelt line that stands in a file beside it."""
    return {
        "service": told["service"],
        "agency": told["agency"],
        "details": told["details"],
        "why": told["why"],
        "when": told["clock"],
    }
