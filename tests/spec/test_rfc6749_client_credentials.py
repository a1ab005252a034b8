"""A service in its own name: RFC 6749 §4.4, introspected by the resource (RFC 7662)."""

from typing import Any

import pytest

from relying_parties import clients
from tests.support import dpop, services, verdicts
from tests.support.gateway import NODES, Citizen, Gateway
from tests.support.services import LEDGER

FORM = {"grant_type": "client_credentials"}


async def ask(gateway: Gateway, client_id: str = "clerk", **over: Any) -> Any:
    """Ask for a token of the client's own."""
    proof = services.proves(gateway, client_id)
    headers = proof.headers | over.pop("headers", {})
    return await gateway.post("/token", FORM | proof.form | over, headers=headers)


async def look(gateway: Gateway, token: str, client_id: str = "ledger", node: int = 0) -> Any:
    """Ask about a token."""
    proof = services.proves(gateway, client_id)
    answer = await gateway.post(
        "/introspect", {"token": token} | proof.form, headers=proof.headers, node=node
    )
    return answer.json()


async def test_a_service_gets_a_token_for_what_it_is_registered_for(gateway: Gateway) -> None:
    """RFC6749-4.4.3: and nothing to refresh, nothing about anybody."""
    answer = await ask(gateway)

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert told.keys() == {"access_token", "expires_in", "scope", "token_type"}
    assert (told["token_type"], told["scope"]) == ("Bearer", "entries:read")
    assert told["expires_in"] == 300
    verdicts.private(answer)


async def test_the_resource_learns_who_calls(gateway: Gateway) -> None:
    """RFC7662-2.2, RFC9068-2.2: the caller is its own subject, and no citizen is there."""
    token = (await ask(gateway)).json()["access_token"]

    for node in range(NODES):
        told = await look(gateway, token, node=node)
        assert told.pop("exp") - told.pop("iat") == 300
        assert told == {
            "active": True,
            "scope": "entries:read",
            "client_id": "clerk",
            "sub": "clerk",
            "aud": LEDGER["identifier"],
            "iss": gateway.issuer,
            "token_type": "Bearer",
        }


async def test_its_owner_may_look_and_end_it(gateway: Gateway) -> None:
    """RFC7009-2, INT-3."""
    token = (await ask(gateway)).json()["access_token"]
    proof = services.proves(gateway, "clerk")

    assert (await look(gateway, token, "clerk"))["active"]
    ended = await gateway.post("/revoke", {"token": token}, headers=proof.headers)

    assert ended.status_code == 200
    assert await look(gateway, token) == {"active": False}
    assert await look(gateway, token, "clerk") == {"active": False}


async def test_it_opens_nothing_of_citizens(gateway: Gateway) -> None:
    """TK-16, TK-22."""
    token = (await ask(gateway)).json()["access_token"]
    async with gateway.unchanged():
        answer = await gateway.get("/userinfo", headers={"authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    "scope", ["openid", "profile", "offline_access", "entries:write", "entries:read openid", "x"]
)
async def test_nothing_else_can_be_asked_for(gateway: Gateway, scope: str) -> None:
    """TK-22: neither citizens' scopes nor more than the registration names."""
    async with gateway.unchanged():
        answer = await ask(gateway, scope=scope)

    verdicts.refused(answer, "invalid_scope")


@pytest.mark.parametrize("client_id", ["basic", "app", "ledger"])
async def test_who_is_not_registered_for_it_gets_none(gateway: Gateway, client_id: str) -> None:
    """RFC6749-5.2: to offer an API is not to call one."""
    async with gateway.unchanged():
        answer = await ask(gateway, client_id)

    verdicts.refused(answer, "unauthorized_client")


async def test_it_needs_to_prove_who_it_is(gateway: Gateway) -> None:
    """RFC6749-4.4.2."""
    answer = await gateway.post("/token", FORM | {"client_id": "clerk"})

    verdicts.refused(answer, "invalid_client", 401)


async def test_a_token_for_a_key_says_so(gateway: Gateway) -> None:
    """RFC9449-5, INT-6."""
    answer = await ask(gateway, headers={"dpop": dpop.proof(gateway)})

    told = await look(gateway, answer.json()["access_token"])

    assert answer.json()["token_type"] == "DPoP"
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": dpop.thumbprint()})


async def test_a_suspended_service_s_token_dies_at_once(gateway: Gateway) -> None:
    """TK-23."""
    token = (await ask(gateway)).json()["access_token"]
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, "clerk", "a test", by="operator")
    try:
        assert await look(gateway, token) == {"active": False}
    finally:
        async with gateway.runtime.entry() as entry:
            await clients.resume(entry, "clerk", by="operator")

    assert (await look(gateway, token))["active"]


async def test_it_cannot_be_found_in_a_dump(gateway: Gateway) -> None:
    """RT-16."""
    token = (await ask(gateway)).json()["access_token"]

    assert token not in await gateway.dump()


async def test_a_service_without_addresses_signs_nobody_in(gateway: Gateway, ana: Citizen) -> None:
    """RFC9700-2.1: who never registered an address gets nobody sent to one."""
    asked = services.asked("clerk")

    verdicts.page(await gateway.get("/authorize", params=asked, headers=ana.headers))


async def test_discovery_offers_it(gateway: Gateway) -> None:
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    assert "client_credentials" in told["grant_types_supported"]
