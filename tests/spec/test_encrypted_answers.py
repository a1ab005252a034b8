"""Answers that only their service can read, or that it can show to others.

Specs: OpenID Connect Core §5.3.2 and §16.14, Registration 1.0 §2, RFC 7516, RFC 7519 §5.2.
"""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwe, jwk

from gateway.postgres import free_port
from keys import keystore, signing
from keys.encryption import ALGORITHMS, CONTENT
from tests.support import peers, services, verdicts
from tests.support.gateway import Gateway

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
WISHES = [{"alg": alg, "enc": enc} for alg in ALGORITHMS for enc in CONTENT]
NAMES = {f"{wish['alg']}-{wish['enc']}".lower().replace("+", "-"): wish for wish in WISHES}


def published() -> dict[str, Any]:
    """Two keys that read, and one that signs."""
    keys = services.jwks(reads_rsa=RSA, reads_ec=EC)["keys"]
    return {
        "keys": [*services.jwks(ec=services.EC_KEY)["keys"], *(k | {"use": "enc"} for k in keys)]
    }


@pytest.fixture(scope="module")
async def readers(gateway: Gateway) -> dict[str, dict[str, str]]:
    """One service for each way of encrypting, and three that only sign, or only encrypt."""
    auth = {"method": "client_secret_basic", "jwks": published()}
    for name, wish in NAMES.items():
        both = {"idTokenEncryption": wish, "userinfoEncryption": wish, "userinfoAlg": "ES256"}
        await gateway.service(services.document(name, auth=auth, **both))
    await gateway.service(services.document("shows", userinfoAlg="RS256"))
    only = {"alg": "RSA-OAEP-256"}
    await gateway.service(services.document("hides", auth=auth, userinfoEncryption=only))
    await gateway.settled()
    return NAMES


def opened(token: str, wish: dict[str, str], cty: str | None = "JWT") -> str:
    """Open what only the service can; returns what is inside."""
    kind: Any = jwt.algorithms.ECAlgorithm if ALGORITHMS[wish["alg"]] == "EC" else None
    kind = kind or jwt.algorithms.RSAAlgorithm
    own = EC if ALGORITHMS[wish["alg"]] == "EC" else RSA
    private: dict[str, Any] = json.loads(kind.to_jwk(own))
    private.pop("key_ops", None)
    key = jwk.import_key(private)
    found = jwe.decrypt_compact(token, key, algorithms=list(wish.values()))
    assert found.headers().get("cty") == cty
    assert "zip" not in found.headers()
    return (found.plaintext or b"").decode()


async def verified(gateway: Gateway, token: str, purpose: str) -> Any:
    async with gateway.runtime.entry() as entry:  # another test may have rotated them
        keyring = await keystore.load(entry, gateway.runtime.vault.sealer)
    return signing.verify(
        keyring, token, purpose=purpose, typ=None, issuer=gateway.issuer, at=None
    )  # fmt: skip


async def userinfo(gateway: Gateway, access_token: str) -> Any:
    return await gateway.get("/userinfo", headers={"authorization": f"Bearer {access_token}"})


@pytest.mark.parametrize("name", NAMES)
async def test_an_id_token_is_signed_then_encrypted(
    gateway: Gateway, readers: dict[str, dict[str, str]], name: str
) -> None:
    """OpenID Connect Core §2, §16.14: at the first answer and after a refresh."""
    citizen = await gateway.citizen(name)
    told = await services.tokens(gateway, citizen, name, scope="openid profile offline_access")
    proof = services.proves(gateway, name)
    again = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    refreshed = (await gateway.post("/token", again, headers=proof.headers)).json()

    first, second = [
        await verified(gateway, opened(each["id_token"], readers[name]), "token")
        for each in (told, refreshed)
    ]

    assert (first["aud"], first["nonce"]) == (name, "the nonce")
    assert second["sub"] == first["sub"]
    assert second["auth_time"] == first["auth_time"]


@pytest.mark.parametrize("name", NAMES)
async def test_userinfo_is_signed_then_encrypted(
    gateway: Gateway, readers: dict[str, dict[str, str]], name: str
) -> None:
    """OpenID Connect Core §5.3.2: ``iss`` and ``aud`` beside what is shared."""
    citizen = await gateway.citizen(name)
    held = await services.tokens(gateway, citizen, name)

    answer = await userinfo(gateway, held["access_token"])

    assert answer.headers["content-type"] == "application/jwt"
    assert answer.headers["cache-control"] == "no-store"
    told = await verified(gateway, opened(answer.text, readers[name]), "event")
    assert (told["iss"], told["aud"]) == (gateway.issuer, name)
    assert told["name"].startswith("Ana")


async def test_userinfo_is_signed_as_registered(gateway: Gateway, readers: Any) -> None:
    """OpenID Connect Core §5.3.2, KE-07: with the algorithm of the registration."""
    citizen = await gateway.citizen("shows")
    held = await services.tokens(gateway, citizen, "shows")

    answer = await userinfo(gateway, held["access_token"])

    assert answer.headers["content-type"] == "application/jwt"
    assert jwt.get_unverified_header(answer.text)["alg"] == "RS256"
    told = await verified(gateway, answer.text, "event")
    assert told["sub"] == verdicts.claims(held["id_token"])["sub"]


async def test_userinfo_that_is_only_encrypted_is_json_inside(
    gateway: Gateway, readers: Any
) -> None:
    """Registration 1.0 §2: ``enc`` is A128CBC-HS256 if nothing was said."""
    citizen = await gateway.citizen("hides")
    held = await services.tokens(gateway, citizen, "hides")

    answer = await userinfo(gateway, held["access_token"])

    wish = {"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256"}
    told = json.loads(opened(answer.text, wish, cty=None))
    assert told["name"].startswith("Ana")
    assert verdicts.claims(held["id_token"])["sub"] == told["sub"]


async def test_signed_userinfo_is_no_hint(gateway: Gateway, readers: Any) -> None:
    """LO-07: it says who somebody is, and of no session."""
    citizen = await gateway.citizen("shows")
    held = await services.tokens(gateway, citizen, "shows")
    signed = (await userinfo(gateway, held["access_token"])).text

    hinted = services.asked("shows", id_token_hint=signed, prompt="none")
    answer = await gateway.get("/authorize", params=hinted, headers=citizen.headers)

    told = verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_request"


async def test_without_a_key_nothing_goes_out_and_nothing_is_used_up(
    gateway: Gateway, readers: Any
) -> None:
    """A set that can't be had is no reason to send what should have been hidden."""
    port = free_port()
    uri = f"http://127.0.0.1:{port}/reads"
    wish = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
    await gateway.service(
        services.document(
            "far",
            auth={"method": "client_secret_basic", "jwksUri": uri},
            idTokenEncryption=wish,
            userinfoEncryption=wish,
        )
    )
    await gateway.settled()
    citizen = await gateway.citizen("far")
    code = await services.code(gateway, citizen, "far")
    async with gateway.unchanged():
        refused = await services.redeem(gateway, code)
    verdicts.refused(refused, "invalid_request")

    body = json.dumps(published()).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    async with peers.a_peer(head + body, port=port):
        answer = await services.redeem(gateway, code, node=1)  # it never asked yet

    assert answer.status_code == 200, answer.text
    inside = opened(answer.json()["id_token"], wish)
    assert (await verified(gateway, inside, "token"))["aud"] == "far"


async def test_it_is_published(gateway: Gateway) -> None:
    """Discovery 1.0 §3."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    for place in ("id_token", "userinfo"):
        assert told[f"{place}_encryption_alg_values_supported"] == list(ALGORITHMS)
        assert told[f"{place}_encryption_enc_values_supported"] == list(CONTENT)
    assert told["userinfo_signing_alg_values_supported"] == ["ES256", "RS256", "PS256"]
