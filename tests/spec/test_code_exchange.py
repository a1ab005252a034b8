"""Groups PK and TK: a code becomes tokens once, in the hands of the client that asked.

Specs: RFC 6749 §4.1.3 and §5.2, RFC 7636 §4.6, RFC 9700 §2.1.1 and §4.5.
"""

import json
from typing import Any

import pytest

from idp import accounts
from keys import opaque
from tests.support import services, verdicts
from tests.support.browser import meanwhile
from tests.support.gateway import Citizen, Gateway
from tests.support.services import Code

CODES = "relying_parties.codes"


async def issued(gateway: Gateway, code: Code) -> int:
    """Count the access tokens that came of a code."""
    found = await gateway.rows(
        "SELECT count(*) AS n FROM relying_parties.access_tokens WHERE code = $1",
        opaque.digest(code.value),
    )
    return int(found[0]["n"])


async def userinfo(gateway: Gateway, token: str, **how: Any) -> Any:
    return await gateway.get("/userinfo", headers={"authorization": f"Bearer {token}"}, **how)


@pytest.mark.parametrize(
    "verifier",
    [
        pytest.param(None, id="PK-04-missing"),
        pytest.param("", id="PK-05-empty"),
        pytest.param("w" * 43, id="PK-05-wrong"),
        pytest.param("v" * 42, id="PK-05-short"),
        pytest.param("v" * 129, id="PK-05-long"),
        pytest.param("v" * 42 + "\n", id="PK-05-newline"),
        pytest.param("é" * 43, id="PK-05-not-ascii"),
        pytest.param("challenge", id="PK-05-the-challenge"),
    ],
)
async def test_a_wrong_verifier_burns_the_code(
    gateway: Gateway, ana: Citizen, verifier: str | None
) -> None:
    """PK-10 b: one guess is all there is."""
    code = await services.code(gateway, ana)
    guess = services.challenge(code.verifier) if verifier == "challenge" else verifier
    async with gateway.unchanged(CODES):
        wrong = await services.redeem(gateway, code, code_verifier=guess)
        right = await services.redeem(gateway, code)

    verdicts.refused(wrong, "invalid_grant")
    verdicts.refused(right, "invalid_grant")
    assert await issued(gateway, code) == 0


@pytest.mark.parametrize("verifier", ["v" * 43, "x"])
async def test_a_verifier_for_a_code_without_challenge_is_refused(
    gateway: Gateway, verifier: str
) -> None:
    """PK-06, PK-07: somebody took the challenge away on the way (RFC 9700 §4.8)."""
    someone = await gateway.citizen("waived")
    code = await services.code(
        gateway, someone, "waived", code_challenge=None, code_challenge_method=None
    )

    answer = await services.redeem(gateway, code, code_verifier=verifier)

    verdicts.refused(answer, "invalid_grant")


async def test_a_code_that_was_injected_is_refused(gateway: Gateway, ana: Citizen) -> None:
    """PK-08: the victim's code with the attacker's own verifier, at the honest client."""
    mallory = await gateway.citizen("basic")
    stolen = await services.code(gateway, ana)
    own = await services.code(gateway, mallory)

    answer = await services.redeem(gateway, stolen, code_verifier=own.verifier)

    verdicts.refused(answer, "invalid_grant")


async def test_another_client_does_not_burn_a_code(gateway: Gateway, ana: Citizen) -> None:
    """PK-10 a."""
    code = await services.code(gateway, ana)
    proof = services.proves(gateway, "other")
    async with gateway.unchanged():
        stolen = await gateway.post("/token", code.form(), headers=proof.headers)

    verdicts.refused(stolen, "invalid_grant")
    assert (await services.redeem(gateway, code)).status_code == 200


@pytest.mark.parametrize("node", [0, 1])
async def test_a_code_that_comes_back_ends_its_tokens(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """TK-01: at any node, and everything that came of it."""
    code = await services.code(gateway, ana, scope="openid profile offline_access")
    first = (await services.redeem(gateway, code)).json()
    assert (await userinfo(gateway, first["access_token"], node=node)).status_code == 200

    again = await services.redeem(gateway, code, node=node)

    verdicts.refused(again, "invalid_grant")
    dead = await userinfo(gateway, first["access_token"])
    assert (dead.status_code, dead.json()["error"]) == (401, "invalid_token")
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    refresh = await gateway.post("/token", form, headers=services.proves(gateway, "basic").headers)
    verdicts.refused(refresh, "invalid_grant")
    assert await issued(gateway, code) == 1


async def test_a_code_lives_a_minute(gateway: Gateway, ana: Citizen) -> None:
    """TK-02."""
    code = await services.code(gateway, ana)
    row = await gateway.rows(
        "SELECT expires_at - issued_at AS life FROM relying_parties.codes WHERE digest = $1",
        opaque.digest(code.value),
    )
    await gateway.rows(
        "UPDATE relying_parties.codes SET expires_at = now() WHERE digest = $1",
        opaque.digest(code.value),
    )

    answer = await services.redeem(gateway, code)

    assert row[0]["life"].total_seconds() == 60
    verdicts.refused(answer, "invalid_grant")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda code: code[:-1] + ("A" if code[-1] != "A" else "B"), id="TK-04-last"),
        pytest.param(lambda code: ("A" if code[0] != "A" else "B") + code[1:], id="TK-04-first"),
        pytest.param(lambda code: code + ".x", id="TK-04-more"),
        pytest.param(lambda code: code[:20], id="TK-04-less"),
        pytest.param(str.swapcase, id="TK-04-case"),
        pytest.param(lambda code: f" {code}", id="TK-04-space"),
        pytest.param(lambda code: "x" * 20_000, id="TK-11-long"),
        pytest.param(lambda code: "' OR 1=1 --", id="TK-11-sql"),
        pytest.param(lambda code: "ключ", id="TK-11-other-letters"),
    ],
)
async def test_a_code_that_was_altered_is_unknown(
    gateway: Gateway, ana: Citizen, change: Any
) -> None:
    code = await services.code(gateway, ana)
    async with gateway.unchanged():
        answer = await services.redeem(gateway, code, code=change(code.value))

    verdicts.refused(answer, "invalid_grant")
    assert (await services.redeem(gateway, code)).status_code == 200


@pytest.mark.parametrize(
    "trouble", ["withdrawn", "new-password", "recovered", "signed-out", "suspended"]
)
async def test_what_happened_meanwhile_ends_the_code(gateway: Gateway, trouble: str) -> None:
    """TK-19, TK-23, RC-08: asked again when it is redeemed."""
    client_id = "doomed" if trouble == "suspended" else "basic"
    if trouble == "suspended":
        await gateway.service(services.document("doomed"))
    someone = await gateway.citizen(client_id)
    code = await services.code(gateway, someone, client_id)
    await meanwhile(gateway, trouble, someone, client_id)

    answer = await services.redeem(gateway, code, node=1)

    if answer.status_code == 401:  # the process has noticed already that the service is gone
        verdicts.refused(answer, "invalid_client", 401)
    else:
        verdicts.refused(answer, "invalid_grant")
    assert await issued(gateway, code) == 0


@pytest.mark.parametrize("trouble", ["signed-out", "new-password", "recovered"])
async def test_a_code_for_their_absence_ends_with_the_session(
    gateway: Gateway, ana: Citizen, trouble: str
) -> None:
    """TK-19, RC-17: what goes on is what a service holds, not what it could have fetched."""
    scope = "openid profile offline_access"
    held = await services.tokens(gateway, ana, scope=scope)
    code = await services.code(gateway, ana, scope=scope)
    await meanwhile(gateway, trouble, ana, "basic")

    answer = await services.redeem(gateway, code, node=1)

    verdicts.refused(answer, "invalid_grant")
    assert await issued(gateway, code) == 0
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    proof = services.proves(gateway, "basic")
    kept = await gateway.post("/token", form, headers=proof.headers, node=1)
    assert kept.status_code == 200


@pytest.mark.parametrize(
    "trouble", ["withdrawn", "new-password", "recovered", "signed-out", "suspended"]
)
async def test_what_happened_meanwhile_ends_the_token(gateway: Gateway, trouble: str) -> None:
    """TK-01, TK-23, RC-08: no cache stands between a decision and its effect."""
    client_id = "condemned" if trouble == "suspended" else "basic"
    if trouble == "suspended":
        await gateway.service(services.document("condemned"))
    someone = await gateway.citizen(client_id)
    token = (await services.tokens(gateway, someone, client_id))["access_token"]
    assert (await userinfo(gateway, token, node=1)).status_code == 200
    await meanwhile(gateway, trouble, someone, client_id)

    async with gateway.unchanged():
        answer = await userinfo(gateway, token, node=1)

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})


async def test_a_service_that_was_stopped_is_unknown_within_a_second(gateway: Gateway) -> None:
    """TK-23: at every endpoint, as if it were not there."""
    await gateway.service(services.document("stopped"))
    someone = await gateway.citizen("stopped")
    token = (await services.tokens(gateway, someone, "stopped"))["access_token"]
    await meanwhile(gateway, "suspended", someone, "stopped")
    await gateway.settled()

    proof = services.proves(gateway, "stopped")
    async with gateway.unchanged():
        for path in ("/token", "/introspect", "/revoke", "/par"):
            form = {"grant_type": "refresh_token", "refresh_token": "x", "token": token}
            verdicts.refused(
                await gateway.post(path, form, headers=proof.headers), "invalid_client", 401
            )


@pytest.mark.parametrize(
    "scope", ["openid profile email address phone", "openid", "offline_access"]
)
async def test_a_scope_at_the_token_endpoint_widens_nothing(
    gateway: Gateway, ana: Citizen, scope: str
) -> None:
    """TK-20."""
    code = await services.code(gateway, ana, scope="openid profile")

    answer = await services.redeem(gateway, code, scope=scope)

    assert answer.json()["scope"] == "openid profile"
    assert "refresh_token" not in answer.json()


async def test_two_codes_of_one_citizen_are_two_families(gateway: Gateway, ana: Citizen) -> None:
    one, other = await services.code(gateway, ana), await services.code(gateway, ana)
    first = (await services.redeem(gateway, one)).json()
    second = (await services.redeem(gateway, other)).json()

    await services.redeem(gateway, one)

    assert (await userinfo(gateway, first["access_token"])).status_code == 401
    assert (await userinfo(gateway, second["access_token"])).status_code == 200


async def test_nothing_that_works_stands_in_the_database(gateway: Gateway, ana: Citizen) -> None:
    """RT-16, TK-04: digests only."""
    code = await services.code(gateway, ana, scope="openid profile offline_access")
    told = (await services.redeem(gateway, code)).json()
    secret = [code.value, told["access_token"], told["refresh_token"], ana.cookie.split("=")[1],
              gateway.secrets["basic"], ana.email]  # fmt: skip

    found = await gateway.dump()

    assert "relying_parties" in found
    assert not [one for one in secret if one in found or one.encode().hex() in found]


async def test_tokens_are_short_and_none_is_for_later_unasked(
    gateway: Gateway, ana: Citizen
) -> None:
    """IG-2, IG-3, IG-5: five minutes, and a refresh token only with ``offline_access``."""
    told = await services.tokens(gateway, ana, scope="openid profile")

    token = verdicts.claims(told["id_token"])
    assert token["exp"] - token["iat"] == 300
    assert told["expires_in"] == 300
    assert "refresh_token" not in told


@pytest.mark.parametrize("place", ["id_token", "userinfo"])
async def test_a_locked_account_releases_nothing(gateway: Gateway, place: str) -> None:
    """TK-19: neither in a token nor through one."""
    someone = await gateway.citizen("basic")
    wish = json.dumps({place: {"email": None}})
    code = await services.code(gateway, someone, scope="openid", claims=wish)
    async with gateway.runtime.entry() as entry:
        await accounts.lock(entry, someone.account, "test")

    answer = await services.redeem(gateway, code)

    if place == "id_token":
        verdicts.refused(answer, "invalid_grant")
    else:
        read = await userinfo(gateway, answer.json()["access_token"])
        assert (read.status_code, read.json()) == (401, {"error": "invalid_token"})
