"""Calls at the gateway in a service's own name, with a token for one scope.

Specs: RFC 6749 §4.4, RFC 6750 §2.1.
"""

import time
from typing import Any

import httpx2

from relying_parties.samples.sdk.provider import Provider, asking

EARLY = 30  # seconds before its end in which a token is not used any more
PATIENCE = 20  # seconds: a poll waits for something to tell


class Caller:
    """One service, one scope."""

    def __init__(self, provider: Provider, scope: str) -> None:
        self._provider, self._scope = provider, scope
        self._token, self._until = "", 0.0

    async def ask(self, method: str, url: str, given: Any = None) -> httpx2.Response:
        """Send one request with the service's own token.

        :raises Unavailable: there is no answer, or no token
        """
        answer = await self._ask(method, url, given)
        if answer.status_code == httpx2.codes.UNAUTHORIZED:
            self._until = 0.0  # it was taken back: the next one is new
            answer = await self._ask(method, url, given)
        return answer

    async def _ask(self, method: str, url: str, given: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {await self._own_token()}"}
        with asking(url):
            async with httpx2.AsyncClient(timeout=PATIENCE) as http:
                return await http.request(method, url, json=given, headers=headers)

    async def _own_token(self) -> str:
        now = time.monotonic()
        if now > self._until:
            told = await self._provider.own_token(self._scope)
            self._token, self._until = told["access_token"], now + told["expires_in"] - EARLY
        return self._token


def said(url: str, answer: httpx2.Response) -> Any:
    """Return what an answer says.

    :raises Unavailable: it is an error
    """
    with asking(url):
        return answer.raise_for_status().json()
