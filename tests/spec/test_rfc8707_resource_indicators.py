"""Which resource a token is for: RFC 8707, one to a token."""

import hashlib
from typing import Any
from urllib.parse import urlencode

import pytest

from keys import opaque, pairwise
from tests.support import services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.services import ARCHIVE, CALLBACK, FILES, FOR_CITIZENS, LEDGER

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
async def test_who_is_not_registered_reads_at_userinfo_alone(
    gateway: Gateway, ana: Citizen, where: str
) -> None:
    """RFC8707-2.1, RI-2: and the code, or the refresh token, can be used still."""
    proof = services.proves(gateway, "basic")
    if where == "authorize":
        asked = services.asked(resource=INDICATED)
        answer = await gateway.get("/authorize", params=asked, headers=ana.headers)
        told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
        assert told["error"] == "invalid_target"
        return
    if where == "par":
        form = services.asked(resource=INDICATED)
        answer = await gateway.post("/par", form, headers=proof.headers)
        verdicts.refused(answer, "invalid_target")
        return
    code = await services.code(gateway, ana, scope="openid profile offline_access")
    form = code.form()
    if where == "refresh":
        held = (await services.redeem(gateway, code)).json()
        form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}

    async with gateway.unchanged():
        directed = {**form, "resource": INDICATED}
        answer = await gateway.post("/token", directed, headers=proof.headers)

    verdicts.refused(answer, "invalid_target")
    assert (await gateway.post("/token", form, headers=proof.headers)).status_code == 200


async def test_userinfo_may_be_named(gateway: Gateway, ana: Citizen) -> None:
    """RFC8707-2: it is the resource of every citizen's token."""
    userinfo = f"{gateway.issuer}/userinfo"
    code = await services.code(gateway, ana, resource=userinfo)

    answer = await services.redeem(gateway, code, resource=userinfo)

    assert answer.status_code == 200, answer.text


FILED, ARCHIVED = str(FILES["identifier"]), str(ARCHIVE["identifier"])
SCOPE = "openid profile offline_access files:read all"


async def authorized(
    gateway: Gateway, *resources: str, scope: str = SCOPE
) -> tuple[services.Code, Citizen]:
    """Let a citizen sign in at ``front``, which asks for ``resources``."""
    someone = await gateway.citizen("front")
    code = await services.code(gateway, someone, "front", scope=scope, resource=[*resources])
    return code, someone


async def test_a_token_for_a_resource_acts_for_the_citizen_there_alone(gateway: Gateway) -> None:
    """RI-1, RI-4, TK-16: down-scoped to what the one resource knows; userinfo is another."""
    code, _ = await authorized(gateway, FILED, ARCHIVED)

    told = (await services.redeem(gateway, code, resource=FILED)).json()
    token = told["access_token"]
    looked = await look(gateway, token, "files")
    read = await gateway.get("/userinfo", headers={"authorization": f"Bearer {token}"})

    assert told["scope"] == looked["scope"] == "files:read"
    assert (looked["active"], looked["aud"], looked["client_id"]) == (True, FILED, "front")
    assert await look(gateway, token, "archive") == {"active": False}
    assert await look(gateway, token, "ledger") == {"active": False}
    assert (read.status_code, read.json()["error"]) == (401, "invalid_token")


async def test_the_id_token_fits_the_token_it_came_with(gateway: Gateway) -> None:
    """OpenID Connect Core §3.1.3.6: at_hash, of a signed access token too."""
    for resource in (FILED, ARCHIVED):
        code, _ = await authorized(gateway, FILED, ARCHIVED)
        told = (await services.redeem(gateway, code, resource=resource)).json()
        half = hashlib.sha256(told["access_token"].encode()).digest()[:16]
        assert verdicts.claims(told["id_token"])["at_hash"] == opaque.unpadded(half)


async def test_one_authorization_serves_each_resource_in_turn(gateway: Gateway) -> None:
    """RFC8707-2.2: a refresh token stays bound to all of it, userinfo included."""
    code, _ = await authorized(gateway, FILED, ARCHIVED)
    held = (await services.redeem(gateway, code, resource=FILED)).json()
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    proof = services.proves(gateway, "front")

    async def again(**over: str) -> Any:
        return (await gateway.post("/token", form | over, headers=proof.headers)).json()

    assert (await again(resource=ARCHIVED))["scope"] == "all"
    assert (await again(resource=FILED))["scope"] == "files:read"
    bearer = {"authorization": f"Bearer {(await again())['access_token']}"}
    assert (await gateway.get("/userinfo", headers=bearer)).json()["name"]


@pytest.mark.parametrize(
    ("over", "error"),
    [
        pytest.param({"resource": ARCHIVED}, "invalid_target", id="RI-2-not-asked-for"),
        pytest.param({"resource": [FILED, FILED]}, "invalid_target", id="RFC8707-2.2-twice"),
        pytest.param({"resource": f"{FILED}#x"}, "invalid_target", id="RI-3-fragment"),
    ],
)
async def test_what_was_not_authorized_is_refused_and_uses_nothing_up(
    gateway: Gateway, over: Any, error: str
) -> None:
    code, _ = await authorized(gateway, FILED)
    async with gateway.unchanged():
        verdicts.refused(await services.redeem(gateway, code, **over), error)

    assert (await services.redeem(gateway, code)).status_code == 200


async def test_a_resource_without_a_scope_of_its_own_is_refused(gateway: Gateway) -> None:
    """RFC8707-2.2: nothing was granted there."""
    code, _ = await authorized(gateway, FILED, scope="openid profile")

    verdicts.refused(await services.redeem(gateway, code, resource=FILED), "invalid_scope")


async def test_no_service_acts_at_another_agency(gateway: Gateway) -> None:
    """Whatever its registration says: no citizen was asked."""
    someone = await gateway.citizen("front")
    asked = services.asked("front", resource=INDICATED, scope="openid entries:read")

    answer = await gateway.get("/authorize", params=asked, headers=someone.headers)

    assert verdicts.sent_back(answer, CALLBACK, gateway.issuer)["error"] == "invalid_target"


async def test_a_used_code_that_comes_back_ends_what_was_directed(gateway: Gateway) -> None:
    """TK-01."""
    code, _ = await authorized(gateway, FILED)
    token = (await services.redeem(gateway, code, resource=FILED)).json()["access_token"]

    verdicts.refused(await services.redeem(gateway, code, resource=FILED), "invalid_grant")

    assert await look(gateway, token, "files") == {"active": False}


async def test_a_pushed_request_names_resources_too(gateway: Gateway) -> None:
    """RFC8707-2.1, RFC9126-2."""
    someone = await gateway.citizen("front")
    uri = await services.push(gateway, "front", scope=SCOPE, resource=[FILED, ARCHIVED])
    query = urlencode({"client_id": "front", "request_uri": uri})
    answer = await gateway.get(f"/authorize?{query}", headers=someone.headers)
    value = verdicts.sent_back(answer, CALLBACK, gateway.issuer)["code"]

    code = services.Code(value, "front", "v" * 43, CALLBACK)
    told = (await services.redeem(gateway, code, resource=ARCHIVED)).json()

    assert told["scope"] == "all"


async def test_the_resource_knows_the_citizen_by_its_own_name(gateway: Gateway) -> None:
    """INT-7, SU-3: of its sector, with how and when they signed in, and no claim."""
    code, someone = await authorized(gateway, FILED)
    told = (await services.redeem(gateway, code, resource=FILED)).json()
    looked = await look(gateway, told["access_token"], "files")
    files = await gateway.runtime.client("files")
    assert files
    vault = gateway.runtime.vault

    assert looked["sub"] == pairwise.subject(vault.pairwise, files.sector, someone.account)
    assert looked["auth_time"] == verdicts.claims(told["id_token"])["auth_time"]
    assert not {"email", "name", "username"} & looked.keys()


async def test_what_the_registration_names_no_more_is_over(gateway: Gateway) -> None:
    """RU-20: for tokens that are out already."""
    code, _ = await authorized(gateway, FILED)
    token = (await services.redeem(gateway, code, resource=FILED)).json()["access_token"]
    await gateway.service(services.document("front", onBehalf=FOR_CITIZENS[1:]))
    try:
        await gateway.settled()
        assert await look(gateway, token, "files") == {"active": False}
    finally:
        await gateway.service(services.document("front", onBehalf=FOR_CITIZENS))
        await gateway.settled()

    assert (await look(gateway, token, "files"))["active"]


@pytest.mark.parametrize(
    ("inside", "granted"),
    [
        pytest.param([FILED, ARCHIVED], True, id="RFC8707-2.1-array"),
        pytest.param(FILED, True, id="RFC8707-2.1-one"),
        pytest.param([FILED, 7], False, id="RFC8707-2-no-address"),
        pytest.param({"a": FILED}, False, id="RFC8707-2-an-object"),
        pytest.param([INDICATED], False, id="RI-2-another-agency-s"),
    ],
)
async def test_a_signed_request_names_resources_as_an_array(
    gateway: Gateway, inside: Any, granted: bool
) -> None:
    """RFC9101-4."""
    someone = await gateway.citizen("front-signs")
    made = services.request_object(gateway, "front-signs", scope=SCOPE, resource=inside)
    asked = services.asked("front-signs") | {"request": made}
    answer = await gateway.get("/authorize", params=asked, headers=someone.headers)
    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)

    if not granted:
        assert told["error"] == "invalid_target"
        return
    code = services.Code(told["code"], "front-signs", "v" * 43, CALLBACK)
    assert (await services.redeem(gateway, code, resource=FILED)).json()["scope"] == "files:read"
