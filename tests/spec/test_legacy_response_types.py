"""Implicit and hybrid answers, for older products, where the gateway is set so.

Specs: OpenID Connect Core §3.2 and §3.3, OAuth 2.0 Multiple Response Types 1.0, JARM 1.0.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.runtime import now
from idp import attributes
from keys import keystore, signing
from relying_parties import releases
from relying_parties.response_types import RESPONSE_TYPES
from tests.spec.test_encrypted_answers import opened, published
from tests.spec.test_identity_assurance import HOW, proved, registered, wants
from tests.support import dpop, legacy, newcomers, services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.legacy import HYBRID, IMPLICIT, by_form, by_fragment
from tests.support.services import CALLBACK, Code

BY_BROWSER = (*IMPLICIT, *HYBRID)
EVERY = list(RESPONSE_TYPES)
WISH = {"alg": "ECDH-ES", "enc": "A256GCM"}


@pytest.fixture(scope="module")
async def node(gateway: Gateway) -> AsyncIterator[int]:
    """A process that has these response types, and services that registered them."""
    await legacy.service(gateway, "older", responseTypes=EVERY)
    await legacy.service(gateway, "hybrid", responseTypes=["code id_token"])
    await legacy.service(
        gateway,
        "older-reads",
        responseTypes=EVERY,
        auth={"method": "client_secret_basic", "jwks": published()},
        idTokenEncryption=WISH,
    )
    await legacy.service(gateway, "older-bound", responseTypes=EVERY, dpop=True)
    await legacy.service(
        gateway, "older-calls", responseTypes=EVERY, onBehalf=services.FOR_CITIZENS
    )
    async with gateway.another(GATEHOUSE_LEGACY_RESPONSE_TYPES="true") as number:
        yield number


@pytest.fixture
async def ana(gateway: Gateway, node: int) -> Citizen:
    """Somebody who has agreed to what the services ask."""
    return await gateway.citizen("older", "hybrid", "older-reads", "older-bound", "older-calls")


async def answer(
    gateway: Gateway, citizen: Citizen | None, node: int, response_type: str, **over: Any
) -> dict[str, str]:
    """Ask as ``older``, and return what came behind the hash."""
    client_id = over.pop("client_id", "older")
    over = {"response_type": response_type} | over
    return by_fragment(
        await legacy.ask(gateway, citizen, client_id, node=node, **over), gateway.issuer
    )


async def verified(gateway: Gateway, id_token: str) -> Any:
    async with gateway.runtime.entry() as entry:  # another test may have rotated the keys
        keyring = await keystore.load(entry, gateway.runtime.vault.sealer)
    return signing.verify(
        keyring, id_token, purpose="token", typ=None, issuer=gateway.issuer, at=now()
    )


def half(value: str) -> str:
    """Core §3.3.2.11: the left half of the hash."""
    made = hashlib.sha256(value.encode()).digest()[:16]
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


async def userinfo(gateway: Gateway, token: str) -> Any:
    return await gateway.get("/userinfo", headers={"authorization": f"Bearer {token}"})


async def test_discovery_tells_what_is_switched_on(gateway: Gateway, node: int) -> None:
    off = (await gateway.get("/.well-known/openid-configuration")).json()
    on = (await gateway.get("/.well-known/openid-configuration", node=node)).json()

    assert off["response_types_supported"] == ["code"]
    assert on["response_types_supported"] == EVERY
    assert "implicit" in on["grant_types_supported"]
    assert "implicit" not in off["grant_types_supported"]
    assert "fragment" in on["response_modes_supported"]
    assert "fragment" not in off["response_modes_supported"]


@pytest.mark.parametrize("response_type", [*BY_BROWSER, "none"])
async def test_nothing_of_it_is_there_where_it_is_off(
    gateway: Gateway, ana: Citizen, response_type: str
) -> None:
    """Not even for a service that was registered so."""
    async with gateway.unchanged():
        given = await legacy.ask(gateway, ana, "older", node=0, response_type=response_type)

    told = verdicts.sent_back(given, CALLBACK, gateway.issuer)
    assert told["error"] == "unsupported_response_type"


@pytest.mark.parametrize("response_type", BY_BROWSER)
async def test_an_answer_carries_what_its_type_names(
    gateway: Gateway, ana: Citizen, node: int, response_type: str
) -> None:
    """Core §3.2.2.5, §3.3.2.5, Multiple Response Types §3 and §5, RFC 9207."""
    told = await answer(gateway, ana, node, response_type)

    beside = {"token_type", "expires_in"} if "access_token" in told else set()
    names = {"token": "access_token"}
    named = {names.get(word, word) for word in response_type.split()}
    assert told.keys() == {*named, *beside, "state", "iss", "session_state"}
    assert told["state"] == "the state"
    if beside:
        assert told["token_type"] == "Bearer"
        assert 0 < int(told["expires_in"]) <= 300
        assert (await userinfo(gateway, told["access_token"])).json()["name"]
    if "code" in told:
        code = Code(told["code"], "older", "v" * 43, CALLBACK)
        assert (await services.redeem(gateway, code)).status_code == 200


@pytest.mark.parametrize("response_type", [one for one in BY_BROWSER if "id_token" in one])
async def test_an_id_token_vouches_for_what_lies_beside_it(
    gateway: Gateway, ana: Citizen, node: int, response_type: str
) -> None:
    """Core §3.2.2.9, §3.3.2.9 to §3.3.2.11: ``at_hash``, ``c_hash``; and ``s_hash``."""
    told = await answer(gateway, ana, node, response_type)

    claims = await verified(gateway, told["id_token"])
    due = {"at_hash": "access_token", "c_hash": "code", "s_hash": "state"}
    assert {name: claims.get(name) for name in due} == {
        name: half(told[of]) if of in told else None for name, of in due.items()
    }
    assert (claims["aud"], claims["nonce"]) == ("older", "the nonce")
    assert {"sub", "iat", "exp", "auth_time", "acr", "amr", "sid"} <= claims.keys()


async def test_both_id_tokens_are_about_one_sign_in(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """Core §3.3.3.6."""
    told = await answer(gateway, ana, node, "code id_token")
    code = Code(told["code"], "older", "v" * 43, CALLBACK)

    later = await verified(gateway, (await services.redeem(gateway, code)).json()["id_token"])

    first = await verified(gateway, told["id_token"])
    same = ("iss", "sub", "aud", "nonce", "auth_time", "sid", "acr")
    assert {name: later[name] for name in same} == {name: first[name] for name in same}


@pytest.mark.parametrize("spelt", ["token id_token code", "id_token code"])
async def test_the_order_of_the_words_means_nothing(
    gateway: Gateway, ana: Citizen, node: int, spelt: str
) -> None:
    """Multiple Response Types §3."""
    told = await answer(gateway, ana, node, spelt)

    assert {"code", "id_token"} <= told.keys()


@pytest.mark.parametrize(
    ("client_id", "response_type", "error"),
    [
        pytest.param("hybrid", "id_token", "unauthorized_client", id="RFC6749-4.2.2.1"),
        pytest.param("basic", "code id_token", "unauthorized_client", id="never-registered"),
        pytest.param("older", "token", "unsupported_response_type", id="no-sign-in-in-it"),
        pytest.param("older", "code code token", "unsupported_response_type", id="twice"),
        pytest.param("older-bound", "code token", "invalid_request", id="RFC9449-no-proof"),
    ],
)
async def test_what_is_not_for_this_client_is_refused_behind_the_hash(
    gateway: Gateway, ana: Citizen, node: int, client_id: str, response_type: str, error: str
) -> None:
    """Core §3.2.2.6, §3.3.2.6: the error goes where the answer would."""
    async with gateway.unchanged():
        told = await answer(gateway, ana, node, response_type, client_id=client_id)

    assert (told["error"], told["state"]) == (error, "the state")
    assert told.keys() == {"error", "error_description", "state", "iss"}


async def test_who_proves_a_key_gets_no_token_for_anybody(gateway: Gateway, node: int) -> None:
    """RFC 9449 §10.1: a proof at PAR says what ``dpop_jkt`` says; a browser can't prove it."""
    proof = services.proves(gateway, "older")
    headers = proof.headers | {"dpop": dpop.proof(gateway, "/par")}
    form = services.asked("older", response_type="code token") | proof.form

    async with gateway.unchanged("keys.replays"):
        pushed = await gateway.post("/par", form, headers=headers, node=node)

    verdicts.refused(pushed, "invalid_request")


async def test_no_profile_but_the_basic_one_gets_it(gateway: Gateway, node: int) -> None:
    proof = services.proves(gateway, "gov")
    form = services.asked("gov", response_type="code id_token") | proof.form

    pushed = await gateway.post("/par", form, headers=proof.headers, node=node)

    verdicts.refused(pushed, "unauthorized_client")


@pytest.mark.parametrize(
    ("over", "error"),
    [
        pytest.param({"nonce": None}, "invalid_request", id="Core-3.2.2.1-nonce"),
        pytest.param({"response_mode": "query"}, "invalid_request", id="MRT-3-query"),
        pytest.param({"response_mode": "x"}, "invalid_request", id="MRT-2.1-unknown"),
        pytest.param({"dpop_jkt": "k" * 43}, "invalid_request", id="RFC9449-10-jkt"),
        pytest.param({"scope": "email"}, "invalid_scope", id="no-openid"),
        pytest.param({"prompt": "none login"}, "invalid_request", id="prompt"),
        pytest.param({"resource": services.FILES["identifier"]}, "invalid_target", id="RFC8707-2"),
        pytest.param(
            {"authorization_details": '[{"type":"a-permit"}]'}, "invalid_request", id="RFC9396-7"
        ),
    ],
)
@pytest.mark.parametrize("response_type", ["id_token token", "code id_token token"])
async def test_a_bad_request_is_told_behind_the_hash(
    gateway: Gateway,
    ana: Citizen,
    node: int,
    response_type: str,
    over: dict[str, Any],
    error: str,
) -> None:
    async with gateway.unchanged():
        told = await answer(gateway, ana, node, response_type, client_id="older-calls", **over)

    assert told["error"] == error


async def test_a_signed_answer_never_goes_into_a_query(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """JARM §2.3.1: even the error is told behind the hash, and signed."""
    refused = await answer(gateway, ana, node, "code token", response_mode="query.jwt", state=None)
    told = await answer(gateway, ana, node, "code token", response_mode="jwt", state=None)

    assert (await verified(gateway, refused["response"]))["error"] == "invalid_request"
    assert {"code", "access_token"} <= (await verified(gateway, told["response"])).keys()


@pytest.mark.parametrize("response_type", BY_BROWSER)
async def test_a_form_carries_it_as_well(
    gateway: Gateway, ana: Citizen, node: int, response_type: str
) -> None:
    """Form Post Response Mode §2: the same, in the body of a post."""
    told = by_form(
        await legacy.ask(
            gateway, ana, "older", node=node, response_type=response_type, response_mode="form_post"
        ),
        gateway.issuer,
    )

    assert told.keys() == (await answer(gateway, ana, node, response_type)).keys()
    if "id_token" in told:
        claims = await verified(gateway, told["id_token"])
        beside = {"at_hash": "access_token", "c_hash": "code", "s_hash": "state"}
        for name, of in beside.items():
            assert claims.get(name) == (half(told[of]) if of in told else None)
    if "access_token" in told:
        assert (await userinfo(gateway, told["access_token"])).json()["name"]
    if "code" in told:
        code = Code(told["code"], "older", "v" * 43, CALLBACK)
        assert (await services.redeem(gateway, code)).status_code == 200


@pytest.mark.parametrize(
    ("over", "error"),
    [
        pytest.param({"nonce": None}, "invalid_request", id="Core-3.2.2.1-nonce"),
        pytest.param({"prompt": "none"}, "login_required", id="Core-3.1.2.1-nobody"),
    ],
)
@pytest.mark.parametrize("response_type", [one for one in BY_BROWSER if "id_token" in one])
async def test_an_error_goes_by_the_form_too(
    gateway: Gateway, node: int, response_type: str, over: dict[str, Any], error: str
) -> None:
    """Form Post Response Mode §2."""
    wish = {"response_type": response_type, "response_mode": "form_post"} | over

    told = by_form(await legacy.ask(gateway, None, "older", node=node, **wish), gateway.issuer)

    assert (told["error"], told["state"]) == (error, "the state")
    assert not told.keys() & {"code", "id_token", "access_token"}


async def test_a_nonce_is_needed_only_for_an_id_token(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """Core §3.3.2.11."""
    assert "code" in await answer(gateway, ana, node, "code token", nonce=None)


async def test_scopes_go_into_the_id_token_where_there_is_no_other_place(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """Core §5.4."""
    told = {
        kind: await verified(gateway, (await answer(gateway, ana, node, kind))["id_token"])
        for kind in ("id_token", "id_token token", "code id_token")
    }

    assert [kind for kind, claims in told.items() if "name" in claims] == ["id_token"]
    assert told["id_token"]["email"] == ana.email


async def test_what_a_code_can_fetch_does_not_go_through_the_browser(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """Core §3.3.3.6 lets the first ID token say less."""
    wish = {"claims": '{"id_token":{"name":null}}', "scope": "openid"}
    told = await answer(gateway, ana, node, "code id_token", **wish)
    code = Code(told["code"], "older", "v" * 43, CALLBACK)
    later = (await services.redeem(gateway, code)).json()["id_token"]
    alone = await answer(gateway, ana, node, "id_token token", **wish)

    assert "name" not in await verified(gateway, told["id_token"])
    assert "name" in await verified(gateway, later)
    assert "name" in await verified(gateway, alone["id_token"])


async def test_every_claim_that_went_out_is_recorded(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    claims = await verified(gateway, (await answer(gateway, ana, node, "id_token"))["id_token"])

    async with gateway.runtime.entry() as entry:
        key = await attributes.data_key(entry, gateway.runtime.vault, ana.account)
        [line] = (await releases.of_subjects(entry, key, [claims["sub"]])).whole
    assert (line.channel, line.client_id) == ("id_token", "older")
    assert {"name", "email"} <= set(line.claims) <= claims.keys()


async def sid(gateway: Gateway, citizen: Citizen) -> str:
    """Return what ``older`` calls the session."""
    told = await gateway.rows(
        "SELECT sid FROM relying_parties.codes WHERE client_id = 'older' ORDER BY issued_at DESC"
    )
    return str(told[0]["sid"])


async def test_a_token_of_the_browser_is_taken_back_like_any(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """RFC 7009; RFC 7662 tells its end."""
    token = (await answer(gateway, ana, node, "id_token token"))["access_token"]
    proof = services.proves(gateway, "older")

    seen = await gateway.post("/introspect", {"token": token}, headers=proof.headers)
    await gateway.post("/revoke", {"token": token}, headers=proof.headers)

    assert seen.json()["active"]
    assert 0 < seen.json()["exp"] - now().timestamp() <= 300
    assert (await userinfo(gateway, token)).status_code == 401


async def test_a_code_that_comes_back_ends_the_token_beside_it(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """RFC 6749 §4.1.2."""
    told = await answer(gateway, ana, node, "code token")
    code = Code(told["code"], "older", "v" * 43, CALLBACK)

    for _ in range(2):
        await services.redeem(gateway, code)

    assert (await userinfo(gateway, told["access_token"])).status_code == 401


async def test_signing_out_ends_the_token_of_the_browser(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    told = await answer(gateway, ana, node, "id_token token")
    query = urlencode({"id_token_hint": told["id_token"]})

    await gateway.get(f"/logout?{query}", headers=ana.headers)

    assert (await userinfo(gateway, told["access_token"])).status_code == 401


async def test_nothing_lasts_without_a_code(gateway: Gateway, ana: Citizen, node: int) -> None:
    """Core §11: ``offline_access`` is not heard, and RFC 6749 §4.2.2 has the scope said."""
    wish = "openid profile offline_access"
    told = await answer(gateway, ana, node, "id_token token", scope=wish)

    [row] = await gateway.rows(
        "SELECT offline, scope FROM relying_parties.codes WHERE sid = $1", await sid(gateway, ana)
    )
    assert (row["offline"], row["scope"]) == (False, "openid profile")
    assert "refresh_token" not in told


async def test_none_tells_that_the_citizen_agreed_and_nothing_else(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """Multiple Response Types §4: by query, and nothing is issued."""
    async with gateway.unchanged():
        given = await legacy.ask(gateway, ana, "older", node=node, response_type="none")

    told = verdicts.sent_back(given, CALLBACK, gateway.issuer)
    assert told.keys() == {"state", "iss", "session_state"}


async def test_none_asks_like_any_other(gateway: Gateway, node: int) -> None:
    someone = await gateway.citizen()

    silent = await legacy.ask(
        gateway, someone, "older", node=node, response_type="none", prompt="none"
    )

    told = verdicts.sent_back(silent, CALLBACK, gateway.issuer)
    assert told["error"] == "consent_required"


async def test_nobody_is_asked_with_prompt_none(gateway: Gateway, node: int) -> None:
    """Core §3.2.2.6."""
    told = await answer(gateway, None, node, "id_token token", prompt="none")

    assert told["error"] == "login_required"


async def test_an_id_token_is_encrypted_on_this_way_too(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    """Core §16.14."""
    told = await answer(gateway, ana, node, "id_token", client_id="older-reads")

    claims = await verified(gateway, opened(told["id_token"], WISH))
    assert claims["aud"] == "older-reads"


async def test_a_pushed_request_is_answered_once(gateway: Gateway, ana: Citizen, node: int) -> None:
    """RC-11: of fifty at once, one gets its tokens."""
    uri = await pushed(gateway, node, response_type="code id_token token")
    query = urlencode({"client_id": "older", "request_uri": uri})

    given = await asyncio.gather(
        *(gateway.get(f"/authorize?{query}", headers=ana.headers, node=node) for _ in range(50))
    )

    assert sorted(one.status_code for one in given) == [303, *[400] * 49]


async def pushed(gateway: Gateway, node: int, **over: Any) -> str:
    proof = services.proves(gateway, "older")
    form = services.asked("older", **over) | proof.form
    told = await gateway.post("/par", form, headers=proof.headers, node=node)
    assert told.status_code == 201, told.text
    return str(told.json()["request_uri"])


async def test_proof_goes_where_the_claims_go(gateway: Gateway, node: int) -> None:
    """OpenID Connect for Identity Assurance §5: in an ID token that comes by the browser, too."""
    purposes = registered("older-proves", HOW)["spec"]["purposes"]
    await legacy.service(gateway, "older-proves", responseTypes=["id_token"], purposes=purposes)
    await gateway.settled()
    someone = await proved(gateway, "older-proves")
    wish = json.dumps({"id_token": {"verified_claims": wants("birthdate")}})

    told = await answer(
        gateway, someone, node, "id_token", client_id="older-proves", scope="openid", claims=wish
    )

    claims = await verified(gateway, told["id_token"])
    assert claims["verified_claims"]["claims"] == {"birthdate": "1980-02-29"}
    assert "birthdate" not in claims


async def test_what_was_switched_off_meanwhile_is_not_answered(
    gateway: Gateway, ana: Citizen, node: int
) -> None:
    uri = await pushed(gateway, node, response_type="id_token")
    query = urlencode({"client_id": "older", "request_uri": uri})

    given = await gateway.get(f"/authorize?{query}", headers=ana.headers)

    told = verdicts.sent_back(given, CALLBACK, gateway.issuer)
    assert told["error"] == "unsupported_response_type"


async def test_a_service_registers_them_itself(gateway: Gateway, node: int) -> None:
    """RFC 7591 §2, §2.1: grant types go with response types."""
    wish = {"response_types": ["token id_token", "code"], "grant_types": ["authorization_code"]}
    lacks = await newcomers.register(gateway, node=node, **wish)
    wish["grant_types"].append("implicit")
    off = await newcomers.register(gateway, **wish)
    told = await newcomers.registered(gateway, node=node, **wish)

    verdicts.refused(lacks, "invalid_client_metadata")
    verdicts.refused(off, "invalid_client_metadata")
    assert told["response_types"] == ["id_token token", "code"]
    assert told["grant_types"] == ["authorization_code", "implicit"]
