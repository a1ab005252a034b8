"""Userinfo: what the citizen shares with this service, now (OpenID Connect Core §5.3)."""

from starlette.responses import Response

from gateway.oauth import answers, claims
from gateway.oauth.client_auth import bearer
from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from idp.errors import AccountNotOpen
from keys import pairwise
from relying_parties import claims_policy, releases
from relying_parties.grants import access_tokens


async def read(call: Call) -> Response:
    """Release the claims that the token, the registration and the consent agree on."""
    try:
        found = await access_tokens.find(call.entry, bearer(call))
    except OAuthRefused as refusal:
        return _unauthorized(refusal.error)
    client = await call.runtime.client(found.client_id) if found else None
    if found is None or client is None:
        return _unauthorized("invalid_token")
    if "openid" not in found.scope.split():
        return _unauthorized("insufficient_scope", 403)
    runtime = call.runtime
    account_id = pairwise.open_citizen(runtime.vault.sealer, found.citizen, found.client_id)
    allowed = claims_policy.releasable(client.registration, found.claims, found.claims)
    try:
        present, values = await claims.values(runtime, call.entry, account_id, allowed)
    except AccountNotOpen:
        return _unauthorized("invalid_token")
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


def _unauthorized(error: str, status: int = 401) -> Response:
    """Refuse as RFC 6750 §3 does; without any token there is no error to name."""
    if error == "invalid_request":
        status = 400
    response = answers.told({"error": error} if error else {}, status)
    named = f'Bearer error="{error}"' if error else "Bearer"
    response.headers["www-authenticate"] = named
    return response
