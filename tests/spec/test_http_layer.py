"""Group HT: bytes as no library sends them, against the server as it is shipped.

Specs: RFC 9110, RFC 9112 §3.2, §6 and §11.2; security 0.7.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import pytest

from tests.support import verdicts
from tests.support.gateway import ROOT, Gateway

FORM = b"content-type: application/x-www-form-urlencoded\r\n"


def status(answer: bytes) -> int:
    """Return the status of the first answer; 0 if there is none."""
    line = answer.partition(b"\r\n")[0].split(b" ")
    return int(line[1]) if len(line) > 1 else 0


def request(gateway: Gateway, line: str, *headers: str, body: bytes = b"") -> bytes:
    """Spell a request with our own host."""
    named = "\r\n".join([line, f"Host: {gateway.authority}", *headers])
    return f"{named}\r\n\r\n".encode("latin-1") + body


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(["Transfer-Encoding: chunked", "Content-Length: 4"], id="HT-01-te-and-cl"),
        pytest.param(["Content-Length: 4", "Transfer-Encoding: chunked"], id="HT-01-cl-and-te"),
        pytest.param(["Transfer-Encoding: xchunked"], id="HT-01-xchunked"),
        pytest.param(["Transfer-Encoding:\x0bchunked"], id="HT-01-vertical-tab"),
        pytest.param(["Transfer-Encoding: chunked, identity"], id="HT-01-not-last"),
        pytest.param(["Content-Length: 4", "Content-Length: 4"], id="HT-01-cl-twice"),
        pytest.param(["Content-Length: 4", "Content-Length: 5"], id="HT-01-cl-cl"),
        pytest.param(["Content-Length: +4"], id="HT-01-cl-plus"),
        pytest.param(["Content-Length: -1"], id="HT-01-cl-minus"),
        pytest.param(["Content-Length: 4,4"], id="HT-01-cl-list"),
        pytest.param(["Content-Length: 0x4"], id="HT-01-cl-hex"),
        pytest.param(["Content-Length: 99999999999999999999"], id="HT-01-cl-overflow"),
        pytest.param(["Content-Length : 4"], id="HT-01-space-before-colon"),
        pytest.param(["X: y", " folded", "Content-Length: 4"], id="HT-01-folded"),
        pytest.param(["X: a\x00b", "Content-Length: 4"], id="HT-01-nul"),
        pytest.param(["X\x01: y", "Content-Length: 4"], id="HT-01-name"),
    ],
)
async def test_framing_that_servers_disagree_on_is_refused(
    gateway: Gateway, framing: list[str]
) -> None:
    sent = request(gateway, "POST /token HTTP/1.1", *framing, body=b"0\r\n\r\n")
    smuggled = request(gateway, "GET /health/live HTTP/1.1", "Connection: close")
    async with gateway.unchanged():
        answer = await gateway.raw(sent + smuggled)

    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1") == 1
    assert b"ok\n" not in answer


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param([], id="HT-02-none"),
        pytest.param(["Host: {host}", "Host: {host}"], id="HT-02-two-alike"),
        pytest.param(["Host: {host}", "Host: evil.example"], id="HT-02-two"),
        pytest.param(["Host: evil.example/x?y="], id="HT-02-path"),
        pytest.param(["Host: evil@{host}"], id="HT-02-userinfo"),
        pytest.param(["Host: {host}@evil.example"], id="HT-02-userinfo-after"),
        pytest.param(["Host: {host}, evil.example"], id="HT-02-list"),
        pytest.param(["Host: {host}."], id="HT-02-dot"),
        pytest.param(["Host:"], id="HT-02-empty"),
    ],
)
@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "GET /login HTTP/1.0"])
async def test_exactly_one_host_is_ours(gateway: Gateway, hosts: list[str], line: str) -> None:
    spelt = [one.format(host=gateway.authority) for one in hosts]
    sent = "\r\n".join([line, *spelt, "Connection: close"]) + "\r\n\r\n"
    async with gateway.unchanged():
        answer = await gateway.raw(sent.encode())

    assert status(answer) in (400, 421)
    assert b"<html" not in answer


@pytest.mark.parametrize(
    "target",
    ["http://evil.example/", "http://evil.example/account", "https://{host}/x", "*",
     "evil.example:443", "//evil.example/", "/\\evil", "/é", "/a b", "?x", "http://", "/%"],
)  # fmt: skip
async def test_another_form_of_address_is_not_followed(gateway: Gateway, target: str) -> None:
    """SE-14: absolute addresses, asterisks, spaces, bytes beyond ASCII."""
    line = f"GET {target.format(host=gateway.authority)} HTTP/1.1"
    async with gateway.unchanged():
        answer = await gateway.raw(request(gateway, line, "Connection: close"))

    assert status(answer) in (200, 303, 400, 404, 421)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"evil.example" not in head
    assert b'="//' not in body


@pytest.mark.parametrize(
    ("line", "headers", "expected"),
    [
        pytest.param("/", [f"X: {'y' * 17_000}"], 431, id="HT-04-17-kB"),
        pytest.param("/", [f"X: {'y' * 65_000}"], 431, id="HT-04-64-kB-line"),
        pytest.param("/", [f"X: {'y' * 1_000_000}"], 431, id="HT-04-1-MB"),
        pytest.param("/", [f"X{n}: y" for n in range(200)], 431, id="HT-04-200-headers"),
        pytest.param(
            "/", [f"Cookie: a{n}={'b' * 3000}" for n in range(7)], 431, id="HT-04-cookies"
        ),
        pytest.param("/?" + "x" * 10_000, [], 414, id="HT-04-10-kB-address"),
        pytest.param("/" + "x" * 10_000, [], 414, id="HT-04-10-kB-path"),
        pytest.param("/" + "x" * 300_000, [], 431, id="AZ-14-300-kB-address"),
    ],
)
async def test_a_head_has_a_size(
    gateway: Gateway, line: str, headers: list[str], expected: int
) -> None:
    sent = request(gateway, f"GET {line} HTTP/1.1", *headers, "Connection: close")
    async with gateway.unchanged():
        answer = await gateway.raw(sent)

    assert status(answer) in ({400, 414, 431} if expected == 431 else {expected})


async def test_what_comes_too_slowly_is_cut_off(gateway: Gateway) -> None:
    """HT-05: silence, drops of a head, blank lines, a body, and a body after its answer."""
    head = request(gateway, "GET /login HTTP/1.1", "X: y").removesuffix(b"\r\n")
    after = request(gateway, "GET /health/live HTTP/1.1", "Content-Length: 100000")
    posted = request(gateway, "POST /token HTTP/1.1", "Content-Length: 1000").replace(
        b"\r\n\r\n", b"\r\n" + FORM + b"\r\n"
    )
    second = request(gateway, "GET /health/live HTTP/1.1")
    waits = {
        "silent": _dripped(gateway, b"", b""),
        "head": _dripped(gateway, head, b"a"),
        "first-byte": _dripped(gateway, b"G", b""),
        "blank-lines": _dripped(gateway, b"", b"\r\n"),
        "second-head": _dripped(gateway, second + head, b"a"),
        "body": _dripped(gateway, posted, b"a"),
        "body-after-its-answer": _dripped(gateway, after, b"a"),
        "silent-body": _dripped(gateway, posted, b""),
        "idle": _dripped(gateway, second, b""),
        "expects": _dripped(
            gateway, posted.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"), b""
        ),
    }

    ended = dict(zip(waits, await asyncio.gather(*waits.values()), strict=True))

    assert {name: seconds for name, (seconds, _) in ended.items() if seconds > 12} == {}
    told = {name: status(answer) for name, (_, answer) in ended.items()}
    assert told["head"] == told["first-byte"] == 408
    assert told["body"] == told["silent-body"] == 408
    assert (told["silent"], told["blank-lines"]) == (0, 0) or told["blank-lines"] == 408
    assert told["body-after-its-answer"] == told["idle"] == told["second-head"] == 200


async def _dripped(gateway: Gateway, sent: bytes, drop: bytes) -> tuple[float, bytes]:
    """Send, then a drop every half second; return how long it was listened to, and the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.ports[0])
    began, came = time.monotonic(), b""
    try:
        writer.write(sent)
        while time.monotonic() - began < 20:
            try:
                async with asyncio.timeout(0.5):
                    part = await reader.read(65536)
            except TimeoutError:
                if drop:
                    writer.write(drop)
                continue
            except ConnectionError:
                break
            came += part
            if not part:
                break
        return time.monotonic() - began, came
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("path", ["/token", "/par", "/authorize", "/login", "/logout"])
async def test_a_body_of_megabytes_is_refused_by_its_length(gateway: Gateway, path: str) -> None:
    """HT-07: before a byte of it is read."""
    sent = request(
        gateway, f"POST {path} HTTP/1.1", "Content-Length: 104857600", FORM.decode().strip()
    )
    async with gateway.unchanged():
        began = time.monotonic()
        answer = await asyncio.wait_for(_first(gateway, sent), 5)

    assert status(answer) == 413
    assert time.monotonic() - began < 2


async def test_an_endless_body_is_refused_by_its_size(gateway: Gateway) -> None:
    """HT-07, TK-10: chunked, without a length."""
    head = request(
        gateway, "POST /token HTTP/1.1", "Transfer-Encoding: chunked", FORM.decode().strip()
    )

    async def endless() -> AsyncIterator[bytes]:
        yield head
        for _ in range(64):
            yield b"10000\r\n" + b"a" * 65536 + b"\r\n"

    async with gateway.unchanged():
        answer = await _first(gateway, endless())

    assert status(answer) == 413


async def _first(gateway: Gateway, sent: bytes | AsyncIterator[bytes]) -> bytes:
    """Return the head of the first answer, whatever is still to be sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.ports[0])
    try:
        if isinstance(sent, bytes):
            writer.write(sent)
        else:
            async for part in sent:
                writer.write(part)
        return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    "preface",
    [
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 64, id="HT-08-http-2"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64, id="tls"),
        pytest.param(b"\0" * 100, id="zeros"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", id="version"),
        pytest.param(b"GET /\r\n\r\n", id="http-0.9"),
        pytest.param(b"get / HTTP/1.1\r\n\r\n", id="lower-case"),
        pytest.param(b"GET / HTTP/1.1\nHost: x\n\n", id="HT-01-line-feeds"),
        pytest.param(b"A" * 1000 + b" / HTTP/1.1\r\n\r\n", id="method"),
    ],
)
async def test_what_is_not_http_is_turned_away(gateway: Gateway, preface: bytes) -> None:
    async with gateway.unchanged():
        answer = await gateway.raw(preface)

    assert status(answer) in (400, 421)
    assert b"<html" not in answer


async def test_ranges_cost_nothing(gateway: Gateway) -> None:
    """HT-10: they are not offered, so the whole file comes."""
    page = (await gateway.get("/")).text
    path = "/static/" + page.partition('href="/static/')[2].partition('"')[0]
    many = "bytes=" + ",".join(["0-"] * 1000)

    answer = await gateway.get(path, headers={"range": many})

    assert answer.status_code == 200
    assert "content-range" not in answer.headers


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/form-data"])
@pytest.mark.parametrize("path", ["/token", "/login", "/authorize"])
async def test_nothing_takes_multipart(gateway: Gateway, kind: str, path: str) -> None:
    """HT-11."""
    body = b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\nb\r\n" * 500
    async with gateway.unchanged():
        answer = await gateway.ask("POST", path, content=body, headers={"content-type": kind})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "path",
    [
        *("/static/..%2f..%2fsettings.py", "/static/%2e%2e/%2e%2e/settings.py", "/static/"),
        *("/static/../settings.py", "/static/x/..\\..\\settings.py", "/static/x/.git/config"),
        *("/static/x/gatehouse.css.map", "/.git/config", "/.env", "/static/x/%5c%5chost%5cshare"),
        *("/static/000000000000/gatehouse.css", "/robots.txt/..", "/templates/base.html"),
    ],
)
async def test_no_other_file_is_served(gateway: Gateway, path: str) -> None:
    """HT-13."""
    answer = await gateway.raw(request(gateway, f"GET {path} HTTP/1.1", "Connection: close"))

    assert status(answer) == 404
    assert b"cache-control: no-store" in answer.lower()


@pytest.mark.parametrize("prefix", ["/static/", "/.well-known/", "/logos/", "/", "//host/share/"])
async def test_ke_02_no_path_leads_to_the_keys(gateway: Gateway, prefix: str) -> None:
    """And to no other file of the house, however it is spelt (CVE-2023-29159)."""
    key = gateway.folder / "keys" / "master.key"
    link = gateway.folder / "keys" / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(key)
    up = "/".join([".."] * 12)
    plain = [f"{up}{key}", f"{up}{link}", str(key), f"file://{key}", f"{up}/etc/passwd"]
    spelt = [
        *plain,
        *(one.replace("/", "%2f") for one in plain),
        *(one.replace("..", "%2e%2e") for one in plain),
        *(one.replace("/", "\\") for one in plain),
        *(one.replace("/", "%5c") for one in plain),
        *(f"{one}%00.css" for one in plain),
    ]
    for path in spelt:
        sent = request(gateway, f"GET {prefix}{path} HTTP/1.1", "Connection: close")
        answer = await gateway.raw(sent)

        assert status(answer) in (400, 404), path
        assert key.read_bytes().strip() not in answer
        assert b"root:" not in answer


async def test_lg_07_an_error_tells_nothing_of_the_house(gateway: Gateway) -> None:
    """ASVS 13.4.2: no version, path, host, statement or line of code, on a page or as JSON."""
    long = "x" * 100_000
    answers = [
        await gateway.get("/nowhere"),
        await gateway.get("/authorize?client_id=nobody"),
        await gateway.get("/authorize?client_id=%00"),
        await gateway.post("/authorize", {"x": long}),
        await gateway.ask("PUT", "/login"),
        await gateway.post("/login", {"username": "a@example.test"}),
        await gateway.post("/token", {"grant_type": "x"}),
        await gateway.post("/token", {"x": long}),
        await gateway.ask("POST", "/register", content=b"{", headers={"host": gateway.authority}),
        await gateway.get("/userinfo", headers={"authorization": "Bearer x"}),
        await gateway.get("/ssf/stream"),
        await gateway.get("/login", headers={"host": "evil.example"}),
    ]
    inside = re.compile(
        r"traceback|python|starlette|uvicorn|postgres|asyncpg|sqlalchemy|gateway[./]|"
        r"relying_parties|\bselect\b.*\bfrom\b|\.py\b|\d+\.\d+\.\d+",
        re.IGNORECASE,
    )
    folder, database = str(gateway.folder), gateway.database.rpartition("/")[2]
    for answer in answers:
        told = answer.text.replace(gateway.issuer, "")
        assert answer.status_code >= 400, answer.url
        assert not inside.search(told), (answer.url, inside.search(told))
        assert not [word for word in (folder, database, str(ROOT)) if word in told], answer.url
        assert not {"server", "x-powered-by", "via"} & {*answer.headers}


async def test_requests_on_one_connection_do_not_mix(gateway: Gateway) -> None:
    """RFC 9112 §9.3.2: answers come in the order of what was asked."""
    one = request(gateway, "GET /health/live HTTP/1.1")
    last = request(gateway, "GET /authorize?client_id=x HTTP/1.1", "Connection: close")
    answer = await gateway.raw(one + one + last)

    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.rindex(b"HTTP/1.1 400") > answer.rindex(b"HTTP/1.1 200")


async def test_a_cookie_of_any_bytes_is_no_session(gateway: Gateway) -> None:
    for cookie in (
        b"\xff\xfe",
        b"__Host-sid=" + b"\xc3" * 43,
        b"a" * 4000,
        b"=;=;;",
        b"__Host-sid",
    ):
        async with gateway.unchanged():
            answer = await gateway.get("/account", headers={"cookie": cookie})

        assert answer.headers["location"] == "/login?next=account"


async def test_cookies_of_two_lines_are_read_as_one(gateway: Gateway) -> None:
    """SE-08, RFC 9113 §8.2.3: a name that came twice is nobody's, whichever line it came in."""
    mine, others = (await gateway.citizen()).cookie, (await gateway.citizen()).cookie
    pairs = {
        "two names": ([mine, "__Host-lang=fr"], 200),
        "two names, the other way round": (["__Host-lang=fr", mine], 200),
        "one name": ([mine, others], 303),
        "one name, among others": ([f"{mine}; a=b", f"c=d; {others}"], 303),
        "the same twice": ([mine, mine], 303),
    }
    for told, (lines, expected) in pairs.items():
        cookies = [f"Cookie: {line}" for line in lines]
        sent = request(gateway, "GET /account HTTP/1.1", *cookies, "Connection: close")
        assert status(await gateway.raw(sent)) == expected, told


async def test_a_page_says_what_browsers_must_not_do(gateway: Gateway) -> None:
    """SE-20: nobody frames it, reads it across or embeds it; nothing is on that it does not use."""
    answer = await gateway.get("/login")

    told = dict(part.strip().split("=") for part in answer.headers["permissions-policy"].split(","))
    on = {name for name, who in told.items() if who != "()"}
    assert on == {"clipboard-write", "publickey-credentials-create", "publickey-credentials-get"}
    assert {told[name] for name in on} == {"(self)"}
    assert {"camera", "geolocation", "microphone", "payment", "usb", "fullscreen"} < set(told)
    for name, value in {
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
    }.items():
        assert answer.headers[name] == value


async def test_every_answer_wants_https_from_now_on(gateway: Gateway) -> None:
    """RFC 6797: pages, JSON, redirects, files, refusals; once each, and only under https."""
    async with gateway.another(GATEHOUSE_ISSUER="https://id.example") as node:
        host = {"host": "id.example"}
        page = await gateway.get("/login", headers=host, node=node)
        path = "/static/" + page.text.partition('href="/static/')[2].partition('"')[0]
        answers = [page]
        for method, asked in (
            ("GET", path), ("GET", "/account"), ("GET", "/jwks"), ("POST", "/token"),
            ("GET", "/userinfo"), ("GET", "/nowhere"), ("GET", "/token"), ("GET", "/health/live"),
            ("GET", "/authorize"), ("GET", f"/?{'x' * 9000}"),
        ):  # fmt: skip
            answers.append(await gateway.ask(method, asked, headers=host, node=node))
        answers.append(await gateway.get("/", headers={"host": "evil.example"}, node=node))

    for answer in answers:
        told = answer.headers.get_list("strict-transport-security")
        assert told == ["max-age=63072000; includeSubDomains; preload"], answer.url
    assert {200, 303, 400, 401, 404, 405, 414, 421} <= {one.status_code for one in answers}
    assert "strict-transport-security" not in (await gateway.get("/login")).headers


async def test_a_page_that_is_not_there_is_a_page(gateway: Gateway) -> None:
    verdicts.page(await gateway.get("/nowhere"), 404)
