"""The gateway's API of events, as a service calls it with a token of its own.

Specs: RFC 6749 §4.4, SSF 1.0 §8.1, RFC 8936.
"""

import time
from collections.abc import Mapping
from typing import Any

import httpx2

from relying_parties.samples.sdk.provider import Provider, SignInFailed, Unavailable, asking

SCOPE = "ssf.manage changes.answer"
CONFLICT = 409
EARLY = 30  # seconds before its end in which a token is not used any more
PATIENCE = 20  # seconds: a poll waits for something to tell


class Api:
    """One service's way to its stream and its answers."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._token, self._until = "", 0.0
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
        made = await self._ask("POST", url, wish)
        if made.status_code == CONFLICT:
            [stream] = self._said(url, await self._ask("GET", url))
            made = await self._ask("PUT", url, {"stream_id": stream["stream_id"], **wish})
        told: dict[str, Any] = self._said(url, made)
        status = (await self.metadata())["status_endpoint"]
        on = {"stream_id": told["stream_id"], "status": "enabled"}
        self._said(status, await self._ask("POST", status, on))
        return told

    async def streams(self) -> list[dict[str, Any]]:
        """Return our stream, if there is one.

        :raises Unavailable: there is no answer
        """
        url = (await self.metadata())["configuration_endpoint"]
        found: list[dict[str, Any]] = self._said(url, await self._ask("GET", url))
        return found

    async def poll(self, url: str, heard: list[str]) -> dict[str, str]:
        """Acknowledge what we have, and return what there is, by its ``jti``.

        :raises Unavailable: there is no answer
        """
        sets: dict[str, str] = self._said(url, await self._ask("POST", url, {"ack": heard}))["sets"]
        return sets

    async def answer(self, change_id: str, state: str, reason: str | None) -> None:
        """Say what we did about a change.

        :raises Unavailable: it was not taken; one that is not known any more needs no answer
        """
        issuer = (await self._provider.metadata())["issuer"]
        url = f"{issuer}/api/agency/v1/changes/{change_id}"
        given = {"state": state, **({"reason": reason} if reason else {})}
        answer = await self._ask("POST", url, given)
        if answer.status_code != httpx2.codes.NOT_FOUND:
            self._said(url, answer)

    async def event(self, raw: str) -> dict[str, Any]:
        """Return what a security event token says, if it is one for us.

        :raises SignInFailed: it is none
        """
        return await self._provider.event(raw)

    async def _ask(self, method: str, url: str, given: Any = None) -> httpx2.Response:
        headers = {"authorization": f"Bearer {await self._own_token()}"}
        with asking(url):
            async with httpx2.AsyncClient(timeout=PATIENCE) as http:
                answer = await http.request(method, url, json=given, headers=headers)
        if answer.status_code == httpx2.codes.UNAUTHORIZED:
            self._until = 0.0  # it was taken back: the next one is new
        return answer

    async def _own_token(self) -> str:
        now = time.monotonic()
        if now > self._until:
            told = await self._provider.own_token(SCOPE)
            self._token, self._until = told["access_token"], now + told["expires_in"] - EARLY
        return self._token

    @staticmethod
    def _said(url: str, answer: httpx2.Response) -> Any:
        with asking(url):
            return answer.raise_for_status().json()


__all__ = ["Api", "SignInFailed", "Unavailable"]
