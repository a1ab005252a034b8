"""Keys without a database: what pure tests of the trust floor stand on."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys import jwks
from keys.keystore import Keyring, SigningKey

VECTORS = Path(__file__).parents[1] / "vectors"


def vector(name: str) -> Any:
    """Read a published example."""
    return json.loads((VECTORS / f"{name}.json").read_text())


def signing_key(
    private: Any, *, purpose: str = "token", alg: str = "ES256", state: str = "active", **also: Any
) -> SigningKey:
    """Return a key of ours as it is when it was opened."""
    public = jwks.public_jwk(private.public_key(), alg)
    return SigningKey(
        **{
            "kid": public["kid"],
            "purpose": purpose,
            "alg": alg,
            "state": state,
            "public": public,
            "private": private,
            "announced_at": None,
            "active_at": None,
            "retiring_at": None,
            **also,
        }
    )


def new_key() -> ec.EllipticCurvePrivateKey:
    """Draw a key for ES256."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    """One for all: drawing it takes longer than most tests."""
    return rsa.generate_private_key(65537, 3072)


@pytest.fixture
def keyring(rsa_key: rsa.RSAPrivateKey) -> Keyring:
    """A token key of each algorithm, an event key, a retiring token key."""
    return Keyring(
        [
            signing_key(new_key(), state="retiring"),
            signing_key(new_key()),
            signing_key(rsa_key, alg="RS256"),
            signing_key(new_key(), purpose="event"),
        ]
    )
