"""CIBA Core 1.0 §10.2: a service is told to come, once, at its own address, and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway import pinging
from gateway.postgres import free_port
from keys import opaque
from relying_parties import clients, pings
from tests.support import asking, services
from tests.support.gateway import Citizen, Gateway

TOKEN = "a-notification-token.of~the+service/1="
SERVICE = "pinged"


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and was never asked."""
    return await gateway.citizen()


@pytest.fixture(autouse=True)
async def quiet(gateway: Gateway) -> None:
    """Nobody else waits to be told: not of this file's tests, nor of others before it."""
    await gateway.rows("UPDATE relying_parties.backchannel_requests SET ping_due_at = NULL")


@asynccontextmanager
async def a_service(port: int, *answers: bytes) -> AsyncIterator[list[dict[str, Any]]]:
    """Listen, note what is told, and answer in turn; the last answer goes on."""
    heard: list[dict[str, Any]] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        heard.append({"line": line, "body": json.loads(body), **headers})
        status = answers[min(len(heard), len(answers)) - 1] if answers else b"204 No Content"
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", port):
        yield heard


@pytest.fixture(scope="module")
async def port(gateway: Gateway) -> int:
    """Where the service is told; who listens is a test's."""
    port = free_port()
    await gateway.service(
        services.document(
            SERVICE,
            profile="ciba",
            auth={"method": "private_key_jwt", "jwks": services.jwks(ec=services.EC_KEY)},
            backchannelMode="ping",
            notificationEndpoint=f"http://127.0.0.1:{port}/ping?kept=1",
            redirectUris=None,
        )
    )
    await gateway.settled()
    return port


async def ask(gateway: Gateway, someone: Citizen, **over: Any) -> str:
    return await asking.ask(
        gateway, someone, SERVICE, **{"client_notification_token": TOKEN} | over
    )


async def due_now(gateway: Gateway) -> None:
    """Let the time until the next try pass."""
    await gateway.rows(
        "UPDATE relying_parties.backchannel_requests SET ping_due_at = now()"
        " WHERE ping_due_at IS NOT NULL"
    )


async def kept(gateway: Gateway, auth_req_id: str) -> tuple[bool, int, bool]:
    """Return whether what a ping says is kept, how often it was tried, and whether it is due."""
    [row] = await gateway.rows(
        "SELECT ping, ping_tries, ping_due_at FROM relying_parties.backchannel_requests"
        " WHERE digest = $1",
        opaque.digest(auth_req_id),
    )
    return row["ping"] is not None, row["ping_tries"], row["ping_due_at"] is not None


@pytest.mark.parametrize("answer", ["approve", "decline"])
async def test_a_service_is_told_that_there_is_an_answer(
    gateway: Gateway, ana: Citizen, port: int, answer: str
) -> None:
    """CIBA-6: a yes or a no; the service still has to come for it, and may have come before."""
    request = await ask(gateway, ana)
    early = await asking.poll(gateway, request, SERVICE)
    async with a_service(port) as heard:
        assert await pinging.ping_services(gateway.runtime) == 0
        await getattr(asking, answer)(gateway, ana, request)
        await pinging.ping_services(gateway.runtime)
        await due_now(gateway)
        await pinging.ping_services(gateway.runtime)
    polled = await asking.poll(gateway, request, SERVICE)

    [only] = heard
    assert early.json()["error"] == "authorization_pending"
    assert only["line"] == "POST /ping?kept=1 HTTP/1.0"
    assert only["content-type"] == "application/json"
    assert only["authorization"] == f"Bearer {TOKEN}"
    assert only["body"] == {"auth_req_id": request}
    assert polled.status_code == 200 if answer == "approve" else "access_denied" in polled.text
    assert await kept(gateway, request) == (False, 1, False)


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        pytest.param(b"200 OK", 1, id="CIBA-10.2-200"),
        pytest.param(b"401 Unauthorized", 1, id="CIBA-6-no-retry-after-401"),
        pytest.param(b"403 Forbidden", 1, id="CIBA-10.2-403"),
        pytest.param(b"302 Found\r\nlocation: http://127.0.0.1:1/", 1, id="CIBA-6-no-redirect"),
        pytest.param(b"500 Oh", 4, id="CIBA-10.2-four-tries"),
    ],
)
async def test_it_is_told_no_more_than_is_of_use(
    gateway: Gateway, ana: Citizen, port: int, answer: bytes, tries: int
) -> None:
    request = await ask(gateway, ana)
    await asking.approve(gateway, ana, request)

    async with a_service(port, answer) as heard:
        for _ in range(6):
            await due_now(gateway)
            await pinging.ping_services(gateway.runtime)

    assert len(heard) == tries
    assert await kept(gateway, request) == (False, tries, False)
    assert (await asking.poll(gateway, request, SERVICE)).status_code == 200


async def test_one_that_was_altered_is_given_up_and_no_other(
    gateway: Gateway, ana: Citizen, port: int
) -> None:
    """F-40: what does not open can't be told; what opens is told all the same."""
    altered, whole = await ask(gateway, ana), await ask(gateway, await gateway.citizen())
    await gateway.rows(
        "UPDATE relying_parties.backchannel_requests SET ping = 'x' WHERE digest = $1",
        opaque.digest(altered),
    )
    await asking.decline(gateway, ana, altered)
    await gateway.rows(
        "UPDATE relying_parties.backchannel_requests SET ping_due_at = now() WHERE digest = $1",
        opaque.digest(whole),
    )

    async with a_service(port) as heard:
        assert await pinging.ping_services(gateway.runtime) == 2

    assert [one["body"] for one in heard] == [{"auth_req_id": whole}]
    assert await kept(gateway, altered) == (False, 1, False)
    assert (await asking.poll(gateway, altered, SERVICE)).json()["error"] == "access_denied"


async def test_a_service_that_is_down_is_told_later(
    gateway: Gateway, ana: Citizen, port: int
) -> None:
    request = await ask(gateway, ana)
    await asking.approve(gateway, ana, request)

    await pinging.ping_services(gateway.runtime)  # nobody listens
    assert await pinging.ping_services(gateway.runtime) == 0  # not before its time
    await due_now(gateway)
    async with a_service(port, b"503 Busy", b"200 OK") as heard:
        await pinging.ping_services(gateway.runtime)
        await due_now(gateway)
        await pinging.ping_services(gateway.runtime)

    assert len(heard) == 2
    assert await kept(gateway, request) == (False, 3, False)


async def test_eight_workers_tell_it_once(gateway: Gateway, ana: Citizen, port: int) -> None:
    """One that died on the way is not waited for longer than a minute."""
    request = await ask(gateway, ana)
    await asking.approve(gateway, ana, request)
    async with gateway.runtime.entry() as entry:
        assert len(await pings.take(entry)) == 1
    assert await pinging.ping_services(gateway.runtime) == 0
    await due_now(gateway)

    async with a_service(port) as heard:
        await asyncio.gather(*(pinging.ping_services(gateway.runtime) for _ in range(8)))

    assert len(heard) == 1


async def test_what_a_ping_says_is_sealed(gateway: Gateway, ana: Citizen, port: int) -> None:
    request = await ask(gateway, ana)

    dump = await gateway.dump()

    assert await kept(gateway, request) == (True, 0, False)
    assert TOKEN not in dump
    assert request not in dump


async def test_a_suspended_service_is_not_told(gateway: Gateway, ana: Citizen, port: int) -> None:
    request = await ask(gateway, ana)
    await asking.approve(gateway, ana, request)
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, SERVICE, "a test", "test")
    await gateway.settled()

    async with a_service(port) as heard:
        await pinging.ping_services(gateway.runtime)
    async with gateway.runtime.entry() as entry:
        await clients.resume(entry, SERVICE, "test")
    await gateway.settled()

    assert heard == []
    assert await kept(gateway, request) == (False, 1, False)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(None, id="CIBA-7.1-missing"),
        pytest.param("short", id="CIBA-7.1-128-bits"),
        pytest.param("a" * 1025, id="CIBA-7.1-1024-characters"),
        pytest.param("b" * 30 + "\r\nx: y", id="RFC6750-2.1-not-a-token"),
        pytest.param("ü" * 30, id="RFC6750-2.1-not-ascii"),
    ],
)
async def test_a_service_that_wants_pings_brings_its_token(
    gateway: Gateway, ana: Citizen, port: int, token: str | None
) -> None:
    raw = asking.signed(gateway, SERVICE, login_hint=ana.email, client_notification_token=token)

    answer = await asking.send(gateway, raw, SERVICE)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_the_longest_token_is_taken(gateway: Gateway, ana: Citizen, port: int) -> None:
    assert await ask(gateway, ana, client_notification_token="c" * 1024)
