"""Which resource a token is for: RFC 8707, one to a token."""

from typing import Any

import pytest

from tests.support import services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.services import ARCHIVE, CALLBACK, LEDGER

INDICATED = str(LEDGER["identifier"])


async def ask(gateway: Gateway, *resources: str, client_id: str = "auditor", **over: str) -> Any:
    """Ask for a token of the client's own at ``resources``."""
    proof = services.proves(gateway, client_id)
    form: dict[str, Any] = {"grant_type": "client_credentials"} | proof.form | over
    form |= {"resource": list(resources)} if resources else {}
    return await gateway.post("/token", form, headers=proof.headers)


async def look(gateway: Gateway, token: str, client_id: str) -> Any:
    proof = services.proves(gateway, client_id)
    return (await gateway.post("/introspect", {"token": token}, headers=proof.headers)).json()


@pytest.mark.parametrize(
    ("resource", "scope", "server", "other"),
    [
        pytest.param(INDICATED, "entries:read", "ledger", "archive", id="RI-1-one"),
        pytest.param(str(ARCHIVE["identifier"]), "all", "archive", "ledger", id="RI-1-other"),
    ],
)
async def test_a_token_is_for_one_resource_alone(
    gateway: Gateway, resource: str, scope: str, server: str, other: str
) -> None:
    """RI-1, RI-5, INT-4: the other one is told nothing of it; scopes are those of the one."""
    told = (await ask(gateway, resource)).json()

    looked = await look(gateway, told["access_token"], server)

    assert told["scope"] == scope
    assert (looked["aud"], looked["scope"]) == (resource, scope)
    assert await look(gateway, told["access_token"], other) == {"active": False}
    assert await look(gateway, told["access_token"], "basic") == {"active": False}


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param((), id="RFC8707-2-missing-of-two"),
        pytest.param(("https://nowhere.example",), id="RI-2-unknown"),
        pytest.param((f"{INDICATED}#part",), id="RI-3-fragment"),
        pytest.param((f"{INDICATED}/",), id="RFC8707-2-almost"),
        pytest.param(("ledger",), id="RFC8707-2-relative"),
        pytest.param((INDICATED, str(ARCHIVE["identifier"])), id="RFC8707-2.2-two"),
        pytest.param((INDICATED, INDICATED), id="RFC8707-2.2-twice"),
        pytest.param(("",), id="RFC8707-2-empty"),
    ],
)
async def test_another_target_is_refused(gateway: Gateway, resources: tuple[str, ...]) -> None:
    async with gateway.unchanged():
        answer = await ask(gateway, *resources)

    verdicts.refused(answer, "invalid_target")


async def test_a_resource_of_others_is_as_unknown_as_none(gateway: Gateway) -> None:
    """RFC8707-2: nobody learns which resources there are."""
    theirs = await ask(gateway, str(ARCHIVE["identifier"]), client_id="clerk")
    nobodys = await ask(gateway, "https://nowhere.example", client_id="clerk")

    verdicts.refused(theirs, "invalid_target")
    assert theirs.json() == nobodys.json()


async def test_a_scope_of_another_resource_is_refused(gateway: Gateway) -> None:
    """RFC8707-2.2: scopes belong to a resource."""
    verdicts.refused(await ask(gateway, INDICATED, scope="all"), "invalid_scope")


@pytest.mark.parametrize("where", ["authorize", "par", "code", "refresh"])
async def test_what_citizens_share_is_read_at_userinfo_alone(
    gateway: Gateway, ana: Citizen, where: str
) -> None:
    """RFC8707-2.1, RI-2: no service takes a citizen's token elsewhere."""
    if where == "authorize":
        asked = services.asked(resource=INDICATED)
        answer = await gateway.get("/authorize", params=asked, headers=ana.headers)
        told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
        assert told["error"] == "invalid_target"
        return
    if where == "par":
        proof = services.proves(gateway, "basic")
        form = services.asked(resource=INDICATED)
        answer = await gateway.post("/par", form, headers=proof.headers)
    elif where == "code":
        answer = await services.redeem(
            gateway, await services.code(gateway, ana), resource=INDICATED
        )
    else:
        held = await services.tokens(gateway, ana, scope="openid profile offline_access")
        form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
        proof = services.proves(gateway, "basic")
        answer = await gateway.post("/token", form | {"resource": INDICATED}, headers=proof.headers)

    verdicts.refused(answer, "invalid_target")


async def test_userinfo_may_be_named(gateway: Gateway, ana: Citizen) -> None:
    """RFC8707-2: it is the resource of every citizen's token."""
    userinfo = f"{gateway.issuer}/userinfo"
    code = await services.code(gateway, ana, resource=userinfo)

    answer = await services.redeem(gateway, code, resource=userinfo)

    assert answer.status_code == 200, answer.text
