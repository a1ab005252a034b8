"""Hints: ID tokens of ours that a client brings back, to say whom it means.

Specs: OpenID Connect Core §3.1.2.1, RP-Initiated Logout 1.0 §2, CIBA Core §7.1.
"""

from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from keys import signing
from keys.assertions import VerifiedClaims
from keys.errors import TokenRefused
from relying_parties.clients import Client


def subject(call: Call, client: Client, id_token: str) -> str:
    """Return whom ``id_token`` is about; it may have expired long ago.

    :raises OAuthRefused: it is not ours, or was told to another client
    """
    try:
        told = read(call, id_token)
    except TokenRefused as error:
        raise OAuthRefused("invalid_request", "id_token_hint is not ours") from error
    if told.get("aud") != client.client_id:
        raise OAuthRefused("invalid_request", "id_token_hint is another client's")
    return str(told["sub"])


def read(call: Call, id_token: str) -> VerifiedClaims:
    """Read an ID token that we signed, however long ago.

    :raises TokenRefused: it is none of ours; an answer that we signed by the same key (JARM)
        is about nobody, so it is none either
    """
    issuer: str = call.runtime.settings.issuer
    told = signing.verify(
        call.runtime.keyring, id_token, purpose="token", typ=None, issuer=issuer, at=None
    )
    if not isinstance(told.get("sub"), str):
        raise TokenRefused("sub")
    return told
