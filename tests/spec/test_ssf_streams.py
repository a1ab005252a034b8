"""Shared Signals Framework 1.0 §7 and §8: metadata, streams, status, subjects. Group EV."""

import asyncio
from typing import Any

import pytest

from relying_parties.streams.event_types import NAMES
from tests.support import services, signals, verdicts
from tests.support.gateway import NODES, Gateway
from tests.support.signals import CAEP, POLL, PUSH, Api

ENDPOINT = "https://rp.example/events"
UNKNOWN = "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change"
PUSHED = {"method": PUSH, "endpoint_url": ENDPOINT, "authorization_header": "Bearer of-theirs"}


@pytest.fixture(scope="module")
async def registered(gateway: Gateway) -> None:
    """Two services that hear, of different agencies."""
    few = {"types": ["session-revoked", "credential-change"], "endpoint": ENDPOINT}
    await gateway.service(signals.document("listens", events=few))
    await gateway.service(signals.document("overhears", "southtown"))
    await gateway.service(signals.document("mixed", calls=[services.READS]))
    await gateway.settled()


@pytest.fixture
async def api(gateway: Gateway, registered: None) -> Api:
    made = await signals.api(gateway, "listens")
    await made.end()
    return made


async def test_the_metadata_tells_where_everything_is(gateway: Gateway) -> None:
    """SSF-7.1, CAEPIOP-2.3."""
    answer = await gateway.get("/.well-known/ssf-configuration")

    told, issuer = answer.json(), gateway.issuer
    assert answer.headers["content-type"] == "application/json"
    assert told == {
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "delivery_methods_supported": [PUSH, POLL],
        "configuration_endpoint": f"{issuer}/ssf/streams",
        "status_endpoint": f"{issuer}/ssf/status",
        "add_subject_endpoint": f"{issuer}/ssf/subjects:add",
        "remove_subject_endpoint": f"{issuer}/ssf/subjects:remove",
        "verification_endpoint": f"{issuer}/ssf/verify",
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}],
        "default_subjects": "NONE",
    }


async def test_a_stream_is_made_read_changed_and_ended(api: Api) -> None:
    """SSF-8.1.1.1 to SSF-8.1.1.5; what nobody knows is asked for in vain, and no error."""
    asked = [f"{CAEP}session-revoked", UNKNOWN]
    made = await api.ask("POST", "/ssf/streams", {"events_requested": asked, "description": "Ours"})
    stream, issuer = made.json(), api.gateway.issuer

    assert made.status_code == 201, made.text
    assert stream == {
        "stream_id": stream["stream_id"],
        "iss": issuer,
        "aud": "listens",
        "events_supported": [f"{CAEP}session-revoked", f"{CAEP}credential-change"],
        "events_requested": asked,
        "events_delivered": [f"{CAEP}session-revoked"],
        "delivery": {
            "method": POLL,
            "endpoint_url": f"{issuer}/ssf/poll/{stream['stream_id']}",
        },
        "min_verification_interval": 60,
        "description": "Ours",
    }
    verdicts.private(made)
    named = f"/ssf/streams?stream_id={stream['stream_id']}"
    assert (await api.ask("GET", named, node=1)).json() == stream
    assert (await api.ask("GET", "/ssf/streams")).json() == [stream]

    changed = await api.ask(
        "PATCH", "/ssf/streams", {"stream_id": stream["stream_id"], "delivery": PUSHED}
    )
    assert changed.status_code == 200, changed.text
    pushed = {"method": PUSH, "endpoint_url": ENDPOINT}
    assert changed.json() == stream | {"delivery": pushed}  # EV-11: the header is not told

    replaced = await api.ask("PUT", "/ssf/streams", {"stream_id": stream["stream_id"]})
    assert replaced.status_code == 200, replaced.text
    assert replaced.json() == {
        name: value
        for name, value in stream.items()
        if name not in ("events_requested", "description")
    } | {"events_delivered": stream["events_supported"]}

    ended = await api.ask("DELETE", named)
    assert (ended.status_code, ended.content) == (204, b"")
    assert (await api.ask("GET", named)).status_code == 404
    assert (await api.ask("GET", "/ssf/streams")).json() == []


async def test_a_service_has_one_stream(api: Api) -> None:
    """SSF-8.1.1.1, conformance §4b 56."""
    await api.create()

    async with api.gateway.unchanged("relying_parties.access_tokens"):
        second = await api.ask("POST", "/ssf/streams", {})

    assert (second.status_code, second.json()["error"]) == (409, "conflict")


async def test_of_fifty_streams_at_once_one_is_made(api: Api) -> None:
    """SSF-8.1.1.1: whichever process is asked."""
    asked = (api.ask("POST", "/ssf/streams", {}, node=number % NODES) for number in range(50))
    answers = [answer.status_code for answer in await asyncio.gather(*asked)]

    assert sorted(answers) == [201] + [409] * 49
    assert len((await api.ask("GET", "/ssf/streams")).json()) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "/ssf/streams?stream_id=x", None, id="read"),
        pytest.param("DELETE", "/ssf/streams?stream_id=x", None, id="delete"),
        pytest.param("PATCH", "/ssf/streams", {"stream_id": "x"}, id="update"),
        pytest.param("PUT", "/ssf/streams", {"stream_id": "x"}, id="replace"),
        pytest.param("GET", "/ssf/status?stream_id=x", None, id="status"),
        pytest.param("POST", "/ssf/status", {"stream_id": "x", "status": "paused"}, id="pause"),
        pytest.param(
            "POST",
            "/ssf/subjects:add",
            {"stream_id": "x", "subject": {"format": "email", "email": "a@example.test"}},
            id="add",
        ),
        pytest.param("POST", "/ssf/verify", {"stream_id": "x", "state": "s"}, id="verify"),
        pytest.param("POST", "/ssf/poll/x", {}, id="poll"),
    ],
)
@pytest.mark.parametrize("whose", ["nobody", "another"])
async def test_an_unknown_stream_is_as_unknown_as_another_s(
    api: Api, method: str, path: str, body: Any, whose: str
) -> None:
    """EV-01: 404 alike, whether the caller has a stream of its own or not."""
    other = await signals.api(api.gateway, "overhears")
    theirs = (await other.create())["stream_id"] if whose == "another" else "x" * 43
    await api.create()
    path = path.replace("=x", f"={theirs}").replace("/x", f"/{theirs}")
    body = body and {**body, **({"stream_id": theirs} if "stream_id" in body else {})}

    async with api.gateway.unchanged():
        answer = await api.ask(method, path, body)

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ssf/streams"),
        ("POST", "/ssf/streams"),
        ("PATCH", "/ssf/streams"),
        ("PUT", "/ssf/streams"),
        ("DELETE", "/ssf/streams?stream_id=x"),
        ("GET", "/ssf/status?stream_id=x"),
        ("POST", "/ssf/status"),
        ("POST", "/ssf/subjects:add"),
        ("POST", "/ssf/subjects:remove"),
        ("POST", "/ssf/verify"),
        ("POST", "/ssf/poll/x"),
    ],
)
async def test_nothing_is_done_without_a_token_for_it(api: Api, method: str, path: str) -> None:
    """SSF-8.1.1: 401 without a good token, 403 without the scope (EV-01)."""
    body = None if method in ("GET", "DELETE") else {}
    reading = Api(api.gateway, "listens", await signals.token(api.gateway, "listens", "ssf.read"))
    elsewhere = Api(api.gateway, "clerk", await _own(api.gateway, "clerk"))
    async with api.gateway.unchanged():
        for bad in (Api(api.gateway, "", "x" * 43), elsewhere):
            answer = await bad.ask(method, path, body)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        bare = await api.gateway.ask(method, path)
        assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")
        if method != "GET" and not path.startswith("/ssf/poll"):
            weak = await reading.ask(method, path, body)
            assert (weak.status_code, weak.json()["error"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(";{ broken", id="no-json"),
        pytest.param("[]", id="no-object"),
        pytest.param('{"events_requested": "x"}', id="no-list"),
        pytest.param('{"events_requested": [1]}', id="no-event"),
        pytest.param('{"events_requested": ["a\\u0000"]}', id="nul"),
        pytest.param('{"delivery": []}', id="no-delivery"),
        pytest.param('{"delivery": {"method": "urn:x"}}', id="unknown-method"),
        pytest.param(f'{{"delivery": {{"method": "{PUSH}"}}}}', id="nowhere"),
        pytest.param(
            f'{{"delivery": {{"method": "{PUSH}", "endpoint_url": "https://else.example/"}}}}',
            id="EV-04-not-the-registered-address",
        ),
        pytest.param(
            f'{{"delivery": {{"method": "{PUSH}", "endpoint_url": "{ENDPOINT}",'
            ' "authorization_header": "a\\r\\nb: c"}}',
            id="two-headers",
        ),
        pytest.param('{"description": 1}', id="no-text"),
        pytest.param('{"iss": "https://else.example"}', id="iss-is-ours"),
        pytest.param('{"aud": "else"}', id="aud-is-ours"),
        pytest.param('{"events_delivered": []}', id="delivered-is-ours"),
    ],
)
async def test_a_bad_wish_is_refused(api: Api, method: str, body: str) -> None:
    """EV-02: 400, and nothing is different."""
    named = body
    if method != "POST":
        stream = await api.create()
        named = body.replace("{", f'{{"stream_id": "{stream["stream_id"]}", ', 1)
        named = body if body in (";{ broken", "[]") else named

    async with api.gateway.unchanged():
        answer = await api.ask(method, "/ssf/streams", named)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_stream_runs_rests_or_is_off(api: Api) -> None:
    """SSF-8.1.2."""
    stream = (await api.create())["stream_id"]
    for status in ("paused", "disabled", "enabled"):
        given = {"stream_id": stream, "status": status, "reason": f"We are {status}"}
        changed = await api.ask("POST", "/ssf/status", given)
        assert (changed.status_code, changed.json()) == (200, given)
        told = await api.ask("GET", f"/ssf/status?stream_id={stream}")
        assert told.json() == given

    async with api.gateway.unchanged():
        wrong = await api.ask("POST", "/ssf/status", {"stream_id": stream, "status": "on"})
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    "subject",
    [
        None,
        "x",
        {},
        {"format": "unknown"},
        {"format": "iss_sub", "iss": "https://else.example"},
        {"format": "email", "email": 1},
        {"format": "opaque", "id": "x" * 300},
    ],
)
async def test_a_subject_that_is_none_is_refused(api: Api, subject: Any) -> None:
    """SSF-8.1.3.2, RFC9493-3."""
    stream = (await api.create())["stream_id"]
    for path in ("/ssf/subjects:add", "/ssf/subjects:remove"):
        async with api.gateway.unchanged():
            answer = await api.ask("POST", path, {"stream_id": stream, "subject": subject})
        assert answer.status_code == 400


async def test_nobody_learns_who_is_known_here(api: Api) -> None:
    """SSF-8.1.3.2: a stranger is added and taken away without a word, and nothing is kept."""
    stream = (await api.create())["stream_id"]
    for path, status in (("/ssf/subjects:add", 200), ("/ssf/subjects:remove", 204)):
        for subject in (
            {"format": "email", "email": "example.user@example.com"},
            {"format": "iss_sub", "iss": api.gateway.issuer, "sub": "a-stranger"},
        ):
            given = {"stream_id": stream, "subject": subject, "verified": True}
            async with api.gateway.unchanged():
                answer = await api.ask("POST", path, given)
            assert (answer.status_code, answer.content) == (status, b"")


async def test_a_token_for_events_needs_the_registration(gateway: Gateway, api: Api) -> None:
    """RFC8707-2: a service that hears nothing gets none; one that calls others gets both."""
    proof = services.proves(gateway, "basic")
    form = {"grant_type": "client_credentials", "scope": "ssf.manage"}
    refused = await gateway.post("/token", form, headers=proof.headers)
    usual = await _own(gateway, "mixed")
    ours = await signals.token(gateway, "mixed", "ssf.read")

    verdicts.refused(refused, "unauthorized_client")
    told = [await _look(gateway, "mixed", token) for token in (usual, ours)]
    assert [(one["aud"], one["scope"]) for one in told] == [
        (services.LEDGER["identifier"], "entries:read"),
        (f"{gateway.issuer}/ssf", "ssf.read"),
    ]


async def test_every_type_has_a_name_of_its_own_on_the_wire(gateway: Gateway) -> None:
    api = await signals.api(gateway, "overhears")
    told = await api.create()

    assert len(set(told["events_supported"])) == len(NAMES)
    assert f"{gateway.issuer}/events/claims-changed" in told["events_delivered"]
    await api.end()


async def _own(gateway: Gateway, client_id: str) -> str:
    proof = services.proves(gateway, client_id)
    form = {"grant_type": "client_credentials"} | proof.form
    answer = await gateway.post("/token", form, headers=proof.headers)
    return str(answer.json()["access_token"])


async def _look(gateway: Gateway, client_id: str, token: str) -> Any:
    proof = services.proves(gateway, client_id)
    answer = await gateway.post("/introspect", {"token": token}, headers=proof.headers)
    return answer.json()
