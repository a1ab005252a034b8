"""Where citizens' requests stand: told to the gateway, again and again until it is taken.

put ─▶ kept here ─▶ reported ─▶ done
          └── no answer: at the next try, with the same moment, so that it counts once
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2

from relying_parties.samples.sdk.caller import Caller, said
from relying_parties.samples.sdk.provider import Provider, SignInFailed
from relying_parties.samples.sdk.store import Store

SCOPE = "requests.write"
AGAIN = 2.0  # seconds after which what did not work is tried again
_OVER = (httpx2.codes.NOT_FOUND, httpx2.codes.CONFLICT, httpx2.codes.BAD_REQUEST)

log = logging.getLogger("service")


class Requests:
    """What one service reports."""

    def __init__(self, provider: Provider, store: Store) -> None:
        self._provider, self._store = provider, store
        self._caller = Caller(provider, SCOPE)
        self._came = asyncio.Event()

    def put(self, reference: str, sub: str, state: str, **more: Any) -> None:
        """Report that a request stands at ``state`` from now on; returns before it is told.

        :param reference: our own number of it
        :param more: ``title`` and ``office`` by language; ``next_step``, ``due``, ``link``
        """
        at = datetime.now(UTC).isoformat()  # noqa: TID251 - its own clock
        self._store.report(reference, json.dumps({"sub": sub, "state": state, "at": at, **more}))
        self._came.set()

    async def run(self) -> None:
        """Report, for as long as the service runs."""
        self._came.set()  # what the last start left undone
        while True:
            await self._came.wait()
            self._came.clear()
            for one in self._store.unreported():
                try:
                    await self._tell(one.reference, json.loads(one.body))
                except SignInFailed as error:
                    log.warning("a report waits: %s", error)
                    await asyncio.sleep(AGAIN)
                    self._came.set()
                    break
                self._store.reported(one.number)

    async def _tell(self, reference: str, given: Mapping[str, Any]) -> None:
        issuer = (await self._provider.metadata())["issuer"]
        url = f"{issuer}/api/agency/v1/requests/{reference}"
        answer = await self._caller.ask("PUT", url, given)
        if answer.status_code in _OVER:  # it will be the same next time
            log.warning("%s was not taken: %s", reference, answer.text[:300])
        else:
            said(url, answer)
