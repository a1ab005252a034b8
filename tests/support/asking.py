"""Services that ask citizens who are not in front of them, and how those answer."""

from typing import Any

import httpx2
import jwt

from gateway.runtime import now
from keys import opaque
from relying_parties.client_metadata import CIBA
from tests.support import dpop, services
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

MESSAGE = "Booking 4711"


def signed(
    gateway: Gateway,
    client_id: str = "counter",
    *,
    key: Any = services.EC_KEY,
    alg: str = "ES256",
    kid: str = "ec",
    **over: Any,
) -> str:
    """Sign a request as CIBA Core §7.1.1 wants it; members of ``None`` are left out."""
    at = int(now().timestamp())
    usual = {
        "iss": client_id,
        "aud": gateway.issuer,
        "iat": at,
        "nbf": at,
        "exp": at + 60,
        "jti": opaque.handle(),
        "scope": "openid profile email",
        "binding_message": MESSAGE,
    }
    claims = {name: value for name, value in (usual | over).items() if value is not None}
    return jwt.encode(claims, key, algorithm=alg, headers={"kid": kid})


def proof(gateway: Gateway, client_id: str) -> dict[str, str]:
    """Authenticate as every service does that asks from behind."""
    return services.by_assertion(services.assertion(gateway, client_id))


async def send(
    gateway: Gateway, raw: str | None, client_id: str = "counter", *, node: int = 0, **beside: str
) -> httpx2.Response:
    """Send a request object, with parameters ``beside`` it."""
    form = proof(gateway, client_id) | beside
    return await gateway.post(
        "/bc-authorize", form | ({"request": raw} if raw is not None else {}), node=node
    )


async def ask(gateway: Gateway, someone: Citizen, client_id: str = "counter", **over: Any) -> str:
    """Ask somebody by their address; return ``auth_req_id``."""
    hints = {"login_hint": someone.email} if "id_token_hint" not in over else {}
    answer = await send(gateway, signed(gateway, client_id, **hints, **over), client_id)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["auth_req_id"])


async def poll(
    gateway: Gateway, auth_req_id: str, client_id: str = "counter", *, node: int = 0, **over: str
) -> httpx2.Response:
    """Come for the answer, as the service that asked."""
    form = {"grant_type": CIBA, "auth_req_id": auth_req_id} | over
    return await gateway.post(
        "/token",
        form | proof(gateway, client_id),
        headers={"dpop": dpop.proof(gateway)},
        node=node,
    )


async def waiting(gateway: Gateway, auth_req_id: str) -> str:
    """Return where the citizen finds the request."""
    [row] = await gateway.rows(
        "SELECT id FROM relying_parties.backchannel_requests WHERE digest = $1",
        opaque.digest(auth_req_id),
    )
    return f"/account/inbox/{row['id']}"


async def approve(
    gateway: Gateway, someone: Citizen, auth_req_id: str, **fields: str
) -> httpx2.Response:
    """Let somebody who signed in just now say yes."""
    browser, path = Browser(gateway, someone.cookie), await waiting(gateway, auth_req_id)
    page = await browser.follow(path)
    return await browser.fill(page, "request-approve", {"answer": "approve"} | fields)


async def decline(gateway: Gateway, someone: Citizen, auth_req_id: str) -> httpx2.Response:
    """Let somebody say no."""
    browser, path = Browser(gateway, someone.cookie), await waiting(gateway, auth_req_id)
    page = await browser.follow(path)
    return await browser.fill(page, "request-decline", {"answer": "decline"})


async def later(gateway: Gateway, auth_req_id: str, seconds: int) -> None:
    """Let time pass for one request."""
    moments = ("created_at", "expires_at", "poll_at", "decided_at", "noticed_at")
    moved = ", ".join(f"{name} = {name} - make_interval(secs => $2)" for name in moments)
    await gateway.rows(
        f"UPDATE relying_parties.backchannel_requests SET {moved} WHERE digest = $1",
        opaque.digest(auth_req_id),
        float(seconds),
    )
