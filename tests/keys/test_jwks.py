"""Public keys as the world reads them: RFC 7517, RFC 7638."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys import jwks

# RFC 7638 §3.1: the key of the specification's own example, and its thumbprint.
RSA_OF_THE_RFC = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS"
    "oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
    "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vM"
    "QFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def test_the_thumbprint_of_rfc_7638() -> None:
    assert jwks.thumbprint(RSA_OF_THE_RFC) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_only_public_members_are_shown() -> None:
    elliptic = jwks.public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), "ES256")
    plain = jwks.public_jwk(rsa.generate_private_key(65537, 2048).public_key(), "RS256")

    assert elliptic.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert plain.keys() == {"kty", "n", "e", "kid", "use", "alg"}
    for key in (elliptic, plain):
        assert key["kid"] == jwks.thumbprint(key)


def test_coordinates_keep_their_leading_zeros() -> None:
    """RFC 7518 §6.2.1.2: always as long as the curve."""
    for number in range(1, 400):
        key = ec.derive_private_key(number, ec.SECP256R1()).public_key()
        jwk = jwks.public_jwk(key, "ES256")
        assert (len(jwk["x"]), len(jwk["y"])) == (43, 43)


def test_a_key_that_is_not_public_has_no_thumbprint() -> None:
    with pytest.raises(KeyError):
        jwks.thumbprint({"kty": "oct", "k": "c2VjcmV0"})


def test_the_set_is_json_of_its_keys() -> None:
    assert json.loads(jwks.document([RSA_OF_THE_RFC])) == {"keys": [RSA_OF_THE_RFC]}
