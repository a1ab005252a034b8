"""Userinfo: what the citizen shares with this service, now (OpenID Connect Core §5.3)."""

from starlette.responses import Response

from gateway.oauth import answers, claims, resource
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from idp.errors import AccountNotOpen
from keys import pairwise
from relying_parties import releases


async def read(call: Call) -> Response:
    """Release the claims that the token, the registration and the consent agree on."""
    try:
        admitted = await resource.admit(call, "openid")
    except OAuthRefused as refusal:
        return resource.refused(call, refusal)
    found, runtime, registration = admitted.token, call.runtime, admitted.client.registration
    account_id = pairwise.open_citizen(runtime.vault.sealer, found.citizen, found.client_id)
    allowed = claims.allowed(registration, found.claims, found, call.entry.at)
    try:
        present, values = await claims.values(
            runtime, call.entry, account_id, allowed, registration
        )
    except AccountNotOpen:
        return resource.refused(call, OAuthRefused("invalid_token", status=401))
    if present:
        await releases.record(
            call.entry,
            subject=found.subject,
            client_id=found.client_id,
            consent_id=found.consent_id,
            claims=present,
            channel="userinfo",
        )
    return answers.told({"sub": found.subject, **values})
