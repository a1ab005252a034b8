"""The CIBA grant: a service comes for what a citizen decided while it waited.

Poll and ping are answered alike; a ping only says when to come. The code behind an approval
is known to nobody: it is derived from the request, and used up here.

Specs: OpenID Connect CIBA Core 1.0 §10.1 and §11.
"""

from typing import Any
from uuid import UUID

from gateway.oauth import approving
from gateway.oauth.grants import authorization_code
from gateway.oauth.grants.authorization_code import Proof
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.sender import Sender
from gateway.web.call import Call
from relying_parties.client_metadata import CIBA
from relying_parties.clients import Client
from relying_parties.grants import backchannel_polls
from relying_parties.grants.backchannel_polls import Fate

GRANT_TYPE = CIBA

_REFUSALS = {
    Fate.UNKNOWN: ("invalid_grant", "auth_req_id is unknown, used or ended"),
    Fate.USED: ("invalid_grant", "auth_req_id is unknown, used or ended"),
    Fate.PENDING: ("authorization_pending", "the citizen has not answered yet"),
    Fate.TOO_EARLY: ("slow_down", "wait five seconds longer between polls"),
    Fate.EXPIRED: ("expired_token", "the citizen did not answer in time"),
    Fate.DECLINED: ("access_denied", "the citizen declined"),
}


async def redeem(call: Call, client: Client, sender: Sender) -> dict[str, Any]:
    """Say how the request of the form stands; once it is approved, answer with tokens, once.

    :raises OAuthRefused: ``unauthorized_client``, ``authorization_pending``, ``slow_down``,
        ``expired_token``, ``access_denied``, ``invalid_grant``
    """
    if client.registration.backchannel_mode is None:
        raise OAuthRefused("unauthorized_client", "not registered to ask in this way")
    auth_req_id = call.form.text("auth_req_id")
    if not auth_req_id:
        raise OAuthRefused("invalid_request", "auth_req_id is missing")
    found = await backchannel_polls.poll(call.entry, auth_req_id, client_id=client.client_id)
    if found.fate in _REFUSALS or found.id is None:
        raise OAuthRefused(*_REFUSALS.get(found.fate, _REFUSALS[Fate.UNKNOWN]))
    return await _tokens(call, client, sender, found.id)


async def _tokens(call: Call, client: Client, sender: Sender, request_id: UUID) -> dict[str, Any]:
    # The row is held: of fifty polls at once, the others find it held, or used.
    proof = Proof(approving.code(call.runtime.vault, request_id), GRANT_TYPE, None)
    answer = await authorization_code.tokens_of(call, client, sender, proof)
    await backchannel_polls.use(call.entry, request_id)
    return answer
