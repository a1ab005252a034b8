"""Group CA: a client proves who it is in the one way that it registered.

Specs: RFC 6749 §2.3 and §5.2, RFC 7523 §3, RFC 8725, RFC 10070, OpenID Connect Core §9.
"""

import asyncio
import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives import serialization

from gateway.runtime import now
from tests.support import jws, services, verdicts
from tests.support.gateway import Gateway
from tests.support.services import EC_KEY, RSA_KEY, STRANGER, assertion, by_assertion

# Where a client that proved itself is told that there is no such thing.
KNOWN = {"grant_type": "refresh_token", "refresh_token": "nothing"}


async def ask(gateway: Gateway, form: Any, headers: Any = None, **how: Any) -> Any:
    return await gateway.post("/token", KNOWN | form, headers=headers or {}, **how)


async def refused(gateway: Gateway, form: Any, headers: Any = None) -> Any:
    """Ask, and see that nobody was let in; returns the answer."""
    async with gateway.unchanged():
        answer = await ask(gateway, form, headers)
    verdicts.refused(answer, "invalid_client", 401)
    return answer


async def accepted(gateway: Gateway, form: Any, headers: Any = None) -> None:
    verdicts.refused(await ask(gateway, form, headers), "invalid_grant")


@pytest.mark.parametrize("client_id", ["basic", "post", "gov", "app"])
async def test_a_client_that_proves_itself_is_let_in(gateway: Gateway, client_id: str) -> None:
    proof = services.proves(gateway, client_id)

    await accepted(gateway, proof.form, proof.headers)


async def test_two_ways_at_once_are_refused(gateway: Gateway) -> None:
    """CA-01."""
    headers = services.proves(gateway, "basic").headers
    secret = {"client_id": "basic", "client_secret": gateway.secrets["basic"]}
    signed = by_assertion(assertion(gateway, "basic"))
    async with gateway.unchanged():
        for form, header in ((secret, headers), (signed, headers), (secret | signed, {})):
            verdicts.refused(await ask(gateway, form, header), "invalid_request")


@pytest.mark.parametrize(("client_id", "status"), [("app", 200), ("basic", 200), ("post", 401)])
async def test_rfc6749_2_3_1_an_empty_secret_is_none(
    gateway: Gateway, client_id: str, status: int
) -> None:
    """§3.2: many libraries send one for a client that has none; it is no second way either."""
    headers = services.proves(gateway, client_id).headers if client_id == "basic" else {}
    form = {"client_id": client_id, "client_secret": "", "token": "unknown"}

    answer = await gateway.post("/revoke", form, headers=headers)

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("client_id", ["basic", "post"])
@pytest.mark.parametrize("path", ["/token", "/par", "/introspect", "/revoke"])
async def test_two_headers_at_once_are_refused(gateway: Gateway, client_id: str, path: str) -> None:
    """CA-01: neither counts, and neither is as if it were absent."""
    secret = {"client_id": client_id, "client_secret": gateway.secrets[client_id]}
    spelt = services.basic(client_id, gateway.secrets[client_id])["authorization"]
    body = urlencode(KNOWN | secret).encode()
    async with gateway.unchanged():
        came = await gateway.raw(
            f"POST {path} HTTP/1.1\r\nhost: {gateway.authority}\r\nconnection: close\r\n"
            f"authorization: {spelt}\r\nauthorization: {spelt}\r\n"
            "content-type: application/x-www-form-urlencoded\r\n"
            f"content-length: {len(body)}\r\n\r\n".encode()
            + body
        )

    head, _, told = came.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400"), came
    assert json.loads(told)["error"] == "invalid_request"


async def test_two_bearer_tokens_in_the_header_are_refused(gateway: Gateway) -> None:
    """CA-01, RFC 6750 §2: as with one in the header and one in the form."""
    someone = await gateway.citizen("basic")
    token = (await services.tokens(gateway, someone))["access_token"]
    twice = [("host", gateway.authority), *[("authorization", f"Bearer {token}")] * 2]
    async with gateway.unchanged():
        answer = await gateway.http.post(
            f"http://127.0.0.1:{gateway.ports[0]}/userinfo",
            headers=twice,
            data={"access_token": token},
        )

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize("client_id", ["basic", "post", "gov", "waived"])
@pytest.mark.parametrize("way", ["basic", "post", "none", "jwt"])
async def test_only_the_registered_way_counts(gateway: Gateway, client_id: str, way: str) -> None:
    """CA-02: even with the right secret."""
    own = {"basic": "basic", "waived": "basic", "post": "post", "gov": "jwt"}[client_id]
    if own == way:
        return
    secret = gateway.secrets.get(client_id, "x")
    form, headers = {
        "basic": ({}, services.basic(client_id, secret)),
        "post": ({"client_id": client_id, "client_secret": secret}, {}),
        "none": ({"client_id": client_id}, {}),
        "jwt": (by_assertion(assertion(gateway, client_id)), {}),
    }[way]

    await refused(gateway, form, headers)


async def test_wrong_and_unknown_are_one_answer(gateway: Gateway) -> None:
    """CA-04: same status, same body, same headers."""
    pairs = [
        (services.basic("basic", "wrong"), services.basic("nobody", "wrong"), {}, {}),
        ({}, {}, {"client_id": "post", "client_secret": "wrong"},
         {"client_id": "nobody", "client_secret": "wrong"}),
        ({}, {}, by_assertion(assertion(gateway, "gov", key=STRANGER)),
         by_assertion(assertion(gateway, "nobody", key=STRANGER))),
    ]  # fmt: skip
    for wrong_headers, unknown_headers, wrong_form, unknown_form in pairs:
        wrong = await refused(gateway, wrong_form, wrong_headers)
        unknown = await refused(gateway, unknown_form, unknown_headers)

        assert wrong.content == unknown.content
        assert wrong.headers.keys() == unknown.headers.keys()
        assert ("www-authenticate" in wrong.headers) == bool(wrong_headers)


@pytest.mark.parametrize(
    "header",
    [
        "Basic", "Basic !!!", "Basic YmFzaWM=", "Basic " + "A" * 9000, "Bearer x",
        "Basic " + base64.b64encode("bäsic:x".encode()).decode(),
        "Basic " + base64.b64encode(b"basic%ff:x").decode(),
        "Basic " + base64.b64encode(b"basic%00:x").decode(),
        "Digest username=basic",
    ],
    ids=lambda value: value[:18],
)  # fmt: skip
async def test_a_broken_header_proves_nothing(gateway: Gateway, header: str) -> None:
    await refused(gateway, {}, {"authorization": header})


async def test_basic_is_form_encoded_first(gateway: Gateway) -> None:
    """RFC 6749 §2.3.1: and a scheme is written in any case."""
    secret = quote(gateway.secrets["basic"], safe="").replace("-", "%2D")
    spelt = base64.b64encode(f"b%61sic:{secret}".encode()).decode()

    await accepted(gateway, {}, {"authorization": f"bAsIc {spelt}"})


async def test_the_form_names_no_other_client(gateway: Gateway) -> None:
    await refused(gateway, {"client_id": "other"}, services.proves(gateway, "basic").headers)
    await accepted(gateway, {"client_id": "basic"}, services.proves(gateway, "basic").headers)


AUD = {
    "CA-05-token-endpoint": lambda issuer: f"{issuer}/token",
    "CA-05-par-endpoint": lambda issuer: f"{issuer}/par",
    "CA-05-array": lambda issuer: [issuer],
    "CA-05-array-of-two": lambda issuer: [issuer, "https://other.example"],
    "CA-05-slash": lambda issuer: f"{issuer}/",
    "CA-05-upper-case": lambda issuer: issuer.upper(),
    "CA-05-other": lambda _: "https://other.example",
    "CA-05-none": lambda _: None,
    "CA-05-empty": lambda _: "",
    "CA-05-object": lambda issuer: {"aud": issuer},
}


@pytest.mark.parametrize("name", AUD)
async def test_an_assertion_is_for_us_alone(gateway: Gateway, name: str) -> None:
    made = assertion(gateway, aud=AUD[name](gateway.issuer))

    await refused(gateway, by_assertion(made))


@pytest.mark.parametrize("name", AUD)
async def test_a_client_of_openid_connect_alone_may_name_the_endpoint(
    gateway: Gateway, name: str
) -> None:
    """PKJ-2, OpenID Connect Core §9: under ``oidc-basic``, as text, and nothing else."""
    form = by_assertion(assertion(gateway, "objects", aud=AUD[name](gateway.issuer)))

    if name == "CA-05-token-endpoint":
        await accepted(gateway, form)
    else:
        await refused(gateway, form)


@pytest.mark.parametrize("typ", ["client-authentication+jwt", "JWT", None])
async def test_an_assertion_says_that_it_is_one(gateway: Gateway, typ: str | None) -> None:
    """CA-07, with the grace of RFC 10070 for those that say nothing."""
    await accepted(gateway, by_assertion(assertion(gateway, header={"typ": typ})))


@pytest.mark.parametrize(
    "typ", ["at+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "", "application/jwt", 7, ["JWT"]]
)
async def test_another_kind_of_token_is_no_assertion(gateway: Gateway, typ: Any) -> None:
    """CA-07."""
    made = jws.made(_claims(gateway), {"alg": "ES256", "kid": "ec", "typ": typ}, EC_KEY)

    await refused(gateway, by_assertion(made))


@pytest.mark.parametrize(
    "over",
    [
        pytest.param({"exp": None}, id="CA-10-no-exp"),
        pytest.param({"exp": -300}, id="CA-10-past"),
        pytest.param({"exp": -6}, id="CA-10-just-past"),
        pytest.param({"exp": 330}, id="CA-10-long"),
        pytest.param({"exp": 315_360_000}, id="CA-10-ten-years"),
        pytest.param({"iat": -400, "exp": 60}, id="CA-10-long-since"),
        pytest.param({"iat": 61, "exp": 120}, id="CA-11-iat-ahead"),
        pytest.param({"nbf": 61, "exp": 120}, id="CA-11-nbf-ahead"),
        pytest.param({"jti": None}, id="CA-09-no-jti"),
        pytest.param({"jti": ""}, id="CA-09-empty-jti"),
        pytest.param({"jti": "j" * 257}, id="CA-09-long-jti"),
        pytest.param({"jti": 7}, id="CA-09-number"),
        pytest.param({"iss": "twin"}, id="CA-06-iss"),
        pytest.param({"iss": None}, id="CA-06-no-iss"),
        pytest.param({"sub": "twin"}, id="CA-06-sub"),
        pytest.param({"sub": None}, id="CA-06-no-sub"),
        pytest.param({"sub": ["gov"]}, id="CA-06-sub-list"),
    ],
)
async def test_an_assertion_that_is_not_in_order_is_refused(
    gateway: Gateway, over: dict[str, Any]
) -> None:
    at = int(now().timestamp())
    dated = {
        name: at + value if name in ("exp", "iat", "nbf") and value is not None else value
        for name, value in over.items()
    }

    await refused(gateway, by_assertion(assertion(gateway, **dated)))


@pytest.mark.parametrize("over", [{"iat": 8}, {"nbf": 8}, {"exp": -1}, {"iat": -250, "exp": 30}])
async def test_a_clock_may_be_a_little_off(gateway: Gateway, over: dict[str, int]) -> None:
    """CA-11: FAPI 2.0 §5.3.2.1 asks to allow for ten seconds."""
    at = int(now().timestamp())

    await accepted(
        gateway,
        by_assertion(assertion(gateway, **{name: at + value for name, value in over.items()})),
    )


@pytest.mark.parametrize(("lives", "good"), [(3600, True), (3700, False)])
async def test_an_older_client_signs_for_an_hour(gateway: Gateway, lives: int, good: bool) -> None:
    """CA-10 and ADR 7: under ``oidc-basic``, and no other; it works once all the same."""
    at = int(now().timestamp())
    form = KNOWN | by_assertion(assertion(gateway, "objects", exp=at + lives))

    answer = await gateway.post("/token", form)

    verdicts.refused(answer, "invalid_grant" if good else "invalid_client", 400 if good else 401)
    if good:
        verdicts.refused(await gateway.post("/token", form, node=1), "invalid_client", 401)


@pytest.mark.parametrize("elsewhere", ["/token", "/par", "/introspect", "other-node"])
async def test_an_assertion_works_once(gateway: Gateway, elsewhere: str) -> None:
    """CA-08: at any endpoint, at any node."""
    form = KNOWN | {"token": "x"} | by_assertion(assertion(gateway))
    await accepted(gateway, form)
    path, node = ("/token", 1) if elsewhere == "other-node" else (elsewhere, 0)
    async with gateway.unchanged():
        again = await gateway.post(path, form, node=node)

    verdicts.refused(again, "invalid_client", 401)


async def test_of_fifty_uses_at_once_one_counts(gateway: Gateway) -> None:
    """CA-08, over both processes."""
    form = by_assertion(assertion(gateway))

    answers = await asyncio.gather(*(ask(gateway, form, node=n % 2) for n in range(50)))

    told = sorted(answer.json()["error"] for answer in answers)
    assert told == ["invalid_client"] * 49 + ["invalid_grant"]


def _pem(key: Any, form: Any = serialization.PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))


CONFUSED = {
    "CA-14-pem": _pem(EC_KEY),
    "CA-14-der": EC_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    ),
    "CA-14-ssh": EC_KEY.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ),
    "CA-14-jwk": json.dumps(services.jwks(ec=EC_KEY)["keys"][0]).encode(),
    "CA-14-rsa-pem": _pem(RSA_KEY),
    "CA-14-empty": b"",
    "CA-14-client-id": b"gov",
}


@pytest.mark.parametrize("name", CONFUSED)
@pytest.mark.parametrize("kid", ["ec", "rsa", None])
async def test_a_public_key_is_no_secret(gateway: Gateway, name: str, kid: str | None) -> None:
    made = jws.hmac_made(_claims(gateway), {"alg": "HS256", "kid": kid}, CONFUSED[name])

    await refused(gateway, by_assertion(made))


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "", None, 0, "ES256 "], ids=repr)
async def test_a_token_without_a_signature_is_refused(gateway: Gateway, alg: Any) -> None:
    """CA-13."""
    header = {"alg": alg, "kid": "ec"}
    if alg is None:
        del header["alg"]
    for signature in ("", "AA"):
        made = jws.spelt(header, _claims(gateway)) + "." + signature
        await refused(gateway, by_assertion(made))


@pytest.mark.parametrize(
    ("key", "alg", "kid"),
    [
        pytest.param(RSA_KEY, "RS256", "rsa", id="CA-12-RS256-not-in-the-profile"),
        pytest.param(RSA_KEY, "PS512", "rsa", id="CA-12-PS512"),
        pytest.param(STRANGER, "ES256", "ec", id="CA-15-foreign-key"),
        pytest.param(EC_KEY, "ES256", "rsa", id="CA-15-other-kid"),
    ],
)
async def test_a_signature_that_is_not_the_client_s_is_refused(
    gateway: Gateway, key: Any, alg: str, kid: str
) -> None:
    made = assertion(gateway, key=key, alg=alg, header={"kid": kid})

    await refused(gateway, by_assertion(made))


async def test_a_registered_rsa_key_signs_with_pss(gateway: Gateway) -> None:
    made = assertion(gateway, key=RSA_KEY, alg="PS256", header={"kid": "rsa"})

    await accepted(gateway, by_assertion(made))


def _claims(gateway: Gateway) -> dict[str, Any]:
    return verdicts.claims(assertion(gateway))


@pytest.mark.parametrize(
    "kid", ["../../dev/null", "' OR 1=1--", 7, ["ec"], "k" * 10_000, "unknown", "\0", ""]
)
async def test_a_key_s_name_is_only_a_name(gateway: Gateway, kid: Any) -> None:
    """CA-16."""
    made = jws.made(_claims(gateway), {"alg": "ES256", "kid": kid}, EC_KEY)

    await refused(gateway, by_assertion(made))


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c", "x5t", "crit", "b64", "zip"])
async def test_a_token_brings_no_key_along(gateway: Gateway, member: str) -> None:
    """CA-17: refused without a look at it, and nobody is asked for it."""
    heard = []
    listener = await asyncio.start_server(lambda *_: heard.append(1), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    value = {"jku": f"http://127.0.0.1:{port}/", "x5u": f"http://127.0.0.1:{port}/",
             "jwk": services.jwks(ec=STRANGER)["keys"][0], "crit": ["exp"]}  # fmt: skip
    header = {"alg": "ES256", "kid": "ec", member: value.get(member, ["x"])}
    async with listener:
        for key in (STRANGER, EC_KEY):
            made = jws.made(_claims(gateway), header, key)
            await refused(gateway, by_assertion(made))

    assert not heard


@pytest.mark.parametrize(
    "kind", [None, "", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"]
)
async def test_another_kind_of_assertion_is_refused(gateway: Gateway, kind: str | None) -> None:
    """CA-29."""
    form = {"client_assertion": assertion(gateway)}
    if kind is not None:
        form["client_assertion_type"] = kind

    await refused(gateway, form)


@pytest.mark.parametrize(
    ("over", "client", "reason"),
    [
        pytest.param({"aud": "https://elsewhere.example"}, "gov", "aud", id="aud"),
        pytest.param({"exp": 1}, "gov", "exp", id="exp"),
        pytest.param({"key": STRANGER}, "gov", "signature", id="foreign-key"),
        pytest.param({"header": {"kid": "other"}}, "gov", "unknown_kid", id="kid"),
        pytest.param({"client_id": "basic"}, "basic", "method", id="registered-a-secret"),
        pytest.param({"client_id": "nobody-we-know"}, None, "unknown_client", id="unknown"),
    ],
)
async def test_the_log_says_why_an_assertion_is_refused(
    gateway: Gateway, over: dict[str, Any], client: str | None, reason: str
) -> None:
    """An operator can help; the token itself, and what it claims, is told to nobody."""
    before = len(gateway.logs())
    made = assertion(gateway, **over)

    await refused(gateway, by_assertion(made))

    said = gateway.logs()
    lines = [json.loads(line) for line in said.splitlines() if "assertion refused" in line]
    assert len(said) > before
    assert (client, reason) in {(line["client"], line["reason"]) for line in lines}
    assert "nobody-we-know" not in said
    assert not any(part in said for part in made.split("."))


async def test_the_log_says_that_an_assertion_came_twice(gateway: Gateway) -> None:
    made = by_assertion(assertion(gateway))
    await accepted(gateway, made)

    await refused(gateway, made)

    assert '"client": "gov", "reason": "replayed"' in gateway.logs()
