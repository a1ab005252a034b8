"""The gateway's API of events, as a service calls it with a token of its own.

Specs: RFC 6749 §4.4, SSF 1.0 §8.1, RFC 8936.
"""

from collections.abc import Mapping
from typing import Any

import httpx2

from relying_parties.samples.sdk.caller import Caller, said
from relying_parties.samples.sdk.provider import Provider, SignInFailed, Unavailable, asking

SCOPE = "ssf.manage changes.answer"
CONFLICT = 409


class Api:
    """One service's way to its stream and its answers."""

    def __init__(self, provider: Provider) -> None:
        self._provider, self._caller = provider, Caller(provider, SCOPE)
        self._metadata: Mapping[str, Any] | None = None

    async def metadata(self) -> Mapping[str, Any]:
        """Return where everything is, read once.

        :raises Unavailable: it can't be had
        """
        if self._metadata is None:
            issuer = (await self._provider.metadata())["issuer"]
            url = f"{issuer}/.well-known/ssf-configuration"
            with asking(url):
                async with httpx2.AsyncClient() as http:
                    self._metadata = (await http.get(url)).raise_for_status().json()
        return self._metadata or {}

    async def listen(self, delivery: Mapping[str, str]) -> dict[str, Any]:
        """Make our stream, or let the one that we have be as we want it.

        :raises Unavailable: the gateway does not take it
        """
        url = (await self.metadata())["configuration_endpoint"]
        wish: dict[str, Any] = {"delivery": dict(delivery)}
        made = await self._caller.ask("POST", url, wish)
        if made.status_code == CONFLICT:
            [stream] = said(url, await self._caller.ask("GET", url))
            made = await self._caller.ask("PUT", url, {"stream_id": stream["stream_id"], **wish})
        told: dict[str, Any] = said(url, made)
        status = (await self.metadata())["status_endpoint"]
        on = {"stream_id": told["stream_id"], "status": "enabled"}
        said(status, await self._caller.ask("POST", status, on))
        return told

    async def streams(self) -> list[dict[str, Any]]:
        """Return our stream, if there is one.

        :raises Unavailable: there is no answer
        """
        url = (await self.metadata())["configuration_endpoint"]
        found: list[dict[str, Any]] = said(url, await self._caller.ask("GET", url))
        return found

    async def poll(self, url: str, heard: list[str]) -> dict[str, str]:
        """Acknowledge what we have, and return what there is, by its ``jti``.

        :raises Unavailable: there is no answer
        """
        sets: dict[str, str] = said(url, await self._caller.ask("POST", url, {"ack": heard}))[
            "sets"
        ]
        return sets

    async def answer(self, change_id: str, state: str, reason: str | None) -> None:
        """Say what we did about a change.

        :raises Unavailable: it was not taken; one that is not known any more needs no answer
        """
        issuer = (await self._provider.metadata())["issuer"]
        url = f"{issuer}/api/agency/v1/changes/{change_id}"
        given = {"state": state, **({"reason": reason} if reason else {})}
        answer = await self._caller.ask("POST", url, given)
        if answer.status_code != httpx2.codes.NOT_FOUND:
            said(url, answer)

    async def event(self, raw: str) -> dict[str, Any]:
        """Return what a security event token says, if it is one for us.

        :raises SignInFailed: it is none
        """
        return await self._provider.event(raw)


__all__ = ["Api", "SignInFailed", "Unavailable"]
