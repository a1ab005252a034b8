"""What a silent sign-on costs the database: seven statements in three requests, with keys twelve.

The product's own dispatcher answers in this process, over the same database, so that every
statement is seen. What a process asks once a second, whoever comes, is not of a request.
"""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx2

from gateway.routes import ROUTES
from gateway.web.dispatch import Dispatcher
from idp import attribute_records, sessions
from keys import keystore, opaque, replay
from relying_parties import consent_records, pushed, registry, releases
from relying_parties.grants import access_tokens, codes
from tests.support import dpop, services, verdicts
from tests.support.gateway import Citizen, Gateway

NAMES = {
    sessions.FIND.sql: "session",
    consent_records.CURRENT.sql: "consent",
    replay.CLAIM.sql: "once",
    pushed.PUSH.sql: "push",
    codes.ISSUE.sql: "code",
    codes.REDEEM.sql: "redeem",
    access_tokens.FIND.sql: "token",
    attribute_records.VALUES.sql: "attributes",
    releases.RECORD.sql: "release",
}
EACH_SECOND = {registry.VERSION.sql, keystore.LAST_STEP.sql}


async def sign_on(gateway: Gateway, someone: Citizen) -> dict[str, Any]:
    """Authorize, redeem, read."""
    told = await services.tokens(gateway, someone)
    headers = {"authorization": f"Bearer {told['access_token']}"}
    shared: dict[str, Any] = (await gateway.get("/userinfo", headers=headers)).json()
    return shared


async def sign_on_with_keys(gateway: Gateway, someone: Citizen) -> dict[str, Any]:
    """Push, authorize, redeem, read: PAR, private_key_jwt and DPoP."""
    verifier = opaque.handle()
    uri = await services.push(gateway, "gov", code_challenge=services.challenge(verifier))
    way = f"/authorize?{urlencode({'client_id': 'gov', 'request_uri': uri})}"
    answer = await gateway.get(way, headers=someone.headers)
    told = verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)
    form = services.Code(told["code"], "gov", verifier, services.CALLBACK).form()
    shown = services.proves(gateway, "gov").form
    made = await gateway.post("/token", form | shown, headers={"DPoP": dpop.proof(gateway)})
    token = made.json()["access_token"]
    proof = dpop.proof(gateway, "/userinfo", method="GET", token=token)
    headers = {"authorization": f"DPoP {token}", "DPoP": proof}
    shared: dict[str, Any] = (await gateway.get("/userinfo", headers=headers)).json()
    return shared


Walk = Callable[[Gateway, Citizen], Awaitable[dict[str, Any]]]


async def asked_by(gateway: Gateway, someone: Citizen, walk: Walk) -> list[str]:
    """Return the names of the statements of the second of two walks: now the service is known."""
    runtime, asked = gateway.runtime, list[str]()
    transport = httpx2.ASGITransport(app=Dispatcher(ROUTES, lambda: runtime))
    async with httpx2.AsyncClient(transport=transport) as http:
        inside = dataclasses.replace(gateway, http=http)
        await walk(inside, someone)
        # Last in is first out, so every statement of who comes alone goes over this one.
        async with runtime.pool.connection() as connection:
            connection.add_query_logger(note := lambda told: asked.append(told.query))
        shared = await walk(inside, someone)
        connection.remove_query_logger(note)
    assert shared["name"]
    return [NAMES.get(sql, sql) for sql in asked if sql not in EACH_SECOND]


async def test_a_silent_sign_on_is_seven_statements(gateway: Gateway, ana: Citizen) -> None:
    assert await asked_by(gateway, ana, sign_on) == [
        *("session", "consent", "code"),
        "redeem",
        *("token", "attributes", "release"),
    ]


async def test_a_silent_sign_on_with_keys_is_twelve(gateway: Gateway) -> None:
    """Each proof is used up; the pushed request is, in the statement of its code."""
    ben = await gateway.citizen("gov")

    assert await asked_by(gateway, ben, sign_on_with_keys) == [
        *("once", "push"),
        *("session", "consent", "code"),
        *("once", "once", "redeem"),
        *("token", "once", "attributes", "release"),
    ]
