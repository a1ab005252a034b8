"""Encryption for one reader: RFC 7516, RFC 7518, RFC 8725 §3.2."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe, jwk
from joserfc.errors import JoseError

from keys import encryption, jwks
from keys.assertions import MAX_BYTES
from keys.encryption import ALGORITHMS, CONTENT, Recipient
from keys.errors import TokenRefused
from keys.keystore import Keyring, SigningKey
from tests.factories import MOMENT as AT

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


OURS = {"ECDH-ES+A256KW": EC, "RSA-OAEP-256": RSA}
SIGNED = "e30.e30.c2ln"


def a_ring(state: str = "active") -> Keyring:
    """Our own keys that others encrypt to."""
    made = []
    for alg, private in OURS.items():
        shown = jwks.public_jwk(private.public_key(), alg, "enc")
        made.append(SigningKey(shown["kid"], "enc", alg, state, shown, private, AT, AT, None))
    return Keyring(made)


RING = a_ring()


def to_us(alg: str = "RSA-OAEP-256", enc: str = "A256GCM", content: str = SIGNED) -> str:
    return encryption.encrypt(content, Recipient(RING.active("enc", alg).public, alg, enc))


def with_header(token: str, **over: Any) -> str:
    """Change members of the header; what the tag vouches for is broken by that."""
    told = {name: value for name, value in (header(token) | over).items() if value is not None}
    part = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    return ".".join([part, *token.split(".")[1:]])


@pytest.mark.parametrize("state", ["announced", "active", "retiring"])
@pytest.mark.parametrize("alg", OURS)
@pytest.mark.parametrize("enc", CONTENT)
def test_we_open_what_was_made_for_us(alg: str, enc: str, state: str) -> None:
    """RFC 7516 §5.2: whichever of our keys it was made for."""
    assert encryption.decrypt(a_ring(state), to_us(alg, enc)) == SIGNED


def test_a_key_need_not_be_named() -> None:
    """RFC 7516 §4.1.6: ``kid`` is optional."""
    alg = "RSA-OAEP-256"
    key = jwk.import_key({name: RING.active("enc", alg).public[name] for name in ("kty", "n", "e")})
    made = jwe.encrypt_compact(
        {"alg": alg, "enc": "A256GCM"}, SIGNED, key, algorithms=[alg, "A256GCM"]
    )

    assert encryption.decrypt(RING, made) == SIGNED


@pytest.mark.parametrize("alg", OURS)
@pytest.mark.parametrize(
    ("over", "reason"),
    [
        pytest.param({"alg": "RSA1_5"}, "alg", id="RFC8725-3.2-RSA1_5"),
        pytest.param({"alg": "dir"}, "alg", id="dir"),
        pytest.param({"alg": "PBES2-HS256+A128KW"}, "alg", id="PR-19-PBES2"),
        pytest.param({"alg": ["RSA-OAEP-256"]}, "alg", id="alg-list"),
        pytest.param({"enc": "A128GCM"}, "alg", id="enc"),
        pytest.param({"enc": None}, "alg", id="no-enc"),
        pytest.param({"zip": "DEF"}, "header", id="PR-19-RFC8725-3.6-zip"),
        pytest.param({"crit": ["exp"]}, "header", id="crit"),
        pytest.param({"jku": "https://evil.example"}, "header", id="jku"),
        pytest.param({"jwk": {}}, "header", id="jwk"),
        pytest.param({"p2c": 9**9}, "header", id="PR-19-p2c"),
        pytest.param({"cty": "text/html"}, "cty", id="cty"),
        pytest.param({"cty": ["JWT"]}, "cty", id="cty-list"),
        pytest.param({"kid": "stranger"}, "encryption", id="kid"),
        pytest.param({"typ": "changed"}, "encryption", id="tag"),
        pytest.param({"epk": "x"}, "encryption", id="epk"),
        pytest.param(
            {"epk": {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}},
            "encryption",
            id="off-curve",
        ),
        pytest.param({"epk": {"kty": "oct", "k": "AQ"}}, "encryption", id="epk-type"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(alg: str, over: Any, reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        encryption.decrypt(RING, with_header(to_us(alg), **over))

    assert refused.value.reason == reason


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("alg", OURS)
@pytest.mark.parametrize("enc", CONTENT)
@pytest.mark.parametrize("over", ["", "AA", "A", "*"])
def test_no_part_can_be_replaced(alg: str, enc: str, number: int, over: str) -> None:
    """RFC 7516 §11.5: one word for all that does not open."""
    parts = to_us(alg, enc).split(".")
    parts[number] = over

    with pytest.raises(TokenRefused) as refused:
        encryption.decrypt(RING, ".".join(parts))

    assert refused.value.reason == ("format" if over == "*" else "encryption")


def test_what_is_too_large_is_not_opened() -> None:
    with pytest.raises(TokenRefused, match="size"):
        encryption.decrypt(RING, to_us(content="x" * (MAX_BYTES + 1)))
    with pytest.raises(TokenRefused, match="size"):
        encryption.decrypt(RING, to_us(content="x" * 40_000))
    assert len(encryption.decrypt(RING, to_us(content="x" * MAX_BYTES))) == MAX_BYTES


def test_what_is_no_text_inside_is_refused() -> None:
    with pytest.raises(TokenRefused, match="encryption"):
        encryption.decrypt(RING, to_us(content="é"))


@given(
    raw=st.text(max_size=300)
    | st.lists(st.text("AZaz09-_", max_size=40), min_size=5, max_size=5).map(".".join)
)
def test_whatever_comes_is_refused_and_nothing_crashes(raw: str) -> None:
    with pytest.raises(TokenRefused):
        encryption.decrypt(RING, raw)
