"""Signatures of our own: every JWT that leaves us, and what comes back of them.

One private PyJWT instance with its key-length check on; `typ` is pinned per use, so
a receipt is never taken for an ID token (RFC 8725 §3.11). Key objects are loaded
once: parsing a PEM costs a thousand signatures.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from keys.assertions import VerifiedClaims, strict_claims, strict_header
from keys.errors import TokenRefused, UnknownKey
from keys.keystore import Keyring

_JWT = jwt.PyJWT(options={"enforce_minimum_key_length": True})
LEEWAY = timedelta(seconds=5)


def sign(
    keyring: Keyring, claims: Mapping[str, Any], *, purpose: str, alg: str, typ: str | None = None
) -> str:
    """Sign ``claims`` with the key that is active.

    :param typ: media type of the header without ``application/``; ``None`` spells ``JWT``
    :raises UnknownKey: no key is active for this purpose and algorithm
    """
    key = keyring.active(purpose, alg)
    headers = {"kid": key.kid, "typ": typ or "JWT"}
    return _JWT.encode(dict(claims), key.private, alg, headers=headers)


def verify(
    keyring: Keyring, raw: str, *, purpose: str, typ: str | None, issuer: str, at: datetime | None
) -> VerifiedClaims:
    """Read a JWT that we signed.

    :param at: ``None`` accepts one that has expired (an ``id_token_hint``)
    :raises TokenRefused: it is not ours, for another use, altered or expired
    """
    header = strict_header(raw)
    try:
        key = keyring.by_kid(header.get("kid", ""))
    except UnknownKey as error:
        raise TokenRefused("unknown_kid") from error
    if key.purpose != purpose or header["alg"] != key.alg:
        raise TokenRefused("alg")
    if header.get("typ", "JWT") != (typ or "JWT"):
        raise TokenRefused("typ")
    try:
        jwt.PyJWS().decode(raw, key.private.public_key(), algorithms=[key.alg])
    except jwt.PyJWTError as error:
        raise TokenRefused("signature") from error
    claims = strict_claims(raw)
    if claims.get("iss") != issuer:
        raise TokenRefused("iss")
    expires = claims.get("exp")
    if at is not None and (
        not isinstance(expires, int | float) or expires < (at - LEEWAY).timestamp()
    ):
        raise TokenRefused("exp")
    return VerifiedClaims(claims)
