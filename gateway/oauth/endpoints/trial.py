"""A resource to test with: it lets in whoever holds a token that works, and tells nothing.

Only under the conformance setting has it an address. It stands for the API of a service,
which a token opens without a sign-in; the checks are those of every resource of ours.
"""

from collections.abc import Mapping

from starlette.responses import Response

from gateway.oauth import answers, resource, sender
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from relying_parties.grants import access_tokens, client_tokens

PATH = "/conformance/resource"
SCOPES = ("trial:read", "trial:write")


async def read(call: Call) -> Response:
    """Say that the token is good."""
    try:
        scheme, token = resource.given(call)
        await sender.check(call, await _cnf(call, token), token, scheme)
    except OAuthRefused as refusal:
        return resource.refused(call, refusal)
    return answers.told({"active": True})


async def _cnf(call: Call, token: str) -> Mapping[str, str] | None:
    citizens = await access_tokens.find(call.entry, token)
    if citizens is not None and citizens.resource is None:
        return citizens.cnf
    own = await client_tokens.find(call.entry, token)
    if own is None or own.resource != f"{call.runtime.settings.issuer}{PATH}":
        raise OAuthRefused("invalid_token", status=401)
    return own.cnf
