"""A resource that was called for a citizen calls another one for them: RFC 8693."""

from typing import Any

import pytest

from gateway.oauth.grants.token_exchange import ACCESS_TOKEN, DEEPEST, GRANT_TYPE
from keys import pairwise
from relying_parties import clients, consents
from tests.support import dpop, services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.services import ARCHIVE, FILES, LEDGER

FILED, ARCHIVED = str(FILES["identifier"]), str(ARCHIVE["identifier"])


async def called(gateway: Gateway) -> tuple[str, services.Code, Citizen]:
    """Return a token with which ``front`` calls ``files`` for somebody."""
    someone = await gateway.citizen("front")
    scope = "openid profile files:read"
    code = await services.code(gateway, someone, "front", scope=scope, resource=FILED)
    told = (await services.redeem(gateway, code, resource=FILED)).json()
    return told["access_token"], code, someone


async def exchange(gateway: Gateway, token: str, client_id: str = "files", **over: Any) -> Any:
    """Exchange a token; ``None`` leaves a parameter out."""
    proof = services.proves(gateway, client_id)
    headers = proof.headers | over.pop("headers", {})
    form = {
        "grant_type": GRANT_TYPE,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
        "resource": ARCHIVED if client_id == "files" else FILED,
    } | over
    given = {name: value for name, value in form.items() if value is not None}
    return await gateway.post("/token", given | proof.form, headers=headers)


async def look(gateway: Gateway, token: str, client_id: str = "archive") -> Any:
    proof = services.proves(gateway, client_id)
    return (await gateway.post("/introspect", {"token": token}, headers=proof.headers)).json()


async def test_the_new_token_says_who_acts_and_for_whom(gateway: Gateway) -> None:
    """TX-2, TX-3, TX-4: RFC8693-2.2.1 and 4.1."""
    token, _, someone = await called(gateway)

    answer = await exchange(gateway, token)

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert told.keys() == {
        *("access_token", "issued_token_type", "token_type", "expires_in", "scope"),
    }
    assert (told["issued_token_type"], told["token_type"]) == (ACCESS_TOKEN, "Bearer")
    verdicts.private(answer)
    looked, before = await look(gateway, told["access_token"]), await look(gateway, token, "files")
    archive = await gateway.runtime.client("archive")
    assert archive
    vault = gateway.runtime.vault
    sub = pairwise.subject(vault.pairwise, archive.sector, someone.account)
    assert (looked["active"], looked["aud"], looked["scope"]) == (True, ARCHIVED, "all")
    assert (looked["client_id"], looked["sub"]) == ("files", sub)
    assert looked["act"] == {"sub": "files", "act": {"sub": "front"}}
    assert looked["exp"] <= before["exp"]
    assert looked["auth_time"] == before["auth_time"]


async def test_a_signed_token_says_the_same(gateway: Gateway) -> None:
    """RFC8693-4.1: in the token itself; ``archive`` reads its tokens."""
    token, _, _ = await called(gateway)
    made = (await exchange(gateway, token)).json()["access_token"]

    told, looked = verdicts.claims(made), await look(gateway, made)

    for name in ("act", "sub", "client_id", "aud", "exp", "scope", "auth_time"):
        assert told[name] == looked[name], name


@pytest.mark.parametrize(
    ("over", "error"),
    [
        pytest.param({"subject_token": None}, "invalid_request", id="RFC8693-2.1-no-token"),
        pytest.param({"subject_token": "x"}, "invalid_request", id="RFC8693-2.2.2-unknown"),
        pytest.param({"subject_token_type": None}, "invalid_request", id="RFC8693-2.1-no-type"),
        pytest.param(
            {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
            "invalid_request",
            id="TX-6-id-token",
        ),
        pytest.param(
            {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
            "invalid_request",
            id="RFC8693-2.1-refresh-token",
        ),
        pytest.param({"actor_token": "x"}, "invalid_request", id="RFC8693-2.1-actor"),
        pytest.param({"audience": "archive"}, "invalid_target", id="RFC8693-2.1-audience"),
        pytest.param({"resource": None}, "invalid_target", id="RFC8693-2.1-two-registered"),
        pytest.param({"resource": FILED}, "invalid_target", id="TX-1-not-registered"),
        pytest.param({"resource": LEDGER["identifier"]}, "invalid_target", id="TX-1-no-consent"),
        pytest.param({"resource": [ARCHIVED] * 2}, "invalid_target", id="RFC8707-2.2-twice"),
        pytest.param({"scope": "openid"}, "invalid_scope", id="TK-22-citizens-scope"),
        pytest.param({"scope": "files:read"}, "invalid_scope", id="RFC8693-2.1-scope"),
    ],
)
async def test_what_is_not_registered_is_refused(
    gateway: Gateway, over: dict[str, Any], error: str
) -> None:
    token, _, _ = await called(gateway)
    async with gateway.unchanged():
        answer = await exchange(gateway, token, **over)

    verdicts.refused(answer, error)


@pytest.mark.parametrize("whose", ["userinfo", "own", "another's", "id_token"])
async def test_only_a_token_for_the_caller_is_exchanged(gateway: Gateway, whose: str) -> None:
    """RFC8693-2.2.2, TK-16: with nothing else of a citizen's, and nothing that is no citizen's."""
    someone = await gateway.citizen("front")
    told = await services.tokens(gateway, someone, "front")
    proof = services.proves(gateway, "clerk").headers
    own = await gateway.post("/token", {"grant_type": "client_credentials"}, headers=proof)
    token = {
        "userinfo": told["access_token"],
        "id_token": told["id_token"],
        "own": own.json()["access_token"],
        "another's": (await called(gateway))[0],
    }[whose]
    client_id = "archive" if whose == "another's" else "files"
    async with gateway.unchanged():
        answer = await exchange(gateway, token, client_id)

    verdicts.refused(answer, "invalid_request")


@pytest.mark.parametrize("client_id", ["front", "basic", "ledger", "clerk"])
async def test_who_is_not_registered_for_it_exchanges_nothing(
    gateway: Gateway, client_id: str
) -> None:
    """RFC8693-2.2.2."""
    token, _, _ = await called(gateway)
    async with gateway.unchanged():
        answer = await exchange(gateway, token, client_id)

    verdicts.refused(answer, "unauthorized_client")


async def test_it_ends_with_the_family_it_came_of(gateway: Gateway) -> None:
    """TX-5: a code that comes back ends what others made of it too."""
    token, code, _ = await called(gateway)
    made = (await exchange(gateway, token)).json()["access_token"]
    assert (await look(gateway, made))["active"]

    verdicts.refused(await services.redeem(gateway, code), "invalid_grant")

    assert await look(gateway, made) == {"active": False}
    verdicts.refused(await exchange(gateway, token), "invalid_request")


async def test_it_ends_with_the_consent(gateway: Gateway) -> None:
    """TX-1, TX-5: no consent, no token; and what there is works no more."""
    token, _, someone = await called(gateway)
    made = (await exchange(gateway, token)).json()["access_token"]
    front = await gateway.runtime.client("front")
    assert front
    subject = pairwise.subject(gateway.runtime.vault.pairwise, front.sector, someone.account)
    async with gateway.runtime.entry() as entry:
        consent = await consents.current(entry, subject, "front")
        assert consent
        await consents.withdraw(entry, consent.id, [subject])

    assert await look(gateway, made) == {"active": False}
    verdicts.refused(await exchange(gateway, token), "invalid_request")


async def test_it_ends_with_the_service_that_acts(gateway: Gateway) -> None:
    """TK-23."""
    token, _, _ = await called(gateway)
    made = (await exchange(gateway, token)).json()["access_token"]
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, "files", "a test", by="operator")
    try:
        assert await look(gateway, made) == {"active": False}
    finally:
        async with gateway.runtime.entry() as entry:
            await clients.resume(entry, "files", by="operator")


async def test_it_ends_with_the_service_that_the_citizen_let_in(gateway: Gateway) -> None:
    """TK-23: whoever else made a token of it; and nothing more is made of that one."""
    token, _, _ = await called(gateway)
    made = (await exchange(gateway, token)).json()["access_token"]
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, "front", "a test", by="operator")
    await gateway.settled()
    try:
        assert await look(gateway, made) == {"active": False}
        async with gateway.unchanged("keys.replays"):
            further = await exchange(gateway, made, "archive")
        verdicts.refused(further, "invalid_request")
    finally:
        async with gateway.runtime.entry() as entry:
            await clients.resume(entry, "front", by="operator")
    await gateway.settled()
    assert (await look(gateway, made))["active"]


async def test_a_chain_ends_somewhere(gateway: Gateway) -> None:
    """RFC8693-4.1: who acted stays readable, and nobody goes round for ever."""
    token, _, _ = await called(gateway)
    actors, first = ["files", "archive"], await look(gateway, token, "files")
    for turn in range(DEEPEST - 1):
        answer = await exchange(gateway, token, actors[turn % 2])
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        looked = await look(gateway, token, actors[(turn + 1) % 2])
        assert looked["act"]["sub"] == actors[turn % 2]
        assert looked["exp"] <= first["exp"]

    verdicts.refused(await exchange(gateway, token, actors[1]), "invalid_request")


async def test_it_can_be_for_a_key_of_the_new_caller(gateway: Gateway) -> None:
    """RFC9449-5."""
    token, _, _ = await called(gateway)

    answer = await exchange(gateway, token, headers={"dpop": dpop.proof(gateway)})

    assert answer.json()["token_type"] == "DPoP"
    looked = await look(gateway, answer.json()["access_token"])
    assert looked["cnf"] == {"jkt": dpop.thumbprint()}


async def test_it_opens_nothing_at_userinfo(gateway: Gateway) -> None:
    """TK-16."""
    token, _, _ = await called(gateway)
    made = (await exchange(gateway, token)).json()["access_token"]

    read = await gateway.get("/userinfo", headers={"authorization": f"Bearer {made}"})

    assert (read.status_code, read.json()["error"]) == (401, "invalid_token")


async def test_discovery_offers_it(gateway: Gateway) -> None:
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    assert GRANT_TYPE in told["grant_types_supported"]
