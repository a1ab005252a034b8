"""Group DP: a token that is for a key works for nobody else.

Specs: RFC 9449; FAPI 2.0 Security Profile §5.3.2.1.
"""

import asyncio
import json
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.runtime import now
from keys import nonces
from tests.support import dpop, services, verdicts
from tests.support.dpop import OTHER, proof
from tests.support.gateway import Citizen, Gateway
from tests.support.services import Code

LARGE = rsa.generate_private_key(65537, 4608)
FLOOD = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(LARGE.public_key()))


async def redeem(gateway: Gateway, code: Code, *proofs: str, **over: Any) -> httpx2.Response:
    """Redeem a code with any number of proofs."""
    shown = services.proves(gateway, code.client_id)
    lines = [*shown.headers.items(), *(("DPoP", each) for each in proofs)]
    return await gateway.post("/token", code.form(**over) | shown.form, headers=lines)


async def bound(gateway: Gateway, citizen: Citizen, client_id: str = "basic") -> str:
    """Get an access token that is for our key."""
    code = await services.code(gateway, citizen, client_id)
    answer = await redeem(gateway, code, proof(gateway))
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"
    return str(answer.json()["access_token"])


async def read(gateway: Gateway, token: str, *proofs: str, scheme: str = "DPoP") -> httpx2.Response:
    lines = [("authorization", f"{scheme} {token}"), *(("DPoP", each) for each in proofs)]
    return await gateway.get("/userinfo", headers=lines)


def shown(gateway: Gateway, token: str, **over: Any) -> str:
    """Prove our key beside the token."""
    return proof(gateway, "/userinfo", **({"method": "GET", "token": token} | over))


def unauthorized(answer: httpx2.Response, error: str = "invalid_token") -> None:
    assert (answer.status_code, answer.json()) == (401, {"error": error}), answer.text
    assert f'DPoP error="{error}"' in answer.headers["www-authenticate"]
    assert 'algs="ES256 PS256 EdDSA"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
async def test_whoever_holds_the_key_reads(gateway: Gateway, ana: Citizen, scheme: str) -> None:
    """DP-1, DP-01: the scheme's letters may be of any size."""
    token = await bound(gateway, ana)

    answer = await read(gateway, token, shown(gateway, token), scheme=scheme)

    assert answer.status_code == 200
    assert answer.json()["name"].startswith("Ana")


async def test_a_bound_token_is_no_bearer_token(gateway: Gateway, ana: Citizen) -> None:
    """DP-01, DP-6: neither without a proof nor beside one, in the header or the form."""
    token = await bound(gateway, ana)

    unauthorized(await read(gateway, token, scheme="Bearer"))
    unauthorized(await read(gateway, token, shown(gateway, token), scheme="Bearer"))
    unauthorized(await gateway.post("/userinfo", {"access_token": token}))
    unauthorized(await read(gateway, token), "invalid_dpop_proof")


async def test_a_bearer_token_is_no_bound_token(gateway: Gateway, ana: Citizen) -> None:
    token = (await services.tokens(gateway, ana))["access_token"]

    unauthorized(await read(gateway, token, shown(gateway, token)))
    assert (await read(gateway, token, scheme="Bearer")).status_code == 200


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"htm": "GET"}, id="RFC9449-4.3-8-method"),
        pytest.param({"htm": "post"}, id="RFC9449-4.3-8-method-in-small-letters"),
        pytest.param({"path": "/userinfo"}, id="RFC9449-4.3-9-address"),
        pytest.param({"htu": "https://evil.example/token"}, id="DP-07-another-host"),
        pytest.param({"htu": ["x"]}, id="DP-05-address-is-a-list"),
        pytest.param({"htu": "http://["}, id="DP-05-no-address"),
        pytest.param({"iat": 1}, id="DP-08-old"),
        pytest.param({"ago": 3600}, id="DP-08-an-hour-old"),
        pytest.param({"ago": -3600}, id="DP-08-an-hour-ahead"),
        pytest.param({"iat": "now"}, id="RFC9449-4.2-iat-is-text"),
        pytest.param({"iat": None}, id="RFC9449-4.2-no-iat"),
        pytest.param({"jti": None}, id="RFC9449-4.2-no-jti"),
        pytest.param({"jti": 7}, id="RFC9449-4.2-jti-is-a-number"),
        pytest.param({"jti": "j" * 300}, id="RFC9449-4.2-jti-is-long"),
        pytest.param({"header": {"typ": "JWT"}}, id="RFC9449-4.3-4-type"),
        pytest.param({"header": {"jwk": None}}, id="DP-04-no-key"),
        pytest.param({"header": {"jwk": dpop.jwk(OTHER)}}, id="RFC9449-4.3-6-another-key"),
        pytest.param({"header": {"jwk": {**dpop.jwk(), "d": "AA"}}}, id="DP-3-private-key"),
        pytest.param({"header": {"jwk": {"kty": "oct", "k": "AA"}}}, id="DP-4-symmetric-key"),
        pytest.param({"header": {"jwk": {**dpop.jwk(), "y": "AA"}}}, id="DP-04-off-the-curve"),
        pytest.param({"header": {"jwk": "key"}}, id="DP-04-key-is-text"),
        pytest.param({"header": {"x5c": []}}, id="RFC9449-4.2-a-chain-too"),
        pytest.param({"alg": "HS256", "key": b"k" * 32}, id="DP-4-HS256"),
        pytest.param({"alg": "PS256", "key": LARGE, "header": {"jwk": FLOOD}}, id="DP-04-flood"),
    ],
)
async def test_a_bad_proof_issues_nothing(
    gateway: Gateway, ana: Citizen, over: dict[str, Any]
) -> None:
    code = await services.code(gateway, ana)
    if "ago" in over:
        over = {"iat": int(now().timestamp()) - over["ago"]}

    async with gateway.unchanged():
        answer = await redeem(gateway, code, proof(gateway, **over))

    verdicts.refused(answer, "invalid_dpop_proof")
    assert (await redeem(gateway, code, proof(gateway))).status_code == 200


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"ago": 10}, id="DP-08-ten-seconds-old"),
        pytest.param({"ago": -10}, id="DP-08-ten-seconds-ahead"),
        pytest.param({"nbf": 0, "exp": 1, "extra": "x"}, id="DP-16-other-members"),
        pytest.param({"query": "?a=b#c"}, id="RFC9449-4.3-9-query-and-fragment"),
        pytest.param({"upper": "HTTP://"}, id="RFC9449-4.3-9-letters-of-the-scheme"),
        pytest.param({"escape": "%74oken"}, id="RFC9449-4.3-9-escaped"),
    ],
)
async def test_a_proof_that_is_good_all_the_same(
    gateway: Gateway, ana: Citizen, over: dict[str, Any]
) -> None:
    code = await services.code(gateway, ana)
    address = f"{gateway.issuer}/token"
    if "ago" in over:
        over = {"iat": int(now().timestamp()) - over["ago"]}
    elif "query" in over:
        over = {"htu": address + over["query"]}
    elif "upper" in over:
        over = {"htu": address.replace("http://", over["upper"])}
    elif "escape" in over:
        over = {"htu": address.replace("token", over["escape"])}

    answer = await redeem(gateway, code, proof(gateway, **over))

    assert answer.status_code == 200, answer.text


async def test_a_proof_of_16_kb_is_refused_at_the_door(gateway: Gateway, ana: Citizen) -> None:
    """DP-16: all headers of a request together are bounded."""
    code = await services.code(gateway, ana)

    answer = await redeem(gateway, code, proof(gateway, padding="p" * 16_000))

    assert answer.status_code == 431
    assert (await redeem(gateway, code, proof(gateway))).status_code == 200


async def test_two_proofs_are_none(gateway: Gateway, ana: Citizen) -> None:
    """DP-02, DP-10: two lines, or one with a comma."""
    code = await services.code(gateway, ana)
    one, other = proof(gateway), proof(gateway)

    verdicts.refused(await redeem(gateway, code, one, other), "invalid_dpop_proof")
    verdicts.refused(await redeem(gateway, code, f"{one}, {other}"), "invalid_dpop_proof")


async def test_of_fifty_uses_of_one_proof_one_counts(gateway: Gateway, ana: Citizen) -> None:
    """DP-5, DP-17: at both nodes at once; what it stood beside does not matter."""
    token = await bound(gateway, ana)
    same = shown(gateway, token)
    lines = [("authorization", f"DPoP {token}"), ("DPoP", same)]

    answers = await asyncio.gather(
        *(gateway.get("/userinfo", headers=lines, node=number % 2) for number in range(50))
    )

    assert sorted(each.status_code for each in answers) == [200] + [401] * 49


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"ath": None}, id="DP-10-missing"),
        pytest.param({"ath": "x" * 43}, id="DP-10-wrong"),
        pytest.param({"ath": "é"}, id="DP-10-not-ascii"),
        pytest.param({"ath": dpop.hashed("another")}, id="DP-10-of-another-token"),
        pytest.param({"method": "POST"}, id="DP-05-method"),
        pytest.param({"htu": "http://127.0.0.1/userinfo"}, id="DP-05-port"),
    ],
)
async def test_a_bad_proof_reads_nothing(
    gateway: Gateway, ana: Citizen, over: dict[str, Any]
) -> None:
    token = await bound(gateway, ana)

    async with gateway.unchanged():
        answer = await read(gateway, token, shown(gateway, token, **over))

    unauthorized(answer, "invalid_dpop_proof")


async def test_another_key_reads_nothing(gateway: Gateway, ana: Citizen) -> None:
    """DP-11: a genuine proof of whoever found the token."""
    token = await bound(gateway, ana)

    unauthorized(await read(gateway, token, shown(gateway, token, key=OTHER)))


async def test_the_code_is_for_the_key_that_was_named(gateway: Gateway, ana: Citizen) -> None:
    """DP-7, RFC 9449 §10: another key, or none, is invalid_grant, and the code is gone."""
    for proofs in ([proof(gateway, key=OTHER)], []):
        code = await services.code(gateway, ana, dpop_jkt=dpop.thumbprint())

        verdicts.refused(await redeem(gateway, code, *proofs), "invalid_grant")
        verdicts.refused(await redeem(gateway, code, proof(gateway)), "invalid_grant")

    code = await services.code(gateway, ana, dpop_jkt=dpop.thumbprint())
    assert (await redeem(gateway, code, proof(gateway))).status_code == 200


@pytest.mark.parametrize("jkt", ["short", "é" * 43, "x" * 44])
async def test_what_is_no_thumbprint_is_refused(gateway: Gateway, ana: Citizen, jkt: str) -> None:
    asked = services.asked(dpop_jkt=jkt)

    answer = await gateway.get("/authorize", params=asked, headers=ana.headers)

    told = verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_request"


async def test_a_proof_at_par_binds_the_code(gateway: Gateway, ana: Citizen) -> None:
    """RFC 9449 §10.1: to its key, and never against the request's own word."""
    who = services.proves(gateway, "basic")

    async def push(key: Any, **over: Any) -> httpx2.Response:
        lines = [*who.headers.items(), ("DPoP", proof(gateway, "/par", key=key))]
        return await gateway.post("/par", services.asked(**over), headers=lines)

    verdicts.refused(await push(OTHER, dpop_jkt=dpop.thumbprint()), "invalid_dpop_proof")
    pushed = await push(dpop.KEY)
    code = await services.code(gateway, ana, request_uri=pushed.json()["request_uri"])
    stolen = await redeem(gateway, code, proof(gateway, key=OTHER), code_verifier="v" * 43)
    verdicts.refused(stolen, "invalid_grant")


async def test_a_public_client_keeps_its_key(gateway: Gateway) -> None:
    """DP-9, RFC 9449 §5: its refresh token is for the key; the first proof lacks our nonce."""
    ana = await gateway.citizen("app")
    code = await services.code(gateway, ana, "app", scope="openid offline_access")
    nonce = nonces.make(gateway.runtime.vault.derive("dpop nonce"), now())

    first = await redeem(gateway, code, proof(gateway))
    verdicts.refused(first, "use_dpop_nonce")
    offered = first.headers["dpop-nonce"]
    told = (await redeem(gateway, code, proof(gateway, nonce=offered))).json()
    form = {
        "grant_type": "refresh_token", "client_id": "app", "refresh_token": told["refresh_token"],
    }  # fmt: skip

    async def refresh(**over: Any) -> httpx2.Response:
        headers = {"DPoP": proof(gateway, nonce=nonce, **over)} if over else {}
        return await gateway.post("/token", form, headers=headers)

    verdicts.refused(await refresh(), "invalid_grant")
    verdicts.refused(await refresh(key=OTHER), "invalid_grant")
    again = await refresh(key=dpop.KEY)
    assert (again.status_code, again.json()["token_type"]) == (200, "DPoP"), again.text


@pytest.mark.parametrize("nonce", ["forged", "", "A" * 27])
async def test_a_nonce_that_is_not_ours_is_refused(
    gateway: Gateway, ana: Citizen, nonce: str
) -> None:
    """DP-13: with a fresh one to come again with, good at the other node, too (DP-14)."""
    token = await bound(gateway, ana)

    answer = await read(gateway, token, shown(gateway, token, nonce=nonce))

    unauthorized(answer, "use_dpop_nonce")
    fresh = shown(gateway, token, nonce=answer.headers["dpop-nonce"])
    lines = [("authorization", f"DPoP {token}"), ("DPoP", fresh)]
    assert (await gateway.get("/userinfo", headers=lines, node=1)).status_code == 200


async def test_a_client_that_must_prove_a_key_gets_no_bearer_token(gateway: Gateway) -> None:
    """OIDF ensure-holder-of-key-required; the code is kept for the proof."""
    ana = await gateway.citizen("bound")
    uri = await services.push(gateway, "bound")
    code = await services.code(gateway, ana, "bound", request_uri=uri)
    code = Code(code.value, "bound", "v" * 43, code.redirect_uri)

    verdicts.refused(await redeem(gateway, code), "invalid_dpop_proof")
    assert (await redeem(gateway, code, proof(gateway))).status_code == 200


async def test_introspection_tells_the_key(gateway: Gateway, ana: Citizen) -> None:
    """INT-6, RFC 9449 §6.2."""
    token = await bound(gateway, ana)
    who = services.proves(gateway, "basic")

    told = (await gateway.post("/introspect", {"token": token}, headers=who.headers)).json()

    assert told["active"] is True
    assert told["token_type"] == "DPoP"
    assert told["cnf"] == {"jkt": dpop.thumbprint()}
