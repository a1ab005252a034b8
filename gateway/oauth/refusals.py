"""How the protocol says no: an error of RFC 6749 or OpenID Connect, and where it may go.

OAuthRefused
├── PageRefused        before the client and its address are known to be right: a page,
│                      never a redirect (RFC 6749 §4.1.2.1, RFC 9700 §4.11)
├── ClientRefused      invalid_client, one text for an unknown client and a wrong secret
├── ProofRefused       the DPoP proof is missing, bad, used, or lacks a nonce of ours
└── SignInRefused      the sign-in behind the token is too weak or too old (RFC 9470)
"""

from gateway.web.ends import BROKEN, End
from relying_parties.clients import Client

# One text, whatever was wrong with a code: unknown, another's, used, or of somebody locked out.
REFUSED_GRANT = "the code is unknown, expired, used, or not proved"


class OAuthRefused(Exception):  # noqa: N818 - named as the fact it reports
    """An error answer; ``description`` is for developers, in ASCII without quotes."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


class PageRefused(OAuthRefused):
    """Nobody can be sent anywhere: the person gets a page.

    :ivar end: what it says
    :ivar client: the service that the person was on the way to, if it is known
    """

    def __init__(
        self,
        error: str,
        description: str = "",
        *,
        end: End = BROKEN,
        client: Client | None = None,
    ) -> None:
        super().__init__(error, description)
        self.end = end
        self.client = client


class ClientRefused(OAuthRefused):
    """The client did not prove who it is; ``reason`` is for the log, never for the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__("invalid_client", "client authentication failed", 401)
        self.reason = reason


class ProofRefused(OAuthRefused):
    """The caller did not prove a key; ``nonce`` is the one to come again with (RFC 9449 §8)."""

    def __init__(self, description: str, *, nonce: str = "") -> None:
        super().__init__("use_dpop_nonce" if nonce else "invalid_dpop_proof", description)
        self.nonce = nonce


class SignInRefused(OAuthRefused):
    """The token is good, its sign-in is not good enough: the client may ask for a better one.

    :ivar acr: the level that would do
    :ivar max_age: seconds since the sign-in that would do
    """

    def __init__(self, *, acr: str | None, max_age: int | None) -> None:
        super().__init__("insufficient_user_authentication", "sign the citizen in again", 401)
        self.acr = acr
        self.max_age = max_age
