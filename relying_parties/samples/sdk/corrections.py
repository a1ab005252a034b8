"""What we know otherwise than the gateway: proposed to the citizen, who answers there.

propose ─▶ open ─▶ accepted │ disputed │ explained │ expired
"""

from collections.abc import Mapping
from typing import Any

from relying_parties.samples.sdk.caller import Caller, said
from relying_parties.samples.sdk.names import wire_name
from relying_parties.samples.sdk.provider import Provider

SCOPE = "corrections.propose"


class Corrections:
    """What one service proposes."""

    def __init__(self, provider: Provider) -> None:
        self._provider, self._caller = provider, Caller(provider, SCOPE)

    async def propose(
        self, sub: str, claim: str, value: Any, *, reason: Mapping[str, str], **more: Any
    ) -> dict[str, Any]:
        """Say what a detail is here and why; return how that stands.

        :param more: ``evidence`` by language
        :raises Unavailable: it was not taken
        """
        issuer = (await self._provider.metadata())["issuer"]
        given = {"sub": sub, "claim": wire_name(issuer, claim), "value": value, "reason": reason}
        url = f"{issuer}/api/agency/v1/corrections"
        told: dict[str, Any] = said(url, await self._caller.ask("POST", url, given | more))
        return told

    async def read(self, correction_id: str) -> dict[str, Any]:
        """Return how the citizen answered, if they did.

        :raises Unavailable: there is no answer, or they share nothing with us any more
        """
        issuer = (await self._provider.metadata())["issuer"]
        url = f"{issuer}/api/agency/v1/corrections/{correction_id}"
        told: dict[str, Any] = said(url, await self._caller.ask("GET", url))
        return told
