"""Access tokens that a resource reads itself: RFC 9068."""

from typing import Any

import jwt
import pytest

from gateway.runtime import now
from keys import pairwise
from tests.support import dpop, services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.services import ARCHIVE, CALLBACK

INDICATED = str(ARCHIVE["identifier"])


async def issued(gateway: Gateway, **headers: str) -> str:
    """Return a token of ``auditor`` for ``archive``."""
    form = {"grant_type": "client_credentials", "resource": INDICATED}
    proof = services.proves(gateway, "auditor")
    answer = await gateway.post("/token", form, headers=proof.headers | headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def admits(
    gateway: Gateway, token: str, audience: str = INDICATED, typ: str = "at+jwt"
) -> dict[str, Any]:
    """Read a token as a resource has to (RFC 9068 §4), with our published keys."""
    header = jwt.get_unverified_header(token)
    if header["typ"] != typ:
        raise jwt.InvalidTokenError(header["typ"])
    keys = (await gateway.get("/jwks")).json()["keys"]
    key = next(jwt.PyJWK(one) for one in keys if one["kid"] == header["kid"])
    told: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256", "ES256"], audience=audience, issuer=gateway.issuer
    )
    return told


async def test_the_resource_reads_who_calls_and_what_for(gateway: Gateway) -> None:
    """JAT-1, JAT-2, JAT-5: RFC9068-2.1 and 2.2, signed as the resource registered."""
    token = await issued(gateway)

    told = await admits(gateway, token)

    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    assert told.keys() == {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"}
    assert (told["sub"], told["client_id"]) == ("auditor", "auditor")
    assert (told["aud"], told["scope"]) == (INDICATED, "all")
    assert told["exp"] - told["iat"] == 300
    assert abs(told["iat"] - now().timestamp()) < 60


async def test_each_token_is_another(gateway: Gateway) -> None:
    """RFC9068-2.2: jti."""
    one, other = [verdicts.claims(await issued(gateway)) for _ in range(2)]

    assert one["jti"] != other["jti"]


async def test_it_says_whose_key_it_is_for(gateway: Gateway) -> None:
    """RFC9449-6.1."""
    told = await admits(gateway, await issued(gateway, dpop=dpop.proof(gateway)))

    assert told["cnf"] == {"jkt": dpop.thumbprint()}


async def test_another_resource_does_not_take_it(gateway: Gateway) -> None:
    """JAT-4, TK-16."""
    with pytest.raises(jwt.InvalidAudienceError):
        await admits(gateway, await issued(gateway), audience="https://ledger.example/api")


async def test_an_id_token_is_no_access_token(gateway: Gateway, ana: Citizen) -> None:
    """JAT-3: its type is another, and so is its audience."""
    told = await services.tokens(gateway, ana)

    with pytest.raises(jwt.InvalidTokenError):
        await admits(gateway, told["id_token"])
    with pytest.raises(jwt.InvalidAudienceError):
        await admits(gateway, told["id_token"], typ="JWT")


async def test_an_access_token_is_nothing_else(gateway: Gateway, ana: Citizen) -> None:
    """TK-28, RFC8725-3.11: neither a hint of who signed in, nor good for userinfo."""
    token = await issued(gateway)
    read = await gateway.get("/userinfo", headers={"authorization": f"Bearer {token}"})
    asked = services.asked(id_token_hint=token, prompt="none")
    hinted = await gateway.get("/authorize", params=asked, headers=ana.headers)

    assert (read.status_code, read.json()["error"]) == (401, "invalid_token")
    assert "error" in verdicts.sent_back(hinted, CALLBACK, gateway.issuer)


async def test_it_can_be_asked_about_and_ended(gateway: Gateway) -> None:
    """RFC7009-2.1, RFC7662-2.2: as an opaque one."""
    token = await issued(gateway)
    asks, owns = services.proves(gateway, "archive"), services.proves(gateway, "auditor")

    told = (await gateway.post("/introspect", {"token": token}, headers=asks.headers)).json()
    await gateway.post("/revoke", {"token": token}, headers=owns.headers)
    dead = (await gateway.post("/introspect", {"token": token}, headers=asks.headers)).json()

    assert (told["active"], told["aud"], told["client_id"]) == (True, INDICATED, "auditor")
    assert dead == {"active": False}


async def test_the_resource_reads_for_whom(gateway: Gateway) -> None:
    """JAT-2, JAT-6: RFC9068-2.2.1, by the name of its own sector, and no claim of theirs."""
    someone = await gateway.citizen("front")
    scope = "openid profile all"
    code = await services.code(gateway, someone, "front", scope=scope, resource=INDICATED)
    answer = (await services.redeem(gateway, code, resource=INDICATED)).json()
    archive = await gateway.runtime.client("archive")
    assert archive

    told = await admits(gateway, answer["access_token"])

    sub = pairwise.subject(gateway.runtime.vault.pairwise, archive.sector, someone.account)
    id_token = verdicts.claims(answer["id_token"])
    assert told.keys() <= {
        *("iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"),
        *("auth_time", "acr", "amr"),
    }
    assert (told["sub"], told["client_id"], told["scope"]) == (sub, "front", "all")
    assert [told[name] for name in ("auth_time", "acr", "amr")] == [
        id_token[name] for name in ("auth_time", "acr", "amr")
    ]


async def test_a_signed_token_of_a_citizen_ends_with_its_family(gateway: Gateway) -> None:
    """TK-01, RFC7662-2.2: who asks learns it at once; who reads only, when it runs out."""
    someone = await gateway.citizen("front")
    scope = "openid profile all"
    code = await services.code(gateway, someone, "front", scope=scope, resource=INDICATED)
    token = (await services.redeem(gateway, code, resource=INDICATED)).json()["access_token"]
    asks = services.proves(gateway, "archive").headers

    alive = (await gateway.post("/introspect", {"token": token}, headers=asks)).json()
    await services.redeem(gateway, code)  # it comes back: all of it ends
    dead = (await gateway.post("/introspect", {"token": token}, headers=asks)).json()

    assert (alive["active"], alive["aud"]) == (True, INDICATED)
    assert dead == {"active": False}
