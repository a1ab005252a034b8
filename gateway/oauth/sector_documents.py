"""Sector documents: the list that joins a client's addresses (OpenID Connect Registration 1.0 §5).

It is fetched once, when the client registers; what it says later changes nothing.
"""

from collections.abc import Collection

from gateway import outbound
from gateway.oauth.refusals import OAuthRefused
from gateway.outbound import OutboundRefused
from keys.assertions import decode_json
from keys.errors import TokenRefused


async def check(uri: str, redirect_uris: Collection[str], *, allow_loopback: bool) -> None:
    """Check that the document at ``uri`` lists every one of ``redirect_uris``.

    :raises OAuthRefused: it can't be had, is no list of text, or lacks one
    """
    try:
        body = await outbound.fetch(uri, accept="application/json", allow_loopback=allow_loopback)
        listed = decode_json(body, max_bytes=outbound.MOST)
    except (OutboundRefused, TokenRefused) as error:
        # Which of the two, and why, would tell a stranger about our network.
        raise _refusal("sector_identifier_uri can't be read") from error
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise _refusal("sector_identifier_uri is no list of addresses")
    if not set(redirect_uris).issubset(listed):
        raise _refusal("sector_identifier_uri does not list every one of redirect_uris")


def _refusal(description: str) -> OAuthRefused:
    return OAuthRefused("invalid_client_metadata", description)
