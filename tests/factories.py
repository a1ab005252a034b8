"""Things that tests begin with, as plain functions; name what matters, the rest is usual."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from idp import attributes
from relying_parties import registration
from relying_parties.agencies import Agency
from relying_parties.clients import Client
from relying_parties.metadata.rules import Rules

MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

# A P-256 key that signs for nobody.
A_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "a-key",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def asks(claim: str, need: str = "needed", basis: str = "consent", **over: Any) -> dict[str, Any]:
    """One row of a purpose."""
    row: dict[str, Any] = {
        "claim": claim,
        "need": need,
        "basis": basis,
        "why": {"en": f"To know your {claim}"},
    }
    if basis == "law":
        row["law"] = {"en": "Permit Act, section 4"}
    return row | over


def a_document(client_id: str = "parking-permits", agency: str = "northtown", **spec: Any) -> Any:
    """A service's document; ``spec`` members replace the usual ones."""
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Service",
        "metadata": {"id": client_id, "agency": agency},
        "spec": {
            "name": {"en": "Parking Permits"},
            "profile": "gov-standard",
            "start": "https://parking.example/start",
            "redirectUris": ["https://parking.example/callback"],
            "auth": {"method": "private_key_jwt", "jwks": {"keys": [copy.deepcopy(A_KEY)]}},
            "offlineAccess": True,
            "purposes": [
                {
                    "id": "permit",
                    "name": {"en": "To check that you live in the permit zone"},
                    "keepDays": 365,
                    "claims": [
                        asks("name"),
                        asks("address"),
                        asks("phone_number", "optional"),
                    ],
                }
            ],
            **spec,
        },
    }


def a_registration(**over: Any) -> registration.Registration:
    """A service's registration; arguments as for :func:`a_document`."""
    return registration.parse(a_document(**over), Rules(allow_loopback=True))


def an_agency(**over: Any) -> Agency:
    """An agency that is nowhere registered."""
    usual: dict[str, Any] = {
        "id": "northtown",
        "name": {"en": "Northtown Council"},
        "sector": "s" * 43,
        "contact": "help@northtown.example",
    }
    return Agency(**(usual | over))


def a_client(**over: Any) -> Client:
    """A live service that is nowhere registered; ``registration`` may be given."""
    usual: dict[str, Any] = {
        "client_id": "parking-permits",
        "agency": an_agency(),
        "status": "live",
        "registration": over.get("registration") or a_registration(),
        "secrets": (),
        "version": 1,
    }
    return Client(**(usual | over))


def later(**delta: float) -> datetime:
    """Some time after the usual moment."""
    return MOMENT + timedelta(**delta)


async def values_of(*given: Any) -> Any:
    """Return the values that would go out to a service."""
    return (await attributes.release(*given)).values
