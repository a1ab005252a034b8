"""Encryption for one reader: RFC 7516, RFC 7518, RFC 8725 §3.2."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwe, jwk
from joserfc.errors import JoseError

from keys import encryption
from keys.encryption import ALGORITHMS, CONTENT, Recipient

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def public(alg: str, /, **over: Any) -> dict[str, Any]:
    """The key of a reader, as it would publish it."""
    made: Any = (
        jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key())
        if ALGORITHMS[alg] == "RSA"
        else jwt.algorithms.ECAlgorithm.to_jwk(EC.public_key())
    )
    return {**json.loads(made), "kid": "reads", "use": "enc", **over}


def opened(token: str, alg: str, enc: str) -> bytes:
    own: dict[str, Any] = json.loads(_private(alg))
    own.pop("key_ops", None)
    key = jwk.import_key(own)
    return bytes(jwe.decrypt_compact(token, key, algorithms=[alg, enc]).plaintext or b"")


def _private(alg: str) -> Any:
    if ALGORITHMS[alg] == "RSA":
        return jwt.algorithms.RSAAlgorithm.to_jwk(RSA)
    return jwt.algorithms.ECAlgorithm.to_jwk(EC)


def header(token: str) -> dict[str, Any]:
    part = token.split(".", maxsplit=1)[0]
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return told


@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("enc", CONTENT)
def test_its_reader_opens_it(alg: str, enc: str) -> None:
    token = encryption.encrypt("a.b.c", Recipient(public(alg), alg, enc), cty="JWT")

    assert opened(token, alg, enc) == b"a.b.c"
    told = header(token)
    assert (told["alg"], told["enc"], told["kid"], told["cty"]) == (alg, enc, "reads", "JWT")
    assert "zip" not in told


def test_the_same_content_is_never_spelt_alike() -> None:
    """RFC 7516 §5.1: a new key and a new vector each time."""
    reader = Recipient(public("RSA-OAEP-256"), "RSA-OAEP-256", "A256GCM")

    made = [encryption.encrypt("same", reader).split(".") for _ in range(20)]

    assert {len({parts[number] for parts in made}) for number in (1, 2, 3, 4)} == {20}


def test_what_else_stands_in_a_key_changes_nothing() -> None:
    """RFC 7517 §4: members that we have no use for are ignored."""
    key = public("ECDH-ES", key_ops=["verify"], x5t="x", purpose="any", ext=1)

    token = encryption.encrypt("x", Recipient(key, "ECDH-ES", "A256GCM"))

    assert opened(token, "ECDH-ES", "A256GCM") == b"x"


@pytest.mark.parametrize("alg", ["RSA1_5", "RSA-OAEP", "dir", "A256KW", "PBES2-HS256+A128KW"])
def test_weak_ways_do_not_exist(alg: str) -> None:
    """RFC 8725 §3.2: neither probed padding nor SHA-1, nor passwords, nor shared secrets."""
    assert alg not in ALGORITHMS
    with pytest.raises(JoseError):
        encryption.encrypt("x", Recipient(public("RSA-OAEP-256"), alg, "A256GCM"))


@pytest.mark.parametrize("enc", ["A128GCM", "A192CBC-HS384", "none", ""])
def test_content_is_encrypted_as_offered(enc: str) -> None:
    with pytest.raises(JoseError):
        encryption.encrypt("x", Recipient(public("ECDH-ES"), "ECDH-ES", enc))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(public("ECDH-ES", use="sig"), id="signs"),
        pytest.param({k: v for k, v in public("ECDH-ES").items() if k != "use"}, id="says-nothing"),
        pytest.param(public("ECDH-ES", alg="ECDH-ES"), id="another-algorithm"),
        pytest.param(public("RSA-OAEP-256"), id="another-type"),
    ],
)
def test_only_a_key_for_this_is_used(key: dict[str, Any]) -> None:
    """RFC 7517 §4.2, §4.4: a key for signatures is never encrypted to."""
    right = public("ECDH-ES+A256KW", alg="ECDH-ES+A256KW", kid="right")

    assert encryption.fit([key], "ECDH-ES+A256KW") is None
    assert encryption.fit([key, right], "ECDH-ES+A256KW") == right
