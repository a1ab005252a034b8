"""Group CA, tokens made to break a reader, and keys and secrets that change.

Specs: RFC 7515 §4, RFC 7518 §3.4, RFC 8725 §3; security: CA-16, CA-19 to CA-28.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway.oauth import remote_keys
from relying_parties import clients
from tests.support import jws, services, verdicts
from tests.support.gateway import Gateway
from tests.support.services import EC_KEY, STRANGER, assertion, by_assertion

HEADER = {"alg": "ES256", "kid": "ec"}
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
KNOWN = {"grant_type": "refresh_token", "refresh_token": "nothing"}

Payload = Callable[[str], bytes]


async def ask(gateway: Gateway, raw: str, **how: Any) -> Any:
    return await gateway.post("/token", KNOWN | by_assertion(raw), **how)


def payload(gateway: Gateway, member: str) -> bytes:
    """Return the claims of a good assertion with one more member, spelt as given."""
    claims = jws.json.dumps(verdicts.claims(assertion(gateway)))
    return f"{claims[:-1]}, {member}}}".encode()


@pytest.mark.parametrize(
    "member",
    [
        pytest.param('"x": ' + "[" * 4000 + "]" * 4000, id="CA-20-depth"),
        pytest.param('"x": ' + '{"a":' * 9 + "1" + "}" * 9, id="CA-20-depth-9"),
        pytest.param('"x": ' + "9" * 5000, id="CA-20-digits"),
        pytest.param('"x": 9007199254740993', id="CA-20-beyond-2-53"),
        pytest.param('"x": Infinity', id="CA-20-infinity"),
        pytest.param('"x": NaN', id="CA-20-nan"),
        pytest.param('"x": 1e400', id="CA-20-1e400"),
        pytest.param('"sub": "gov"', id="CA-20-sub-twice"),
        pytest.param('"aud": "x"', id="CA-20-aud-twice"),
        pytest.param('"x": "\\ud800", "sub": "gov"', id="CA-20-surrogate-and-twice"),
        pytest.param('"x": 1,', id="CA-20-comma"),
        pytest.param('"x": 01', id="CA-20-octal"),
        pytest.param("\"x\": 'y'", id="CA-20-quotes"),
    ],
)
async def test_a_payload_that_readers_disagree_on_is_refused(gateway: Gateway, member: str) -> None:
    async with gateway.unchanged():
        answer = await ask(gateway, jws.made(payload(gateway, member), HEADER, EC_KEY))

    verdicts.refused(answer, "invalid_client", 401)


@pytest.mark.parametrize("odd", ["\ud800", "\udc00x", "a\0b"], ids=ascii)
@pytest.mark.parametrize("name", ["sub", "jti", "iss", "aud", "x"])
async def test_text_that_cannot_be_kept_is_refused(gateway: Gateway, name: str, odd: str) -> None:
    """CA-20: half a surrogate pair and NUL are spelt by escapes, and are no text."""
    claims = verdicts.claims(assertion(gateway)) | {name: odd}
    async with gateway.unchanged():
        answer = await ask(gateway, jws.made(claims, HEADER, EC_KEY))

    verdicts.refused(answer, "invalid_client", 401)


@pytest.mark.parametrize(
    "name_value",
    [("exp", True), ("exp", "99999999999"), ("exp", 1e300), ("exp", -1), ("exp", None),
     ("iat", "now"), ("iat", False), ("nbf", {}), ("exp", [1]), ("jti", None), ("jti", {})],
    ids=str,
)  # fmt: skip
async def test_a_time_is_a_number(gateway: Gateway, name_value: tuple[str, Any]) -> None:
    """CA-20."""
    claims = verdicts.claims(assertion(gateway)) | dict([name_value])
    async with gateway.unchanged():
        answer = await ask(gateway, jws.made(claims, HEADER, EC_KEY))

    verdicts.refused(answer, "invalid_client", 401)


@pytest.mark.parametrize(
    "whole",
    [b"", b"null", b"[]", b"7", b'"x"', b"\xff\xfe", b"\x00", b"\xef\xbb\xbf{}", b"{", b"{}"],
    ids=repr,
)
@pytest.mark.parametrize("part", ["header", "payload"])
async def test_a_part_that_is_no_object_is_refused(
    gateway: Gateway, part: str, whole: bytes
) -> None:
    claims = verdicts.claims(assertion(gateway))
    made = jws.made(claims, whole, EC_KEY) if part == "header" else jws.made(whole, HEADER, EC_KEY)
    async with gateway.unchanged():
        answer = await ask(gateway, made)

    verdicts.refused(answer, "invalid_client", 401)


@pytest.mark.parametrize(
    "raw",
    ["", ".", "..", "...", "a.b", "a.b.c.d.e", "é.é.é", "\0", "a.b.c\0", "{}.{}.x", "====.====.="],
    ids=repr,
)
async def test_what_is_no_token_is_refused(gateway: Gateway, raw: str) -> None:
    async with gateway.unchanged():
        answer = await ask(gateway, raw)

    if "\0" in raw:
        verdicts.refused(answer, "invalid_request")
    else:
        verdicts.refused(answer, "invalid_client", 401)


@pytest.mark.parametrize("part", ["header", "payload", "signature"])
@pytest.mark.parametrize("size", [20_000, 31_000])
async def test_a_large_token_is_refused_before_it_is_read(
    gateway: Gateway, part: str, size: int
) -> None:
    """CA-19: more than 16 kB is not looked into; more than a form may hold is not taken."""
    whole = assertion(gateway).split(".")
    whole[["header", "payload", "signature"].index(part)] += "A" * size
    async with gateway.unchanged():
        began = time.monotonic()
        answer = await ask(gateway, ".".join(whole))
        took = time.monotonic() - began

    verdicts.refused(answer, "invalid_client", 401)
    assert took < 0.5


async def test_a_token_of_megabytes_is_not_taken(gateway: Gateway) -> None:
    """CA-19."""
    async with gateway.unchanged():
        answer = await ask(gateway, assertion(gateway) + "A" * 5_000_000)

    verdicts.refused(answer, "invalid_request", 413)


def _signature(signed: str, kind: str) -> bytes:
    r, s = jws.numbers(signed, EC_KEY)
    zero, one = (0).to_bytes(32), (1).to_bytes(32)
    return {
        "zeros": zero + zero,
        "r-is-zero": zero + s.to_bytes(32),
        "order": ORDER.to_bytes(32) * 2,
        "ones": one + one,
        "der": EC_KEY.sign(signed.encode(), jws.ec.ECDSA(jws.hashes.SHA256())),
        "short": (r.to_bytes(32) + s.to_bytes(32))[:-1],
        "long": r.to_bytes(32) + s.to_bytes(32) + b"\0",
        "swapped": s.to_bytes(32) + r.to_bytes(32),
        "empty": b"",
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["zeros", "r-is-zero", "order", "ones", "der", "short", "long", "swapped", "empty"],
)
async def test_a_psychic_signature_proves_nothing(gateway: Gateway, kind: str) -> None:
    """CA-22 (CVE-2022-21449)."""
    signed = jws.spelt(HEADER, verdicts.claims(assertion(gateway)))
    async with gateway.unchanged():
        answer = await ask(gateway, f"{signed}.{jws.encoded(_signature(signed, kind))}")

    verdicts.refused(answer, "invalid_client", 401)


@pytest.fixture
async def published(remote_keys_port: int) -> AsyncIterator[list[bytes]]:
    """The keys of ``remote`` at their address; yields each request as it came."""
    async with publishing(remote_keys_port, services.jwks(ec=EC_KEY)) as came:
        yield came


@contextlib.asynccontextmanager
async def publishing(port: int, document: Any) -> AsyncIterator[list[bytes]]:
    """Serve a set of keys; yields each request as it came."""
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"\r\n\r\n"))
        body = jws.json.dumps(document).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield came


async def test_unknown_keys_are_looked_for_once_a_minute(
    gateway: Gateway, published: list[bytes]
) -> None:
    """CA-16, SS-11: whoever invents names of keys turns us against nobody."""
    invented = [
        jws.made(verdicts.claims(assertion(gateway, "remote")), HEADER | {"kid": f"k{n}"}, STRANGER)
        for n in range(20)
    ]
    async with gateway.unchanged():
        answers = await asyncio.gather(*(ask(gateway, raw) for raw in invented))
    known = await ask(gateway, assertion(gateway, "remote"))

    for answer in answers:
        verdicts.refused(answer, "invalid_client", 401)
    verdicts.refused(known, "invalid_grant")
    assert len(published) == 1
    assert b"cookie" not in published[0].lower()


async def test_a_service_need_not_wait_for_its_neighbours_at_one_address(
    gateway: Gateway, remote_keys_port: int
) -> None:
    """Core §10.1.1: each brings a key that was not there at the last look; SS-11: up to a bound."""
    auth = {
        "method": "private_key_jwt",
        "jwksUri": f"http://127.0.0.1:{remote_keys_port}/of-all",
    }
    names = [f"at-one-address-{n}" for n in range(remote_keys.ASKERS + 2)]
    document: dict[str, list[Any]] = {"keys": []}

    async with publishing(remote_keys_port, document) as came:
        answers = []
        for name in names:
            await gateway.service(services.document(name, auth=auth))
            document["keys"].append(services.jwks(ec=EC_KEY)["keys"][0] | {"kid": name})
            claims = verdicts.claims(assertion(gateway, name))
            answers.append(await ask(gateway, jws.made(claims, HEADER | {"kid": name}, EC_KEY)))

    for answer in answers[: remote_keys.ASKERS]:
        verdicts.refused(answer, "invalid_grant")  # the client is known; there is no such code
    for answer in answers[remote_keys.ASKERS :]:
        verdicts.refused(answer, "invalid_client", 401)
    assert len(came) == remote_keys.ASKERS


async def test_an_unfit_key_at_its_address_proves_nothing(
    gateway: Gateway, remote_keys_port: int
) -> None:
    """CA-23: the rules of a registration hold for what is published, too."""
    auth = {"method": "private_key_jwt", "jwksUri": f"http://127.0.0.1:{remote_keys_port}/unfit"}
    await gateway.service(services.document("unfit", auth=auth))
    good, secret = services.jwks(ec=EC_KEY, private=STRANGER)["keys"]
    nameless = {name: value for name, value in secret.items() if name != "kid"}
    twice = secret | {"kid": "ec"}
    document = {"keys": [good, secret | {"d": "AAAA"}, nameless, twice]}
    claims = verdicts.claims(assertion(gateway, "unfit"))

    async with publishing(remote_keys_port, document), gateway.unchanged():
        for kid in ("private", "ec", None):
            named = {key: value for key, value in (HEADER | {"kid": kid}).items() if value}
            answer = await ask(gateway, jws.made(claims, named, STRANGER))
            verdicts.refused(answer, "invalid_client", 401)

    verdicts.refused(await ask(gateway, assertion(gateway, "unfit")), "invalid_grant")


async def test_the_secret_before_works_while_it_may(gateway: Gateway) -> None:
    """CA-28: a day at most."""
    await gateway.service(services.document("renewed"))
    old = gateway.secrets["renewed"]
    async with gateway.runtime.entry() as entry:
        new = await clients.issue_secret(entry, "renewed", by="test")
    await gateway.settled()

    async def told(secret: str) -> str:
        headers = services.basic("renewed", secret)
        return str((await gateway.post("/token", KNOWN, headers=headers)).json()["error"])

    assert [await told(new), await told(old)] == ["invalid_grant", "invalid_grant"]
    ends = await gateway.rows(
        "UPDATE relying_parties.client_secrets SET expires_at = now()"
        " WHERE client_id = 'renewed' AND expires_at <= now() + interval '24 hours'"
        " RETURNING client_id"
    )
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, "renewed", "so that all look again", by="test")
        await clients.resume(entry, "renewed", by="test")
    await gateway.settled()
    assert len(ends) == 1
    assert [await told(new), await told(old)] == ["invalid_grant", "invalid_client"]


async def test_guessing_a_secret_is_compared_in_one_time(gateway: Gateway) -> None:
    """CA-04: an unknown client costs what a known one does, within the noise of a network."""
    spent: dict[str, list[float]] = {"basic": [], "nobody": []}
    for _ in range(40):
        for client_id, times in spent.items():
            began = time.perf_counter()
            await gateway.post("/token", KNOWN, headers=services.basic(client_id, "wrong"))
            times.append(time.perf_counter() - began)

    known, unknown = (sorted(times)[20] for times in spent.values())
    assert abs(known - unknown) < 0.005


@pytest.mark.parametrize(
    ("purpose", "typ"),
    [
        pytest.param("token", None, id="JWT-6-id-token"),
        pytest.param("token", "at+jwt", id="JWT-6-access-token"),
        pytest.param("token", "logout+jwt", id="JWT-7-logout-token"),
        pytest.param("event", "client-authentication+jwt", id="JWT-6-as-if-an-assertion"),
    ],
)
async def test_what_we_signed_proves_no_client(
    gateway: Gateway, purpose: str, typ: str | None
) -> None:
    """RFC 8725 §2.8: even with the service's name in it, our signature is for another use."""
    claims = verdicts.claims(assertion(gateway))
    async with gateway.unchanged():
        answer = await ask(gateway, gateway.sign_id_token(claims, purpose=purpose, typ=typ))

    verdicts.refused(answer, "invalid_client", 401)
