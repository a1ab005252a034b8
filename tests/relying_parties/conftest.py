"""A town, its two services, and a citizen who lets one of them have something."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from keys.entry import Entry
from keys.pool import Pool
from relying_parties import agencies, clients, consents, onboarding
from relying_parties.clients import Client
from relying_parties.consents import Consent, Decision
from relying_parties.grants import codes
from tests.factories import a_document

CITIZEN = "citizen-in-northtown"
REDIRECT = "https://parking.example/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
TOKEN_LIVES = timedelta(seconds=300)

Later = Callable[..., Entry]


@pytest.fixture
def at(pool: Pool, moment: datetime) -> Later:
    """Open an entry some time after the moment of the test: ``at(minutes=5)``."""
    return lambda **delta: Entry(pool, moment + timedelta(**delta))


async def _apply(entry: Entry, **spec: Any) -> Client:
    await onboarding.apply(entry, a_document(**spec))
    found = await clients.find(entry, spec.get("client_id", "parking-permits"))
    assert found
    return found


@pytest.fixture
async def parking(at: Later) -> Client:
    """A live service of Northtown."""
    async with at() as entry:
        await agencies.create(
            entry, "northtown", name={"en": "Northtown Council"}, contact=None, by="operator"
        )
        return await _apply(entry)


@pytest.fixture
async def library(at: Later, parking: Client) -> Client:
    """Another live service of Northtown, in the same sector."""
    async with at() as entry:
        return await _apply(entry, client_id="library", name={"en": "City Library"})


@pytest.fixture
async def consent(at: Later, parking: Client) -> Consent:
    """The citizen lets parking have their name and address, in their absence too."""
    async with at() as entry:
        return await agree(entry, parking, claims=("name", "address"))


async def agree(
    entry: Entry,
    client: Client,
    *,
    claims: Sequence[str],
    asked: Sequence[str] | None = None,
    duration: str = "until",
) -> Consent:
    """Give a consent as the page would."""
    decision = Decision(
        asked=asked or claims,
        claims=claims,
        duration=duration,
        offline=True,
        locale="en",
        shown_digest=b"shown",
    )
    return await consents.give(
        entry, subject=CITIZEN, client=client, citizen=b"sealed", decision=decision
    )


def order(consent: Consent | None, **over: Any) -> codes.Issue:
    """Say what a code is to stand for."""
    usual: dict[str, Any] = {
        "client_id": "parking-permits",
        "subject": CITIZEN,
        "citizen": b"sealed",
        "consent_id": consent.id if consent else None,
        "redirect_uri": REDIRECT,
        "challenge": CHALLENGE,
        "nonce": "n-0S6_WzA2Mj",
        "scope": "openid profile",
        "claims": list(consent.claims) if consent else [],
        "id_token_claims": [],
        "acr": None,
        "amr": ["hwk", "user"],
        "auth_time": datetime.fromisoformat("2026-11-23T09:00:00+00:00"),
        "sid": "sid-at-parking",
        "lives": timedelta(seconds=60),
        "offline_until": consent.expires_at if consent else None,
    }
    return codes.Issue(**(usual | over))


async def issue(entry: Entry, consent: Consent | None, **over: Any) -> str:
    """Issue a code as /authorize would."""
    return await codes.issue(entry, order(consent, **over))


async def redeem(entry: Entry, code: str, **over: Any) -> codes.Redeemed | None:
    """Redeem a code as parking would."""
    usual: dict[str, Any] = {
        "client_id": "parking-permits",
        "redirect_uri": REDIRECT,
        "challenge": CHALLENGE,
        "token_lives": TOKEN_LIVES,
    }
    return await codes.redeem(entry, code, **(usual | over))
