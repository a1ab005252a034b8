"""A resource that wants a stronger or fresher sign-in says which: RFC 9470.

The product's own dispatcher answers in this process, with one more address whose resource
demands something, over the same database.
"""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from starlette.responses import Response

from gateway.oauth import answers, resource
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.resource import Demand
from gateway.routes import ROUTES
from gateway.web.call import Call
from gateway.web.dispatch import Dispatcher, Route
from idp import assurance
from tests.support import dpop, services
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK

PATH = "/demanding"


async def read(gateway: Gateway, headers: Mapping[str, str], demand: Demand) -> httpx2.Response:
    """Call a resource of ours that makes ``demand``."""

    async def demanding(call: Call) -> Response:
        try:
            admitted = await resource.admit(call, "openid", demand)
        except OAuthRefused as refusal:
            return resource.refused(call, refusal)
        return answers.told({"sub": admitted.token.subject})

    route = Route(PATH, {"GET": demanding}, "protocol")
    transport = httpx2.ASGITransport(app=Dispatcher((*ROUTES, route), lambda: gateway.runtime))
    async with httpx2.AsyncClient(transport=transport) as http:
        inside = dataclasses.replace(gateway, http=http)
        return await inside.get(PATH, headers=headers)


async def bearer(gateway: Gateway, citizen: Citizen, **over: Any) -> dict[str, str]:
    told = await services.tokens(gateway, citizen, **over)
    return {"authorization": f"Bearer {told['access_token']}"}


@pytest.mark.parametrize(
    ("demand", "told"),
    [
        pytest.param(
            Demand(acr=assurance.HIGH), f'acr_values="{assurance.HIGH}"', id="RFC9470-3-acr"
        ),
        pytest.param(Demand(max_age=timedelta(0)), 'max_age="0"', id="RFC9470-3-max_age"),
        pytest.param(
            Demand(acr=assurance.HIGH, max_age=timedelta(minutes=5)),
            f'acr_values="{assurance.HIGH}", max_age="300"',
            id="SU-1-both",
        ),
    ],
)
async def test_a_sign_in_that_does_not_suffice_is_told_what_would(
    gateway: Gateway, ana: Citizen, demand: Demand, told: str
) -> None:
    answer = await read(gateway, await bearer(gateway, ana), demand)

    challenge = answer.headers["www-authenticate"]
    assert (answer.status_code, answer.json()) == (
        401,
        {"error": "insufficient_user_authentication"},
    )
    assert challenge.startswith('Bearer error="insufficient_user_authentication", error_desc')
    assert challenge.count(told) == 2  # of each scheme
    assert ("max_age" in challenge) == ("max_age" in told)
    assert ("acr_values" in challenge) == ("acr_values" in told)


@pytest.mark.parametrize(
    "demand",
    [
        pytest.param(Demand(), id="nothing"),
        pytest.param(Demand(acr=assurance.BASIC), id="RFC9470-3-any-acr"),
        pytest.param(Demand(max_age=timedelta(hours=1)), id="RFC9470-3-fresh"),
    ],
)
async def test_a_sign_in_that_suffices_is_let_in(
    gateway: Gateway, ana: Citizen, demand: Demand
) -> None:
    """SU-2."""
    answer = await read(gateway, await bearer(gateway, ana), demand)

    assert answer.status_code == 200, answer.text


async def test_a_refreshed_token_is_no_fresher_sign_in(gateway: Gateway, ana: Citizen) -> None:
    """SU-4."""
    told = await services.tokens(gateway, ana, scope="openid profile offline_access")
    form = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    proof = services.proves(gateway, "basic")
    again = (await gateway.post("/token", form, headers=proof.headers)).json()

    headers = {"authorization": f"Bearer {again['access_token']}"}
    answer = await read(gateway, headers, Demand(max_age=timedelta(0)))

    assert answer.json() == {"error": "insufficient_user_authentication"}


async def test_the_challenge_is_what_the_client_asks_for_next(
    gateway: Gateway, ana: Citizen
) -> None:
    """SU-2: what the challenge names is what the authorization endpoint understands."""
    asked = services.asked(acr_values=assurance.HIGH, max_age="0", prompt="none")
    answer = await gateway.get(f"/authorize?{urlencode(asked)}", headers=ana.headers)

    assert answer.headers["location"].startswith(f"{CALLBACK}?error=login_required")


async def test_a_bad_token_is_told_before_a_weak_sign_in(gateway: Gateway) -> None:
    """RFC9470-3: who has no good token learns nothing of what would be demanded."""
    demand = Demand(acr=assurance.HIGH)

    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": f"DPoP {'x' * 43}"}):
        answer = await read(gateway, headers, demand)
        assert answer.status_code == 401
        assert "acr_values" not in answer.headers["www-authenticate"]


async def test_a_bound_token_is_proved_first(gateway: Gateway, ana: Citizen) -> None:
    """RFC9449-7.1: a stolen one is told nothing of its sign-in."""
    code = await services.code(gateway, ana)
    proof = services.proves(gateway, "basic").headers | {"dpop": dpop.proof(gateway)}
    told = (await gateway.post("/token", code.form(), headers=proof)).json()

    headers = {"authorization": f"DPoP {told['access_token']}"}
    answer = await read(gateway, headers, Demand(acr=assurance.HIGH))

    assert answer.json()["error"] == "invalid_dpop_proof"
