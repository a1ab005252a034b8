"""Signatures by keys of others: RFC 7515 §5.2, RFC 7518 §3, RFC 8725 §3.1 and §3.5."""

import base64
import string
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from keys import signatures

P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)
ED = ed25519.Ed25519PrivateKey.generate()
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def jwk(key: Any) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)


def signed(key: Any, alg: str) -> str:
    return jwt.encode({"sub": "parking"}, key, algorithm=alg)


@pytest.mark.parametrize(
    ("key", "alg"), [(P256, "ES256"), (RSA, "PS256"), (RSA, "RS256"), (ED, "EdDSA")]
)
def test_what_a_key_signed_is_its_own(key: Any, alg: str) -> None:
    """Also the second time, when the key is remembered; with the same members, by no other way."""
    raw, other = signed(key, alg), signed(key, alg)

    assert signatures.good(raw, jwk(key), alg)
    assert signatures.good(other, jwk(key), alg)
    assert not signatures.good(raw + "A", jwk(key), alg)
    assert not signatures.good(f"e30{raw}", jwk(key), alg)
    for stranger in (P256, P384, RSA, ED):
        for way in ("ES256", "ES384", "PS256", "RS256", "EdDSA"):
            if (stranger, way) != (key, alg):
                assert not signatures.good(raw, jwk(stranger), way)


def test_a_key_has_the_curve_and_the_length_that_its_algorithm_wants() -> None:
    assert signatures.good(signed(P384, "ES384"), jwk(P384), "ES384")
    assert not signatures.good(signed(P384, "ES384"), jwk(P384), "ES256")
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        short = signed(SHORT, "PS256")
    assert not signatures.good(short, jwk(SHORT), "PS256")


def test_a_signature_has_one_spelling() -> None:
    """Of 64 bytes the last character carries four bits that say nothing; padding says nothing."""
    raw = signed(P256, "ES256")
    last = ALPHABET.index(raw[-1])
    others = [raw[:-1] + ALPHABET[last + more] for more in range(1, 16) if last % 16 == 0]

    assert last % 16 == 0
    assert not [other for other in others if signatures.good(other, jwk(P256), "ES256")]
    assert not signatures.good(raw + "==", jwk(P256), "ES256")


@pytest.mark.parametrize(
    "over",
    [{"x": None}, {"x": ["A"]}, {"x": 7}, {"x": "AA"}, {"crv": "P-521"}, {"kty": "oct", "k": "AA"}],
)
def test_what_is_no_key_signed_nothing(over: dict[str, Any]) -> None:
    assert not signatures.good(signed(P256, "ES256"), jwk(P256) | over, "ES256")


@pytest.mark.parametrize("alg", ["none", "HS256", "XX"])
def test_a_public_key_is_no_secret(alg: str) -> None:
    raw = signed(P256, "ES256")
    shared = base64.urlsafe_b64encode(b"k" * 32).decode()

    assert not signatures.good(raw, jwk(P256), alg)
    assert not signatures.good(raw, {"kty": "oct", "k": shared}, alg)
