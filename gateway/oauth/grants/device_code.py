"""The device code grant: a device asks until its citizen has let it in, or said no.

What it then redeems is an authorization code that it had from the beginning, so tokens,
families, audiences and keys are those of any other sign-in.

Specs: RFC 8628 §3.4 and §3.5.
"""

from typing import Any

from gateway.oauth.grants import authorization_code
from gateway.oauth.grants.authorization_code import Proof
from gateway.oauth.refusals import REFUSED_GRANT, OAuthRefused
from gateway.oauth.sender import Sender
from gateway.web.call import Call
from relying_parties import client_metadata
from relying_parties.clients import Client
from relying_parties.grants import device_codes
from relying_parties.grants.device_codes import Answer

GRANT_TYPE = client_metadata.DEVICE


async def redeem(call: Call, client: Client, sender: Sender) -> dict[str, Any]:
    """Tell the device how far its citizen is, or give it its tokens.

    :raises OAuthRefused: ``authorization_pending``, ``slow_down``, ``expired_token``,
        ``access_denied``; ``invalid_grant`` for a code that is unknown, another's or used
    """
    if not client.registration.device:
        raise OAuthRefused("unauthorized_client", "this client is not registered for devices")
    device_code = call.form.text("device_code")
    if not device_code:
        raise OAuthRefused("invalid_request", "device_code is missing")
    told = await device_codes.poll(call.entry, device_code, client.client_id)
    if told is None:
        raise OAuthRefused("invalid_grant", REFUSED_GRANT)
    if told is not Answer.GRANTED:
        raise OAuthRefused(told.value)
    proof = Proof(device_codes.handle(device_code), "", device_codes.PROOF)
    return await authorization_code.tokens_of(call, client, sender, proof)
