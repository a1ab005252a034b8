"""Group KE over HTTP: what we publish about ourselves, and what happens without a key.

Specs: OpenID Connect Discovery 1.0 §4, RFC 8414 §3, RFC 9110 §13.1.2; security: KE-08 to KE-14.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from keys import keystore, rotation
from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import NODES, Citizen, Gateway
from tests.support.services import CALLBACK, asked

OPENID, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
KEYS = "/jwks"


@contextlib.asynccontextmanager
async def without_key(gateway: Gateway, purpose: str) -> AsyncIterator[None]:
    """Let no key sign at any process, as when the place that holds the keys is away."""
    async with gateway.runtime.entry() as entry:
        await keystore.alone(entry)
        keyring = await keystore.load(entry, gateway.runtime.vault.sealer)
        await keystore.retire(entry, keyring.active(purpose, "ES256").kid)
        # A second one, so that every process shows when it has seen this.
        seen = await keystore.announce(
            entry, gateway.runtime.vault.sealer, purpose=purpose, alg="ES256"
        )
    await _published(gateway, seen)
    try:
        yield
    finally:
        async with gateway.runtime.entry() as entry:
            await rotation.ensure(entry, gateway.runtime.vault.sealer)
            keyring = await keystore.load(entry, gateway.runtime.vault.sealer)
        await _published(gateway, keyring.active(purpose, "ES256").kid)


async def _published(gateway: Gateway, kid: str) -> None:
    for node in range(NODES):
        while kid not in (await gateway.get(KEYS, node=node)).text:
            pass


async def test_both_addresses_tell_the_same(gateway: Gateway) -> None:
    """KE-08: with one issuer, as it was configured, wherever it is asked."""
    told = {
        (await gateway.get(path, node=node)).content
        for path in (OPENID, OAUTH)
        for node in range(NODES)
    }

    assert len(told) == 1
    document = json.loads(told.pop())
    assert document["issuer"] == gateway.issuer
    addresses = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
    assert [one for one in addresses if not one.startswith(f"{gateway.issuer}/")] == []


@pytest.mark.parametrize(("path", "seconds"), [(OPENID, 300), (OAUTH, 300), (KEYS, 900)])
async def test_what_is_public_may_be_read_and_kept_by_anybody(
    gateway: Gateway, path: str, seconds: int
) -> None:
    """KE-08, KE-14: by every origin, without cookies, and by caches."""
    answer = await gateway.get(path, headers={"origin": "https://rp.example", "cookie": "a=b"})

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["cache-control"] == f"public, max-age={seconds}"
    assert "set-cookie" not in answer.headers
    assert "vary" not in answer.headers


@pytest.mark.parametrize("path", [OPENID, OAUTH, KEYS])
async def test_every_process_shows_the_same_bytes(gateway: Gateway, path: str) -> None:
    """KE-14: or a cache behind a balancer would never find its copy good."""
    one, other = [await gateway.get(path, node=node) for node in range(NODES)]

    assert one.content == other.content
    assert one.headers["etag"] == other.headers["etag"]


@pytest.mark.parametrize("path", [OPENID, KEYS])
@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("{etag}", True),
        ("W/{etag}", True),
        ('"other", {etag}', True),
        ('"other",W/{etag} , "third"', True),
        ("*", True),
        ('"other"', False),
        ('W/"other"', False),
        ("{bare}", False),
        ("", False),
    ],
)
async def test_a_copy_that_is_still_good_is_not_sent_again(
    gateway: Gateway, path: str, given: str, known: bool
) -> None:
    """KE-14, RFC 9110 §13.1.2: a list of tags, compared weakly."""
    whole = await gateway.get(path)
    etag = whole.headers["etag"]
    sent = given.format(etag=etag, bare=etag.strip('"'))

    answer = await gateway.get(path, headers={"if-none-match": sent} if sent else {}, node=1)

    assert answer.status_code == (304 if known else 200)
    assert answer.content == (b"" if known else whole.content)
    assert answer.headers["etag"] == etag
    assert answer.headers["cache-control"] == whole.headers["cache-control"]


@pytest.mark.parametrize("path", [OPENID, OAUTH, KEYS, "/token", "/userinfo", "/", "/nowhere"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "10.0.0.7:8000", ""])
async def test_another_host_is_not_ours(gateway: Gateway, path: str, host: str) -> None:
    """HT-02, KE-08: only probes are asked by an address of the cluster."""
    answer = await gateway.get(path, headers={"host": host})

    assert answer.status_code == 421
    assert not answer.content


@pytest.mark.parametrize("path", [OPENID, OAUTH, KEYS])
async def test_only_public_halves_are_shown(gateway: Gateway, path: str) -> None:
    answer = await gateway.get(path)

    found = json.loads(answer.content)
    for key in found.get("keys", ()):
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
    assert (await gateway.ask("HEAD", path)).status_code == 200
    assert (await gateway.post(path, {})).status_code == 405


async def test_without_a_key_nothing_is_used_up(gateway: Gateway, ana: Citizen) -> None:
    """KE-11: the client is asked to come again, and the same form works then.

    Its assertion counts once whatever comes of it, so it proves itself anew each time.
    """
    scope = "openid profile offline_access"
    held = await services.tokens(gateway, ana, scope=scope)
    someone = await gateway.citizen("app", "gov")
    rotated = await services.tokens(gateway, someone, "app", scope=scope)
    code = await services.code(gateway, ana, scope=scope)
    proof = services.proves(gateway, "basic")
    again = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    once = {"grant_type": "refresh_token", "refresh_token": rotated["refresh_token"]}
    forms: list[tuple[Callable[[], Any], Any, int]] = [
        (code.form, proof.headers, 200),
        (lambda: again, proof.headers, 200),
        (lambda: once | {"client_id": "app"}, {}, 200),
        (lambda: code.form() | services.proves(gateway, "gov").form, {}, 400),
    ]

    async with without_key(gateway, "token"):
        async with gateway.unchanged("keys.replays"):
            for form, headers, _ in forms:
                for node in range(NODES):
                    answer = await gateway.post("/token", form(), headers=headers, node=node)
                    verdicts.refused(answer, "temporarily_unavailable", 503)
                    assert answer.headers["retry-after"] == "5"
        silent = await gateway.get(f"/authorize?{urlencode(asked())}", headers=ana.headers)
        assert "code" in verdicts.sent_back(silent, CALLBACK, gateway.issuer)

    for form, headers, status in forms:
        answer = await gateway.post("/token", form(), headers=headers)
        assert answer.status_code == status, answer.text


async def test_without_a_key_nobody_agrees_without_a_receipt(gateway: Gateway) -> None:
    """KE-11, CO-20: what can't be written down is not done either."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked())}")
    path, form = browser.form(page, "consent-allow")
    form |= {"answer": "allow", "duration": "until"}

    async with without_key(gateway, "event"), gateway.unchanged():
        busy = await browser.send("POST", path, form)

    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    answer = await browser.fill(page, "consent-allow", form)
    assert "code" in verdicts.sent_back(answer, CALLBACK, gateway.issuer)


async def test_trips_18_every_key_has_a_name_of_its_own(gateway: Gateway, ana: Citizen) -> None:
    """And a token says which one signed it."""
    names = [key["kid"] for key in (await gateway.get(KEYS)).json()["keys"]]
    told = await services.tokens(gateway, ana)

    assert all(names)
    assert len({*names}) == len(names)
    assert jwt.get_unverified_header(told["id_token"])["kid"] in names


async def test_disc_3_nothing_is_told_that_says_nothing(gateway: Gateway) -> None:
    """RFC 8414 §2: what there is none of is left out; and nothing is in a list twice."""
    told = (await gateway.get(OPENID)).json()

    assert [name for name, value in told.items() if value in ([], {}, "", None)] == []
    lists = {name: value for name, value in told.items() if isinstance(value, list)}
    assert [name for name, value in lists.items() if len(set(map(str, value))) < len(value)] == []


async def test_rfc8414_2_every_way_of_a_client_is_told_of_every_endpoint(gateway: Gateway) -> None:
    """Of an endpoint that says nothing, Basic is the only way; a key takes its algorithms along."""
    told = (await gateway.get(OAUTH)).json()
    ways = set(told["token_endpoint_auth_methods_supported"])

    assert set(told["revocation_endpoint_auth_methods_supported"]) == ways
    assert set(told["introspection_endpoint_auth_methods_supported"]) == ways - {"none"}
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint"):
        assert "ES256" in told[f"{name}_auth_signing_alg_values_supported"]


async def test_disc_4_every_address_that_is_told_answers(gateway: Gateway) -> None:
    """Discovery §3: by one of the two methods there is something, and nothing breaks."""
    told = (await gateway.get(OPENID)).json()
    told["registration_client_uri"] = f"{told['registration_endpoint']}/nobody"
    # It is the beginning of the addresses of grants (Grant Management §6).
    told["grant_management_endpoint"] += "/nothing"
    paths = {
        name: value.removeprefix(gateway.issuer)
        for name, value in told.items()
        if isinstance(value, str) and value.startswith(f"{gateway.issuer}/")
    }

    for name, path in paths.items():
        answers = [await gateway.ask(method, path) for method in ("GET", "POST")]
        seen = {answer.status_code for answer in answers}
        assert seen - {404, 405}, name
        assert max(seen) < 500, name


@pytest.mark.parametrize(
    ("path", "why"),
    [
        pytest.param("/check-session", "Session Management is off here", id="DISC-4-frame"),
        pytest.param("/conformance/resource", "no suite is let in here", id="DISC-4-resource"),
        pytest.param("/conformance/citizen", "no suite is let in here", id="DISC-4-citizen"),
    ],
)
async def test_what_is_not_told_is_not_there(gateway: Gateway, path: str, why: str) -> None:
    for method in ("GET", "POST"):
        assert (await gateway.ask(method, path)).status_code == 404, why


@pytest.mark.parametrize("path", [OPENID, OAUTH, KEYS])
async def test_disc_6_a_document_is_small_and_has_a_tag(gateway: Gateway, path: str) -> None:
    answer = await gateway.get(path)

    assert len(answer.content) < 16 * 1024
    assert answer.headers["etag"]
    assert "max-age" in answer.headers["cache-control"]
