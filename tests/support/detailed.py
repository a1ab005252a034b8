"""A service that asks in detail (RFC 9396), and a citizen who answers on the page."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2

from gateway.runtime import now
from keys import opaque
from tests import factories
from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import ARCHIVE, CALLBACK, FILES, Code

TYPES = ["data-share", "proactive-decision"]
FILED, ARCHIVED = str(FILES["identifier"]), str(ARCHIVE["identifier"])


def day(days: int) -> str:
    """Spell a day as a detail does, so many days from now."""
    return f"{now().date() + timedelta(days=days)}"


def share(**over: Any) -> dict[str, Any]:
    """Ask for details for one matter; ``None`` leaves a member out."""
    usual = {
        "type": "data-share",
        "purpose": "all",
        "topic": "Permit 4711",
        "claims": ["name", "email"],
        "until": day(30),
    }
    return {name: value for name, value in (usual | over).items() if value is not None}


def decision(**over: Any) -> dict[str, Any]:
    """Ask before acting; ``None`` leaves a member out."""
    usual = {
        "type": "proactive-decision",
        "action": {"en": "We pay you child benefit", "fr": "Nous vous payons des allocations"},
        "data": ["name"],
        "effect": "You need not apply",
        "deadline": day(14),
        "legal_basis": "Child Benefit Act, section 3",
        "reference": "CB-2026/0815",
    }
    return {name: value for name, value in (usual | over).items() if value is not None}


async def service(gateway: Gateway, client_id: str, **spec: Any) -> None:
    """Register a service that may ask in detail."""
    rows = [factories.asks("name"), factories.asks("email"), factories.asks("locale", "optional")]
    purposes = [
        {"id": "all", "name": {"en": "To test this"}, "keepDays": 90, "claims": rows},
        {"id": "other", "name": {"en": "Another"}, "claims": [factories.asks("age_over_18")]},
    ]
    onward = [
        {"resource": FILED, "scopes": ["files:read"]},
        {"resource": ARCHIVED, "scopes": ["all"]},
    ]
    usual = {"purposes": purposes, "authorizationDetailsTypes": TYPES, "onBehalf": onward}
    await gateway.service(services.document(client_id, **(usual | spec)))
    await gateway.settled()


def request(client_id: str, *details: Any, **over: Any) -> dict[str, Any]:
    """Return an authorization request with ``details``."""
    given = {"authorization_details": json.dumps(details)} if details else {}
    return services.asked(client_id, **({"scope": "openid offline_access"} | given | over))


async def ask(
    gateway: Gateway, someone: Citizen, client_id: str, *details: Any, **over: Any
) -> tuple[Browser, httpx2.Response]:
    """Bring a citizen to the service's question, or past it."""
    browser = Browser(gateway, someone.cookie)
    address = f"/authorize?{urlencode(request(client_id, *details, **over), doseq=True)}"
    return browser, await browser.follow(address)


async def agreed(
    gateway: Gateway,
    someone: Citizen,
    client_id: str,
    *details: Any,
    form: dict[str, Any] | None = None,
    **over: Any,
) -> Code:
    """Let a citizen agree on the page; return the code."""
    verifier = opaque.handle()
    challenge = services.challenge(verifier)
    browser, page = await ask(
        gateway, someone, client_id, *details, code_challenge=challenge, **over
    )
    answer = {"answer": "allow", "duration": "until"} | (form or {})
    sent = await browser.fill(page, "consent-allow", answer)
    told = verdicts.sent_back(sent, CALLBACK, gateway.issuer)
    assert "code" in told, told
    return Code(told["code"], client_id, verifier, CALLBACK)


async def tokens(
    gateway: Gateway, someone: Citizen, client_id: str, *details: Any, **over: Any
) -> dict[str, Any]:
    """Let a citizen agree, and redeem the code."""
    code = await agreed(gateway, someone, client_id, *details, **over)
    answer = await services.redeem(gateway, code)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def look(gateway: Gateway, token: str, client_id: str) -> Any:
    """Introspect as ``client_id``."""
    proof = services.proves(gateway, client_id)
    return (await gateway.post("/introspect", {"token": token}, headers=proof.headers)).json()


def plain(told: Any) -> Any:
    """Return details as they were asked, without what we add."""
    return [{name: one[name] for name in one if name != "approved_at"} for one in told]
