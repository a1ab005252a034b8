"""Whom the load is made of: a service that asks for four details, citizens who agreed."""

from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from gateway.cli.services import rules
from gateway.runtime import Runtime
from idp import accounts, attributes, sessions
from keys import pairwise
from keys.entry import Entry
from relying_parties import clients, consents, onboarding
from relying_parties.consents import Decision

CITIZENS = 64
KEYED = "bench-keyed"
CLAIMS = ("name", "given_name", "family_name", "email")
REDIRECT = "http://127.0.0.1:9/cb"


async def seed(runtime: Runtime, entry: Entry, prefix: str = "bench") -> dict[str, Any]:
    """Register services and let citizens be signed in and agree; returns cookies and secrets."""
    agency = {
        "apiVersion": "gatehouse/v1",
        "kind": "Agency",
        "metadata": {"id": prefix},
        "spec": {"name": {"en": "Benchmark"}, "contact": None},
    }
    await onboarding.apply(entry, agency)
    secrets: dict[str, str] = {}
    for alg in ("ES256", "RS256"):
        client_id = f"{prefix}-{alg.lower()}"
        applied = await onboarding.apply(
            entry, _service(client_id, prefix, alg), rules=rules(runtime)
        )
        secrets[client_id] = applied.secret or ""
    key = ec.generate_private_key(ec.SECP256R1())
    keyed = {**ECAlgorithm.to_jwk(key, as_dict=True), "kid": KEYED}
    public = {name: keyed[name] for name in ("kty", "crv", "x", "y", "kid")}
    document = _service(KEYED, prefix, "ES256")
    document["spec"] |= {
        "profile": "fapi2",
        "auth": {"method": "private_key_jwt", "jwks": {"keys": [{**public, "alg": "ES256"}]}},
    }
    await onboarding.apply(entry, document, rules=rules(runtime))
    services = [*secrets, KEYED]
    cookies = [await _citizen(runtime, entry, number, services) for number in range(CITIZENS)]
    return {"secrets": secrets, "keyed": keyed, "cookies": cookies, "redirect_uri": REDIRECT}


async def _citizen(runtime: Runtime, entry: Entry, number: int, client_ids: list[str]) -> str:
    vault = runtime.vault
    account = await accounts.open_account(entry, vault, email=f"user{number}@example.test")
    for claim, value in (("given_name", "User"), ("family_name", f"Number {number}")):
        await attributes.record(
            entry, vault, account.id, claim, value, source_type="self", by=f"account:{account.id}"
        )
    for client_id in client_ids:
        client = await clients.find(entry, client_id)
        if client is None:
            raise click.ClickException(client_id)
        await consents.give(
            entry,
            subject=pairwise.subject(vault.pairwise, client.sector, account.id),
            client=client,
            citizen=pairwise.seal_citizen(vault.sealer, account.id, client_id),
            decision=Decision(CLAIMS, CLAIMS, "until", True, "en", b"bench"),
        )
    _, handle = await sessions.start(
        entry, account.id, kind="citizen", amr=("pop", "user", "mfa"), aal=2, device="bench"
    )
    return f"__Host-sid={handle}"


def _service(client_id: str, agency: str, alg: str) -> dict[str, Any]:
    why = {"en": "To measure"}
    asked = [{"claim": claim, "need": "needed", "basis": "consent", "why": why} for claim in CLAIMS]
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Service",
        "metadata": {"id": client_id, "agency": agency},
        "spec": {
            "name": {"en": "Benchmark"},
            "profile": "oidc-basic",
            "redirectUris": [REDIRECT],
            "auth": {"method": "client_secret_basic"},
            "idTokenAlg": alg,
            "offlineAccess": True,
            "purposes": [{"id": "all", "name": {"en": "To measure"}, "claims": asked}],
        },
    }
