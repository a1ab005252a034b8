"""Access tokens that a resource reads itself: signed, typed, for one audience.

A resource gets them only if its registration says so: what it reads itself it believes
until the token runs out, whatever happened meanwhile. They are kept as opaque ones are, so
it can ask about one all the same, and its owner can end it. No claim of a citizen's is in one.

Specs: RFC 9068 §2, RFC 8725 §3.11, RFC 7800 §3.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.oauth.targets import Target
from gateway.runtime import Runtime
from keys import opaque, signing

TYP = "at+jwt"


@dataclass(frozen=True, slots=True)
class Worth:
    """Whose a token is, for what, until when, and for which key (RFC 7800 §3.1).

    :ivar details: what it says of authorization details (RFC 9396 §9.1), if there are any
    """

    client_id: str
    scope: str
    expires_at: datetime
    cnf: Mapping[str, str] | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class About:
    """The citizen, by the resource's own name for them, how they signed in, and who acts."""

    subject: str
    auth_time: datetime
    acr: str | None
    amr: Sequence[str]
    act: Mapping[str, Any] | None = None


def own(runtime: Runtime, target: Target, worth: Worth, at: datetime) -> str:
    """Sign a token of a service's own.

    :raises UnknownKey: none signs at the moment as the resource wants it
    """
    # RFC 9068 §2.2: without a citizen, the subject is the client.
    return _signed(runtime, target, worth, {"sub": worth.client_id}, at)


def about_citizen(
    runtime: Runtime, target: Target, worth: Worth, about: About, at: datetime
) -> str:
    """Sign a token with which a service acts for a citizen.

    :raises UnknownKey: none signs at the moment as the resource wants it
    """
    told: dict[str, Any] = {
        "sub": about.subject,
        "auth_time": int(about.auth_time.timestamp()),
    }
    if about.amr:
        told["amr"] = list(about.amr)
    if about.acr:
        told["acr"] = about.acr
    if about.act:
        told["act"] = dict(about.act)  # RFC 8693 §4.1
    return _signed(runtime, target, worth, told, at)


def _signed(
    runtime: Runtime, target: Target, worth: Worth, told: Mapping[str, Any], at: datetime
) -> str:
    claims: dict[str, Any] = {
        **told,
        **worth.details,
        "iss": runtime.settings.issuer,
        "exp": int(worth.expires_at.timestamp()),
        "aud": target.resource.identifier,
        "client_id": worth.client_id,
        "iat": int(at.timestamp()),
        "jti": opaque.handle(),
        "scope": worth.scope,
    }
    if worth.cnf:
        claims["cnf"] = dict(worth.cnf)
    alg = target.server.registration.id_token_alg
    return signing.sign(runtime.keyring, claims, purpose="token", alg=alg, typ=TYP)
