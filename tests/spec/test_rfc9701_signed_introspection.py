"""Introspection as a JWT: RFC 9701, and what it says of the sign-in (RFC 9470 §6.2)."""

from typing import Any

import jwt
import pytest

from gateway.runtime import now
from keys import keystore, signing
from tests.support import services, verdicts
from tests.support.gateway import Citizen, Gateway

SIGNED = "application/token-introspection+jwt"


async def look(gateway: Gateway, token: str, accept: str = SIGNED, client_id: str = "basic") -> Any:
    """Ask as ``client_id`` about a token."""
    proof = services.proves(gateway, client_id)
    headers = {**proof.headers, "accept": accept}
    return await gateway.post("/introspect", {"token": token} | proof.form, headers=headers)


async def verified(gateway: Gateway, answer: Any) -> dict[str, Any]:
    async with gateway.runtime.entry() as entry:  # another test may have rotated them
        keyring = await keystore.load(entry, gateway.runtime.vault.sealer)
    told = signing.verify(
        keyring,
        answer.text,
        purpose="event",
        typ="token-introspection+jwt",
        issuer=gateway.issuer,
        at=None,
    )
    return dict(told)


async def test_the_answer_is_signed_for_who_asked(gateway: Gateway, ana: Citizen) -> None:
    """RFC9701-5, INT-5: of our key, for one audience, and no token by any reading."""
    token = (await services.tokens(gateway, ana))["access_token"]

    answer = await look(gateway, token)
    told = await verified(gateway, answer)

    assert (answer.status_code, answer.headers["content-type"]) == (200, SIGNED)
    assert answer.headers["cache-control"] == "no-store"
    assert told.keys() == {"iss", "aud", "iat", "token_introspection"}
    assert told["aud"] == "basic"
    assert abs(told["iat"] - now().timestamp()) < 60
    assert told["token_introspection"] == (await look(gateway, token, "application/json")).json()


@pytest.mark.parametrize("token", ["another's", "unknown"])
async def test_a_signed_answer_tells_no_more_of_a_dead_token(
    gateway: Gateway, ana: Citizen, token: str
) -> None:
    """RFC9701-5: nothing but that it is not active."""
    if token == "another's":
        token = (await services.tokens(gateway, ana))["access_token"]

    told = await verified(gateway, await look(gateway, token, client_id="other"))

    assert told["token_introspection"] == {"active": False}
    assert told["aud"] == "other"


@pytest.mark.parametrize(
    ("accept", "signed"),
    [
        pytest.param(SIGNED.title(), True, id="case"),
        pytest.param(f"application/json;q=0.5, {SIGNED}", True, id="list"),
        pytest.param(f"{SIGNED};q=0.8", True, id="weight"),
        pytest.param(f"{SIGNED};q=0", False, id="refused-by-weight"),
        pytest.param(f"{SIGNED}; q=0.000", False, id="refused-in-full"),
        pytest.param("*/*", False, id="anything"),
        pytest.param("application/json", False, id="json"),
        pytest.param(f"{SIGNED}x", False, id="another"),
        pytest.param("", False, id="nothing"),
    ],
)
async def test_only_who_asks_gets_it_signed(gateway: Gateway, accept: str, signed: bool) -> None:
    """RFC9701-4."""
    answer = await look(gateway, "unknown", accept)

    assert answer.headers["content-type"] == (SIGNED if signed else "application/json")


async def test_a_refusal_stays_json(gateway: Gateway) -> None:
    """RFC7662-2.3."""
    answer = await gateway.post("/introspect", {"token": "x"}, headers={"accept": SIGNED})

    verdicts.refused(answer, "invalid_client", 401)


async def test_it_is_signed_as_registered(gateway: Gateway) -> None:
    """RFC9701-6: introspection_signed_response_alg."""
    answer = await look(gateway, "unknown", client_id="evidence")

    assert jwt.get_unverified_header(answer.text)["alg"] == "RS256"
    assert (await verified(gateway, answer))["aud"] == "evidence"


async def test_introspection_tells_of_the_sign_in(gateway: Gateway, ana: Citizen) -> None:
    """SU-3, SU-4: a refresh improves neither how nor when somebody signed in."""
    told = await services.tokens(gateway, ana, scope="openid profile offline_access")
    id_token = verdicts.claims(told["id_token"])
    form = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    proof = services.proves(gateway, "basic")
    again = (await gateway.post("/token", form, headers=proof.headers)).json()

    for token in (told["access_token"], again["access_token"]):
        looked = (await look(gateway, token, "application/json")).json()
        assert looked["auth_time"] == id_token["auth_time"]
        assert looked["acr"] == id_token["acr"]


async def test_discovery_says_how_it_is_signed(gateway: Gateway) -> None:
    """RFC9701-7."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    assert told["introspection_signing_alg_values_supported"] == ["ES256", "RS256", "PS256"]
    assert "none" not in told["introspection_endpoint_auth_methods_supported"]
