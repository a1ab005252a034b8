"""A service that can't sign anybody in: its citizens read a page of it, its log says why."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.cli import country
from gateway.postgres import free_port
from relying_parties.samples import parking
from relying_parties.samples.sdk import Service, Settings
from tests import factories
from tests.support.demo import Demo

HERE = "http://tax.localhost:8102"
NEEDED = {"ISSUER": "http://localhost:8000", "BASE_URL": HERE, "CLIENT_ID": "tax-account"}
PUBLIC: Mapping[str, Any] = factories.A_KEY


async def tries(issuer: str, key: Mapping[str, Any], at: str = HERE) -> httpx2.Response:
    """Open /sign-in of a service that thinks itself the tax office, at address ``at``."""
    settings = Settings(issuer, at, "tax-account", client_jwk=key)
    folder = Path(parking.__file__).parent
    service = Service(settings, folder=folder, wants=("name",))
    over = httpx2.ASGITransport(app=service.application([]))
    async with httpx2.AsyncClient(transport=over, base_url=at) as browser:
        return await browser.get("/sign-in")


def tells(answer: httpx2.Response, caplog: pytest.LogCaptureFixture, reason: str) -> None:
    assert answer.status_code == 503
    assert "Signing in does not work at the moment" in answer.text
    assert "set-cookie" not in answer.headers
    assert reason in caplog.text
    assert reason not in answer.text


async def test_a_gateway_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    tells(await tries(f"http://localhost:{free_port()}", {}), caplog, "is not to be had")


async def test_a_key_that_is_not_the_registered_one(
    demo: Demo, caplog: pytest.LogCaptureFixture
) -> None:
    tells(await tries(demo.issuer, country.new_jwk()), caplog, "answered 401")


async def test_a_service_that_is_switched_off(demo: Demo, caplog: pytest.LogCaptureFixture) -> None:
    tax = demo.service("tax-account")
    # Until a process has looked, nothing is wrong with the request: its address is the right one.
    right = demo.issuer, tax["jwk"], tax["url"].rstrip("/")
    demo.command("rp", "suspend", "tax-account", "--reason", "a test")
    try:
        # Each process of the gateway looks once a second.
        answer = await tries(*right)
        while answer.status_code == 303:
            answer = await tries(*right)
    finally:
        demo.command("rp", "resume", "tax-account")

    tells(answer, caplog, "answered 401")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        pytest.param("{", "can't be read as a JWK", id="no-json"),
        pytest.param('"text"', "can't be read as a JWK", id="no-object"),
        pytest.param('{"kty": "XX"}', "can't be read as a JWK", id="no-key"),
        pytest.param(json.dumps(PUBLIC), "the public half", id="public"),
        pytest.param(
            json.dumps({**country.new_jwk(), "kid": ""}), "must be a P-256 key", id="no-kid"
        ),
    ],
)
def test_a_key_that_is_none_is_told_at_the_start(key: str, says: str) -> None:
    with pytest.raises(SystemExit, match=says):
        Settings.from_environment({**NEEDED, "CLIENT_JWK": key})


def test_a_key_that_is_one_is_taken() -> None:
    key = country.new_jwk()

    assert Settings.from_environment({**NEEDED, "CLIENT_JWK": json.dumps(key)}).client_jwk == key
