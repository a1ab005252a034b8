"""Introspection: whether a token of the caller's own is alive (RFC 7662), signed on demand.

Who asks for it by ``Accept`` gets the answer as a JWT that can be kept as evidence; its
type and the key for events make sure that nobody takes it for a token.

Specs: RFC 7662 §2, RFC 9701 §4 and §5, RFC 9470 §6.2.
"""

from typing import Any

from starlette.responses import Response

from gateway.oauth import answers, client_auth
from gateway.oauth.refusals import ClientRefused, OAuthRefused
from gateway.web.call import Call
from gateway.web.headers import PROTOCOL
from keys import signing
from relying_parties.clients import Client
from relying_parties.grants import access_tokens
from relying_parties.grants.access_tokens import Found

_TYP = "token-introspection+jwt"
SIGNED = f"application/{_TYP}"


@answers.protocol
async def look(call: Call) -> Response:
    """Tell the caller about its token; anybody else's is simply not active (RFC 7662 §2.2).

    :raises UnknownKey: the answer was to be signed and none signs at the moment
    """
    client = await client_auth.authenticate(call)
    if client.registration.public:
        raise ClientRefused("public")
    if not call.form.text("token"):
        raise OAuthRefused("invalid_request", "token is missing")
    found = await access_tokens.introspect(
        call.entry, call.form.text("token"), client_id=client.client_id
    )
    told = {"active": False} if found is None else _told(call, found)
    return _signed(call, client, told) if _wants_signed(call) else answers.told(told)


def _told(call: Call, found: Found) -> dict[str, Any]:
    return {
        "active": True,
        "scope": found.scope,
        "client_id": found.client_id,
        "token_type": "DPoP" if found.cnf else "Bearer",
        "iss": call.runtime.settings.issuer,
        "sub": found.subject,
        "iat": int(found.issued_at.timestamp()),
        "exp": int(found.expires_at.timestamp()),
        # RFC 9470 §6.2: of the sign-in itself, which no refresh improves.
        "auth_time": int(found.auth_time.timestamp()),
        **({"acr": found.acr} if found.acr else {}),
        **({"cnf": found.cnf} if found.cnf else {}),
    }


def _wants_signed(call: Call) -> bool:
    for each in call.header("accept").lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        if kind == SIGNED:
            return not any(one.removeprefix("q=").strip("0.") == "" for one in parameters)
    return False


def _signed(call: Call, client: Client, told: dict[str, Any]) -> Response:
    # RFC 9701 §5: what is said of the token stands apart, and neither sub nor exp outside it.
    claims = {
        "iss": call.runtime.settings.issuer,
        "aud": client.client_id,
        "iat": int(call.entry.at.timestamp()),
        "token_introspection": told,
    }
    alg = client.registration.introspection_alg
    signed = signing.sign(call.runtime.keyring, claims, purpose="event", alg=alg, typ=_TYP)
    return Response(signed, headers={**PROTOCOL, "content-type": SIGNED})
