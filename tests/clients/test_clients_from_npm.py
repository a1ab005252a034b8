"""npm's openid-client signs a citizen in, reads, refreshes, reads again and leaves."""

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey

from gateway.postgres import free_port
from tests.clients.conftest import MODULES, SCRIPTS, Register
from tests.support.citizen import Citizen
from tests.support.demo import Demo

pytestmark = pytest.mark.npm

SCRIPT = SCRIPTS / "openid_client.mjs"
REDIRECT, AFTER = "http://localhost:9/callback", "http://localhost:9/bye"
KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
BY_KEY = {"method": "private_key_jwt", "jwks": {"keys": [KEY.as_dict(private=False)]}}
SIGNS = json.dumps(KEY.as_dict(private=True))


def run(demo: Demo, goes: Callable[[str], str], **environment: str) -> dict[str, Any]:
    """Run the client; let the citizen go to where it says, and tell it where they came to."""
    place = MODULES / SCRIPT.name
    place.write_text(SCRIPT.read_text())
    client = subprocess.Popen(
        [os.environ.get("GATEHOUSE_NODE", "node"), str(place)],
        env={
            **os.environ,
            "ISSUER": demo.issuer,
            "REDIRECT_URI": REDIRECT,
            "AFTER": AFTER,
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
        came = goes(json.loads(first)["url"])
        printed, errors = client.communicate(came + "\n", timeout=30)
    assert client.returncode == 0, errors
    told: dict[str, Any] = json.loads(printed)
    assert told["userinfo"]["name"] == "David Cohen"
    assert told["userinfo"]["sub"] == told["sub"]
    assert told["userinfo"] == told["again"]
    assert told["refused"]
    return told


@pytest.mark.parametrize(
    ("uses", "spec"),
    [
        pytest.param(
            "", {"auth": {"method": "client_secret_basic"}, "idTokenAlg": "ES256"}, id="secret"
        ),
        pytest.param(
            "secret-jwt",
            {"auth": {"method": "client_secret_jwt"}, "idTokenAlg": "ES256"},
            id="signed-with-a-secret",
        ),
        pytest.param("par", {"auth": BY_KEY, "profile": "gov-standard"}, id="par-and-key"),
        pytest.param("par dpop", {"auth": BY_KEY, "profile": "fapi2"}, id="fapi2"),
        pytest.param(
            "par jar jarm dpop",
            {
                "auth": BY_KEY,
                "profile": "fapi2",
                "requireSignedRequest": True,
                "responseModes": ["jwt"],
            },
            id="fapi2-message-signing",
        ),
        pytest.param("dpop", {"auth": {"method": "none"}, "profile": "native-public"}, id="public"),
    ],
)
def test_openid_client_does_all_of_it(
    demo: Demo, citizen: Citizen, register: Register, uses: str, spec: dict[str, Any]
) -> None:
    # A name of its own: processes believe for a second what they knew of the one before.
    client_id = "-".join(("npm", *uses.split(), spec["auth"]["method"].replace("_", "-")))
    secret = register(client_id, REDIRECT, postLogoutRedirectUris=[AFTER], **spec)
    proof = {"CLIENT_JWK": SIGNS} if spec["auth"] is BY_KEY else {"CLIENT_SECRET": secret}

    proof |= {"CLIENT_ID": client_id, "USES": uses}
    told = run(demo, lambda url: citizen.visit(url, REDIRECT), **proof)

    assert told["kind"] == ("dpop" if "dpop" in uses else "bearer")
    assert citizen.visit(told["signOut"], AFTER) == AFTER
    assert "Sign in" in citizen.get(f"{demo.issuer}/account").text


def test_openid_client_on_a_device(demo: Demo, citizen: Citizen, register: Register) -> None:
    register("npm-device", None, auth={"method": "none"}, profile="native-public", device=True)

    told = run(demo, citizen.let_in, CLIENT_ID="npm-device", USES="device", AFTER="")

    assert told["kind"] == "bearer"


@pytest.mark.parametrize("mode", ["poll", "ping"])
def test_openid_client_asks_from_behind(
    demo: Demo, citizen: Citizen, register: Register, mode: str
) -> None:
    """CIBA: a signed request to somebody's inbox, and tokens for the key of a DPoP proof."""
    port, client_id = free_port(), f"npm-{mode}"
    told_at = {"notificationEndpoint": f"http://127.0.0.1:{port}/told"} if mode == "ping" else {}
    register(client_id, None, BY_KEY, profile="ciba", backchannelMode=mode, **told_at)

    told = run(
        demo,
        lambda _: citizen.approve(),
        CLIENT_ID=client_id,
        CLIENT_JWK=SIGNS,
        USES=f"{mode} dpop",
        HINT=citizen.email,
        PING_PORT=str(port),
        AFTER="",
    )

    assert told["kind"] == "dpop"
