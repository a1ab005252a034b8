"""ID tokens of what was granted: whether there is one, what it tells, and that it was told.

The same for a code that is redeemed and for a family that is refreshed.

Specs: OpenID Connect Core §3.1.2.1, §3.1.3.3 and §12.2.
"""

from typing import Any

from gateway.oauth import claims, tokens
from gateway.oauth.audiences import Held
from gateway.oauth.disclosure import disclose
from gateway.oauth.refusals import REFUSED_GRANT, OAuthRefused
from gateway.oauth.tokens import Authentication
from gateway.web.call import Call
from idp.errors import AccountNotOpen
from relying_parties.clients import Client


def due(scope: str) -> bool:
    """Core §3.1.2.1: whether it is a sign-in, so that an ID token tells of it."""
    return "openid" in scope.split()


async def sign(
    call: Call, client: Client, granted: Any, held: Held, *, nonce: str | None = None
) -> str:
    """Sign the ID token of an answer of the token endpoint.

    :param granted: what was redeemed or refreshed
    :param nonce: of the request; a refresh has none (Core §12.2)
    :raises OAuthRefused: the account was locked or closed meanwhile
    """
    authentication = Authentication(
        subject=granted.subject,
        auth_time=granted.auth_time,
        acr=granted.acr,
        amr=granted.amr,
        sid=granted.sid,
        nonce=nonce,
    )
    return tokens.id_token(
        call.runtime,
        client,
        authentication,
        call.entry.at,
        access_token=held.access_token,
        claims=await within(call, client, granted) if granted.id_token_claims else {},
    )


async def within(call: Call, client: Client, granted: Any) -> dict[str, Any]:
    """Read and record the claims that the request wanted inside the ID token.

    :raises OAuthRefused: the account was locked or closed meanwhile
    """
    told = [name for name in granted.id_token_claims if name not in claims.CARE.userinfo_only]
    allowed = claims.allowed(client.registration, told, granted, call.entry.at)
    try:
        return await disclose(call, client, granted, allowed, "id_token")
    except AccountNotOpen as error:
        raise OAuthRefused("invalid_grant", REFUSED_GRANT) from error
