"""A process that dies at any point loses nothing that it had answered (fault catalogue, I1).

Thirty-two citizens sign on again and again at one process, which is killed while they do.
Whatever they were told before is looked for in the database, and works at another process.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from gateway.postgres import free_port
from keys import opaque
from tests.support import services
from tests.support.gateway import Citizen, Gateway
from tests.support.services import Code

CITIZENS = 32


@dataclass
class Told:
    """What was answered, each noted after its whole answer had come."""

    codes: list[Code] = field(default_factory=list)
    redeemed: list[str] = field(default_factory=list)
    access: list[str] = field(default_factory=list)
    refresh: list[str] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)
    enough: asyncio.Event = field(default_factory=asyncio.Event)


async def sign_on_for_ever(
    gateway: Gateway, someone: Citizen, node: int, told: Told, enough: int
) -> None:
    """Authorize, redeem, read, note; until the process does not answer."""
    while True:
        code = await services.code(
            gateway, someone, "storm", node=node, scope="openid profile email offline_access"
        )
        told.codes.append(code)
        if len(told.codes) >= enough:
            told.enough.set()
        answer = await services.redeem(gateway, code, node=node)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        told.redeemed.append(code.value)
        told.access.append(tokens["access_token"])
        told.refresh.append(tokens["refresh_token"])
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        read = await gateway.get("/userinfo", headers=headers, node=node)
        assert read.status_code == 200, read.text
        subject = read.json()["sub"]
        told.read[subject] = told.read.get(subject, 0) + 1


async def storm(gateway: Gateway, people: list[Citizen], enough: int) -> Told:
    """Let citizens sign on at a process of its own and kill it after ``enough`` codes."""
    port = free_port()
    process = gateway.start(port)
    gateway.ports = (*gateway.ports, port)
    node = len(gateway.ports) - 1
    told = Told()

    async def one(someone: Citizen) -> None:
        with contextlib.suppress(httpx2.TransportError):
            await sign_on_for_ever(gateway, someone, node, told, enough)

    citizens = [asyncio.create_task(one(someone)) for someone in people]
    await told.enough.wait()
    process.kill()
    await asyncio.gather(*citizens)
    process.wait()
    gateway.ports = gateway.ports[:-1]
    return told


@pytest.mark.parametrize("enough", [60, 101, 163])
async def test_what_was_answered_is_there(gateway: Gateway, enough: int) -> None:
    await gateway.service(services.document("storm", agency="northtown"))
    people = [await gateway.citizen("storm") for _ in range(CITIZENS)]

    told = await storm(gateway, people, enough)

    assert len(told.redeemed) >= enough // 3
    await _are_there(gateway, "codes", [one.value for one in told.codes])
    await _are_there(gateway, "codes", told.redeemed, "AND used_at IS NOT NULL")
    await _are_there(gateway, "access_tokens", told.access)
    await _are_there(gateway, "refresh_tokens", told.refresh)
    await _every_reading_is_noted(gateway, told)
    await _the_journal_agrees(gateway)
    await _it_works_elsewhere(gateway, told)


async def _are_there(gateway: Gateway, table: str, values: list[str], more: str = "") -> None:
    found = await gateway.rows(
        f"SELECT digest FROM relying_parties.{table} WHERE digest = ANY($1::bytea[]) {more}",
        [opaque.digest(value) for value in values],
    )
    assert len(found) == len(set(values)) == len(values), f"{table} lost something"


async def _every_reading_is_noted(gateway: Gateway, told: Told) -> None:
    found = await gateway.rows(
        "SELECT subject, count(*) AS n FROM relying_parties.releases GROUP BY subject"
    )
    noted = {row["subject"]: row["n"] for row in found}
    assert not {subject for subject, n in told.read.items() if noted.get(subject, 0) < n}


async def _the_journal_agrees(gateway: Gateway) -> None:
    """A row and what the journal says of it are one statement: both are there, or neither."""
    rows: Any = await gateway.rows(
        "SELECT (SELECT count(*) FROM relying_parties.codes WHERE client_id = 'storm') AS codes,"
        " (SELECT count(*) FROM keys.journal WHERE kind = 'CodeIssued'"
        " AND object = 'client:storm') AS issued,"
        " (SELECT count(*) FROM relying_parties.access_tokens WHERE client_id = 'storm') AS tokens,"
        " (SELECT count(*) FROM keys.journal WHERE kind = 'TokensIssued'"
        " AND actor = 'client:storm') AS exchanged"
    )
    assert rows[0]["codes"] == rows[0]["issued"]
    assert rows[0]["tokens"] == rows[0]["exchanged"]


async def _it_works_elsewhere(gateway: Gateway, told: Told) -> None:
    """Codes that were not redeemed, tokens that were told: another process takes them."""
    used = set(told.redeemed)
    fresh = [one for one in told.codes if one.value not in used]
    for code in fresh:
        answer = await services.redeem(gateway, code, node=1)
        # One that was under way when the process died is used, and its tokens told nobody.
        assert answer.status_code in (200, 400), answer.text
    for token in told.access[-10:]:
        headers = {"authorization": f"Bearer {token}"}
        assert (await gateway.get("/userinfo", headers=headers, node=1)).status_code == 200
    proof = services.proves(gateway, "storm")
    for token in told.refresh[-5:]:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        answer = await gateway.post("/token", form, headers=proof.headers, node=1)
        assert answer.status_code == 200, answer.text
