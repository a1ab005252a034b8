"""Hints: ID tokens of ours that a client brings back, to say whom it means.

Specs: OpenID Connect Core §3.1.2.1, CIBA Core §7.1.
"""

from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from keys import signing
from keys.errors import TokenRefused
from relying_parties.clients import Client


def subject(call: Call, client: Client, id_token: str) -> str:
    """Return whom ``id_token`` is about; it may have expired long ago.

    :raises OAuthRefused: it is not ours, was told to another client, or is about nobody
    """
    try:
        told = signing.verify(
            call.runtime.keyring,
            id_token,
            purpose="token",
            typ=None,
            issuer=call.runtime.settings.issuer,
            at=None,
        )
    except TokenRefused as error:
        raise OAuthRefused("invalid_request", "id_token_hint is not ours") from error
    if told.get("aud") != client.client_id:
        raise OAuthRefused("invalid_request", "id_token_hint is another client's")
    if not told.get("sub"):  # what else is signed for a client, such as an answer by JARM
        raise OAuthRefused("invalid_request", "id_token_hint is about nobody")
    return str(told["sub"])
