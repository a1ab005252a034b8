"""Introspection: whether a token of the caller's own is alive (RFC 7662)."""

from starlette.responses import Response

from gateway.oauth import answers, client_auth
from gateway.oauth.refusals import ClientRefused, OAuthRefused
from gateway.web.call import Call
from relying_parties.grants import access_tokens


@answers.protocol
async def look(call: Call) -> Response:
    """Tell the caller about its token; anybody else's is simply not active (RFC 7662 §2.2)."""
    client = await client_auth.authenticate(call)
    if client.registration.public:
        raise ClientRefused("public")
    if not call.form.text("token"):
        raise OAuthRefused("invalid_request", "token is missing")
    found = await access_tokens.introspect(
        call.entry, call.form.text("token"), client_id=client.client_id
    )
    if found is None:
        return answers.told({"active": False})
    return answers.told(
        {
            "active": True,
            "scope": found.scope,
            "client_id": found.client_id,
            "token_type": "DPoP" if found.cnf else "Bearer",
            "iss": call.runtime.settings.issuer,
            "sub": found.subject,
            "iat": int(found.issued_at.timestamp()),
            "exp": int(found.expires_at.timestamp()),
            **({"cnf": found.cnf} if found.cnf else {}),
        }
    )
