"""One strict reader for every JWT that arrives: RFC 7519, RFC 8725, RFC 10070."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from keys import assertions, jwks
from keys.assertions import Expected
from keys.errors import TokenRefused
from tests.support import jws

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
KEY, STRANGER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
KNOWN = [jwks.public_jwk(KEY.public_key(), "ES256")]
KID = KNOWN[0]["kid"]
EXPECTED = Expected(
    algs=frozenset({"ES256"}),
    typs=frozenset({"client-authentication+jwt", None}),
    issuer="parking",
    audience="https://id.example",
    subject="parking",
)
HEADER = {"alg": "ES256", "kid": KID, "typ": "client-authentication+jwt"}


def claims(**over: Any) -> dict[str, Any]:
    usual = {
        "iss": "parking", "sub": "parking", "aud": "https://id.example",
        "jti": "j", "iat": NOW, "exp": NOW + 60,
    }  # fmt: skip
    return {name: value for name, value in (usual | over).items() if value is not None}


def read(payload: Any, header: Any = HEADER, key: Any = KEY, **how: Any) -> dict[str, Any]:
    return assertions.read(jws.made(payload, header, key), KNOWN, how.get("expected", EXPECTED), AT)


def test_a_good_one_is_read() -> None:
    assert read(claims()) == claims()
    assert read(claims(), {"alg": "ES256"}) == claims()


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"iss": "tax"}, "iss"), ({"iss": None}, "iss"), ({"iss": ["parking"]}, "iss"),
        ({"sub": "tax"}, "sub"), ({"sub": None}, "sub"),
        ({"aud": "https://other.example"}, "aud"), ({"aud": None}, "aud"),
        ({"aud": ["https://id.example"]}, "aud"), ({"aud": "https://id.example/"}, "aud"),
        ({"jti": None}, "jti_missing"), ({"jti": ""}, "jti"), ({"jti": 7}, "jti"),
        ({"jti": "j" * 257}, "jti"),
        ({"exp": None}, "exp_missing"), ({"exp": NOW - 6}, "exp"), ({"exp": "soon"}, "exp"),
        ({"exp": True}, "exp"), ({"exp": -1}, "exp"),
        ({"iat": NOW + 11}, "iat"), ({"iat": [NOW]}, "iat"), ({"nbf": NOW + 11}, "nbf"),
        ({"exp": NOW + 400}, "lifetime"), ({"iat": NOW - 400, "exp": NOW + 60}, "lifetime"),
        ({"iat": None, "exp": NOW + 400}, "lifetime"),
    ],
)  # fmt: skip
def test_each_claim_is_pinned(over: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        read(claims(**over))

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"alg": "HS256"}, "alg"), ({"alg": "none"}, "alg"), ({"alg": "NONE"}, "alg"),
        ({"alg": None}, "alg"), ({"alg": ["ES256"]}, "alg"), ({"typ": "JWT"}, "typ"),
        ({"typ": 1}, "typ"), ({"kid": "unknown"}, "unknown_kid"), ({"kid": "k" * 257}, "kid"),
        ({"kid": 1}, "kid"), ({"crit": ["exp"]}, "header"), ({"jwk": KNOWN[0]}, "header"),
        ({"jku": "https://x.example"}, "header"), ({"b64": False}, "header"),
        ({"zip": "DEF"}, "header"), ({"x5c": []}, "header"),
    ],
)  # fmt: skip
def test_each_member_of_the_header_is_pinned(header: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        read(claims(), HEADER | header)

    assert refused.value.reason == reason


def test_another_s_signature_is_refused() -> None:
    for raw in (
        jws.made(claims(), HEADER, STRANGER),
        jws.altered(jws.made(claims(), HEADER, KEY)),
    ):
        with pytest.raises(TokenRefused, match="signature"):
            assertions.read(raw, KNOWN, EXPECTED, AT)


@pytest.mark.parametrize(
    "unfit", [{"use": "enc"}, {"alg": "RS256"}, {"x": "AA"}, {"crv": "P-521"}, {"kty": "RSA"}]
)
def test_a_key_that_is_not_for_this_is_no_key(unfit: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused, match="signature"):
        assertions.read(jws.made(claims(), HEADER, KEY), [KNOWN[0] | unfit], EXPECTED, AT)


def test_one_of_several_audiences_counts_only_where_it_may() -> None:
    several = Expected(**{
        name: getattr(EXPECTED, name) for name in ("algs", "typs", "issuer", "audience", "subject")
    }, many=True)  # fmt: skip

    assert read(claims(aud=["https://id.example", "x"]), expected=several)
    with pytest.raises(TokenRefused, match="aud"):
        read(claims(aud=["x"]), expected=several)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a":1,"a":2}', "json"), (b'{"a":NaN}', "json"), (b'{"a":Infinity}', "json"),
        (b'{"a":1e999}', "json"), (b'{"a":9007199254740993}', "json"), (b'{"a":"\xff"}', "json"),
        (b'{"a":' + b"9" * 5000 + b"}", "json"), (b"[" * 9 + b"]" * 9, "depth"),
        (b"[" * 10_000, "depth"), (b'"' + b"a" * 16_400 + b'"', "size"), (b"", "json"),
        (b'{"a":1}x', "json"), (rb'["\ud800"]', "json"), (rb'{"\udfff":1}', "json"),
        (rb'{"a":[{"b":"\u0000"}]}', "json"), (rb'{"a\u0000":1}', "json"),
        (rb'"\ude00\ud83d"', "json"),
    ],
    ids=lambda value: str(value[:12]),
)  # fmt: skip
def test_json_of_a_stranger_is_read_strictly(text: bytes, reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        assertions.decode_json(text)

    assert refused.value.reason == reason


def test_a_letter_beyond_the_first_plane_may_be_spelt_by_escapes() -> None:
    assert assertions.decode_json(rb'{"\ud83d\ude00":"\\u0000"}') == {"😀": r"\u0000"}


def test_brackets_in_strings_are_only_characters() -> None:
    assert assertions.decode_json(b'["[[[[[[[[[[[[\\"[[["]') == ['[[[[[[[[[[[["[[[']


@pytest.mark.parametrize("payload", [b"[]", b'"x"', b"1", b"null", b"{", b"\xff\xfe"])
def test_claims_are_an_object(payload: bytes) -> None:
    with pytest.raises(TokenRefused):
        read(payload)


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){0,4}"))
def test_nothing_else_is_ever_raised(raw: str) -> None:
    with pytest.raises(TokenRefused):
        assertions.read(raw, KNOWN, EXPECTED, AT)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*claims(), "nbf", "x"]), json_values))
def test_no_claims_of_a_known_key_raise_anything_else(over: dict[str, Any]) -> None:
    payload = json.dumps(claims() | over).encode()
    with contextlib.suppress(TokenRefused):
        assert read(payload)["iss"] == "parking"


def test_its_age_does_not_depend_on_the_clock_of_the_process() -> None:
    with pytest.raises(TokenRefused, match="exp"):
        assertions.read(jws.made(claims(), HEADER, KEY), KNOWN, EXPECTED, AT + timedelta(minutes=2))
