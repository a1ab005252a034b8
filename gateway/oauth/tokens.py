"""ID tokens: who signed in, when, how, told to one client alone.

Specs: OpenID Connect Core §2, §3.1.3.6 (``at_hash``), §3.3.2.11 (``c_hash``) and §12.2
(after a refresh).
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

# FAPI 1.0 Advanced §5.2.2.1 has the third: a state that somebody exchanged is noticed, too.
HASHES = {"access_token": "at_hash", "code": "c_hash", "state": "s_hash"}


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
    claims: Mapping[str, Any],
    **beside: str,
) -> str:
    """Sign the ID token of one answer.

    :param claims: those that were asked for in this place; none of them replaces ours
    :param beside: what goes along with it, of ``access_token``, ``code`` and ``state``, so that
        its reader sees if that was exchanged
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
        **{HASHES[name]: _half(value) for name, value in beside.items()},
    }
    if authentication.acr:
        told["acr"] = authentication.acr
    if authentication.nonce is not None:
        told["nonce"] = authentication.nonce
    alg = client.registration.id_token_alg
    return signing.sign(runtime.keyring, told, purpose="token", alg=alg)


def _half(token: str) -> str:
    # Every algorithm that we sign with ends in 256, so the hash is SHA-256.
    return unpadded(hashlib.sha256(token.encode()).digest()[:16])
