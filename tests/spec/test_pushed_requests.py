"""Group PR: pushed requests, which come from the client itself and are answered once.

Specs: RFC 9126 §2, §4 and §7, RFC 9101 §5, FAPI 2.0 Security Profile §5.3.2.
"""

import asyncio
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, EC_KEY, STRANGER, asked

UNSIGNED = jwt.encode({"iss": "gov"}, None, algorithm="none")


async def push(gateway: Gateway, client_id: str = "gov", proof: Any = None, **over: Any) -> Any:
    """Push and return the answer, whatever it is."""
    shown = proof if proof is not None else services.proves(gateway, client_id)
    return await gateway.post("/par", asked(client_id, **over) | shown.form, headers=shown.headers)


def brought(request_uri: str, client_id: str = "gov", **more: str) -> str:
    return f"/authorize?{urlencode({'client_id': client_id, 'request_uri': request_uri} | more)}"


@pytest.fixture
async def ben(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and has agreed to what ``gov`` asks."""
    return await gateway.citizen("gov")


async def test_a_pushed_request_is_answered_once(gateway: Gateway, ben: Citizen) -> None:
    """PR-04."""
    pushed = await push(gateway)
    assert (pushed.status_code, pushed.json()["expires_in"]) == (201, 90)
    verdicts.private(pushed)
    address = brought(pushed.json()["request_uri"])
    first = await gateway.get(address, headers=ben.headers)
    async with gateway.unchanged():
        second = await gateway.get(address, headers=ben.headers, node=1)

    assert "code" in verdicts.sent_back(first, CALLBACK, gateway.issuer)
    assert "invalid_request_uri" in verdicts.page(second)


@pytest.mark.parametrize("client_id", ["gov", "basic", "post", "nobody"])
async def test_nobody_pushes_without_proof(gateway: Gateway, client_id: str) -> None:
    """PR-01."""
    async with gateway.unchanged():
        answer = await push(gateway, client_id, services.Proof({}, {}))

    verdicts.refused(answer, "invalid_client", 401)


@pytest.mark.parametrize("uri", ["urn:ietf:params:oauth:request_uri:x", "https://rp.example/o"])
async def test_a_request_uri_cannot_be_pushed(gateway: Gateway, uri: str) -> None:
    """PR-02."""
    async with gateway.unchanged("keys.replays"):
        verdicts.refused(await push(gateway, request_uri=uri), "invalid_request")


async def test_who_must_push_cannot_ask_by_the_browser(gateway: Gateway, ben: Citizen) -> None:
    """PR-03."""
    async with gateway.unchanged():
        answer = await gateway.get(f"/authorize?{urlencode(asked('gov'))}", headers=ben.headers)

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_request"


async def test_a_pushed_request_runs_out(gateway: Gateway, ben: Citizen) -> None:
    """PR-05."""
    uri = (await push(gateway)).json()["request_uri"]
    await gateway.rows(
        "UPDATE relying_parties.pushed_requests SET expires_at = now() - interval '1 second'"
        " WHERE digest = sha256($1::bytea)",
        uri.encode(),
    )
    async with gateway.unchanged():  # another process: this one goes by its own clock
        answer = await gateway.get(brought(uri), headers=ben.headers, node=1)

    assert "invalid_request_uri" in verdicts.page(answer)


async def test_opening_the_link_twice_works(gateway: Gateway) -> None:
    """PR-07: used up by its answer and not by a page that was loaded."""
    someone = await gateway.citizen("gov")
    await gateway.set_password(someone.account, "a quiet harbour at dawn")
    address = brought((await push(gateway)).json()["request_uri"])
    browser = Browser(gateway)
    await browser.follow(address)
    page = await browser.follow(address)

    answer = await browser.sign_in(page, someone.email, "a quiet harbour at dawn")

    assert "code" in verdicts.sent_back(answer, CALLBACK, gateway.issuer)


async def test_what_was_pushed_wins(gateway: Gateway, ben: Citizen) -> None:
    """PR-08: nothing beside it in the address counts."""
    uri = (await push(gateway, scope="openid profile")).json()["request_uri"]
    more = {"scope": "openid email", "state": "other", "redirect_uri": "https://evil.example",
            "claims": '{"userinfo":{"email":null}}', "response_mode": "form_post"}  # fmt: skip

    answer = await gateway.get(brought(uri, **more), headers=ben.headers)

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["state"] == "the state"
    code = services.Code(told["code"], "gov", "v" * 43, CALLBACK)
    assert (await services.redeem(gateway, code)).json()["scope"] == "openid profile"


@pytest.mark.parametrize(
    "uri",
    [
        "urn:ietf:params:oauth:request_uri:" + "A" * 43,
        "urn:ietf:params:oauth:request_uri:",
        "urn:ietf:params:oauth:request_uri:' OR 1=1--",
        "urn:ietf:params:oauth:request_uri:" + "A" * 4000,
    ],
)
async def test_a_guessed_request_uri_gets_a_page(gateway: Gateway, ben: Citizen, uri: str) -> None:
    """PR-10."""
    async with gateway.unchanged():
        answer = await gateway.get(brought(uri), headers=ben.headers)

    verdicts.page(answer)


async def test_request_uris_are_long_and_random(gateway: Gateway) -> None:
    """PR-10: 256 bits each (FAPI 2.0 §5.4.1)."""
    made = {(await push(gateway)).json()["request_uri"] for _ in range(8)}

    assert len(made) == 8
    assert all(len(uri.rpartition(":")[2]) == 43 for uri in made)


async def test_no_address_of_a_client_is_ever_fetched(gateway: Gateway, ana: Citizen) -> None:
    """PR-11: a listener hears nothing."""
    heard = []
    listener = await asyncio.start_server(lambda *_: heard.append(1), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, gateway.unchanged():
        for uri in (f"http://127.0.0.1:{port}/o", f"https://localhost:{port}/o",
                    "https://169.254.169.254/latest", f"file://127.0.0.1:{port}/"):  # fmt: skip
            query = urlencode(asked(request_uri=uri))
            answer = await gateway.get(f"/authorize?{query}", headers=ana.headers)
            told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
            assert told["error"] == "request_uri_not_supported"

    assert not heard


@pytest.mark.parametrize("client_id", ["twin", "", None, "nobody"])
async def test_the_form_names_the_client_that_proves_itself(
    gateway: Gateway, client_id: str | None
) -> None:
    """PR-17, for forms: another's name beside our proof is refused."""
    shown = services.proves(gateway, "gov")
    form = asked("gov") | shown.form | {"client_id": client_id}
    if client_id is None:
        del form["client_id"]
    async with gateway.unchanged("keys.replays"):
        answer = await gateway.post("/par", form)

    if client_id:
        verdicts.refused(answer, "invalid_client", 401)
    else:
        verdicts.refused(answer, "invalid_request")


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none consent"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"claims": '{"userinfo":7}'}, "invalid_request"),
        ({"claims": r'{"id_token":{"acr":"\ud800"}}'}, "invalid_request"),
        ({"claims": r'{"userinfo":{"\u0000":null}}'}, "invalid_request"),
        ({"claims": '{"userinfo":{"a":' + "[" * 12 + "]" * 12 + "}}"}, "invalid_request"),
        ({"claims": '{"id_token":{"acr":{"essential":true,"values":{}}}}'}, "invalid_request"),
        ({"state": "s" * 3000}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"id_token_hint": "h" * 40_000}, "invalid_request"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_bad_request_cannot_be_pushed(
    gateway: Gateway, over: dict[str, Any], error: str
) -> None:
    async with gateway.unchanged("keys.replays"):
        answer = await push(gateway, **over)

    verdicts.refused(answer, error)


async def test_a_parameter_cannot_be_pushed_twice(gateway: Gateway) -> None:
    form = urlencode(asked("basic")) + "&scope=openid"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    async with gateway.unchanged():
        answer = await gateway.ask(
            "POST",
            "/par",
            content=form,
            headers=headers | services.proves(gateway, "basic").headers,
        )

    verdicts.refused(answer, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS"])
async def test_a_request_is_pushed_by_post_alone(gateway: Gateway, method: str) -> None:
    async with gateway.unchanged():
        answer = await gateway.ask(method, f"/par?{urlencode(asked('basic'))}")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_pushed_request_outlives_the_key_that_proved_it(gateway: Gateway) -> None:
    """PR-23: the client has rotated meanwhile; the old key pushes nothing more."""
    auth = {"method": "private_key_jwt", "jwks": services.jwks(ec=EC_KEY)}
    await gateway.service(services.document("turning", profile="gov-standard", auth=auth))
    someone = await gateway.citizen("turning")
    proof = services.Proof({}, services.by_assertion(services.assertion(gateway, "turning")))
    uri = (await push(gateway, "turning", proof)).json()["request_uri"]
    turned = auth | {"jwks": services.jwks(new=STRANGER)}
    await gateway.service(services.document("turning", profile="gov-standard", auth=turned))
    await gateway.settled()

    answer = await gateway.get(brought(uri, "turning"), headers=someone.headers)
    stale = services.Proof({}, services.by_assertion(services.assertion(gateway, "turning")))
    async with gateway.unchanged():
        refused = await push(gateway, "turning", stale)

    assert "code" in verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    verdicts.refused(refused, "invalid_client", 401)
