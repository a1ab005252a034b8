"""Poll delivery: RFC 8936 §2. Group EV."""

import asyncio
from typing import Any

import pytest

from relying_parties.streams import delivery
from relying_parties.streams.delivery import Signal
from tests.support import signals
from tests.support.gateway import Citizen, Gateway
from tests.support.signals import RISC, SSF, Api


@pytest.fixture(scope="module")
async def registered(gateway: Gateway) -> None:
    await gateway.service(signals.document("polls"))
    await gateway.settled()


@pytest.fixture
async def api(gateway: Gateway, registered: None) -> Api:
    await gateway.rows("DELETE FROM relying_parties.streams")
    return await signals.api(gateway, "polls")


@pytest.fixture
async def stream(api: Api) -> dict[str, Any]:
    return await api.create()


@pytest.fixture
async def ana(gateway: Gateway, stream: dict[str, Any]) -> Citizen:
    return await gateway.citizen("polls")


async def tell(gateway: Gateway, citizen: Citizen, *events: str) -> None:
    whom = await signals.subject(gateway, citizen, "polls")
    async with gateway.runtime.entry() as entry:
        told = [Signal("polls", whom, event, {}, entry.at) for event in events]
        assert await delivery.queue(entry, told) == len(events)


async def test_what_is_not_acknowledged_comes_again(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """RFC8936-2.4: in the order in which it happened, the same each time, until it is."""
    await tell(gateway, ana, "account-disabled", "account-enabled", "recovery-activated")
    first = await api.poll(stream, maxEvents=2)
    second = await api.poll(stream, maxEvents=2)

    sets = first["sets"]
    assert first["moreAvailable"] is True
    assert list(sets) == list(second["sets"])
    told = [signals.read(gateway, raw) for raw in sets.values()]
    assert [one["jti"] for one in told] == list(sets)
    assert told == [signals.read(gateway, raw) for raw in second["sets"].values()]
    names = [next(iter(one["events"])) for one in told]
    assert names == [f"{RISC}account-disabled", f"{RISC}account-enabled"]

    rest = await api.poll(stream, ack=list(sets))
    assert "moreAvailable" not in rest
    [last] = rest["sets"].values()
    assert list(signals.read(gateway, last)["events"]) == [f"{RISC}recovery-activated"]
    only = await api.poll(stream, ack=list(rest["sets"]), maxEvents=0)
    assert only == {"sets": {}}
    assert await api.poll(stream) == {"sets": {}}


async def test_what_could_not_be_used_is_given_up(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """RFC8936-2.6: with the receiver's word, if it is one that there is."""
    await tell(gateway, ana, "account-disabled", "account-enabled")
    sets = list((await api.poll(stream))["sets"])
    errors = {
        sets[0]: {"err": "invalid_key", "description": "unknown kid"},
        sets[1]: {"err": "<script>", "description": "x"},
        "never-sent": {"err": "invalid_key", "description": "x"},
    }

    assert await api.poll(stream, setErrs=errors) == {"sets": {}}
    rows = await gateway.rows("SELECT state, why FROM relying_parties.deliveries ORDER BY id")
    assert [tuple(row) for row in rows] == [("dead", "invalid_key"), ("dead", "refused")]
    async with gateway.runtime.entry() as entry:
        assert await delivery.send_again(entry, "polls", by="operator") == 2
    assert list((await api.poll(stream))["sets"]) == sets


async def test_another_can_acknowledge_nothing(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """EV-01: a jti that leaked is worth nothing in another's hands."""
    await gateway.service(signals.document("polls-too", "southtown"))
    await gateway.settled()
    other = await signals.api(gateway, "polls-too")
    theirs = await other.create()
    await tell(gateway, ana, "account-disabled")
    sets = list((await api.poll(stream))["sets"])

    assert await other.poll(theirs, ack=sets, setErrs={sets[0]: {"err": "x"}}) == {"sets": {}}
    assert list((await api.poll(stream))["sets"]) == sets


async def test_a_verification_is_fetched(
    gateway: Gateway, api: Api, stream: dict[str, Any]
) -> None:
    """OIDF:openid-ssf-transmitter-stream-verification-poll-only"""
    given = {"stream_id": stream["stream_id"], "state": "of theirs"}
    assert (await api.ask("POST", "/ssf/verify", given)).status_code == 204

    [raw] = (await api.poll(stream))["sets"].values()

    told = signals.read(gateway, raw)
    assert told["events"] == {f"{SSF}verification": {"state": "of theirs"}}
    assert told["sub_id"] == {"format": "opaque", "id": stream["stream_id"]}


async def test_a_poll_that_waits_is_answered_when_something_comes(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """RFC8936-2.2: returnImmediately is false if it is not said."""
    path = stream["delivery"]["endpoint_url"].removeprefix(gateway.issuer)
    waits = asyncio.create_task(api.ask("POST", path, {}))
    await api.poll(stream)  # the other one has had its first look by then, or has it now
    await tell(gateway, ana, "account-disabled")

    answer = await waits

    assert answer.status_code == 200
    assert len(answer.json()["sets"]) == 1


async def test_a_stream_that_rests_tells_nothing(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """SSF-8.1.2.1."""
    await tell(gateway, ana, "account-disabled")
    given = {"stream_id": stream["stream_id"]}
    await api.ask("POST", "/ssf/status", given | {"status": "paused"})
    assert await api.poll(stream) == {"sets": {}}
    await api.ask("POST", "/ssf/status", given | {"status": "enabled"})
    assert len((await api.poll(stream))["sets"]) == 1


async def test_nobody_fetches_for_a_week_and_the_stream_rests(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    await tell(gateway, ana, "account-disabled")
    await gateway.rows(
        "UPDATE relying_parties.deliveries SET created_at = now() - interval '8 days'"
    )
    async with gateway.runtime.entry() as entry:
        await delivery.purge(entry)

    status = f"/ssf/status?stream_id={stream['stream_id']}"
    told = (await api.ask("GET", status)).json()
    assert (told["status"], told["reason"]) == ("paused", "unread")
    async with gateway.runtime.entry() as entry:
        await delivery.send_again(entry, "polls", by="operator")
    assert "reason" not in (await api.ask("GET", status)).json()
    sets = [signals.read(gateway, raw) for raw in (await api.poll(stream))["sets"].values()]
    assert [one["events"] for one in sets] == [
        {f"{RISC}account-disabled": {}},
        {f"{SSF}stream-updated": {"status": "enabled"}},
    ]


@pytest.mark.parametrize("how", ["heard", "enabled"])
async def test_ssf_8_1_5_a_stream_that_we_pause_says_so(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen, how: str
) -> None:
    """To whoever comes late: once, of the stream alone, and nothing that waits in it."""
    await tell(gateway, ana, "account-disabled")
    await gateway.rows(
        "UPDATE relying_parties.deliveries SET created_at = now() - interval '8 days'"
    )
    async with gateway.runtime.entry() as entry:
        await delivery.purge(entry)

    [(jti, raw)] = (await api.poll(stream))["sets"].items()
    said = signals.read(gateway, raw)
    assert said["events"] == {f"{SSF}stream-updated": {"status": "paused", "reason": "unread"}}
    assert said["sub_id"] == {"format": "opaque", "id": stream["stream_id"]}
    if how == "heard":
        assert await api.poll(stream, ack=[jti]) == {"sets": {}}
    else:
        named = {"stream_id": stream["stream_id"], "status": "enabled"}
        assert (await api.ask("POST", "/ssf/status", json=named)).status_code == 200
        [waited] = (await api.poll(stream))["sets"].values()
        assert list(signals.read(gateway, waited)["events"]) == [f"{RISC}account-disabled"]


async def test_fifty_acknowledgements_at_once_count_as_one(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    await tell(gateway, ana, *["credential-change"] * 3)
    sets = list((await api.poll(stream))["sets"])

    await asyncio.gather(*(api.poll(stream, ack=sets) for _ in range(50)))

    rows = await gateway.rows("SELECT state, tries FROM relying_parties.deliveries")
    assert [tuple(row) for row in rows] == [("told", 1)] * 3


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '{"maxEvents": -1}',
        '{"maxEvents": true}',
        '{"maxEvents": "1"}',
        '{"returnImmediately": 1}',
        '{"ack": {}}',
        '{"ack": [1]}',
        '{"ack": ["\\u0000"]}',
        '{"setErrs": []}',
        '{"setErrs": {"x": "y"}}',
    ],
)
async def test_a_poll_that_is_none_is_refused(api: Api, stream: dict[str, Any], body: str) -> None:
    """RFC8936-2.4: 400, and nothing is acknowledged."""
    path = stream["delivery"]["endpoint_url"].removeprefix(api.gateway.issuer)
    async with api.gateway.unchanged():
        answer = await api.ask("POST", path, body)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_stream_that_is_pushed_is_not_polled(gateway: Gateway, api: Api) -> None:
    await gateway.service(
        signals.document("polls", events={"endpoint": "https://rp.example/events"})
    )
    await gateway.settled()
    pushed = {"method": signals.PUSH, "endpoint_url": "https://rp.example/events"}
    stream = await api.create(delivery=pushed)

    answer = await api.ask("POST", f"/ssf/poll/{stream['stream_id']}", {})

    assert answer.status_code == 400
