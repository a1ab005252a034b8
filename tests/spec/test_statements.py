"""What a silent sign-on costs the database: exactly seven statements, in three requests.

The product's own dispatcher answers in this process, over the same database, so that every
statement is seen. What a process asks once a second, whoever comes, is not of a request.
"""

import dataclasses
from typing import Any

import httpx2

from gateway.routes import ROUTES
from gateway.web.dispatch import Dispatcher
from idp import attribute_records, sessions
from keys import keystore
from relying_parties import consent_records, registry, releases
from relying_parties.grants import access_tokens, codes
from tests.support import services
from tests.support.gateway import Citizen, Gateway

NAMES = {
    sessions.FIND.sql: "session",
    consent_records.CURRENT.sql: "consent",
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


async def test_a_silent_sign_on_is_seven_statements(gateway: Gateway, ana: Citizen) -> None:
    runtime, asked = gateway.runtime, list[str]()
    transport = httpx2.ASGITransport(app=Dispatcher(ROUTES, lambda: runtime))
    async with httpx2.AsyncClient(transport=transport) as http:
        inside = dataclasses.replace(gateway, http=http)
        await sign_on(inside, ana)  # now the service is known here, and a connection open
        # Last in is first out, so every statement of who comes alone goes over this one.
        async with runtime.pool.connection() as connection:
            connection.add_query_logger(note := lambda told: asked.append(told.query))
        shared = await sign_on(inside, ana)
        connection.remove_query_logger(note)

    assert shared["name"]
    assert [NAMES.get(sql, sql) for sql in asked if sql not in EACH_SECOND] == [
        *("session", "consent", "code"),
        "redeem",
        *("token", "attributes", "release"),
    ]
