"""What a service reports about a citizen's request, and how it calls for that."""

from datetime import timedelta
from typing import Any

import httpx2

from gateway.runtime import now
from tests import factories
from tests.support import services, signals
from tests.support.gateway import Citizen, Gateway
from tests.support.signals import Api

SCOPE = "requests.write"
TITLE, OFFICE = "A berth in the north harbour", "Harbour office, desk 4"
STEP = "Send us the papers of your boat"
WORDS = (TITLE, OFFICE, STEP)
PAGE = "https://rp.example/berths/4711?step=2"


def document(client_id: str, agency: str = "northtown", **over: Any) -> dict[str, Any]:
    """A service that may report."""
    asked = [{"id": "all", "name": {"en": "To test this"}, "claims": [factories.asks("name")]}]
    return services.document(client_id, agency, **({"requests": True, "purposes": asked} | over))


def state(*, minutes: float = 0, days: int | None = None, **over: Any) -> dict[str, Any]:
    """Spell a report, ``minutes`` after now and due in ``days``; ``None`` leaves a member out."""
    usual = {
        "state": "received",
        "at": (now() + timedelta(minutes=minutes)).isoformat(),
        "title": {"en": TITLE},
        "office": {"en": OFFICE},
        "due": (now().date() + timedelta(days=days)).isoformat() if days is not None else None,
    }
    return {name: value for name, value in (usual | over).items() if value is not None}


async def api(gateway: Gateway, client_id: str, scope: str = SCOPE) -> Api:
    """Call as a service does."""
    return await signals.api(gateway, client_id, scope)


async def put(
    gateway: Gateway, caller: Api, someone: Citizen, number: str, **over: Any
) -> httpx2.Response:
    """Report about somebody's request."""
    sub = await signals.subject(gateway, someone, caller.client_id)
    given = {"sub": sub, **state(**over)}
    return await caller.ask("PUT", f"/api/agency/v1/requests/{number}", given)
