"""Back-channel logout: tell services, from behind, that a session of theirs ended.

Each try signs a token of its own, good for two minutes. A service is asked once a try, at
the address that was approved, and no redirect is followed.

Specs: OpenID Connect Back-Channel Logout 1.0 §2.4 to §2.8.
"""

import asyncio
import logging
from urllib.parse import urlencode

from gateway import outbound
from gateway.outbound import OutboundRefused
from gateway.runtime import Runtime, now
from keys import opaque, signing
from relying_parties import logouts
from relying_parties.clients import Client
from relying_parties.logouts import Logout

log = logging.getLogger("gatehouse.worker")

LIFETIME = 120  # seconds, §2.4
EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYP = "logout+jwt"
HEARD = (200, 204)


async def tell(runtime: Runtime) -> int:
    """Tell what is due, all services at the same time; return how many were asked."""
    async with runtime.entry() as entry:
        due = await logouts.take(entry)
    # No connection is held while strangers take their time.
    await asyncio.gather(*(_tell(runtime, each) for each in due))
    return len(due)


def token(runtime: Runtime, client: Client, logout: Logout) -> str:
    """Sign the token that names the session by what this service calls it."""
    at = int(now().timestamp())
    claims = {
        "iss": runtime.settings.issuer,
        "aud": client.client_id,
        "sub": logout.subject,
        "sid": logout.sid,
        "iat": at,
        "exp": at + LIFETIME,
        "jti": opaque.handle(),
        "events": {EVENT: {}},
    }
    alg = client.registration.id_token_alg
    # §2.4: by the keys of ID tokens; its type keeps it from being taken for one.
    return signing.sign(runtime.keyring, claims, purpose="token", alg=alg, typ=TYP)


async def _tell(runtime: Runtime, logout: Logout) -> None:
    client = await runtime.client(logout.client_id)
    uri = client.registration.backchannel_logout_uri if client and client.live else None
    why = "gone" if client is None or uri is None else await _ask(runtime, client, uri, logout)
    async with runtime.entry() as entry:
        if not why:
            await logouts.told(entry, logout)
            return
        log.info("logout not told", extra={"client": logout.client_id, "why": why})
        # §2.8: a token that was refused is refused again; anything else may pass.
        final = why == "gone" or (why.isdecimal() and int(why) < 500)
        await logouts.failed(entry, logout, why=why, final=final)


async def _ask(runtime: Runtime, client: Client, uri: str, logout: Logout) -> str:
    """Return why the service did not hear it; empty if it did."""
    form = urlencode({"logout_token": token(runtime, client, logout)}).encode()
    try:
        answer = await outbound.send(
            uri,
            form,
            headers={"content-type": "application/x-www-form-urlencoded"},
            allow_loopback=runtime.settings.allow_loopback,
        )
    except OutboundRefused as error:
        return error.reason
    return "" if answer.status in HEARD else str(answer.status)
