"""Device authorization: a device that has no browser asks to be let in (RFC 8628 §3.1).

What is asked is checked and kept; a citizen types the short code at /device and goes on
from there as from any other request.
"""

from dataclasses import replace

from starlette.responses import Response

from gateway.oauth import answers, checks, client_auth, devices, managed, request, rich, sender
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.web.call import Call
from relying_parties.clients import Client
from relying_parties.grants import device_codes

PAGE = "/device"
# How it is asked is the device's business; who types the code has this browser and no other.
_NOT_HERE = ("request", "request_uri", "prompt", "id_token_hint")


@answers.protocol
async def ask(call: Call) -> Response:
    """Check the request and give the device its two codes."""
    client = await client_auth.authenticate(call)
    client_auth.pace(call, client)
    for name in _NOT_HERE:
        if name in call.form:
            raise OAuthRefused("invalid_request", f"{name} has no meaning for a device")
    asked = _bare(request.read(call.form, call.runtime.settings.issuer), client)
    checks.run(checks.DEVICE, asked, client)
    await managed.judge(call, asked, client)
    rich.judge(asked.authorization_details, client.registration, call.entry.at)
    proof = await sender.offered(call, client)
    if proof is not None:  # as RFC 9449 §10.1 has it for pushed requests
        asked = replace(asked, dpop_jkt=proof.jkt)
    # A service's server asks from its own network and says nothing of the device.
    own = client.registration.public
    given = await device_codes.ask(
        call.entry,
        devices.key(call),
        client_id=client.client_id,
        request=asked.to_json(),
        device=call.device if own else "",
        network=devices.network(call) if own else None,
    )
    page, user_code = f"{call.runtime.settings.issuer}{PAGE}", device_codes.spelled(given.user_code)
    return answers.told(
        {
            "device_code": given.device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={user_code}",
            "expires_in": int(device_codes.LIFETIME.total_seconds()),
            "interval": device_codes.INTERVAL,
        }
    )


def _bare(asked: AuthorizationRequest, client: Client) -> AuthorizationRequest:
    """Leave out what is about a way back through a browser."""
    return replace(
        asked,
        client_id=client.client_id,
        redirect_uri="",
        response_type="",
        response_mode="",
        state=None,
        code_challenge=None,
        code_challenge_method="",
    )
