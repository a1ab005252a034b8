"""Access tokens that a resource reads itself: signed, typed, for one audience.

A resource gets them only if its registration says so: what it reads itself it believes
until the token runs out, whatever happened meanwhile. They are kept as opaque ones are, so
it can ask about one all the same, and its owner can end it.

Specs: RFC 9068 §2, RFC 8725 §3.11, RFC 7800 §3.1.
"""

from datetime import datetime
from typing import Any

from gateway.oauth.targets import Target
from gateway.runtime import Runtime
from keys import opaque, signing
from relying_parties.grants.client_tokens import Order

TYP = "at+jwt"


def own(runtime: Runtime, target: Target, order: Order, at: datetime) -> str:
    """Sign a token of a service's own.

    :raises UnknownKey: none signs at the moment as the resource wants it
    """
    now = int(at.timestamp())
    claims: dict[str, Any] = {
        "iss": runtime.settings.issuer,
        "exp": now + int(order.lives.total_seconds()),
        "aud": order.resource,
        # RFC 9068 §2.2: without a citizen, the subject is the client.
        "sub": order.client_id,
        "client_id": order.client_id,
        "iat": now,
        "jti": opaque.handle(),
        "scope": order.scope,
    }
    if order.cnf:
        claims["cnf"] = dict(order.cnf)
    alg = target.server.registration.id_token_alg
    return signing.sign(runtime.keyring, claims, purpose="token", alg=alg, typ=TYP)
