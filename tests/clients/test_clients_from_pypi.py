"""Django projects on PyPI's mozilla-django-oidc and govuk-onelogin-django sign a citizen in."""

import base64
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import RSAKey

from gateway.postgres import free_port
from tests.clients import djangos
from tests.clients.conftest import TOOLS, Register
from tests.support.citizen import Citizen
from tests.support.demo import Demo
from tests.support.servers import breathe

ONE_LOGIN = TOOLS / "onelogin" / "bin" / "python"
EMAIL = "david.cohen@example.test"


@pytest.fixture
def django(demo: Demo, register: Register, tmp_path: Path) -> Iterator[str]:
    """The project on mozilla-django-oidc, running; returns its address."""
    port = free_port()
    secret = register(
        "django",
        f"http://localhost:{port}/oidc/callback/",
        {"method": "client_secret_post"},
        idTokenAlg="RS256",
        postLogoutRedirectUris=[f"http://localhost:{port}/bye"],
    )
    told = {"ISSUER": demo.issuer, "CLIENT_ID": "django", "CLIENT_SECRET": secret, "RENEW": "4"}
    with djangos.running(sys.executable, "django_service", port, tmp_path, told) as address:
        yield address


@pytest.fixture
def one_login(demo: Demo, register: Register, tmp_path: Path) -> Iterator[str]:
    """The project on govuk-onelogin-django, running; returns its address."""
    port = free_port()
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
    address = f"http://localhost:{port}"
    register(
        "one-login",
        f"{address}/one-login/callback/",
        {"method": "private_key_jwt", "jwks": {"keys": [key.as_dict(private=False)]}},
        requirePkce=False,  # it knows none
        postLogoutRedirectUris=[f"{address}/bye"],
        backchannelLogoutUri=f"{address}/one-login/back-channel-logout/",
    )
    pem = key.private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    secret = base64.b64encode(pem).decode()
    told = {"ISSUER": demo.issuer, "CLIENT_ID": "one-login", "CLIENT_SECRET": secret}
    with djangos.running(ONE_LOGIN, "onelogin", port, tmp_path, told) as address:
        yield address


def test_mozilla_django_oidc_signs_a_citizen_in_and_out(citizen: Citizen, django: str) -> None:
    """Its SessionRefresh asks again without a page (``prompt=none``); then its own way out."""
    assert citizen.get(django).json() == {"email": None}
    back = citizen.visit(f"{django}/oidc/authenticate/", f"{django}/oidc/callback/")
    citizen.get(back)

    deadline = time.monotonic() + 20
    while not (asks := citizen.leads(django)) and time.monotonic() < deadline:
        breathe()
    assert "prompt=none" in asks
    assert citizen.get(asks).json() == {"email": EMAIL}  # and is not sent away again

    assert citizen.visit(f"{django}/oidc/logout/", f"{django}/bye") == f"{django}/bye"
    assert citizen.get(django).json() == {"email": None}
    assert "Sign in" in citizen.get(f"{citizen.issuer}/account").text


@pytest.mark.onelogin
def test_govuk_onelogin_django_signs_a_citizen_in_and_out(citizen: Citizen, one_login: str) -> None:
    """A key instead of a secret, its audience the token endpoint, and no PKCE.

    Then Back-Channel Logout §2.5, by its own reading of our logout token; and its own way out.
    """
    begin, back = f"{one_login}/one-login/login/", f"{one_login}/one-login/callback/"

    citizen.get(citizen.visit(begin, back))
    assert citizen.get(one_login).json() == {"email": EMAIL}
    citizen.sign_out()
    deadline = time.monotonic() + 20
    while citizen.get(one_login).json()["email"] and time.monotonic() < deadline:
        breathe()
    assert citizen.get(one_login).json() == {"email": None}

    citizen.get(citizen.visit(begin, back))
    assert citizen.get(one_login).json() == {"email": EMAIL}
    assert citizen.visit(f"{one_login}/leave", f"{one_login}/bye") == f"{one_login}/bye"
    assert citizen.get(one_login).json() == {"email": None}
