"""Revocation: the caller gives a token of its own back (RFC 7009)."""

from starlette.responses import Response

from gateway.oauth import answers, client_auth
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from gateway.web.headers import PROTOCOL
from relying_parties.grants import access_tokens, refresh_tokens


@answers.protocol
async def end(call: Call) -> Response:
    """End the token; one that is unknown or another's is answered alike (RFC 7009 §2.2)."""
    client = await client_auth.authenticate(call)
    token = call.form.text("token")
    if not token:
        raise OAuthRefused("invalid_request", "token is missing")
    if not await refresh_tokens.revoke(call.entry, token, client_id=client.client_id):
        await access_tokens.revoke(call.entry, token, client_id=client.client_id)
    return Response(status_code=200, headers=dict(PROTOCOL))
