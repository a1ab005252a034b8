"""Services that want RSA-PSS: what we sign for them is PS256, and nobody else gets any.

Specs: RFC 7518 §3.5, FAPI 2.0 Security Profile §5.4.1, FAPI-CIBA §7.10, OpenID Connect
Registration 1.0 §2, OpenID Connect Core §10.1.
"""

from typing import Any

import jwt
import pytest

from tests.support import asking, newcomers, services, verdicts
from tests.support.gateway import NODES, Gateway
from tests.support.services import EC_KEY

PS = {"idTokenAlg": "PS256"}


@pytest.fixture(scope="module", autouse=True)
async def wish(gateway: Gateway) -> None:
    """Services that register PS256, one of them for what it asks from behind."""
    signed = {"method": "private_key_jwt", "jwks": services.jwks(ec=EC_KEY)}
    jarm = {"responseModes": ["jwt"], "requirePkce": False}
    await gateway.service(services.document("pss", userinfoAlg="PS256", **PS))
    await gateway.service(services.document("pss-jarm", **jarm, **PS))
    behind = {"profile": "ciba", "backchannelMode": "poll", "redirectUris": None}
    await gateway.service(services.document("pss-asks", auth=signed, **behind, **PS))
    await gateway.settled()


async def published(gateway: Gateway, node: int = 0) -> dict[str, dict[str, Any]]:
    keys = (await gateway.get("/jwks", node=node)).json()["keys"]
    return {key["kid"]: key for key in keys}


async def verified(gateway: Gateway, token: str, audience: str, typ: str = "JWT") -> dict[str, Any]:
    """Verify as a service does that knows our set alone: key, algorithm and all."""
    header = jwt.get_unverified_header(token)
    key = (await published(gateway))[header["kid"]]

    assert (header["alg"], header["typ"]) == ("PS256", typ)
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "PS256", "sig")
    told: dict[str, Any] = jwt.decode(token, jwt.PyJWK(key), ["PS256"], audience=audience)
    return told


async def test_registration_2_id_token_and_userinfo_are_signed_so(gateway: Gateway) -> None:
    someone = await gateway.citizen("pss")

    tokens = await services.tokens(gateway, someone, "pss")
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    userinfo = await gateway.get("/userinfo", headers=bearer)

    told = await verified(gateway, tokens["id_token"], "pss")
    assert told["at_hash"]
    assert userinfo.headers["content-type"] == "application/jwt"
    assert (await verified(gateway, userinfo.text, "pss"))["sub"] == told["sub"]


async def test_jarm_2_4_the_answer_is_signed_so(gateway: Gateway) -> None:
    someone = await gateway.citizen("pss-jarm")
    asked = services.asked("pss-jarm", response_mode="jwt")
    answer = await gateway.get("/authorize", headers=someone.headers, params=asked)

    response = answer.headers["location"].split("response=")[1]

    assert (await verified(gateway, response, "pss-jarm"))["code"]


async def test_rfc9701_5_introspection_is_signed_so(gateway: Gateway) -> None:
    someone = await gateway.citizen("pss")
    token = (await services.tokens(gateway, someone, "pss"))["access_token"]
    proof = services.proves(gateway, "pss")
    kind = "token-introspection+jwt"

    answer = await gateway.post(
        "/introspect",
        {"token": token} | proof.form,
        headers={**proof.headers, "accept": f"application/{kind}"},
    )

    told = await verified(gateway, answer.text, "pss", kind)
    assert told["token_introspection"]["active"] is True


async def test_fapi_ciba_7_10_what_was_asked_from_behind_is_signed_so(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    auth_req_id = await asking.ask(gateway, someone, "pss-asks")
    await asking.approve(gateway, someone, auth_req_id)

    answer = await asking.poll(gateway, auth_req_id, "pss-asks", node=1)

    assert answer.status_code == 200, answer.text
    await verified(gateway, answer.json()["id_token"], "pss-asks")


@pytest.mark.parametrize("hint", ["id_token_hint", "logout"])
async def test_an_id_token_so_signed_is_taken_as_a_hint(gateway: Gateway, hint: str) -> None:
    someone = await gateway.citizen("pss")
    token = (await services.tokens(gateway, someone, "pss"))["id_token"]

    if hint == "logout":
        gone = {"id_token_hint": token, "post_logout_redirect_uri": services.AFTER}
        answer = await gateway.get("/logout", headers=someone.headers, params=gone)
        assert answer.headers["location"] == services.AFTER
    else:
        code = await services.code(gateway, someone, "pss", id_token_hint=token, prompt="none")
        assert code.value


async def test_core_10_1_every_process_shows_the_same_keys(gateway: Gateway) -> None:
    await services.tokens(gateway, await gateway.citizen("pss"), "pss")  # that keys are needed
    await gateway.settled()
    shown = [await published(gateway, node) for node in range(NODES)]

    assert shown[0] == shown[1]
    assert sum(key["alg"] == "PS256" for key in shown[0].values()) == 2
    assert len({key["n"] for key in shown[0].values() if key["kty"] == "RSA"}) == sum(
        key["kty"] == "RSA" for key in shown[0].values()
    )  # RFC 8725 §3.1: no key is for two algorithms


@pytest.mark.parametrize(("client_id", "alg"), [("basic", "ES256"), ("evidence", "ES256")])
async def test_who_does_not_ask_gets_what_they_got(
    gateway: Gateway, client_id: str, alg: str
) -> None:
    someone = await gateway.citizen(client_id)

    token = (await services.tokens(gateway, someone, client_id))["id_token"]

    assert jwt.get_unverified_header(token)["alg"] == alg


async def test_discovery_3_it_is_announced(gateway: Gateway) -> None:
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    for what in ("id_token", "userinfo", "authorization", "introspection"):
        assert told[f"{what}_signing_alg_values_supported"] == ["ES256", "RS256", "PS256"]


async def test_rfc7591_2_a_service_registers_it(gateway: Gateway) -> None:
    wish = dict.fromkeys(("id_token_signed_response_alg", "userinfo_signed_response_alg"), "PS256")

    told = await newcomers.registered(gateway, **wish)

    assert {name: told[name] for name in wish} == wish
    for alg in ("PS384", "RS512", "none"):
        answer = await newcomers.register(gateway, id_token_signed_response_alg=alg)
        verdicts.refused(answer, "invalid_client_metadata")
