"""The outbound client reaches what is public, and nothing of ours; a canary listens."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from gateway import outbound
from gateway.cli.conformance import certificates
from gateway.outbound import OutboundRefused
from tests.support.peers import a_peer


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.0", "169.254.169.254", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("100.64.0.1", "224.0.0.1", "192.88.99.1", "::", "::1", "fe80::1", "fd00::1", "fec0::1"),
        *("::ffff:7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::ffff:0:127.0.0.1", "ff02::1"),
        *("not-an-address", "2130706433", "0x7f.1"),
    ],
    ids=lambda address: f"SS-02-{address}",
)
def test_an_address_of_ours_is_closed(address: str) -> None:
    assert not outbound.public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "9.9.9.9", "2606:4700:4700::1111"])
def test_an_address_of_the_internet_is_open(address: str) -> None:
    assert outbound.public(address)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://rp.example/jwks", id="SS-01-http"),
        pytest.param("file:///etc/passwd", id="SS-01-file"),
        pytest.param("ftp://rp.example/jwks", id="SS-01-ftp"),
        pytest.param("gopher://rp.example/", id="SS-01-gopher"),
        pytest.param("https://user:pw@rp.example/jwks", id="SS-01-userinfo"),
        pytest.param("https://rp.example:22/jwks", id="SS-01-port-22"),
        pytest.param("https://rp.example:6379/jwks", id="SS-01-port-6379"),
        pytest.param("https://rp.example:99999/jwks", id="SS-01-port-none"),
        pytest.param("https:///jwks", id="SS-01-no-host"),
        pytest.param("https://rp.example/a b", id="SS-01-space"),
        pytest.param("https://rp.example/\r\nX: y", id="SS-01-line-break"),
        pytest.param("https://localhost/jwks", id="SS-02-localhost"),
        pytest.param("https://it.localhost/jwks", id="SS-02-under-localhost"),
        pytest.param("https://127.0.0.1/jwks", id="SS-02-loopback"),
        pytest.param("https://127.1/jwks", id="SS-02-loopback-short"),
        pytest.param("https://0x7f.1/jwks", id="SS-02-loopback-hexadecimal"),
        pytest.param("https://2130706433/jwks", id="SS-02-loopback-number"),
        pytest.param("https://[::ffff:7f00:1]/jwks", id="SS-02-mapped"),
    ],
)
async def test_an_address_that_nobody_may_register_is_not_asked(url: str) -> None:
    with pytest.raises(OutboundRefused):
        await outbound.fetch(url, accept="application/json")


async def test_the_canary_hears_nothing_where_loopback_is_closed() -> None:
    async with a_peer(b"HTTP/1.0 200 OK\r\n\r\n{}") as (port, heard):
        for host in ("127.0.0.1", "localhost", "rp.localhost"):
            with pytest.raises(OutboundRefused):
                await outbound.fetch(f"http://{host}:{port}/jwks", accept="application/json")

    assert heard == []


async def test_a_demo_reaches_this_machine_by_any_name_of_it() -> None:
    async with a_peer(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (port, heard):
        url = f"http://rp.localhost:{port}/jwks?v=1"
        body = await outbound.fetch(url, accept="application/json", allow_loopback=True)

    assert body == b"{}"
    assert heard[0].startswith(b"GET /jwks?v=1 HTTP/1.0\r\nHost: rp.localhost:")


async def test_a_demo_takes_this_machine_s_own_certificate(tmp_path: Path) -> None:
    """SS-03: nobody else's; the connection never leaves the machine."""
    pair = certificates.own(tmp_path, ("localhost",))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pair.certificate, pair.key)

    async with a_peer(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", tls=tls) as (port, _):
        url = f"https://localhost:{port}/jwks"
        body = await outbound.fetch(url, accept="application/json", allow_loopback=True)

    assert body == b"{}"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.0 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n", id="SS-05-redirect"
        ),
        pytest.param(b"HTTP/1.0 500 Oops\r\n\r\nstack trace", id="SS-08-error"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 70_000, id="SS-07-large"),
        pytest.param(
            b"HTTP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 70_000,
            id="SS-07-large-declared",
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n{}", id="SS-07-headers"),
        pytest.param(
            b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", id="SS-07-packed"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            id="SS-07-chunked",
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n{}", id="cut-short"),
        pytest.param(b"nonsense", id="no-http"),
        pytest.param(b"nonsense\r\n\r\n", id="SS-08-no-status"),
        pytest.param(b"\r\n\r\n", id="SS-08-an-empty-line"),
    ],
)
async def test_an_answer_that_is_not_plain_is_dropped(answer: bytes) -> None:
    async with a_peer(answer) as (port, heard):
        with pytest.raises(OutboundRefused):
            await outbound.fetch(
                f"http://localhost:{port}/", accept="application/json", allow_loopback=True
            )

    assert len(heard) == 1


async def test_ss_11_a_server_is_asked_twice_at_once_and_no_more() -> None:
    """Whoever sends us there again and again, and to whatever of it; each gets its answer."""
    busy, most = 0, 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        await reader.readuntil(b"\r\n\r\n")
        busy += 1
        most = max(most, busy)
        for _ in range(500):  # long enough for all others to be here, if they could
            await asyncio.sleep(0)
        busy -= 1
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        at = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        asked = (outbound.fetch(f"{at}/{n}", accept="*/*", allow_loopback=True) for n in range(12))
        answers = await asyncio.gather(*asked)

    assert answers == [b"{}"] * 12
    assert most == outbound.AT_ONCE


async def test_ss_11_whoever_gets_no_turn_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 0.2)
    over = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        at = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        asked = (outbound.fetch(f"{at}/{n}", accept="*/*", allow_loopback=True) for n in range(9))
        refused = await asyncio.gather(*asked, return_exceptions=True)
        over.set()

    reasons = [getattr(one, "reason", None) for one in refused]
    assert set(reasons) == {"slow", "turn"}


class Resolver:
    """A name server of somebody else's: it answers in turn, and goes on with its last word."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers, self.asked = answers, 0

    async def __call__(self, _host: str, port: int, **_how: Any) -> list[Any]:
        """Answer as a loop's own ``getaddrinfo`` does."""
        self.asked += 1
        addresses = self._answers[min(self.asked, len(self._answers)) - 1]
        return [(0, 1, 6, "", (address, port)) for address in addresses]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(("93.184.216.34", "169.254.169.254"), id="SS-04-mixed"),
        pytest.param(("2606:4700:4700::1111", "::1"), id="SS-04-mixed-IPv6"),
        pytest.param(("93.184.216.34", "fd00::1"), id="SS-04-public-A-and-private-AAAA"),
        pytest.param(("10.0.0.1",), id="SS-04-private"),
        pytest.param((), id="SS-04-nothing"),
    ],
)
async def test_every_answer_of_a_name_server_is_judged(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str, ...]
) -> None:
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", Resolver(answers))

    with pytest.raises(OutboundRefused):
        await outbound.resolve("https://rp.example/jwks", allow_loopback=False)


async def test_a_name_is_resolved_once_and_the_answer_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """SS-04: the second answer, a moment later, is another one and changes nothing."""
    changing = Resolver(("93.184.216.34",), ("169.254.169.254",))
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", changing)

    target = await outbound.resolve("https://rp.example/jwks", allow_loopback=False)

    assert (target.address, target.host) == ("93.184.216.34", "rp.example")
    assert changing.asked == 1
