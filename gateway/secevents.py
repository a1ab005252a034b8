"""Security event tokens: one event for one receiver, signed.

Told again, a token says the same, its ``jti`` too. It has a type of its own, the key for
events, and neither ``sub`` nor ``exp``, so nobody takes it for another.

Specs: RFC 8417 §2, RFC 9493 §3.2, SSF 1.0 §4.
"""

from typing import Any

from gateway.runtime import Runtime
from keys import signing
from relying_parties.clients import Client
from relying_parties.streams.delivery import Delivery
from relying_parties.streams.event_types import BY_NAME

TYP = "secevent+jwt"
MEDIA = f"application/{TYP}"


def token(runtime: Runtime, client: Client, delivery: Delivery) -> str:
    """Sign ``delivery`` for the one who gets it.

    :raises UnknownKey: no key signs at the moment
    """
    issuer = runtime.settings.issuer
    claims = {
        "iss": issuer,
        "aud": client.client_id,
        "iat": int(delivery.created_at.timestamp()),
        "jti": delivery.jti,
        "sub_id": _about(issuer, delivery),
        "events": {BY_NAME[delivery.event].wire(issuer): dict(delivery.payload)},
    }
    alg = client.registration.id_token_alg
    return signing.sign(runtime.keyring, claims, purpose="event", alg=alg, typ=TYP)


def _about(issuer: str, delivery: Delivery) -> dict[str, Any]:
    if delivery.subject is None:
        return {"format": "opaque", "id": delivery.stream_id}
    # Pairwise: no two agencies can tell that they hear of one citizen.
    citizen = {"format": "iss_sub", "iss": issuer, "sub": delivery.subject}
    if delivery.sid is None:
        return citizen
    session = {"format": "opaque", "id": delivery.sid}
    return {"format": "complex", "user": citizen, "session": session}
