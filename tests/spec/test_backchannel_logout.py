"""Group LO: services hear from behind that a session of theirs ended.

Specs: OpenID Connect Back-Channel Logout 1.0.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
import pytest

from gateway import backchannel
from gateway.postgres import free_port
from keys import pairwise, signing
from keys.keystore import Keyring
from relying_parties import clients, logouts
from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@asynccontextmanager
async def a_service(port: int, *answers: bytes) -> AsyncIterator[list[dict[str, str]]]:
    """Listen, note what is told, and answer in turn; the last answer goes on."""
    heard: list[dict[str, str]] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].split("\r")[0])
        body = (await reader.readexactly(length)).decode()
        line = head.partition("\r\n")[0]
        heard.append({"line": line, "body": body, **{k: v[0] for k, v in parse_qs(body).items()}})
        status = answers[min(len(heard), len(answers)) - 1] if answers else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", port):
        yield heard


@pytest.fixture(scope="module")
async def port(gateway: Gateway) -> int:
    """Where the services ``hears`` and ``also`` are told; who listens is a test's."""
    port = free_port()
    for client_id, agency, alg in (("hears", "northtown", "ES256"), ("also", "southtown", "RS256")):
        uri = f"http://127.0.0.1:{port}/{client_id}?kept=1"
        made = services.document(client_id, agency, backchannelLogoutUri=uri, idTokenAlg=alg)
        await gateway.service(made)
    await gateway.settled()
    return port


@pytest.fixture
async def ana(gateway: Gateway, port: int) -> Citizen:
    # Not deleted: the second look of an earlier test may still come, and note it anew.
    await gateway.rows("UPDATE relying_parties.logouts SET state = 'told' WHERE state = 'due'")
    return await gateway.citizen("basic", "hears", "also")


async def sign_out(gateway: Gateway, citizen: Citizen, id_token: str) -> None:
    query = urlencode({"id_token_hint": id_token})
    answer = await gateway.get(f"/logout?{query}", headers=citizen.headers)
    assert "You are signed out" in answer.text


async def states(gateway: Gateway, citizen: Citizen) -> list[tuple[str, str, int]]:
    key = gateway.runtime.vault.pairwise
    async with gateway.runtime.entry() as entry:
        sectors = {client.sector for client in await clients.listed(entry)}
    rows = await gateway.rows(
        "SELECT client_id, state, tries FROM relying_parties.logouts"
        " WHERE subject = ANY($1) ORDER BY client_id",
        [pairwise.subject(key, sector, citizen.account) for sector in sectors],
    )
    return [tuple(row) for row in rows]


async def due_now(gateway: Gateway) -> None:
    """Let the time until the next try pass."""
    await gateway.rows("UPDATE relying_parties.logouts SET due_at = now() - interval '1 s'")


def read(gateway: Gateway, told: dict[str, str]) -> Any:
    """BCL-1: §2.4 has it signed by the keys of ID tokens."""
    keyring: Keyring = gateway.runtime.keyring  # the one that signed: the worker runs in here
    return signing.verify(
        keyring, told["logout_token"], purpose="token", typ="logout+jwt", issuer=gateway.issuer,
        at=None,
    )  # fmt: skip


async def test_each_service_hears_it_by_its_own_names(
    gateway: Gateway, ana: Citizen, port: int
) -> None:
    """BCL-1, BCL-2, BCL-3, BCL-6; ``basic`` never asked to hear, so it does not."""
    tokens = {
        name: await services.tokens(gateway, ana, name) for name in ("basic", "hears", "also")
    }
    async with a_service(port, b"200 OK", b"204 No Content") as heard:
        await sign_out(gateway, ana, tokens["basic"]["id_token"])
        assert await backchannel.tell(gateway.runtime) == 2
        assert await backchannel.tell(gateway.runtime) == 0

    assert sorted(each["line"] for each in heard) == [
        f"POST /{name}?kept=1 HTTP/1.0" for name in ("also", "hears")
    ]
    for each in heard:
        name = each["line"][6:].partition("?")[0]
        told, signed_in = read(gateway, each), verdicts.claims(tokens[name]["id_token"])
        assert list(parse_qs(each["body"])) == ["logout_token"]
        assert {"sub", "sid", "iss", "aud", "iat", "exp", "jti", "events"} == told.keys()
        assert (told["aud"], told["events"]) == (name, {EVENT: {}})
        assert (told["sub"], told["sid"]) == (signed_in["sub"], signed_in["sid"])
        assert 0 < told["exp"] - told["iat"] <= 120
        alg = jwt.get_unverified_header(each["logout_token"])["alg"]
        assert alg == jwt.get_unverified_header(tokens[name]["id_token"])["alg"]
    assert await states(gateway, ana) == [("also", "told", 1), ("hears", "told", 1)]


async def test_another_session_is_not_told_of(gateway: Gateway, ana: Citizen, port: int) -> None:
    """It goes on, and so does what was bought in it."""
    told = await services.tokens(gateway, ana, "hears")
    session, cookie = await gateway.sign_in(ana.account)
    elsewhere = Citizen(ana.account, session, ana.email, cookie)
    there = await services.tokens(gateway, elsewhere, "hears")

    async with a_service(port) as heard:
        await sign_out(gateway, ana, told["id_token"])
        await backchannel.tell(gateway.runtime)

    [only] = heard
    assert read(gateway, only)["sid"] == verdicts.claims(told["id_token"])["sid"]
    assert read(gateway, only)["sid"] != verdicts.claims(there["id_token"])["sid"]


async def test_every_ending_is_told(gateway: Gateway, ana: Citizen, port: int) -> None:
    """From the account, too, all sessions at once."""
    await services.tokens(gateway, ana, "hears")
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow("/account/sessions")
    async with a_service(port) as heard:
        await browser.fill(page, "end-all")
        await backchannel.tell(gateway.runtime)

    assert len(heard) == 1


async def test_a_service_that_is_down_is_told_later(
    gateway: Gateway, ana: Citizen, port: int
) -> None:
    """BCL-4: with a token of its own each time, and not for ever."""
    told = await services.tokens(gateway, ana, "hears")
    await sign_out(gateway, ana, told["id_token"])

    await backchannel.tell(gateway.runtime)  # nobody listens
    assert await states(gateway, ana) == [("hears", "due", 1)]
    assert await backchannel.tell(gateway.runtime) == 0  # not before its time
    async with a_service(port, b"500 Oh", b"503 Busy", b"200 OK") as heard:
        for _ in range(3):
            await due_now(gateway)
            await backchannel.tell(gateway.runtime)

    assert len({read(gateway, each)["jti"] for each in heard}) == 3
    assert await states(gateway, ana) == [("hears", "told", 4)]


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        pytest.param(b"400 Bad Request", 1, id="LO-refused"),
        pytest.param(b"404 Not Found", 1, id="LO-nobody-there"),
        pytest.param(b"302 Found\r\nlocation: http://127.0.0.1:1/", 1, id="BCL-5-redirect"),
        pytest.param(b"500 Oh", 4, id="BCL-4-never"),
    ],
)
async def test_in_the_end_it_is_given_up(
    gateway: Gateway, ana: Citizen, port: int, answer: bytes, tries: int
) -> None:
    told = await services.tokens(gateway, ana, "hears")
    await sign_out(gateway, ana, told["id_token"])

    async with a_service(port, answer) as heard:
        for _ in range(6):
            await due_now(gateway)
            await backchannel.tell(gateway.runtime)

    assert await states(gateway, ana) == [("hears", "given_up", tries)]
    assert len(heard) == tries


async def test_two_workers_tell_it_once(gateway: Gateway, ana: Citizen, port: int) -> None:
    """The second finds it taken."""
    told = await services.tokens(gateway, ana, "hears")
    await sign_out(gateway, ana, told["id_token"])

    async with a_service(port) as heard:
        await asyncio.gather(*(backchannel.tell(gateway.runtime) for _ in range(8)))

    assert len(heard) == 1


async def test_a_worker_that_died_is_not_waited_for(
    gateway: Gateway, ana: Citizen, port: int
) -> None:
    """Taken and never settled: a minute later it is due again."""

    told = await services.tokens(gateway, ana, "hears")
    await sign_out(gateway, ana, told["id_token"])
    async with gateway.runtime.entry() as entry:
        assert len(await logouts.take(entry)) == 1
    assert await backchannel.tell(gateway.runtime) == 0
    await due_now(gateway)

    async with a_service(port) as heard:
        await backchannel.tell(gateway.runtime)

    assert len(heard) == 1


async def test_what_a_citizen_allows_in_their_absence_goes_on(
    gateway: Gateway, ana: Citizen, port: int
) -> None:
    """BCL-7, §2.7."""
    lasting = await services.tokens(gateway, ana, "hears", scope="openid offline_access")
    await sign_out(gateway, ana, lasting["id_token"])
    proof = services.proves(gateway, "hears")
    form = {"grant_type": "refresh_token", "refresh_token": lasting["refresh_token"]}

    answer = await gateway.post("/token", form, headers=proof.headers)

    assert answer.status_code == 200


async def test_a_suspended_service_hears_nothing(gateway: Gateway, ana: Citizen, port: int) -> None:
    told = await services.tokens(gateway, ana, "hears")
    await sign_out(gateway, ana, told["id_token"])
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, "hears", "a test", "test")
    await gateway.settled()

    async with a_service(port) as heard:
        await backchannel.tell(gateway.runtime)
    async with gateway.runtime.entry() as entry:
        await clients.resume(entry, "hears", "test")
    await gateway.settled()

    assert heard == []
    assert await states(gateway, ana) == [("hears", "given_up", 1)]
