"""ID tokens: who signed in, when, how, told to one client alone.

Specs: OpenID Connect Core §2, §3.1.3.6 (``at_hash``) and §12.2 (after a refresh).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.runtime import Runtime
from keys import signing
from keys.opaque import unpadded
from relying_parties.clients import Client

LIFETIME = timedelta(seconds=300)


@dataclass(frozen=True, slots=True)
class Authentication:
    """What an ID token says of a sign-in.

    :ivar acr: what was achieved, never what was asked
    :ivar auth_time: of the sign-in itself; a refresh does not move it
    :ivar sid: the session, to this client
    """

    subject: str
    auth_time: datetime
    acr: str | None
    amr: Sequence[str]
    sid: str
    nonce: str | None = None


def id_token(
    runtime: Runtime,
    client: Client,
    authentication: Authentication,
    at: datetime,
    *,
    access_token: str,
    claims: Mapping[str, Any],
) -> str:
    """Sign the ID token of one answer of the token endpoint.

    :param claims: those that were asked for in this place; none of them replaces ours
    """
    now = int(at.timestamp())
    told: dict[str, Any] = {
        **claims,
        "iss": runtime.settings.issuer,
        "sub": authentication.subject,
        "aud": client.client_id,
        "exp": now + int(LIFETIME.total_seconds()),
        "iat": now,
        "auth_time": int(authentication.auth_time.timestamp()),
        "amr": list(authentication.amr),
        "sid": authentication.sid,
        "at_hash": _half(access_token),
    }
    if authentication.acr:
        told["acr"] = authentication.acr
    if authentication.nonce is not None:
        told["nonce"] = authentication.nonce
    alg = client.registration.id_token_alg
    return signing.sign(runtime.keyring, told, purpose="token", alg=alg)


def _half(token: str) -> str:
    # Every algorithm that we sign with ends in 256, so the hash is SHA-256.
    return unpadded(hashlib.sha256(token.encode("ascii")).digest()[:16])
