"""Event streams as a service has them: tokens, streams, polls, a receiver that listens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from gateway import secevents, signals
from keys import keystore, pairwise, signing
from relying_parties import clients
from relying_parties.streams.event_types import NAMES
from tests.support import servers, services
from tests.support.gateway import Citizen, Gateway

CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
SSF = "https://schemas.openid.net/secevent/ssf/event-type/"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
PATIENCE = 60.0  # seconds


@dataclass
class Heard:
    """One request that a receiver got."""

    line: str
    headers: Mapping[str, str]
    body: str


@dataclass
class Receiver:
    """What a receiver got, and what it answers: in turn, the last one goes on."""

    answers: list[bytes]
    heard: list[Heard] = field(default_factory=list)


@asynccontextmanager
async def receiver(port: int, *answers: bytes) -> AsyncIterator[Receiver]:
    """Listen as the address of a push does.

    :param answers: status lines, or whole answers with headers and a body
    """
    own = Receiver(list(answers) or [b"202 Accepted"])

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): text for name, _, text in (one.partition(": ") for one in lines)}
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        own.heard.append(Heard(line, headers, body))
        answer = own.answers[min(len(own.heard), len(own.answers)) - 1]
        whole = answer if b"\r\n\r\n" in answer else answer + b"\r\ncontent-length: 0\r\n\r\n"
        writer.write(b"HTTP/1.1 " + whole)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", port):
        yield own


def document(client_id: str, agency: str = "northtown", **over: Any) -> dict[str, Any]:
    """A service that hears everything, unless ``over`` says otherwise."""
    events = {"types": list(NAMES)} | over.pop("events", {})
    return services.document(client_id, agency, events=events, **over)


async def token(gateway: Gateway, client_id: str, scope: str = "ssf.manage") -> str:
    """Get a token of the service's own."""
    proof = services.proves(gateway, client_id)
    form = {"grant_type": "client_credentials", "scope": scope} | proof.form
    answer = await gateway.post("/token", form, headers=proof.headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@dataclass
class Api:
    """The API of events as one service calls it."""

    gateway: Gateway
    client_id: str
    token: str

    async def ask(self, method: str, path: str, given: Any = None, **how: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.token}"} | how.pop("headers", {})
        if given is not None:
            how["content"] = given if isinstance(given, str) else json.dumps(given)
            headers["content-type"] = "application/json"
        return await self.gateway.ask(method, path, headers=headers, **how)

    async def create(self, **over: Any) -> dict[str, Any]:
        """Make the stream, instead of any that there is."""
        await self.end()
        answer = await self.ask("POST", "/ssf/streams", over)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def end(self) -> None:
        """End the stream, if there is one."""
        for one in (await self.ask("GET", "/ssf/streams")).json():
            await self.ask("DELETE", f"/ssf/streams?stream_id={one['stream_id']}")

    async def poll(self, stream: Mapping[str, Any], **over: Any) -> dict[str, Any]:
        """Poll once, without waiting."""
        path = stream["delivery"]["endpoint_url"].removeprefix(self.gateway.issuer)
        answer = await self.ask("POST", path, {"returnImmediately": True} | over)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


async def api(gateway: Gateway, client_id: str, scope: str = "ssf.manage") -> Api:
    """Call the API as a service does; we know the keys that sign by now, as the gateway does."""
    async with gateway.runtime.entry() as entry:
        gateway.runtime.keyring = await keystore.load(entry, gateway.runtime.vault.sealer)
    return Api(gateway, client_id, await token(gateway, client_id, scope))


def read(gateway: Gateway, raw: str) -> Any:
    """Verify an event of ours and return its claims."""
    return signing.verify(
        gateway.runtime.keyring, raw, purpose="event", typ=secevents.TYP, issuer=gateway.issuer,
        at=None,
    )  # fmt: skip


async def subject(gateway: Gateway, citizen: Citizen, client_id: str) -> str:
    """Return who a citizen is to a service."""
    async with gateway.runtime.entry() as entry:
        client = await clients.find(entry, client_id)
    assert client is not None
    return pairwise.subject(gateway.runtime.vault.pairwise, client.sector, citizen.account)


async def gathered(gateway: Gateway) -> int:
    """Let the worker look until all that happened so far is on its way; how much that was."""
    [newest] = await gateway.rows("SELECT max(seq) AS seq FROM keys.journal")
    queued, until = 0, time.monotonic() + PATIENCE
    while time.monotonic() < until:  # transactions of other tests hold up what is final
        queued += await signals.gather(gateway.runtime)
        [place] = await gateway.rows(
            "SELECT coalesce(max(seq), 0) AS seq FROM keys.cursors WHERE name = 'signals'"
        )
        if place["seq"] >= newest["seq"]:
            return queued
        servers.breathe()
    raise AssertionError("what happened was never looked at")
