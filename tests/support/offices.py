"""Offices that ask citizens before they act: from behind (CIBA), and in detail (RFC 9396)."""

import json
from typing import Any

import httpx2

from tests import factories
from tests.support import asking, detailed, dpop, services
from tests.support.browser import Browser
from tests.support.detailed import ARCHIVED, FILED
from tests.support.gateway import Citizen, Gateway

INQUIRIES = "/api/agency/v1/inquiries"
REFUND = {"currency": "EUR", "value": "312.40"}


def document(client_id: str, **spec: Any) -> dict[str, Any]:
    """An office that asks from behind and in detail."""
    purposes = [
        {
            "id": "all",
            "name": {"en": "To test this"},
            "keepDays": 90,
            "claims": [factories.asks("name"), factories.asks("email")],
        }
    ]
    usual = {
        "profile": "ciba",
        "auth": {"method": "private_key_jwt", "jwks": services.jwks(ec=services.EC_KEY)},
        "backchannelMode": "poll",
        "redirectUris": None,
        "purposes": purposes,
        "authorizationDetailsTypes": detailed.TYPES,
        "onBehalf": [
            {"resource": FILED, "scopes": ["files:read"]},
            {"resource": ARCHIVED, "scopes": ["all"]},
        ],
    }
    return services.document(client_id, **usual | spec)


async def register(gateway: Gateway, client_id: str, **spec: Any) -> None:
    """Register such an office."""
    await gateway.service(document(client_id, **spec))
    await gateway.settled()


def refund(**over: Any) -> dict[str, Any]:
    """Ask to pay something back; ``None`` leaves a member out."""
    usual = {
        "action": {"en": "We pay back what you paid too much", "fr": "Nous vous remboursons"},
        "effect": "The money goes to the account that we have",
        "amount": REFUND,
        "legal_basis": "Tax Act, section 37",
        "reference": "T-2026/312",
    }
    return detailed.decision(**usual | over)


async def ask(
    gateway: Gateway, someone: Citizen, client_id: str, *details: Any, **over: Any
) -> str:
    """Ask somebody in detail; return ``auth_req_id``."""
    usual = {"requested_expiry": 3600, "authorization_details": list(details)}
    return await asking.ask(gateway, someone, client_id, **usual | over)


async def tokens(gateway: Gateway, auth_req_id: str, client_id: str) -> dict[str, Any]:
    """Come for what was approved."""
    answer = await asking.poll(gateway, auth_req_id, client_id)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def token(gateway: Gateway, client_id: str) -> str:
    """Get a token for the API at which an office reads what citizens said."""
    form = {"grant_type": "client_credentials", "scope": "inquiries.answer"}
    answer = await gateway.post(
        "/token",
        form | asking.proof(gateway, client_id),
        headers={"dpop": dpop.proof(gateway)},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def call(
    gateway: Gateway, token: str, method: str, path: str = "", given: Any = None
) -> httpx2.Response:
    """Call that API, with the proof of the key."""
    whole = f"{INQUIRIES}{path}"
    proof = dpop.proof(gateway, whole.partition("?")[0], method=method, token=token)
    headers = {"authorization": f"DPoP {token}", "dpop": proof}
    how: dict[str, Any] = {"headers": headers}
    if given is not None:
        headers["content-type"] = "application/json"
        how["content"] = given if isinstance(given, str) else json.dumps(given)
    return await gateway.ask(method, whole, **how)


async def inquire(
    gateway: Gateway, someone: Citizen, auth_req_id: str, words: str
) -> httpx2.Response:
    """Let somebody ask back."""
    browser, path = Browser(gateway, someone.cookie), await asking.waiting(gateway, auth_req_id)
    page = await browser.follow(path)
    return await browser.fill(page, "inquiry-send", {"answer": "ask", "words": words})
