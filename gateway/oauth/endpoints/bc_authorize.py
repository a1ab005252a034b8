"""The backchannel authentication endpoint: a service asks a citizen who is elsewhere.

The answer is the same whether the citizen exists: somebody who does not never answers.

Specs: OpenID Connect CIBA Core 1.0 §7, FAPI-CIBA §5.2.2, RFC 9396 §2.
"""

import math

from starlette.responses import Response

from gateway import pinging
from gateway.oauth import answers, asking, checks, client_auth, targets
from gateway.oauth.asking import Asking
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from keys import opaque
from relying_parties.clients import Client
from relying_parties.errors import TooManyAsked
from relying_parties.grants import backchannel_orders
from relying_parties.grants.backchannel_orders import Order


@answers.protocol
async def ask(call: Call) -> Response:
    """Take a request; its citizen finds it on their own page."""
    client = await client_auth.authenticate(call)
    client_auth.pace(call, client)
    if client.registration.backchannel_mode is None:
        raise OAuthRefused("unauthorized_client", "not registered to ask in this way")
    asked = await asking.read(call, client)
    checks.run(checks.CIBA, asked.request, client)
    for each in asked.request.resource:
        await targets.for_citizens(call, client, each)
    auth_req_id = opaque.handle()
    order = await _order(call, client, asked, auth_req_id)
    # The suite asks one citizen hundreds of times.
    unpaced = call.runtime.settings.conformance
    try:
        await backchannel_orders.ask(call.entry, auth_req_id, order, nagging=unpaced)
    except TooManyAsked as stop:
        return _nagging(call, stop)
    return answers.told(
        {
            "auth_req_id": auth_req_id,
            "expires_in": int(asked.lives.total_seconds()),
            "interval": int(order.budget.interval.total_seconds()),
        }
    )


def _nagging(call: Call, stop: TooManyAsked) -> Response:
    """Say that this is too much for one citizen, whether there is one, and when to come again."""
    told = {
        "error": "temporarily_unavailable",
        "error_description": "enough of yours wait for them, or were not approved; see Retry-After",
    }
    response = answers.told(told, 429)
    seconds = math.ceil((stop.until - call.entry.at).total_seconds())
    response.headers["retry-after"] = str(max(seconds, 1))
    return response


async def _order(call: Call, client: Client, asked: Asking, auth_req_id: str) -> Order:
    request_id, vault = opaque.new_id(), call.runtime.vault
    whom = await asking.whom(call, client, asked.request)
    ping = pinging.sealed(vault, request_id, auth_req_id, asked.token) if asked.token else None
    return Order(
        id=request_id,
        client_id=client.client_id,
        subject=whom.subject,
        named=whom.named,
        citizen=whom.citizen,
        request=asked.kept(vault, request_id),
        message=asked.message,
        lives=asked.lives,
        ping=ping,
    )
