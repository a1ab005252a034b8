"""The only HTTP client: it asks strangers' addresses and trusts nothing that comes back.

    address ─▶ scheme, port ─▶ resolve once ─▶ every answer public? ─▶ connect to that very one

An address that an agency registered must not make us talk to our own network. The name
is resolved once and the connection goes to the address that was judged, so a second
answer of the name server changes nothing. Nothing is followed, nothing is unpacked,
and what went wrong is told to nobody but the log.

Specs: RFC 6890 (what is not public), OWASP SSRF prevention; security: SS-01 to SS-11.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

MOST = 64 * 1024  # bytes of a body
MOST_HEADERS = 8 * 1024
SECONDS = 3.0
PORTS = frozenset({443})
AT_ONCE = 2  # fetches from one server: strangers can make us fetch, and must not make us a flood

# The standard library's ``is_private`` and ``is_global`` miss several of these.
CLOSED = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"),
        *("100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16"),
        *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)


# A server is forgotten with the last fetch from it.
_TURNS: "WeakValueDictionary[str, asyncio.Semaphore]" = WeakValueDictionary()


class OutboundRefused(Exception):  # noqa: N818 - named as the fact it reports
    """No answer that can be used; ``reason`` is one word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was judged, and where to connect for it; ``here`` on this machine."""

    host: str
    port: int
    path: str
    secure: bool
    address: str
    here: bool = False


def public(address: str) -> bool:
    """Whether ``address`` is one that anybody on the internet may reach."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    return not any(found in network for network in CLOSED if network.version == found.version)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a stranger said: its status, and a body that nobody has judged."""

    status: int
    body: bytes = field(repr=False)


async def resolve(url: str, *, allow_loopback: bool) -> Target:
    """Judge ``url`` and resolve its name, once.

    :param allow_loopback: this machine too, by http and on any port (demos and tests)
    :raises OutboundRefused: scheme, port, name or one of its addresses is not allowed
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise OutboundRefused("address") from error
    if not host or "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
        raise OutboundRefused("address")
    here = host == "localhost" or host.endswith(".localhost") or host in ("127.0.0.1", "::1")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if allow_loopback and here and parts.scheme in ("http", "https"):
        default = 443 if parts.scheme == "https" else 80
        secure = parts.scheme == "https"
        return Target(host, port or default, path, secure, "127.0.0.1", here=True)
    if parts.scheme != "https" or (port or 443) not in PORTS or here:
        raise OutboundRefused("address")
    return Target(host, port or 443, path, secure=True, address=await _address(host))


async def fetch(url: str, *, accept: str, allow_loopback: bool = False) -> bytes:
    """Return the body of ``url``, at most 64 kB, within three seconds of its turn.

    :raises OutboundRefused: no 200 with such a body came, or no turn in as many seconds
    """
    server = url.partition("//")[2].partition("/")[0].lower()
    turn = _TURNS.setdefault(server, asyncio.Semaphore(AT_ONCE))
    try:
        async with asyncio.timeout(SECONDS):
            await turn.acquire()
    except TimeoutError as error:
        raise OutboundRefused("turn") from error
    try:
        answer = await _exchange("GET", url, b"", {"accept": accept}, allow_loopback=allow_loopback)
    finally:
        turn.release()
    if answer.status != 200:
        raise OutboundRefused("status")
    return answer.body


async def send(
    url: str, body: bytes, *, headers: Mapping[str, str], allow_loopback: bool = False
) -> Answer:
    """Post ``body`` to ``url`` and return what it answers, whatever that is.

    :param headers: names in small letters; values in ASCII, on one line
    :raises OutboundRefused: ``address``, ``name``, ``slow``, ``broken``, ``size``, ``encoding``
    """
    return await _exchange("POST", url, body, headers, allow_loopback=allow_loopback)


async def _exchange(
    method: str, url: str, body: bytes, headers: Mapping[str, str], *, allow_loopback: bool
) -> Answer:
    try:
        async with asyncio.timeout(SECONDS):
            target = await resolve(url, allow_loopback=allow_loopback)
            return await _ask(target, _head(method, target, body, headers) + body)
    except TimeoutError as error:
        raise OutboundRefused("slow") from error
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise OutboundRefused("broken") from error


async def _address(host: str) -> str:
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, 443, type=1)
    except (OSError, UnicodeError) as error:
        raise OutboundRefused("name") from error
    addresses = [str(answer[4][0]) for answer in answers]
    # One closed answer among open ones is an attempt, so all must be open.
    if not addresses or not all(public(address) for address in addresses):
        raise OutboundRefused("address")
    return addresses[0]


@cache
def _tls(*, here: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if here:
        # Nobody stands between us and ourselves, and no authority certifies localhost.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _head(method: str, target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    standard = 443 if target.secure else 80
    host = target.host if target.port == standard else f"{target.host}:{target.port}"
    fields = {
        "Host": host,
        "Accept-Encoding": "identity",
        "User-Agent": "gatehouse",
        "Connection": "close",
        **({"Content-Length": str(len(body))} if method == "POST" else {}),
        **headers,
    }
    lines = [f"{name}: {value}" for name, value in fields.items()]
    # HTTP/1.0: the peer closes at the end and can't send chunks.
    head = "\r\n".join([f"{method} {target.path} HTTP/1.0", *lines, "", ""])
    if "\n" in "".join(lines):
        raise ValueError("a header of two lines")
    return head.encode("ascii")


async def _ask(target: Target, message: bytes) -> Answer:
    tls = _tls(here=target.here) if target.secure else None
    name = target.host if target.secure else None
    reader, writer = await asyncio.open_connection(
        target.address, target.port, ssl=tls, server_hostname=name, limit=MOST_HEADERS
    )
    try:
        writer.write(message)
        await writer.drain()
        return await _answer(reader)
    finally:
        writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    line, _, fields = head.partition(b"\r\n")
    status = int(line.partition(b" ")[2].partition(b" ")[0])
    return Answer(status, await _body(reader, fields) if status not in (204, 304) else b"")


async def _body(reader: asyncio.StreamReader, fields: bytes) -> bytes:
    names = dict(line.split(b":", 1) for line in fields.split(b"\r\n") if b":" in line)
    if b"transfer-encoding" in names or names.get(b"content-encoding", b"identity").strip() not in (
        b"identity",
        b"",
    ):
        raise OutboundRefused("encoding")
    length = names.get(b"content-length", b"").strip()
    if length.isdigit() and int(length) <= MOST:
        return await reader.readexactly(int(length))
    body = b""
    while part := await reader.read(MOST):
        body += part
        if len(body) > MOST:
            raise OutboundRefused("size")
    return body
