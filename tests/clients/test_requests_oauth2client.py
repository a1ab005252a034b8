"""PyPI's requests-oauth2client: pushed, signed and bound requests, tokens for APIs, devices."""

from typing import Any
from urllib.parse import urlencode

import pytest
from jwskate import Jwk
from requests import HTTPError  # noqa: TID251 - what the client that is tried here raises
from requests_oauth2client import ClientSecretBasic, DPoPToken, OAuth2Client, PrivateKeyJwt

from tests.clients.conftest import Register, RegisterAll, document
from tests.support.citizen import Citizen
from tests.support.demo import Demo

REDIRECT, AFTER = "http://localhost:9/callback", "http://localhost:9/bye"
KEY = Jwk.generate(alg="ES256").with_kid_thumbprint()
BY_KEY = {"method": "private_key_jwt", "jwks": {"keys": [dict(KEY.public_jwk())]}}
FIRST, SECOND = "https://first.example/api", "https://second.example/api"


def client(demo: Demo, client_id: str, *, dpop: bool = False, **over: Any) -> OAuth2Client:
    """A client that has read discovery and proves a key, or what ``over`` says."""
    proof = {"auth": PrivateKeyJwt(client_id, KEY, aud=demo.issuer)} | over
    made: OAuth2Client = OAuth2Client.from_discovery_endpoint(
        issuer=demo.issuer,
        redirect_uri=REDIRECT,
        id_token_signed_response_alg="ES256",
        dpop_bound_access_tokens=dpop,
        # Which the library does not read there.
        device_authorization_endpoint=f"{demo.issuer}/device_authorization",
        testing=True,  # lets the gateway be http
        **proof,
    )
    return made


@pytest.mark.parametrize(("profile", "dpop"), [("gov-standard", False), ("fapi2", True)])
def test_a_citizen_signs_in(
    demo: Demo, citizen: Citizen, register: Register, profile: str, dpop: bool
) -> None:
    """PAR and private_key_jwt, then DPoP as well."""
    # A name of its own: processes believe for a second what they knew of the one before.
    name = f"requests-{profile}"
    register(name, REDIRECT, BY_KEY, profile=profile, postLogoutRedirectUris=[AFTER])
    app = client(demo, name, dpop=dpop)
    asked = app.authorization_request(scope="openid profile email offline_access")

    pushed = app.pushed_authorization_request(asked)
    came = asked.validate_callback(citizen.visit(str(pushed.uri), REDIRECT))
    # The library judges the ID token of a bearer token only: with a key it loses the key.
    token = app.authorization_code(came, validate=not dpop)
    first = app.userinfo(token)
    refreshed = app.refresh_token(token)
    again = app.userinfo(refreshed)
    revoked = app.revoke_access_token(refreshed.access_token)

    assert isinstance(token, DPoPToken) == dpop
    assert token.id_token.sub == first["sub"]
    assert first["email"] == "david.cohen@example.test"
    assert again == first
    assert revoked
    with pytest.raises(HTTPError):
        app.userinfo(refreshed)
    goodbye = {"id_token_hint": str(token.id_token), "post_logout_redirect_uri": AFTER}
    assert citizen.visit(f"{demo.issuer}/logout?{urlencode(goodbye)}", AFTER) == AFTER


def test_a_service_calls_another_and_that_one_a_third(
    demo: Demo, citizen: Citizen, register_all: RegisterAll
) -> None:
    """Client credentials, resource indicators, introspection and token exchange."""
    secret = {"method": "client_secret_basic"}
    first = {"identifier": FIRST, "scopes": ["read"]}
    second = {"identifier": SECOND, "scopes": ["read"], "tokens": "jwt"}
    calls, onward_to = ([{"resource": one, "scopes": ["read"]}] for one in (FIRST, SECOND))
    served, _ = register_all(
        document("api-first", None, secret, resource=first, onBehalf=onward_to),
        document("api-second", None, secret, resource=second),
        document(
            "requests",
            REDIRECT,
            BY_KEY,
            idTokenAlg="ES256",
            requirePar=True,
            calls=calls,
            onBehalf=calls,
        ),
    )
    app = client(demo, "requests")
    api = client(demo, "", auth=ClientSecretBasic("api-first", served))

    own = app.client_credentials(scope="read", resource=FIRST)
    asked = app.authorization_request(scope="openid read", resource=FIRST)
    pushed = app.pushed_authorization_request(asked)
    came = asked.validate_callback(citizen.visit(str(pushed.uri), REDIRECT))
    theirs = app.authorization_code(came, resource=FIRST)
    onward = api.token_exchange(subject_token=theirs.access_token, resource=SECOND,
                                subject_token_type="access_token")  # fmt: skip

    assert api.introspect_token(own)["sub"] == "requests"
    seen = api.introspect_token(theirs.access_token)
    assert (seen["active"], seen["client_id"], seen["scope"]) == (True, "requests", "read")
    assert onward.access_token.count(".") == 2
    assert onward.scope == "read"


def test_a_device_is_let_in(demo: Demo, citizen: Citizen, register: Register) -> None:
    name = "requests-on-a-device"
    register(name, None, {"method": "none"}, profile="native-public", device=True)
    app = client(demo, name, auth=name)

    asked = app.authorize_device(scope="openid profile")
    citizen.let_in(str(asked.verification_uri_complete))
    token = app.device_code(asked)

    assert app.userinfo(token)["name"] == "David Cohen"
