"""JWTs that their sender made with a secret that we gave it: one reader for them.

Nothing here knows a public key, and :mod:`keys.assertions` takes no secret: which of the two
reads a token is decided by what its sender registered, never by what the token says, so that
no key that anybody can see is ever taken for a secret (RFC 8725 §2.1 and §3.1).

Specs: RFC 7515, RFC 7518 §3.2, OpenID Connect Core §9 and §10.1.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import jwt

from keys import assertions
from keys.assertions import Expected, Unproved, VerifiedClaims
from keys.errors import TokenRefused

ALGORITHMS = ("HS256",)


def read(
    raw: str | Unproved, secrets: Sequence[str], expected: Expected, at: datetime
) -> VerifiedClaims:
    """Verify ``raw`` against the sender's ``secrets``; any of them that is in force will do.

    :raises TokenRefused: with the first check that failed as its reason
    """
    return assertions.read_by(raw, expected, at, partial(_check, secrets=secrets))


def _check(raw: str, header: Mapping[str, Any], secrets: Sequence[str]) -> None:
    alg = header["alg"]
    if alg not in ALGORITHMS:
        raise TokenRefused("alg")
    reader = jwt.PyJWS(options={"enforce_minimum_key_length": True})
    for secret in secrets:
        try:
            # OpenID Connect Core §10.1: the octets of its UTF-8 are the key.
            reader.decode(raw, secret.encode(), algorithms=[alg])
        except jwt.PyJWTError:
            continue
        return
    raise TokenRefused("signature")
