"""Requests that every OpenID Provider answers: the happy half of the Basic OP plan.

Each parameter names the modules of the OpenID Foundation's suite that ask the same.
Specs: OpenID Connect Core §3.1.2, §5.4, §5.5.
"""

import json
from typing import Any

import pytest

from tests import factories
from tests.support import services, verdicts
from tests.support.gateway import Citizen, Gateway

CLAIMS = {
    "profile": {"name"},
    "email": {"email", "email_verified"},
    "address": set[str](),
    "phone": set[str](),
}


async def told(gateway: Gateway, ana: Citizen, **over: Any) -> tuple[dict[str, Any], set[str]]:
    """Sign on; return the ID token and the names of what userinfo tells."""
    answer = await services.tokens(gateway, ana, **over)
    bearer = {"authorization": f"Bearer {answer['access_token']}"}
    read = (await gateway.get("/userinfo", headers=bearer)).json()
    token = verdicts.claims(answer["id_token"])
    assert token["sub"] == read["sub"]
    return token, set(read) - {"sub"}


@pytest.mark.parametrize("scope", CLAIMS, ids=lambda scope: f"oidcc-scope-{scope}")
async def test_a_scope_goes_to_userinfo(gateway: Gateway, ana: Citizen, scope: str) -> None:
    """Core §5.4: and not to the ID token, where there is a userinfo endpoint to ask."""
    token, read = await told(gateway, ana, scope=f"openid {scope}")

    assert read == CLAIMS[scope]
    assert not token.keys() & read


async def test_all_scopes_at_once_go_to_userinfo(gateway: Gateway, ana: Citizen) -> None:
    """oidcc-scope-all."""
    _, read = await told(gateway, ana, scope=f"openid {' '.join(CLAIMS)}")

    assert read == set[str]().union(*CLAIMS.values())


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"display": "page"}, id="oidcc-display-page"),
        pytest.param({"display": "popup"}, id="oidcc-display-popup"),
        pytest.param({"claims_locales": "se"}, id="oidcc-claims-locales"),
        pytest.param({"prompt": "none"}, id="oidcc-prompt-none-logged-in"),
        pytest.param({"scope": "email openid profile"}, id="oidcc-alternate-happy-flow"),
        pytest.param({"code_challenge": services.challenge("v" * 43)}, id="oidcc-valid-pkce"),
    ],
)
async def test_a_harmless_wish_changes_nothing(
    gateway: Gateway, ana: Citizen, over: dict[str, str]
) -> None:
    answer = await gateway.get("/authorize", params=services.asked(**over), headers=ana.headers)

    assert "code" in verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)


async def test_what_was_not_sent_does_not_come_back(gateway: Gateway, ana: Citizen) -> None:
    """Core §3.1.2.1: state and nonce are the client's own choice in the code flow."""
    asked = services.asked(state=None, nonce=None)
    answer = await gateway.get("/authorize", params=asked, headers=ana.headers)
    token, _ = await told(gateway, ana, nonce=None)

    assert "state" not in verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)
    assert "nonce" not in token


async def test_ig_8_a_vector_of_trust_is_not_heard(gateway: Gateway, ana: Citizen) -> None:
    """RFC 8485: nothing that could contradict ``acr`` is told where it was wished for."""
    token, _ = await told(gateway, ana, vtr='["P2.Cc.Ac"]')

    assert not {"vot", "vtm"} & token.keys()
    assert token["acr"]


async def test_an_essential_claim_goes_to_userinfo(gateway: Gateway, ana: Citizen) -> None:
    """oidcc-claims-essential: where it was asked for, and not to the ID token."""
    claims = json.dumps({"userinfo": {"name": {"essential": True}}})

    token, read = await told(gateway, ana, scope="openid", claims=claims)

    assert read == {"name"}
    assert "name" not in token


async def test_core_6_what_nobody_told_us_is_left_out(gateway: Gateway) -> None:
    """Core §5.5.1: an essential claim that the citizen has no value of is no error."""
    why = [factories.asks("name"), factories.asks("phone_number", "optional")]
    purpose = {"id": "all", "name": {"en": "To test this"}, "claims": why}
    await gateway.service(services.document("calls", purposes=[purpose]))
    await gateway.settled()
    claims = {"name": None, "phone_number": {"essential": True}, "phone_number_verified": None}
    wish = json.dumps({"userinfo": claims})

    someone = await gateway.citizen("calls")
    _, read = await told(gateway, someone, client_id="calls", claims=wish)

    assert read == {"name"}
