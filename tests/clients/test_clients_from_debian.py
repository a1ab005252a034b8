"""Debian's Apache: mod_auth_openidc lets a citizen in, and mod_oauth2 a service to an API."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from jwskate import Jwk
from requests_oauth2client import OAuth2Client, PrivateKeyJwt

from tests.clients import apache as apaches
from tests.clients.conftest import Register, RegisterAll, document
from tests.support.citizen import Citizen
from tests.support.demo import Demo
from tests.support.servers import breathe

pytestmark = pytest.mark.debian

PAGE = """
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID apache-{port}
OIDCClientSecret {secret}
OIDCRedirectURI http://localhost:{port}/callback
OIDCCryptoPassphrase only-this-test-uses-it
OIDCScope "openid profile email offline_access"
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ES256
OIDCCookieSameSite On
<Location "/">
AuthType openid-connect
Require valid-user
Header set X-Email "%{{OIDC_CLAIM_email}}e"
Header set X-Token "%{{OIDC_access_token}}e"
</Location>
"""
# An API that asks us about each token and one that reads them itself, each for bound ones, too.
API = """
<Location "/{path}">
AuthType oauth2
OAuth2TokenVerify {how}
Require oauth2_claim aud:{resource}
</Location>
<Location "/{path}/bound">
AuthType oauth2
OAuth2AcceptTokenIn header name=Authorization&type=dpop
OAuth2TokenVerify {how}&type=dpop
Require oauth2_claim aud:{resource}
</Location>
"""
ASKS = (
    "introspect {issuer}/introspect"
    " introspect.auth=client_secret_basic&client_id=api-asks&client_secret={secret}"
)
READS = "jwks_uri {issuer}/jwks verify.exp=required"
KEY = Jwk.generate(alg="ES256").with_kid_thumbprint()
ASKS_FOR, READS_FOR = "https://asks.example/api", "https://reads.example/api"


@pytest.fixture
def page(demo: Demo, register: Register, run_folder: Path) -> Iterator[str]:
    """A page behind mod_auth_openidc; returns its address."""
    port, place = apaches.place(run_folder)
    apaches.page(place, "index.html", "let in")
    secret = register(
        f"apache-{port}",  # a process believes for a second what it knew of the one before
        f"http://localhost:{port}/callback",
        {"method": "client_secret_basic"},
        idTokenAlg="ES256",
        postLogoutRedirectUris=[f"http://localhost:{port}/bye"],
        backchannelLogoutUri=f"http://localhost:{port}/callback?logout=backchannel",
    )
    configuration = PAGE.format(port=port, issuer=demo.issuer, secret=secret)
    with apaches.running(port, place, "auth_openidc", configuration) as address:
        yield address


@pytest.fixture
def api(demo: Demo, register_all: RegisterAll, run_folder: Path) -> Iterator[str]:
    """An API behind mod_oauth2, and a service ``caller`` that may call it."""
    port, place = apaches.place(run_folder)
    for name in ("asks", "asks/bound", "reads", "reads/bound"):
        apaches.page(place, f"{name}/index.html", "answered")
    secret = {"method": "client_secret_basic"}
    asks = {"identifier": ASKS_FOR, "scopes": ["read"]}
    reads = {"identifier": READS_FOR, "scopes": ["read"], "tokens": "jwt"}
    asking, _ = register_all(
        document("api-asks", None, secret, resource=asks),
        document("api-reads", None, secret, resource=reads),
        document(
            "caller",
            None,
            {"method": "private_key_jwt", "jwks": {"keys": [dict(KEY.public_jwk())]}},
            profile="gov-standard",
            calls=[{"resource": one["identifier"], "scopes": ["read"]} for one in (asks, reads)],
        ),
    )
    configuration = "".join(
        API.format(path=path, how=how.format(issuer=demo.issuer, secret=asking), resource=resource)
        for path, how, resource in (("asks", ASKS, ASKS_FOR), ("reads", READS, READS_FOR))
    )
    with apaches.running(port, place, "oauth2", configuration) as address:
        yield address


def test_mod_auth_openidc_lets_a_citizen_in(citizen: Citizen, page: str) -> None:
    back = citizen.visit(f"{page}/", f"{page}/callback")

    shown = citizen.get(back)

    assert shown.status_code == 200
    assert shown.text == "let in"
    assert shown.headers["x-email"] == "david.cohen@example.test"


def test_mod_auth_openidc_refreshes(citizen: Citizen, page: str) -> None:
    """RFC 6749 §6: a page asks for a new token with the one that it has; both name one citizen."""
    first = citizen.get(citizen.visit(f"{page}/", f"{page}/callback"))
    held = first.headers["x-token"]

    asked = urlencode({"refresh": f"{page}/", "access_token": held})
    again = citizen.get(f"{page}/callback?{asked}")

    assert again.text == "let in"
    assert again.headers["x-token"] not in ("", held)
    assert again.headers["x-email"] == first.headers["x-email"]


def test_mod_auth_openidc_signs_out(citizen: Citizen, page: str) -> None:
    """RP-Initiated Logout §2, from its own address to ours and back."""
    citizen.get(citizen.visit(f"{page}/", f"{page}/callback"))
    out = f"{page}/callback?{urlencode({'logout': f'{page}/bye'})}"

    assert citizen.visit(out, f"{page}/bye") == f"{page}/bye"

    assert citizen.leads(f"{page}/").startswith(f"{citizen.issuer}/authorize")
    assert "Sign in" in citizen.get(f"{citizen.issuer}/account").text


def test_mod_auth_openidc_hears_of_it_from_behind(citizen: Citizen, page: str) -> None:
    """Back-Channel Logout §2.5, by its own reading of our logout token."""
    citizen.get(citizen.visit(f"{page}/", f"{page}/callback"))
    assert not citizen.leads(f"{page}/")

    citizen.sign_out()

    deadline = time.monotonic() + 20
    while not citizen.leads(f"{page}/") and time.monotonic() < deadline:
        breathe()
    assert citizen.leads(f"{page}/").startswith(f"{citizen.issuer}/authorize")


def test_mod_oauth2_lets_a_service_in(demo: Demo, api: str) -> None:
    """RFC 7662, RFC 9068, RFC 9449: by asking us or by our signature, with and without a key."""
    app: OAuth2Client = OAuth2Client.from_discovery_endpoint(
        issuer=demo.issuer, auth=PrivateKeyJwt("caller", KEY, aud=demo.issuer), testing=True
    )
    ask = app.session.get  # a token of the library signs each request as its kind wants it
    for path, resource in (("asks", ASKS_FOR), ("reads", READS_FOR)):
        open_to_all, only_bound = f"{api}/{path}/", f"{api}/{path}/bound/"
        bearer = app.client_credentials(resource=resource)
        bound = app.client_credentials(resource=resource, dpop=True)
        stray = app.client_credentials(resource=READS_FOR if path == "asks" else ASKS_FOR)
        stolen = {"authorization": f"DPoP {bound.access_token}"}

        assert ask(open_to_all, auth=bearer).text == "answered"
        assert ask(only_bound, auth=bound).text == "answered"
        assert ask(open_to_all).status_code == 401
        assert ask(open_to_all, auth=stray).status_code in (401, 403)
        assert ask(only_bound, auth=bearer).status_code == 401
        assert ask(only_bound, headers=stolen).status_code == 401
    ended = app.client_credentials(resource=ASKS_FOR)
    app.revoke_access_token(ended.access_token)
    assert ask(f"{api}/asks/", auth=ended).status_code == 401
