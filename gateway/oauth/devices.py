"""Devices that wait: how the answer of an authorization reaches one, and what is known of it.

    interaction ──issue──▶ the device's own code becomes an authorization code ─▶ /device/…/done
         └──────refuse──▶ the device is told no ──────────────────────────────▶ /device/…/done

The citizen's browser is sent to no address of the service, so nothing of the answer passes
through it; the page at the end only says to go back to the device.

Specs: RFC 8628 §3.3, §3.4 and §5.4, RFC 10027.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace

from starlette.responses import Response

from gateway.oauth import dead_ends, managed
from gateway.oauth.refusals import PageRefused
from gateway.oauth.visits import Visit
from gateway.web import ends
from gateway.web.call import Call, see_other
from keys.vault import Vault
from relying_parties.authorization_details import Detail
from relying_parties.errors import ConsentMissing
from relying_parties.grants import codes, detailed, device_codes, directed
from relying_parties.grants.codes import Issue


def key(call: Call) -> bytes:
    """Return the key of the MAC over short codes."""
    vault: Vault = call.runtime.vault
    return vault.derive("device user codes")


def network(call: Call) -> bytes:
    """Return what stands for the caller's network: enough to compare it with another's."""
    secret = call.runtime.vault.derive("device networks")
    return hmac.digest(secret, call.address.encode(), hashlib.sha256)


async def let_in(
    call: Call, visit: Visit, order: Issue, details: Sequence[Detail] | None = None
) -> Response:
    """Make the device's code one that it can redeem.

    :param details: what was agreed to in detail (RFC 9396), if anything was asked
    """
    name = visit.request.device
    lives = await device_codes.grant(call.entry, name)
    if lives is None:
        return _over(call)
    try:
        await codes.issue(
            call.entry, replace(order, challenge=device_codes.PROOF, lives=lives), name
        )
    except ConsentMissing:
        await device_codes.take_back(call.entry, name)
        return _done(visit)
    if visit.request.resource:
        await directed.direct(call.entry, name, visit.request.resource)
    if details is not None:
        await detailed.detail(call.entry, name, details)
    await managed.mark(call, visit.request, name)
    return _done(visit)


async def keep_out(call: Call, visit: Visit) -> Response:
    """Tell the device no."""
    name, client_id = visit.request.device, visit.client.client_id
    if await device_codes.deny(call.entry, name, client_id):
        return _done(visit)
    return _over(call)


def _over(call: Call) -> Response:
    """Say that the device's code was used, or has run out."""
    said = "the device code was used, or has run out"
    return dead_ends.page(call, PageRefused("invalid_request", said, end=ends.CODE_OVER))


def _done(visit: Visit) -> Response:
    return see_other(f"/device/{visit.handle}/done")
