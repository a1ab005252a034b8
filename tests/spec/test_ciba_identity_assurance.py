"""What an office asks for from behind with its proof: OpenID Connect for Identity Assurance 1.0
§5 in a request of CIBA Core 1.0 §7.1, as by the browser.
"""

from typing import Any

import pytest

from tests.spec.test_identity_assurance import BY_WHAT, HOW, PLAIN, proved, registered, wants
from tests.support import asking, dpop, services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import EC_KEY

OFFICE, BLIND = "office-proves", "office-believes"


@pytest.fixture(scope="module", autouse=True)
async def offices(gateway: Gateway) -> None:
    """Two that ask from behind, one of which may have proof."""
    auth = {"method": "private_key_jwt", "jwks": services.jwks(ec=EC_KEY)}
    behind = {"profile": "ciba", "backchannelMode": "poll", "offlineAccess": True, "auth": auth}
    for client_id, rows in ((OFFICE, (HOW, BY_WHAT)), (BLIND, ())):
        made = registered(client_id, *rows)
        made["spec"] = {**made["spec"], **behind}
        del made["spec"]["redirectUris"]
        await gateway.service(made)
    await gateway.settled()


def wish(userinfo: Any = None, id_token: Any = None) -> dict[str, Any]:
    """Return the ``claims`` parameter as a request object has it."""
    places = {"userinfo": userinfo, "id_token": id_token}
    return {place: {"verified_claims": one} for place, one in places.items() if one is not None}


async def answered(
    gateway: Gateway, someone: Citizen, claims: Any, client_id: str = OFFICE, **how: Any
) -> dict[str, Any]:
    """Ask, let them say yes, and come for the tokens."""
    scope = how.pop("scope", "openid")
    auth_req_id = await asking.ask(gateway, someone, client_id, claims=claims, scope=scope)
    await asking.approve(gateway, someone, auth_req_id, **how)
    answer = await asking.poll(gateway, auth_req_id, client_id)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def userinfo(gateway: Gateway, token: str) -> dict[str, Any]:
    headers = {
        "authorization": f"DPoP {token}",
        "dpop": dpop.proof(gateway, method="GET", path="/userinfo", token=token),
    }
    answer = await gateway.get("/userinfo", headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_ida_5_proof_goes_where_it_was_asked_for(gateway: Gateway) -> None:
    someone = await proved(gateway, OFFICE)

    tokens = await answered(gateway, someone, wish(wants("given_name"), wants("birthdate")))

    read = await userinfo(gateway, tokens["access_token"])
    token = verdicts.claims(tokens["id_token"])
    for told, claims in ((read, {"given_name": "Robin"}), (token, {"birthdate": "1980-02-29"})):
        assert told["verified_claims"]["claims"] == claims
        assert told["verified_claims"]["verification"].keys() == {"trust_framework"}
    assert "given_name" not in read


async def test_ida_5_proof_comes_again_with_a_refreshed_token(gateway: Gateway) -> None:
    someone = await proved(gateway, OFFICE)
    first = await answered(
        gateway, someone, wish(id_token=wants("given_name")), scope="openid offline_access"
    )

    again = await gateway.post(
        "/token",
        {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        | asking.proof(gateway, OFFICE),
        headers={"dpop": dpop.proof(gateway)},
    )

    told = verdicts.claims(again.json()["id_token"])["verified_claims"]
    assert told["claims"] == {"given_name": "Robin"}


async def test_ida_5_5_another_value_than_was_believed_is_left_out(gateway: Gateway) -> None:
    someone = await proved(gateway, OFFICE)
    wanted = wish(id_token=wants("given_name", birthdate={"value": "1990-01-01"}))

    tokens = await answered(gateway, someone, wanted)

    told = verdicts.claims(tokens["id_token"])["verified_claims"]
    assert told["claims"] == {"given_name": "Robin"}


@pytest.mark.parametrize("client_id", [BLIND, OFFICE])
async def test_ida_5_7_who_may_have_no_proof_gets_none(gateway: Gateway, client_id: str) -> None:
    """A service that did not register it, and one whose citizen did not agree to it."""
    someone = await proved(gateway, *((BLIND,) if client_id == BLIND else ()))

    tokens = await answered(
        gateway, someone, wish(wants("given_name"), wants("given_name")), client_id
    )

    assert (await userinfo(gateway, tokens["access_token"])).keys() == {"sub"}
    assert "verified_claims" not in verdicts.claims(tokens["id_token"])


async def test_the_page_asks_whether_proof_goes_along(gateway: Gateway) -> None:
    """CIBA §8: what is ticked goes out, and the yes is to what was shown."""
    someone = await proved(gateway)
    asked = wish(
        wants("given_name", verification=PLAIN | {"evidence": [{"type": {"value": "document"}}]})
    )

    auth_req_id = await asking.ask(gateway, someone, OFFICE, claims=asked, scope="openid")
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(await asking.waiting(gateway, auth_req_id))
    ticked: Any = {"answer": "approve", "share": ["given_name", "verification", "evidence"]}

    await browser.fill(page, "request-approve", ticked)

    assert "How your details were checked" in page.text
    tokens = (await asking.poll(gateway, auth_req_id, OFFICE)).json()
    told = (await userinfo(gateway, tokens["access_token"]))["verified_claims"]
    assert told["claims"] == {"given_name": "Robin"}
    assert told["verification"]["evidence"][0]["type"] == "document"


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"claims": {"given_name": None}}, id="IDA-5.4-no-verification"),
        pytest.param(wants(given_name={"values": []}), id="IDA-5.5-no-values"),
        pytest.param([wants("given_name")] * 11, id="IDA-5.6-too-many"),
    ],
)
async def test_a_request_of_bad_form_is_refused(gateway: Gateway, wanted: Any) -> None:
    someone = await gateway.citizen()
    raw = asking.signed(gateway, OFFICE, login_hint=someone.email, claims=wish(wanted))

    answer = await asking.send(gateway, raw, OFFICE)

    verdicts.refused(answer, "invalid_request")


async def test_what_was_believed_is_sealed_while_it_waits(gateway: Gateway) -> None:
    """The tables do not show it, and it opens in no other request's row."""
    someone = await proved(gateway, OFFICE)
    wanted = wish(wants("given_name", birthdate={"value": "1980-02-29"}))

    await asking.ask(gateway, someone, OFFICE, claims=wanted, scope="openid")

    [row] = await gateway.rows(
        "SELECT request->>'verified' AS kept, request::text AS whole"
        " FROM relying_parties.backchannel_requests WHERE client_id = $1"
        " ORDER BY created_at DESC LIMIT 1",
        OFFICE,
    )
    assert row["kept"]
    assert "1980" not in row["whole"]
