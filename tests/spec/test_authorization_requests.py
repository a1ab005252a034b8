"""Authorization requests, judged before anyone is redirected: groups AZ, RU, PK of the catalogue.

Specs: RFC 6749 §3.1 and §4.1.1, RFC 7636 §4.3, RFC 9700 §2.1, OpenID Connect Core §3.1.2.1.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.oauth import checks, request
from gateway.oauth.refusals import OAuthRefused, PageRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.web import params
from gateway.web.params import ParamsInvalid
from relying_parties.clients import Client
from tests import factories

ISSUER = "https://id.example"
REGISTERED = "https://rp.gov/cb"
USUAL = {
    "client_id": "parking-permits",
    "redirect_uri": REGISTERED,
    "response_type": "code",
    "scope": "openid profile",
    "state": "s",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}


def a_client(**over: Any) -> Client:
    usual = {
        "profile": "oidc-basic",
        "redirectUris": [REGISTERED],
        "auth": {"method": "client_secret_basic"},
    }
    registered = factories.a_registration(**(usual | over))
    return Client("parking-permits", factories.an_agency(), "live", registered, (), 1)


def judged(query: str, client: Client | None = None) -> AuthorizationRequest:
    asked = request.read(params.parse(query.encode()).said(), ISSUER)
    client = client or a_client()
    checks.redirect_uri(asked, client)
    checks.run(checks.authorize(legacy=False), asked, client)
    return asked


def query(**over: str | None) -> str:
    return urlencode(
        {name: value for name, value in {**USUAL, **over}.items() if value is not None}
    )


@pytest.mark.parametrize(
    ("over", "error"),
    [
        pytest.param({"response_type": None}, "invalid_request", id="AZ-05-missing"),
        pytest.param({"response_type": "token"}, "unsupported_response_type", id="AZ-05-implicit"),
        pytest.param({"response_mode": "fragment"}, "invalid_request", id="AZ-08-fragment"),
        pytest.param({"response_mode": "web_message"}, "invalid_request", id="AZ-08-web-message"),
        pytest.param({"state": "s" * 65_536}, "invalid_request", id="AZ-10-state-64k"),
        pytest.param({"prompt": "none login"}, "invalid_request", id="AZ-19-none-with-others"),
        pytest.param({"prompt": "bogus"}, "invalid_request", id="AZ-19-bogus"),
        pytest.param({"max_age": "-1"}, "invalid_request", id="max-age-negative"),
        pytest.param({"max_age": "1e3"}, "invalid_request", id="max-age-no-count"),
        pytest.param({"claims": "{"}, "invalid_request", id="AZ-25-no-json"),
        pytest.param({"claims": '{"userinfo":1}'}, "invalid_request", id="AZ-25-shape"),
        pytest.param({"claims": "[]"}, "invalid_request", id="AZ-25-array"),
        pytest.param({"claims": '{"a":NaN}'}, "invalid_request", id="AZ-25-nan"),
        pytest.param({"claims": '{"a":1,"a":2}'}, "invalid_request", id="AZ-25-twice"),
        pytest.param({"claims": "[" * 1000}, "invalid_request", id="AZ-25-depth"),
        pytest.param({"claims": " " * 1_000_000}, "invalid_request", id="AZ-25-size"),
        pytest.param({"scope": "profile"}, "invalid_scope", id="AZ-29-without-openid"),
        pytest.param({"scope": None}, "invalid_scope", id="AZ-29-missing"),
        pytest.param({"scope": "openid openid"}, "invalid_scope", id="AZ-29-twice"),
        pytest.param({"scope": "openid " + "x" * 65_536}, "invalid_scope", id="AZ-29-long"),
        pytest.param(
            {"scope": "openid " + " ".join(str(n) for n in range(10_000))},
            "invalid_scope",
            id="AZ-29-many",
        ),
        pytest.param({"code_challenge": None}, "invalid_request", id="PK-01-no-challenge"),
        pytest.param({"code_challenge_method": None}, "invalid_request", id="PK-02-absent"),
        pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="PK-02-plain"),
        pytest.param({"code_challenge_method": "s256"}, "invalid_request", id="PK-02-s256"),
        pytest.param({"code_challenge_method": "S512"}, "invalid_request", id="PK-02-S512"),
        pytest.param({"code_challenge": "a" * 42}, "invalid_request", id="PK-02-short"),
    ],
)
def test_a_bad_request_gets_its_error(over: dict[str, str | None], error: str) -> None:
    with pytest.raises(OAuthRefused) as refusal:
        judged(query(**over))

    assert refusal.value.error == error


@pytest.mark.parametrize("name", [*USUAL, "nonce", "prompt", "claims", "max_age", "display"])
def test_a_parameter_that_comes_twice_is_refused(name: str) -> None:
    twice = query(**{name: USUAL.get(name, "1")}) + "&" + urlencode({name: USUAL.get(name, "1")})

    with pytest.raises(OAuthRefused) as refusal:
        judged(twice)

    assert refusal.value.error == "invalid_request", "AZ-07"


@pytest.mark.parametrize(
    "uri",
    [
        *("https://rp.gov/cb/", "https://rp.gov/cb?x=1", "https://rp.gov/cb#", "https://rp.gov/CB"),
        *("https://rp.gov/cb%2f", "https://rp.gov/cb;x", "https://rp.gov.evil.org/cb"),
        *("https://x.rp.gov/cb", "https://rp.gov\\@evil.org/cb", "https://evil.org\\.rp.gov/cb"),
        *(" https://rp.gov/cb", "https://rp.\tgov/cb", "https://rp.gov/cb\n", "https://RP.gov/cb"),
        *("https://rp.gov:443/cb", "https://rp.gov:/cb", "http://rp.gov/cb", ""),
        "https://rp.gov/cb?" + "x" * 10_000,
    ],
    ids=lambda uri: f"RU-{uri[:28]!a}",
)
def test_an_address_that_differs_by_one_byte_gets_a_page(uri: str) -> None:
    with pytest.raises(PageRefused):
        judged(query(redirect_uri=uri))


@pytest.mark.parametrize("raw", ["state=%ff%fe", "state=%00", "state=%ed%a0%80"])
def test_bytes_that_are_no_text_are_refused(raw: str) -> None:
    with pytest.raises(ParamsInvalid):
        params.parse(raw.encode())


@pytest.mark.parametrize(("name", "value"), [("state", "s" * 1000), ("nonce", "n" * 512)])
def test_a_long_state_or_nonce_is_kept_as_it_is(name: str, value: str) -> None:
    kept = AuthorizationRequest.from_json(judged(query(**{name: value})).to_json())

    assert getattr(kept, name) == value


@pytest.mark.parametrize(
    "name",
    [
        *("prompt", "max_age", "dpop_jkt", "nonce", "claims", "authorization_details"),
        *("response_mode", "id_token_hint", "display", "resource"),
    ],
)
def test_rfc6749_3_1_what_has_no_value_was_not_sent(name: str) -> None:
    """AZ-19 for ``prompt``: ADR 7 says why it is no error."""
    assert judged(query(**{name: ""})) == judged(query())


@pytest.mark.parametrize(
    "wish", [{"value": 7}, {"value": None}, {"values": [7]}, {"values": "phr"}, {"value": ["phr"]}]
)
def test_core_5_5_1_1_a_demand_that_nobody_can_read_is_not_met(wish: dict[str, Any]) -> None:
    """ACR: what is demanded is reached, or the request fails."""
    claims = json.dumps({"id_token": {"acr": {"essential": True, **wish}}})

    with pytest.raises(OAuthRefused) as refusal:
        judged(query(claims=claims))

    assert refusal.value.error == "invalid_request"


def test_core_5_5_1_1_an_acr_that_is_essential_alone_demands_none() -> None:
    assert judged(query(claims='{"id_token":{"acr":{"essential":true}}}')).essential_acr == ()


def test_rfc6749_3_1_a_state_without_a_value_is_none() -> None:
    assert judged(query(state="")).state is None


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"id_token": {"sub": {"value": "ana"}}}, ("ana",)),
        ({"id_token": {"sub": {"values": ["ana", "ben"]}}}, ("ana", "ben")),
        ({"userinfo": {"sub": {"value": "ana"}}}, ("ana",)),
        (
            {
                "userinfo": {"sub": {"values": ["ana", "ben"]}},
                "id_token": {"sub": {"value": "ben"}},
            },
            ("ben",),
        ),
        ({"id_token": {"sub": None}}, ()),
        ({"id_token": {"sub": {"essential": True}}}, ()),
    ],
)
def test_core_5_5_1_a_request_may_say_whom_it_is_about(
    wish: dict[str, Any], named: tuple[str, ...]
) -> None:
    asked = judged(query(claims=json.dumps(wish)))

    assert AuthorizationRequest.from_json(asked.to_json()).subjects == named


@pytest.mark.parametrize(
    "wish",
    [
        {"id_token": {"sub": {"value": 7}}},
        {"id_token": {"sub": {"value": None}}},
        {"id_token": {"sub": {"value": "s" * 3000}}},
        {"id_token": {"sub": {"values": []}}},
        {"id_token": {"sub": {"values": "ana"}}},
        {"id_token": {"sub": {"values": ["ana"] * 21}}},
        {"id_token": {"sub": {"value": "ana"}}, "userinfo": {"sub": {"value": "ben"}}},
    ],
)
def test_core_5_5_1_a_subject_that_is_none_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(OAuthRefused) as refusal:
        judged(query(claims=json.dumps(wish)))

    assert refusal.value.error == "invalid_request"


def test_unknown_parameters_mean_nothing() -> None:
    assert judged(query(client_session_host="evil", extra="foobar")) == judged(query())


def test_a_service_that_must_push_cannot_ask_by_the_browser() -> None:
    with pytest.raises(OAuthRefused) as refusal:
        judged(query(), a_client(requirePar=True))

    assert refusal.value.error == "invalid_request"
