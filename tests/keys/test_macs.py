"""What a sender signs with a secret: RFC 7518 §3.2, RFC 8725 §3.1."""

from dataclasses import replace
from typing import Any

import pytest

from keys import assertions, macs
from keys.errors import TokenRefused
from tests.keys.test_assertions import AT, EXPECTED, KNOWN, claims
from tests.support import jws

SECRET, NEWER = "s" * 43, "n" * 43
BY_SECRET = replace(EXPECTED, algs=frozenset(macs.ALGORITHMS))
HEADER = {"alg": "HS256"}


def made(secret: str = SECRET, header: Any = HEADER, **over: Any) -> str:
    return jws.hmac_made(claims(**over), header, secret.encode())


@pytest.mark.parametrize("secret", [SECRET, NEWER])
def test_any_secret_in_force_will_do(secret: str) -> None:
    assert macs.read(made(secret), [SECRET, NEWER], BY_SECRET, AT) == claims()


@pytest.mark.parametrize(
    ("token", "secrets", "reason"),
    [
        (made("x" * 43), [SECRET], "signature"),
        (made(), [], "signature"),
        (made(""), [""], "signature"),
        (made("short"), ["short"], "signature"),
        (jws.altered(made()), [SECRET], "signature"),
        (made(header={"alg": "HS512"}), [SECRET], "alg"),
        (made(header={"alg": "none"}), [SECRET], "alg"),
        (made(header=HEADER | {"jwk": {"kty": "oct", "k": "eHh4"}}), [SECRET], "header"),
        (made(iss="tax"), [SECRET], "iss"),
        (made(exp=1), [SECRET], "exp"),
    ],
)
def test_anything_else_is_refused(token: str, secrets: list[str], reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        macs.read(token, secrets, BY_SECRET, AT)

    assert refused.value.reason == reason


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA", "HS384"])
def test_no_wish_of_a_caller_makes_it_read_others(alg: str) -> None:
    expected = replace(EXPECTED, algs=frozenset({alg}))

    with pytest.raises(TokenRefused, match="alg"):
        macs.read(made(header={"alg": alg}), [SECRET], expected, AT)


def test_the_reader_of_keys_takes_no_secret() -> None:
    oct_key = {"kty": "oct", "k": jws.encoded(SECRET.encode())}

    with pytest.raises(TokenRefused, match="signature"):
        assertions.read(made(), [*KNOWN, oct_key], BY_SECRET, AT)
