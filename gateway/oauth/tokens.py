"""ID tokens: who signed in, when, how, told to one client alone.

Specs: OpenID Connect Core §2, §3.1.3.6 (``at_hash``) and §12.2 (after a refresh).
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from keys import signing
from keys.keystore import Keyring
from relying_parties.clients import Client

LIFETIME = timedelta(seconds=300)


class Issued(Protocol):
    """What an ID token needs to know of a redeemed code or a used refresh token."""

    @property
    def access_token(self) -> str:
        """The access token that goes out with it."""

    @property
    def subject(self) -> str:
        """The citizen, to this client."""

    @property
    def acr(self) -> str | None:
        """What was achieved, never what was asked."""

    @property
    def amr(self) -> tuple[str, ...]:
        """How."""

    @property
    def auth_time(self) -> datetime:
        """When; a refresh does not move it."""

    @property
    def sid(self) -> str:
        """The session, to this client."""


def id_token(
    keyring: Keyring,
    client: Client,
    issued: Issued,
    *,
    issuer: str,
    at: datetime,
    nonce: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> str:
    """Sign the ID token of one answer of the token endpoint.

    :param more: claims that were asked for in this place
    """
    now = int(at.timestamp())
    claims: dict[str, Any] = {
        **(more or {}),
        "iss": issuer,
        "sub": issued.subject,
        "aud": client.client_id,
        "exp": now + int(LIFETIME.total_seconds()),
        "iat": now,
        "auth_time": int(issued.auth_time.timestamp()),
        "amr": list(issued.amr),
        "sid": issued.sid,
        "at_hash": _half(issued.access_token),
    }
    if issued.acr:
        claims["acr"] = issued.acr
    if nonce is not None:
        claims["nonce"] = nonce
    return signing.sign(keyring, claims, purpose="token", alg=client.registration.id_token_alg)


def _half(token: str) -> str:
    # Every algorithm that we sign with ends in 256, so the hash is SHA-256.
    half = hashlib.sha256(token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
