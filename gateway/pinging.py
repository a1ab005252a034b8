"""Pings: tell services, from behind, that a citizen answered what they asked.

A service is asked once a try, at the address that was approved; no redirect is followed and
what it answers is not read. It still has to come for the answer itself.

Specs: OpenID Connect CIBA Core 1.0 §10.2.
"""

import asyncio
import json
import logging
from uuid import UUID

from gateway import outbound
from gateway.outbound import OutboundRefused
from gateway.runtime import Runtime
from keys.errors import NotSealedHere
from keys.vault import Vault
from relying_parties import pings
from relying_parties.pings import Ping

log = logging.getLogger("gatehouse.worker")

HEARD = (200, 204)
_PLACE = "relying_parties.backchannel_requests"


def sealed(vault: Vault, request_id: UUID, auth_req_id: str, token: str) -> bytes:
    """Seal what the notification will say, until it is said."""
    said = json.dumps([auth_req_id, token]).encode()
    return vault.sealer.seal(said, _PLACE, str(request_id))


async def ping_services(runtime: Runtime) -> int:
    """Tell what is due, all services at the same time; return how many were asked."""
    async with runtime.entry() as entry:
        due = await pings.take(entry)
    # No connection is held while strangers take their time.
    await asyncio.gather(*(_tell(runtime, each) for each in due))
    return len(due)


async def _tell(runtime: Runtime, ping: Ping) -> None:
    client = await runtime.client(ping.client_id)
    uri = client.registration.notification_endpoint if client and client.live else None
    why = "gone" if uri is None else await _ask(runtime, uri, ping)
    async with runtime.entry() as entry:
        if not why:
            await pings.told(entry, ping)
            return
        log.info("ping not told", extra={"client": ping.client_id, "why": why})
        # Who refused it refuses it again, and a redirect leads nowhere; anything else may pass.
        final = why in ("gone", "altered") or (why.isdecimal() and int(why) < 500)
        await pings.failed(entry, ping, why=why, final=final)


async def _ask(runtime: Runtime, uri: str, ping: Ping) -> str:
    """Return why the service did not hear it; empty if it did."""
    try:
        opened = runtime.vault.sealer.open(ping.sealed, _PLACE, str(ping.id))
    except NotSealedHere:
        return "altered"
    auth_req_id, token = json.loads(opened)
    try:
        answer = await outbound.send(
            uri,
            json.dumps({"auth_req_id": auth_req_id}).encode(),
            headers={"content-type": "application/json", "authorization": f"Bearer {token}"},
            allow_loopback=runtime.settings.allow_loopback,
        )
    except OutboundRefused as error:
        return error.reason
    return "" if answer.status in HEARD else str(answer.status)
