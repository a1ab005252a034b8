"""Signed answers: JARM 1.0, FAPI 2.0 Message Signing §5.4."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gateway.runtime import now
from keys import keystore, signing
from tests.support import services, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK


async def response(gateway: Gateway, citizen: Citizen, client_id: str, **over: Any) -> Any:
    """Ask, and return what the one parameter of the answer says, verified."""
    asked = services.asked(client_id, **over)
    query = urlencode(asked)
    if client_id == "jarm":
        uri = await services.push(gateway, client_id, **over)
        query = urlencode({"client_id": client_id, "request_uri": uri})
    answer = await gateway.get(f"/authorize?{query}", headers=citizen.headers)
    assert answer.status_code == 303, answer.text
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.headers["location"].startswith(f"{CALLBACK}?response=")
    assert list(told) == ["response"]  # JM-2: nothing of it outside
    async with gateway.runtime.entry() as entry:  # another test may have rotated them
        keyring = await keystore.load(entry, gateway.runtime.vault.sealer)
    return signing.verify(
        keyring,
        told["response"][0],
        purpose="token",
        typ=None,
        issuer=gateway.issuer,
        at=now(),
    )


@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
async def test_an_answer_is_signed_for_its_client(
    gateway: Gateway, ana: Citizen, mode: str
) -> None:
    """JM-2, JM-3: what it says is what the plain one would, and it dies soon."""
    told = await response(gateway, ana, "basic", response_mode=mode)

    assert told.keys() == {"iss", "aud", "exp", "code", "state"}
    assert (told["aud"], told["state"]) == ("basic", "the state")
    assert 0 < told["exp"] - now().timestamp() <= 600
    code = services.Code(told["code"], "basic", "v" * 43, CALLBACK)
    assert (await services.redeem(gateway, code)).status_code == 200


async def test_an_error_is_signed_too(gateway: Gateway, ana: Citizen) -> None:
    """JM-1."""
    told = await response(gateway, ana, "basic", response_mode="jwt", scope="email")

    assert (told["error"], told["state"]) == ("invalid_scope", "the state")


async def test_a_client_of_signed_answers_gets_no_other(gateway: Gateway) -> None:
    """FAPI 2.0 Message Signing §5.4: ``response_modes`` of its registration."""
    citizen = await gateway.citizen("jarm")
    proof = services.proves(gateway, "jarm")
    plain = await gateway.post("/par", services.asked("jarm") | proof.form)

    verdicts.refused(plain, "invalid_request")
    assert "code" in await response(gateway, citizen, "jarm", response_mode="jwt")


async def test_a_signed_answer_is_posted(gateway: Gateway, ana: Citizen) -> None:
    asked = services.asked(response_mode="form_post.jwt")

    answer = await gateway.get("/authorize", params=asked, headers=ana.headers)

    assert answer.status_code == 200
    assert 'name="response" value="eyJ' in answer.text
    assert 'name="code"' not in answer.text


async def test_a_signed_answer_is_no_hint(gateway: Gateway, ana: Citizen) -> None:
    """LO-07: both are signed for the client by the same key; one says who somebody is."""
    asked = services.asked(response_mode="jwt")
    answer = await gateway.get("/authorize", params=asked, headers=ana.headers)
    signed = parse_qs(urlsplit(answer.headers["location"]).query)["response"][0]

    hinted = services.asked(id_token_hint=signed, prompt="none")
    again = await gateway.get("/authorize", params=hinted, headers=ana.headers)

    left = await gateway.get("/logout", params={"id_token_hint": signed}, headers=ana.headers)

    told = verdicts.sent_back(again, CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_request"
    verdicts.page(left)
