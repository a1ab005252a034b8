"""What we sign is ours and for its use alone: KE-07, KE-13, RFC 7515, RFC 8725 §3.11."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys import jwks, signing
from keys.errors import TokenRefused, UnknownKey
from keys.keystore import Keyring, SigningKey
from tests.support import jws

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
ISSUER = "https://id.example"


def a_key(purpose: str, alg: str, state: str = "active") -> SigningKey:
    private: Any = (
        rsa.generate_private_key(65537, 2048)
        if alg == "RS256"
        else ec.generate_private_key(ec.SECP256R1())
    )
    public = jwks.public_jwk(private.public_key(), alg)
    return SigningKey(public["kid"], purpose, alg, state, public, private, AT, AT, None)


KEYS = [a_key("token", "ES256"), a_key("token", "RS256"), a_key("event", "ES256")]
RING = Keyring([*KEYS, a_key("token", "ES256", "announced"), a_key("token", "ES256", "retiring")])


def claims(**over: Any) -> dict[str, Any]:
    return {"iss": ISSUER, "sub": "s", "exp": int((AT + timedelta(hours=1)).timestamp())} | over


def signed(**how: Any) -> str:
    usual: dict[str, Any] = {"purpose": "token", "alg": "ES256", "claims": claims()}
    given = usual | how
    return signing.sign(RING, given.pop("claims"), **given)


def read(raw: str, **how: Any) -> Any:
    usual: dict[str, Any] = {"purpose": "token", "typ": None, "issuer": ISSUER, "at": AT}
    return signing.verify(RING, raw, **(usual | how))


@pytest.mark.parametrize(
    ("purpose", "alg", "typ"),
    [("token", "ES256", None), ("token", "RS256", None), ("event", "ES256", "logout+jwt")],
)
def test_what_we_sign_is_read_by_us_and_by_the_world(
    purpose: str, alg: str, typ: str | None
) -> None:
    """KE-07: by the key of the algorithm that was asked for."""
    raw = signed(purpose=purpose, alg=alg, typ=typ)

    assert read(raw, purpose=purpose, typ=typ) == claims()
    head = jwt.get_unverified_header(raw)
    key = RING.by_kid(head["kid"])
    assert (head["alg"], key.state, key.purpose) == (alg, "active", purpose)
    assert jwt.decode(raw, jwt.PyJWK(dict(key.public)), [alg], options={"verify_exp": False})


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"purpose": "event"}, "alg"),
        ({"typ": "logout+jwt"}, "typ"),
        ({"issuer": "https://other.example"}, "iss"),
        ({"at": AT + timedelta(hours=1, seconds=6)}, "exp"),
    ],
)
def test_a_token_for_another_use_is_refused(how: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        read(signed(), **how)

    assert refused.value.reason == reason


def test_a_hint_may_have_expired() -> None:
    """OpenID Connect Core §3.1.2.1."""
    assert read(signed(claims=claims(exp=1)), at=None)["exp"] == 1


@pytest.mark.parametrize("expires", ["soon", None, True], ids=str)
def test_a_token_that_never_ends_is_refused(expires: Any) -> None:
    with pytest.raises(TokenRefused):
        read(signed(claims=claims(exp=expires)))


def forged(kind: str) -> str:
    genuine, kid = signed(), KEYS[0].kid
    head, payload, _ = genuine.split(".")
    stranger = ec.generate_private_key(ec.SECP256R1())
    made = {
        "altered": jws.altered(genuine),
        "payload": f"{head}.{jws.encoded(claims(sub='another'))}.{genuine.split('.')[2]}",
        "none": jwt.encode(claims(), None, "none", headers={"kid": kid}),
        "unsigned": f"{head}.{payload}.",
        "foreign": jws.made(claims(), {"alg": "ES256", "kid": kid, "typ": "JWT"}, stranger),
        "no-kid": jws.made(claims(), {"alg": "ES256", "typ": "JWT"}, KEYS[0].private),
        "by-its-public-key": jws.hmac_made(
            claims(), {"alg": "HS256", "kid": kid, "typ": "JWT"}, str(KEYS[0].public).encode()
        ),
        "another-alg": jws.made(
            claims(), {"alg": "RS256", "kid": kid, "typ": "JWT"}, KEYS[0].private
        ),
        "four-parts": genuine + ".x",
        "words": "not a token",
        "empty": "",
        "huge": genuine + "A" * 20_000,
    }
    return made[kind]


@pytest.mark.parametrize(
    "kind",
    ["altered", "payload", "none", "unsigned", "foreign", "no-kid", "by-its-public-key",
     "another-alg", "four-parts", "words", "empty", "huge"],
)  # fmt: skip
def test_what_is_not_ours_is_refused(kind: str) -> None:
    with pytest.raises(TokenRefused):
        read(forged(kind))


def test_nothing_is_signed_without_an_active_key() -> None:
    with pytest.raises(UnknownKey):
        signed(alg="PS256")


def test_no_two_signatures_share_their_number() -> None:
    """KE-13: one repeated nonce gives the private key away."""
    parts = [signed().rpartition(".")[2] for _ in range(10_000)]

    first = {base64.urlsafe_b64decode(part + "==")[:32] for part in parts}
    assert len(first) == len(parts)
