"""Request objects that nobody signed: for the conformance suite alone, never for services.

Specs: OpenID Connect Core §6.1 and §6.2, Registration 1.0 §2, RFC 9101 §10.5.
"""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import legacy, newcomers, peers, services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK


@pytest.fixture(scope="module")
async def node(gateway: Gateway) -> AsyncIterator[int]:
    """A process that runs for the suite, and services of both minds."""
    signed = {"method": "private_key_jwt", "jwks": services.jwks(ec=services.EC_KEY)}
    await legacy.service(gateway, "loose")
    await legacy.service(gateway, "loose-only", requestAlg="none")
    await legacy.service(gateway, "exact", auth=signed, requestAlg="ES256")
    await legacy.service(gateway, "must-sign", auth=signed, requireSignedRequest=True)
    async with gateway.another(
        GATEHOUSE_CONFORMANCE="true", GATEHOUSE_OPEN_REGISTRATION="true"
    ) as number:
        yield number


@pytest.fixture
async def ana(gateway: Gateway, node: int) -> Citizen:
    return await gateway.citizen("loose", "loose-only", "exact", "must-sign", "basic")


def unsigned(client_id: str, header: dict[str, Any] | None = None, **over: Any) -> str:
    """Spell a request as a JWT with nothing behind its last dot."""
    parts = ({"alg": "none"} | (header or {}), services.asked(client_id, **over))
    spelt = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return "".join(f"{part.rstrip(b'=').decode()}." for part in spelt)


async def told(
    gateway: Gateway, citizen: Citizen, client_id: str, *, node: int, **sent: str
) -> dict[str, str]:
    query = urlencode(services.asked(client_id, state="outside") | sent)
    answer = await gateway.get(f"/authorize?{query}", headers=citizen.headers, node=node)
    return verdicts.sent_back(answer, CALLBACK, gateway.issuer)


@pytest.mark.parametrize("client_id", ["loose", "loose-only", "basic"])
async def test_what_is_inside_counts(
    gateway: Gateway, ana: Citizen, node: int, client_id: str
) -> None:
    """Core §6.1: who named no algorithm may use any that is offered."""
    got = await told(gateway, ana, client_id, node=node, request=unsigned(client_id))

    assert (got["state"], "code" in got) == ("the state", True)


@pytest.mark.parametrize(
    ("client_id", "made"),
    [
        pytest.param("exact", unsigned("exact"), id="Registration-2-named-another"),
        pytest.param("loose", unsigned("loose", {"typ": "dpop+jwt"}), id="another-type"),
        pytest.param("loose", unsigned("loose", {"alg": "None"}), id="RFC8725-3.1-spelling"),
        pytest.param("loose", unsigned("loose", {"alg": "ES256"}), id="said-to-be-signed"),
        pytest.param("loose", unsigned("loose") + "c2ln", id="RFC7518-3.6-with-a-signature"),
        pytest.param("loose", unsigned("loose", aud="https://other.example"), id="audience"),
        pytest.param("loose", unsigned("loose", iss="basic"), id="issuer"),
        pytest.param("loose", unsigned("loose", exp=1), id="expired"),
        pytest.param("loose", unsigned("loose", request="a.b.c"), id="RFC9101-4-nested"),
    ],
)
async def test_a_bad_one_is_refused(
    gateway: Gateway, ana: Citizen, node: int, client_id: str, made: str
) -> None:
    async with gateway.unchanged():
        got = await told(gateway, ana, client_id, node=node, request=made)

    assert got["error"] == "invalid_request_object"


async def test_who_must_sign_is_not_let_off(gateway: Gateway, ana: Citizen, node: int) -> None:
    """RFC 9101 §10.5."""
    got = await told(gateway, ana, "must-sign", node=node, request=unsigned("must-sign"))

    assert got["error"] == "invalid_request_object"


async def test_nobody_else_takes_one(gateway: Gateway, ana: Citizen) -> None:
    """Whatever is registered: where people are, anybody on the way could write one."""
    for client_id in ("loose", "loose-only", "basic"):
        got = await told(gateway, ana, client_id, node=0, request=unsigned(client_id))
        assert got["error"] == "invalid_request_object"


async def test_no_other_profile_takes_one(gateway: Gateway, node: int) -> None:
    proof = services.proves(gateway, "gov")
    form = services.asked("gov") | {"request": unsigned("gov")} | proof.form

    pushed = await gateway.post("/par", form, headers=proof.headers, node=node)

    verdicts.refused(pushed, "invalid_request_object")


async def test_one_at_a_registered_address_is_fetched(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """Core §6.2."""
    made = unsigned("published").encode()
    async with peers.a_peer(b"HTTP/1.0 200 OK\r\n\r\n" + made) as (port, _):
        address = f"http://127.0.0.1:{port}/request.jwt"
        await legacy.service(gateway, "published", requestUris=[address])
        await gateway.agree(ana.account, "published")
        got = await told(gateway, ana, "published", node=node, request_uri=f"{address}#version")

    assert (got["state"], "code" in got) == ("the state", True)


async def test_discovery_and_registration_say_so(gateway: Gateway, node: int) -> None:
    name = "request_object_signing_alg_values_supported"
    on = (await gateway.get("/.well-known/openid-configuration", node=node)).json()
    off = (await gateway.get("/.well-known/openid-configuration")).json()
    wish = {"request_object_signing_alg": "none"}
    taken = await newcomers.registered(gateway, node=node, **wish)
    refused = await newcomers.register(gateway, **wish)

    assert ("none" in on[name], "none" in off[name]) == (True, False)
    assert taken["request_object_signing_alg"] == "none"
    verdicts.refused(refused, "invalid_client_metadata")
