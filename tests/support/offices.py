"""Offices that ask citizens before they act: from behind (CIBA), and in detail (RFC 9396)."""

from typing import Any

from tests import factories
from tests.support import asking, detailed, dpop, services
from tests.support.detailed import ARCHIVED, FILED
from tests.support.gateway import Citizen, Gateway

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


def held(gateway: Gateway, token: str, path: str) -> dict[str, str]:
    """Return the headers of a call with a token that is for a key."""
    proof = dpop.proof(gateway, method="GET", path=path, token=token)
    return {"authorization": f"DPoP {token}", "dpop": proof}
