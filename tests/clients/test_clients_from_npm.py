"""npm's openid-client signs a citizen in, reads, refreshes, reads again and leaves."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from tests.clients.conftest import Register
from tests.support.citizen import Citizen
from tests.support.demo import Demo

pytestmark = pytest.mark.npm

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("openid_client.mjs")
MODULES = ROOT / ".gatehouse" / "tools" / "clients"
REDIRECT = "http://localhost:9/callback"


def sign_in(demo: Demo, citizen: Citizen, **environment: str) -> dict[str, object]:
    """Run the client; take the citizen to where it says and back."""
    place = MODULES / SCRIPT.name
    place.write_text(SCRIPT.read_text())
    client = subprocess.Popen(
        [os.environ.get("GATEHOUSE_NODE", "node"), str(place)],
        env={
            **os.environ,
            "ISSUER": demo.issuer,
            "REDIRECT_URI": REDIRECT,
            "SCOPE": "openid profile email offline_access",
            **environment,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with client:
        assert client.stdout
        first = client.stdout.readline()
        if not first:
            raise AssertionError(client.communicate()[1])
        callback = citizen.visit(json.loads(first)["url"], REDIRECT)
        printed, errors = client.communicate(callback + "\n", timeout=30)
    assert client.returncode == 0, errors
    told: dict[str, object] = json.loads(printed)
    return told


def test_openid_client_with_a_secret(demo: Demo, citizen: Citizen, register: Register) -> None:
    secret = register("npm-secret", REDIRECT, {"method": "client_secret_basic"}, idTokenAlg="ES256")

    told = sign_in(demo, citizen, CLIENT_ID="npm-secret", CLIENT_SECRET=secret)

    assert told["userinfo"]["name"] == "David Cohen"  # type: ignore[index]
    assert told["userinfo"] == told["again"]
    assert told["userinfo"]["sub"] == told["sub"]  # type: ignore[index]


def test_openid_client_pushes_and_signs(demo: Demo, citizen: Citizen, register: Register) -> None:
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    public = {"keys": [key.as_dict(private=False)]}
    register(
        "npm-key",
        REDIRECT,
        {"method": "private_key_jwt", "jwks": public},
        profile="gov-standard",
    )

    told = sign_in(
        demo, citizen, CLIENT_ID="npm-key", CLIENT_JWK=json.dumps(key.as_dict(private=True))
    )

    assert told["userinfo"]["email"] == "david.cohen@example.test"  # type: ignore[index]
