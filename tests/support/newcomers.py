"""Services that register themselves: what lets them in, and what they say of themselves."""

from datetime import timedelta
from typing import Any

import httpx2

from keys import opaque
from relying_parties import initial_access_tokens
from tests.support.gateway import Gateway
from tests.support.services import CALLBACK


async def invited(
    gateway: Gateway, agency: str = "northtown", *, uses: int = 1, lives: timedelta | None = None
) -> str:
    """Return an initial access token, as ``rp invite`` prints it."""
    lives = timedelta(hours=1) if lives is None else lives
    async with gateway.runtime.entry() as entry:
        return await initial_access_tokens.issue(entry, agency, lives=lives, uses=uses, by="test")


def said(**over: Any) -> dict[str, Any]:
    """Return what a service says of itself; ``None`` leaves a member out."""
    usual = {"redirect_uris": [CALLBACK], "client_name": "Newcomer"}
    return {name: value for name, value in (usual | over).items() if value is not None}


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def register(
    gateway: Gateway, *, token: str | None = None, node: int = 0, **over: Any
) -> httpx2.Response:
    """Register a service, with a token of its own if none is given."""
    token = await invited(gateway) if token is None else token
    return await gateway.ask(
        "POST", "/register", node=node, headers=bearing(token), json=said(**over)
    )


async def registered(gateway: Gateway, *, node: int = 0, **over: Any) -> dict[str, Any]:
    """Register a service that is let in; return what it is told."""
    answer = await register(gateway, node=node, **over)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def manage(
    gateway: Gateway,
    method: str,
    told: dict[str, Any],
    *,
    node: int = 0,
    token: str = "",
    **how: Any,
) -> httpx2.Response:
    """Ask the address that the service was told, with the token that it was told."""
    path = told["registration_client_uri"].removeprefix(gateway.issuer)
    headers = bearing(token or told["registration_access_token"])
    return await gateway.ask(method, path, node=node, headers=headers, **how)


async def holds(gateway: Gateway, secret: str) -> bool:
    """Whether the database holds ``secret`` itself, or a digest that is not one."""
    dump = await gateway.dump()
    assert opaque.digest(secret).hex() in dump
    return secret in dump
