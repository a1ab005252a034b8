"""Pushed authorization requests: the client brings its request itself (RFC 9126)."""

from dataclasses import replace

from starlette.responses import Response

from gateway.oauth import (
    answers,
    checks,
    client_auth,
    managed,
    request,
    request_objects,
    rich,
    sender,
)
from gateway.oauth.refusals import OAuthRefused, ProofRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.web.call import Call
from relying_parties import pushed
from relying_parties.clients import Client


@answers.protocol
async def push(call: Call) -> Response:
    """Check the request and keep it for ninety seconds."""
    client = await client_auth.authenticate(call)
    client_auth.pace(call, client)
    if "request_uri" in call.form:
        raise OAuthRefused("invalid_request", "request_uri can't be pushed")
    given = await request_objects.opened(call, client, call.form)
    asked = request.read(given, call.runtime.settings.issuer)
    if asked.client_id != client.client_id:
        raise OAuthRefused("invalid_request", "client_id is missing or another's")
    legacy = call.runtime.settings.legacy_response_types
    checks.run(checks.par(legacy=legacy), asked, client)
    await managed.judge(call, asked, client)
    rich.judge(asked.authorization_details, client.registration, call.entry.at)
    asked = await _bound(call, client, asked)
    uri = await pushed.push(call.entry, client.client_id, asked.to_json())
    at = call.entry.at
    call.runtime.pushed.keep(uri, asked, at, at + pushed.LIVES)
    lifetime = int(pushed.LIVES.total_seconds())
    return answers.told({"request_uri": uri, "expires_in": lifetime}, 201)


async def _bound(call: Call, client: Client, asked: AuthorizationRequest) -> AuthorizationRequest:
    """Bind the code to the key of the request that asks for it (RFC 9449 §10.1)."""
    proof = await sender.offered(call, client)
    if proof is None:
        return asked
    if asked.dpop_jkt not in (None, proof.jkt):
        raise ProofRefused("dpop_jkt is of another key")
    bound = replace(asked, dpop_jkt=proof.jkt)
    checks.by_browser(bound, client)  # now that it asks for what only this key may use
    return bound
