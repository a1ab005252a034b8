"""Groups DP and MT: a token that is for a certificate works for nobody else.

Specs: RFC 8705 §3 and §4; FAPI 2.0 Security Profile §5.3.2.1.
"""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import jwt
import pytest

from tests.support import dpop, services, verdicts
from tests.support.mutual import (
    ALIAS,
    BERTHS,
    HEADER,
    OTHER,
    OWN,
    Held,
    Node,
    handed,
    issued,
    signed_on,
)
from tests.support.services import Code


async def redeem(mutual: Node, code: Code, held: Held | None, **over: Any) -> httpx2.Response:
    """Redeem a code as a service with a secret does, beside its certificate."""
    lines = [*services.proves(mutual.gateway, code.client_id).headers.items(), *handed(held)]
    return await mutual.gateway.post("/token", code.form(**over), headers=lines, node=mutual.number)


async def bound(mutual: Node, client_id: str = "basic-bound", **over: Any) -> dict[str, Any]:
    """Get tokens that are for the certificate of BERTHS."""
    someone = await mutual.gateway.citizen(client_id)
    answer = await redeem(
        mutual, await services.code(mutual.gateway, someone, client_id, **over), BERTHS
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def unauthorized(answer: httpx2.Response) -> None:
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"}), answer.text
    assert 'Bearer error="invalid_token"' in answer.headers["www-authenticate"]


# For whom a token is (RFC 8705 §3 and §4).


@pytest.mark.parametrize("client_id", ["tls-subjectdn", "own"])
async def test_fapi_binds_to_the_certificate(mutual: Node, client_id: str) -> None:
    """RFC 8705 §3, FAPI 2.0 §5.3.2.1: the token is a bearer token still, for one bearer."""
    held = OWN if client_id == "own" else BERTHS
    told = await signed_on(mutual, client_id, held)

    assert told["token_type"] == "Bearer"
    assert (await mutual.userinfo(told["access_token"], held)).status_code == 200
    unauthorized(await mutual.userinfo(told["access_token"]))
    unauthorized(await mutual.userinfo(told["access_token"], OTHER))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_scheme_may_be_spelt_in_any_letters(mutual: Node, scheme: str) -> None:
    """RFC 9110 §11.1."""
    token = (await bound(mutual))["access_token"]
    lines = [("authorization", f"{scheme} {token}"), *handed(BERTHS)]

    answer = await mutual.gateway.get("/userinfo", headers=lines, node=mutual.number)

    assert answer.status_code == 200


async def test_an_assertion_may_stand_beside_the_certificate(mutual: Node) -> None:
    """OIDF client_auth_type=private_key_jwt, sender_constrain=mtls: any certificate will do."""
    someone = await mutual.gateway.citizen("bound")
    anyone = issued("CN=whoever")
    code = await mutual.code(
        someone, "bound", services.proves(mutual.gateway, "bound").form, anyone
    )
    form = code.form() | services.proves(mutual.gateway, "bound").form

    told = (await mutual.post("/token", form, anyone)).json()

    assert (await mutual.userinfo(told["access_token"], anyone)).status_code == 200
    unauthorized(await mutual.userinfo(told["access_token"], issued("CN=whoever")))


async def test_a_proof_may_stand_beside_the_certificate(mutual: Node) -> None:
    """OIDF client_auth_type=mtls, sender_constrain=dpop: the certificate says who, the proof for
    which key; its address is the alias that was asked.
    """
    someone = await mutual.gateway.citizen("tls-subjectdn")
    named = {"client_id": "tls-subjectdn"}
    code = await mutual.code(someone, "tls-subjectdn", named, BERTHS)
    alias = f"https://{ALIAS}"

    async def redeem(address: str) -> httpx2.Response:
        proof = dpop.proof(mutual.gateway, htu=f"{address}/token")
        lines = [*handed(BERTHS), ("DPoP", proof)]
        form = code.form() | named
        return await mutual.gateway.post("/token", form, headers=lines, node=mutual.number)

    verdicts.refused(await redeem(mutual.gateway.issuer), "invalid_dpop_proof")
    told = (await redeem(alias)).json()
    token = told["access_token"]
    proof = dpop.proof(
        mutual.gateway, method="GET", token=token, htu=f"{mutual.gateway.issuer}/userinfo"
    )
    lines = [("authorization", f"DPoP {token}"), ("DPoP", proof)]

    assert told["token_type"] == "DPoP"
    assert (await mutual.gateway.get("/userinfo", headers=lines)).status_code == 200
    unauthorized(await mutual.userinfo(token, BERTHS))


@pytest.mark.parametrize("held", [None, OTHER])
async def test_without_its_certificate_a_token_is_nothing(mutual: Node, held: Held | None) -> None:
    """MT-3, CA-26: of another client, too; and in the form as in the header."""
    token = (await bound(mutual))["access_token"]

    unauthorized(await mutual.userinfo(token, held))
    unauthorized(await mutual.post("/userinfo", {"access_token": token}, held))
    assert (await mutual.post("/userinfo", {"access_token": token}, BERTHS)).status_code == 200


async def test_a_bound_token_is_bound_wherever_it_is_shown(mutual: Node) -> None:
    """CA-25, MT-2: at the issuer's own host, by a header of the caller's own, as DPoP."""
    token = (await bound(mutual))["access_token"]
    bearer = ("authorization", f"Bearer {token}")
    get = mutual.gateway.get

    unauthorized(await get("/userinfo", headers=[bearer]))
    unauthorized(await get("/userinfo", headers=[bearer, (HEADER, BERTHS.escaped)]))
    forged = [bearer, ("host", ALIAS), (HEADER, BERTHS.escaped)]
    unauthorized(await get("/userinfo", headers=forged, node=1))
    more = (HEADER, OTHER.escaped)
    unauthorized(await mutual.userinfo(token, BERTHS, more))
    proof = dpop.proof(mutual.gateway, "/userinfo", method="GET", token=token)
    downgraded = [("authorization", f"DPoP {token}"), ("DPoP", proof)]
    unauthorized(await get("/userinfo", headers=[*downgraded, *handed(BERTHS)]))


async def test_who_must_show_a_certificate_gets_nothing_without(mutual: Node) -> None:
    """OIDF ensure-holder-of-key-required: the code is kept for the certificate."""
    someone = await mutual.gateway.citizen("basic-bound")
    code = await services.code(mutual.gateway, someone, "basic-bound")
    expired = issued(ends=timedelta(minutes=-1))

    verdicts.refused(await redeem(mutual, code, None), "invalid_request")
    verdicts.refused(await redeem(mutual, code, expired), "invalid_request")
    verdicts.refused(await services.redeem(mutual.gateway, code), "invalid_request")
    assert (await redeem(mutual, code, BERTHS)).status_code == 200


async def test_who_need_not_be_bound_is_not(mutual: Node) -> None:
    """RFC 8705 §3: a token that nobody asked to be bound works at services that can't check it."""
    told = await signed_on(mutual, "vouched", BERTHS)

    assert (await mutual.userinfo(told["access_token"])).status_code == 200


async def test_one_token_may_be_for_two_keys(mutual: Node) -> None:
    """Each is proved, or nothing is read."""
    someone = await mutual.gateway.citizen("both-bound")
    code = await services.code(mutual.gateway, someone, "both-bound")
    verdicts.refused(await redeem(mutual, code, BERTHS), "invalid_dpop_proof")
    lines = [
        *services.proves(mutual.gateway, "both-bound").headers.items(),
        *handed(BERTHS),
        ("DPoP", dpop.proof(mutual.gateway, htu=f"https://{ALIAS}/token")),
    ]
    answer = await mutual.gateway.post("/token", code.form(), headers=lines, node=mutual.number)
    token = answer.json()["access_token"]

    async def read(held: Held | None) -> httpx2.Response:
        proof = dpop.proof(
            mutual.gateway, method="GET", token=token, htu=f"https://{ALIAS}/userinfo"
        )
        head = [("authorization", f"DPoP {token}"), ("DPoP", proof), *handed(held)]
        return await mutual.gateway.get("/userinfo", headers=head, node=mutual.number)

    assert (await read(BERTHS)).status_code == 200
    unauthorized(await read(OTHER))
    unauthorized(await mutual.userinfo(token, BERTHS))


async def test_introspection_tells_the_certificate(mutual: Node) -> None:
    """RFC 8705 §3.2: so that a resource can compare it."""
    token = (await bound(mutual))["access_token"]
    who = services.proves(mutual.gateway, "basic-bound")

    told = (await mutual.gateway.post("/introspect", {"token": token}, headers=who.headers)).json()

    assert (told["active"], told["token_type"]) == (True, "Bearer")
    assert told["cnf"] == {"x5t#S256": BERTHS.thumbprint}


async def test_a_jwt_tells_the_certificate(mutual: Node) -> None:
    """RFC 8705 §3.1: base64url of the SHA-256 of the certificate's bytes."""
    archive = services.ARCHIVE["identifier"]
    someone = await mutual.gateway.citizen("basic-bound")
    code = await services.code(
        mutual.gateway, someone, "basic-bound", resource=archive, scope="openid all"
    )

    told = (await redeem(mutual, code, BERTHS, resource=archive)).json()

    assert verdicts.claims(told["access_token"])["cnf"] == {"x5t#S256": BERTHS.thumbprint}
    assert jwt.get_unverified_header(told["access_token"])["typ"] == "at+jwt"


async def test_a_service_s_own_token_is_bound_as_well(mutual: Node) -> None:
    who = services.proves(mutual.gateway, "clerk-bound")
    form = {"grant_type": "client_credentials"}
    head = [*who.headers.items(), *handed(BERTHS)]

    answer = await mutual.gateway.post("/token", form, headers=head, node=mutual.number)
    token = {"token": answer.json()["access_token"]}
    told = (await mutual.gateway.post("/introspect", token, headers=who.headers)).json()

    assert told["cnf"] == {"x5t#S256": BERTHS.thumbprint}
    bare = await mutual.gateway.post("/token", form, headers=who.headers)
    verdicts.refused(bare, "invalid_request")


async def test_a_refresh_outlives_a_certificate(mutual: Node) -> None:
    """MT-6: of a service that proves itself otherwise; the new token is for the new one."""
    told = await bound(mutual, scope="openid profile offline_access")
    form = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    who = services.proves(mutual.gateway, "basic-bound").headers
    head = [*who.items(), *handed(OTHER)]

    again = await mutual.gateway.post("/token", form, headers=head, node=mutual.number)

    token = again.json()["access_token"]
    assert (await mutual.userinfo(token, OTHER)).status_code == 200
    unauthorized(await mutual.userinfo(token, BERTHS))


async def test_a_public_client_keeps_its_certificate(mutual: Node) -> None:
    """RFC 8705 §4: its refresh token is for the certificate, from one use to the next."""
    someone = await mutual.gateway.citizen("app-bound")
    scope = "openid offline_access"
    code = await services.code(
        mutual.gateway, someone, "app-bound", scope=scope, redirect_uri=services.APP
    )
    named = {"client_id": "app-bound"}
    told = (await mutual.post("/token", code.form() | named, OWN)).json()

    async def refresh(token: str, held: Held | None) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return await mutual.post("/token", form | named, held)

    first = told["refresh_token"]
    verdicts.refused(await refresh(first, None), "invalid_request")
    verdicts.refused(await refresh(first, OTHER), "invalid_grant")
    second = (await refresh(first, OWN)).json()["refresh_token"]
    verdicts.refused(await refresh(second, OTHER), "invalid_grant")
    assert (await refresh(second, OWN)).status_code == 200


async def test_of_fifty_at_once_all_are_for_the_same_certificate(mutual: Node) -> None:
    """One connection's certificate is never another's."""
    held = [BERTHS, OTHER] * 25
    who = services.proves(mutual.gateway, "clerk-bound")
    form = {"grant_type": "client_credentials"}

    async def cnf(one: Held) -> Any:
        head = [*who.headers.items(), *handed(one)]
        answer = await mutual.gateway.post("/token", form, headers=head, node=mutual.number)
        token = {"token": answer.json()["access_token"]}
        return (await mutual.gateway.post("/introspect", token, headers=who.headers)).json()["cnf"]

    found = await asyncio.gather(*map(cnf, held))

    assert found == [{"x5t#S256": one.thumbprint} for one in held]
