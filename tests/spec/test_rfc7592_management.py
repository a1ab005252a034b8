"""A service that registered itself reads, replaces and removes its registration, and no other.

Specs: RFC 7592, OpenID Connect Registration 1.0 §4; security: AD-05, AD-08.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from relying_parties import clients, onboarding
from relying_parties.onboarding import OPERATOR
from tests.support import newcomers, services, verdicts
from tests.support.gateway import Gateway
from tests.support.newcomers import manage, registered
from tests.support.services import CALLBACK, EC_KEY, SECOND


@pytest.fixture(scope="module")
async def open_node(gateway: Gateway) -> AsyncIterator[int]:
    """A process at which what services register is in force at once."""
    async with gateway.another(GATEHOUSE_OPEN_REGISTRATION="true") as number:
        yield number


def again(told: dict[str, Any], **over: Any) -> dict[str, Any]:
    """Return a replacement that says what is registered; ``None`` leaves a member out."""
    ours = {
        *("registration_access_token", "registration_client_uri"),
        *("client_secret_expires_at", "client_id_issued_at"),
    }
    kept = {name: value for name, value in told.items() if name not in ours}
    return {name: value for name, value in (kept | over).items() if value is not None}


async def test_a_service_reads_its_registration(gateway: Gateway) -> None:
    """RFC 7592 §2.1, DCRM-1, TPI-2; the secret is never told again."""
    begins = "https://rp.example/begin"
    told = await registered(gateway, initiate_login_uri=begins)

    answer = await manage(gateway, "GET", told)

    verdicts.private(answer)
    assert answer.status_code == 200
    now = answer.json()
    secret = {"client_secret", "client_secret_expires_at", "client_id_issued_at"}
    assert now == {name: value for name, value in told.items() if name not in secret}
    assert now["initiate_login_uri"] == begins


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("token", ["another's", "guessed", "initial", "access"])
async def test_only_its_own_token_opens_it(gateway: Gateway, method: str, token: str) -> None:
    """AD-08, RFC 7592 §2: whatever else the caller holds, and no word on what is there."""
    told = await registered(gateway)
    other = await registered(gateway)
    held = {
        "another's": other["registration_access_token"],
        "guessed": "guessed",
        "initial": await newcomers.invited(gateway),
        "access": told["client_secret"],
    }[token]
    how = {"json": again(told)} if method == "PUT" else {}
    nowhere = {**told, "registration_client_uri": f"{gateway.issuer}/register/nobody"}

    async with gateway.unchanged():
        answer = await manage(gateway, method, told, token=held, **how)
        missing = await manage(gateway, method, nowhere, token=held, **how)

    verdicts.refused(answer, "invalid_token", 401)
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert (missing.status_code, missing.content) == (answer.status_code, answer.content)


async def test_oidcr_2_how_answers_are_encrypted_is_told_and_can_be_sent_back(
    gateway: Gateway,
) -> None:
    """RFC 7592 §2.2: and what is left out then is gone."""
    keys = services.jwks(ec=EC_KEY, reads=ec.generate_private_key(ec.SECP256R1()))
    keys["keys"][1] |= {"use": "enc", "alg": "ECDH-ES+A256KW"}
    said = {
        "id_token_encrypted_response_alg": "ECDH-ES+A256KW",
        "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_encrypted_response_alg": "ECDH-ES+A256KW",
    }

    told = await registered(
        gateway, jwks=keys, request_object_encryption_alg="ECDH-ES+A256KW", **said
    )
    same = (await manage(gateway, "PUT", told, json=again(told))).json()
    less = dict.fromkeys(name for name in told if name.startswith("userinfo_encrypted"))
    without = (await manage(gateway, "PUT", told, json=again(told, **less))).json()

    assert told["userinfo_encrypted_response_enc"] == "A128CBC-HS256"
    assert said.items() <= told.items()
    assert said.items() <= same.items()
    assert without["id_token_encrypted_response_enc"] == "A256GCM"
    assert not less.keys() & without.keys()


async def test_no_token_at_all_names_no_error(gateway: Gateway) -> None:
    """RFC 6750 §3.1."""
    told = await registered(gateway)

    answer = await gateway.get(f"/register/{told['client_id']}")

    verdicts.refused(answer, "invalid_token", 401)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["POST", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_known(gateway: Gateway, method: str) -> None:
    """RFC 7592 §2: 405 for what is not supported."""
    told = await registered(gateway)

    answer = await manage(gateway, method, told, json={})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, PUT"


async def test_a_replacement_leaves_out_what_it_does_not_say(
    gateway: Gateway, open_node: int
) -> None:
    """RFC 7592 §2.2, DCRM-2."""
    told = await registered(
        gateway, node=open_node, contacts=["a@rp.example"], logo_uri="https://rp.example/l.png"
    )

    answer = await manage(
        gateway, "PUT", told, node=open_node, json=again(told, contacts=None, logo_uri=None)
    )

    assert answer.status_code == 200
    assert not {"contacts", "logo_uri", "client_secret"} & answer.json().keys()
    assert answer.json()["registration_access_token"] == told["registration_access_token"]
    assert (await manage(gateway, "GET", told)).json() == answer.json()


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"client_id": "library"}, id="DCRM-3-another"),
        pytest.param({"client_id": None}, id="DCRM-3-none"),
        pytest.param({"client_secret": "chosen by the client itself"}, id="RFC7592-2.2-secret"),
        pytest.param({"client_secret": 7}, id="RFC7592-2.2-secret-of-another-type"),
        pytest.param({"registration_access_token": "x"}, id="RFC7592-2.2-token"),
        pytest.param({"registration_client_uri": "https://rp.example"}, id="RFC7592-2.2-uri"),
        pytest.param({"client_secret_expires_at": 0}, id="RFC7592-2.2-expiry"),
        pytest.param({"client_id_issued_at": 1}, id="RFC7592-2.2-issue"),
        pytest.param({"grant_types": ["client_credentials"]}, id="AD-08-grant"),
        pytest.param({"jwks_uri": "http://rp.example/keys"}, id="RFC7592-2.2-address"),
    ],
)
async def test_a_bad_replacement_changes_nothing(gateway: Gateway, over: dict[str, Any]) -> None:
    """RFC 7592 §2.2."""
    told = await registered(gateway)

    async with gateway.unchanged():
        answer = await manage(gateway, "PUT", told, json=again(told, **over))

    verdicts.refused(answer, "invalid_client_metadata")


async def test_a_change_waits_for_its_review(gateway: Gateway) -> None:
    """DCRM-5, AD-05: the former version stays in force, and no word can widen what is asked."""
    told = await registered(gateway, scope="openid email")
    client_id = told["client_id"]
    async with gateway.runtime.entry() as entry:
        await onboarding.approve(entry, client_id, 1, by=OPERATOR)
    wider = again(told, redirect_uris=[CALLBACK, SECOND], scope="openid profile address")

    answer = await manage(gateway, "PUT", told, json=wider)

    assert answer.json()["redirect_uris"] == [CALLBACK, SECOND]
    assert answer.json()["scope"] == "openid email"
    async with gateway.runtime.entry() as entry:
        client = await clients.find(entry, client_id)
        waiting = [one.client_id for one in await onboarding.waiting(entry)]
    assert client
    assert (client.version, client.registration.redirect_uris) == (1, (CALLBACK,))
    assert client_id in waiting


async def test_what_a_reviewer_wrote_is_kept(gateway: Gateway) -> None:
    """AD-08: purposes and the like are no words of the service's."""
    told = await registered(gateway)
    async with gateway.runtime.entry() as entry:
        written = (await onboarding.versions(entry, told["client_id"]))[0].document
        spec = {**written["spec"], "otherWays": {"en": "By post"}, "acr": ["urn:x"]}
        changed = {**written, "spec": spec}
        await onboarding.draft(entry, changed, author="admin:x")

    answer = await manage(gateway, "PUT", told, json=again(told, client_name="Renamed"))

    assert answer.status_code == 200, answer.text
    async with gateway.runtime.entry() as entry:
        now = (await onboarding.versions(entry, told["client_id"]))[0].document["spec"]
    assert (now["otherWays"], now["acr"]) == ({"en": "By post"}, ["urn:x"])
    assert now["name"] == {"en": "Renamed"}


async def test_the_same_again_writes_nothing(gateway: Gateway) -> None:
    told = await registered(gateway)

    async with gateway.unchanged():
        answer = await manage(gateway, "PUT", told, json=again(told))

    assert answer.status_code == 200


async def test_a_service_that_turns_to_a_secret_gets_one(gateway: Gateway, open_node: int) -> None:
    """RFC 7592 §3: and is told it, with when it ends."""
    keys = services.jwks(ec=EC_KEY)
    told = await registered(
        gateway, node=open_node, token_endpoint_auth_method="private_key_jwt", jwks=keys
    )
    assert "client_secret" not in told

    answer = await manage(
        gateway,
        "PUT",
        told,
        node=open_node,
        json=again(told, token_endpoint_auth_method="client_secret_post", jwks=None),
    )

    assert answer.json()["client_secret"]
    assert answer.json()["client_secret_expires_at"] == 0


async def test_who_removes_itself_is_gone_with_all_it_held(
    gateway: Gateway, open_node: int
) -> None:
    """RFC 7592 §2.3, DCRM-4."""
    told = await registered(gateway, node=open_node)
    gateway.secrets[told["client_id"]] = told["client_secret"]
    someone = await gateway.citizen(told["client_id"])
    tokens = await services.tokens(gateway, someone, told["client_id"])
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await gateway.get("/userinfo", headers=bearer)).status_code == 200

    answer = await manage(gateway, "DELETE", told, node=open_node)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert (await manage(gateway, "GET", told)).status_code == 401
    assert (await gateway.get("/userinfo", headers=bearer)).status_code == 401
    await gateway.settled()
    again_ = await gateway.post(
        "/token",
        {"grant_type": "authorization_code", "code": "c"},
        headers=services.basic(told["client_id"], told["client_secret"]),
    )
    verdicts.refused(again_, "invalid_client", 401)


async def test_a_draft_that_removes_itself_waits_no_more(gateway: Gateway) -> None:
    """RFC 7592 §2.3."""
    told = await registered(gateway)

    answer = await manage(gateway, "DELETE", told)

    assert answer.status_code == 204
    async with gateway.runtime.entry() as entry:
        waiting = [one.client_id for one in await onboarding.waiting(entry)]
    assert told["client_id"] not in waiting
