"""Push delivery: RFC 8935 §2, RFC 8417 §2, SSF 1.0 §4 and §8.1.4. Group EV."""

import asyncio
from typing import Any

import jwt
import pytest

from gateway import pushes
from gateway.postgres import free_port
from keys import signing
from keys.errors import TokenRefused
from relying_parties import clients, consents
from relying_parties.streams import delivery, subscriptions
from relying_parties.streams.delivery import Signal
from tests.support import peers, signals, verdicts
from tests.support.gateway import Citizen, Gateway
from tests.support.signals import PUSH, RISC, SSF, Api

HEADER = "Bearer of-the-receiver"
MOVE_ON = "UPDATE relying_parties.{} SET due_at = now() - interval '1 s'"


@pytest.fixture(scope="module")
async def port(gateway: Gateway) -> int:
    port = free_port()
    uri = f"http://127.0.0.1:{port}/events?kept=1"
    await gateway.service(signals.document("pushed", events={"endpoint": uri}))
    await gateway.service(
        signals.document("pushed-too", "southtown", idTokenAlg="RS256", events={"endpoint": uri})
    )
    await gateway.settled()
    return port


@pytest.fixture
async def api(gateway: Gateway, port: int) -> Api:
    """A stream that is pushed, empty, and the only one that there is."""
    await gateway.rows("DELETE FROM relying_parties.streams")
    made = await signals.api(gateway, "pushed")
    await stream(made, port, authorization_header=HEADER)
    return made


@pytest.fixture
async def ana(gateway: Gateway, api: Api) -> Citizen:
    return await gateway.citizen("pushed", "pushed-too")


async def stream(api: Api, port: int, **more: Any) -> dict[str, Any]:
    uri = f"http://127.0.0.1:{port}/events?kept=1"
    return await api.create(delivery={"method": PUSH, "endpoint_url": uri} | more)


async def tell(gateway: Gateway, citizen: Citizen, *events: str, client_id: str = "pushed") -> None:
    """Queue events about a citizen, as what happened to them would."""
    whom = await signals.subject(gateway, citizen, client_id)
    async with gateway.runtime.entry() as entry:
        told = [Signal(client_id, whom, event, {}, entry.at) for event in events]
        assert await delivery.queue(entry, told) == len(events)


async def states(gateway: Gateway) -> list[tuple[str, str, int, str | None]]:
    rows = await gateway.rows(
        "SELECT event, state, tries, why FROM relying_parties.deliveries ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def later(gateway: Gateway) -> None:
    """Let the time until the next try pass."""
    for table in ("streams", "deliveries"):
        await gateway.rows(MOVE_ON.format(table))


async def test_an_event_is_pushed_as_a_signed_token(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """RFC8935-2.1, RFC8417-2.2, SSF-4.1: by the receiver's own name for the citizen (EV-08)."""
    await tell(gateway, ana, "account-disabled")

    async with signals.receiver(port) as own:
        assert await pushes.deliver(gateway.runtime) == 1
        assert await pushes.deliver(gateway.runtime) == 0

    [heard] = own.heard
    told, header = signals.read(gateway, heard.body), jwt.get_unverified_header(heard.body)
    assert heard.line == "POST /events?kept=1 HTTP/1.0"
    assert heard.headers["content-type"] == "application/secevent+jwt"
    assert heard.headers["accept"] == "application/json"
    assert heard.headers["authorization"] == HEADER
    assert (header["typ"], header["alg"]) == ("secevent+jwt", "ES256")
    assert told.keys() == {"iss", "aud", "iat", "jti", "sub_id", "events"}
    assert (told["iss"], told["aud"]) == (gateway.issuer, "pushed")
    assert told["events"] == {f"{RISC}account-disabled": {}}
    assert told["sub_id"] == {
        "format": "iss_sub",
        "iss": gateway.issuer,
        "sub": await signals.subject(gateway, ana, "pushed"),
    }
    assert await states(gateway) == [("account-disabled", "told", 1, None)]


async def test_two_agencies_can_compare_nothing(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """TUO-5, EV-08; and each gets its own algorithm (CAEPIOP-2.6 wants RS256)."""
    other = await signals.api(gateway, "pushed-too")
    await stream(other, port)
    await tell(gateway, ana, "account-enabled")
    await tell(gateway, ana, "account-enabled", client_id="pushed-too")

    async with signals.receiver(port) as own:
        assert await pushes.deliver(gateway.runtime) == 2

    one, two = (signals.read(gateway, heard.body) for heard in own.heard)
    algs = {jwt.get_unverified_header(heard.body)["alg"] for heard in own.heard}
    same = {name for name in one if one[name] == two[name]} - {"iat"}  # seconds
    assert same == {"iss", "events"}
    assert one["sub_id"]["sub"] != two["sub_id"]["sub"]
    assert algs == {"ES256", "RS256"}


async def test_a_verification_comes_with_the_words_that_were_sent(
    gateway: Gateway, api: Api, port: int
) -> None:
    """SSF-8.1.4: about the stream, and once a minute."""
    [own_stream] = (await api.ask("GET", "/ssf/streams")).json()
    given = {"stream_id": own_stream["stream_id"], "state": "VGhpcyBpcyBhbg"}
    asked = await api.ask("POST", "/ssf/verify", given)
    again = await api.ask("POST", "/ssf/verify", given)

    async with signals.receiver(port) as own:
        assert await pushes.deliver(gateway.runtime) == 1

    told = signals.read(gateway, own.heard[0].body)
    assert (asked.status_code, asked.content) == (204, b"")
    assert (again.status_code, again.headers["retry-after"]) == (429, "60")
    assert told["sub_id"] == {"format": "opaque", "id": own_stream["stream_id"]}
    assert told["events"] == {f"{SSF}verification": {"state": "VGhpcyBpcyBhbg"}}


async def test_without_a_header_none_is_sent(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """OIDF:openid-ssf-transmitter-stream-verification-error-push-no-auth"""
    await stream(api, port)
    await tell(gateway, ana, "account-disabled")

    async with signals.receiver(port) as own:
        await pushes.deliver(gateway.runtime)

    assert "authorization" not in own.heard[0].headers


async def test_the_header_lies_sealed(gateway: Gateway, api: Api) -> None:
    """EV-11."""
    assert HEADER.removeprefix("Bearer ") not in await gateway.dump()
    assert HEADER not in (await api.ask("GET", "/ssf/streams")).text


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(
            b'400 Bad\r\ncontent-type: application/json\r\n\r\n{"err": "invalid_key"}',
            "invalid_key",
            id="RFC8935-2.3",
        ),
        pytest.param(
            b'400 Bad\r\ncontent-type: application/json\r\n\r\n{"err": "<b>mine"}',
            "400",
            id="another-word-is-not-repeated",
        ),
        pytest.param(b"400 Bad\r\n\r\nno json", "400", id="no-json"),
        pytest.param(b"400 Bad\r\n\r\n" + b"[" * 4096, "400", id="EV-05-no-bottom"),
        pytest.param(b'400 Bad\r\n\r\n{"err": ["invalid_key"]}', "400", id="EV-05-no-word"),
        pytest.param(b"415 Unsupported", "415", id="415"),
    ],
)
async def test_what_is_refused_is_not_sent_again(
    gateway: Gateway, api: Api, ana: Citizen, port: int, answer: bytes, why: str
) -> None:
    """SSF-5: the next event goes on; an engineer may have it sent again."""
    await tell(gateway, ana, "account-disabled", "account-enabled")

    async with signals.receiver(port, answer, b"202 Accepted") as own:
        await pushes.deliver(gateway.runtime)
        await later(gateway)
        await pushes.deliver(gateway.runtime)
        assert len(own.heard) == 2
        assert await states(gateway) == [
            ("account-disabled", "dead", 1, why),
            ("account-enabled", "told", 1, None),
        ]
        async with gateway.runtime.entry() as entry:
            assert await delivery.send_again(entry, "pushed", by="operator") == 1
        await pushes.deliver(gateway.runtime)

    first, _, third = (signals.read(gateway, heard.body) for heard in own.heard)
    assert first == third  # the same event, by the same jti
    assert [state for _, state, *_ in await states(gateway)] == ["told", "told"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"503 Busy", id="EV-05-busy"),
        pytest.param(b"410 Gone", id="EV-05-gone"),
        pytest.param(b"302 Found\r\nlocation: http://127.0.0.1:1/", id="EV-05-redirect"),
        pytest.param(b"401 Who", id="EV-05-not-let-in"),
        pytest.param(
            b"202 Yes\r\ncontent-length: 4000000000\r\n\r\n" + b"x" * 99999, id="EV-05-4GB"
        ),
        pytest.param(b"no http\r\n\r\n", id="EV-05-no-http"),
    ],
)
async def test_who_is_down_is_asked_once_and_later_again(
    gateway: Gateway, api: Api, ana: Citizen, port: int, answer: bytes
) -> None:
    """EV-05: nothing is lost, order is kept, and the address of a redirect is not asked."""
    await tell(gateway, ana, "account-disabled", "account-enabled")

    async with signals.receiver(port, answer, b"202 Accepted") as own:
        assert await pushes.deliver(gateway.runtime) == 0
        assert len(own.heard) == 1
        assert await pushes.deliver(gateway.runtime) == 0  # not before its time
        await later(gateway)
        assert await pushes.deliver(gateway.runtime) == 2

    first, second, third = (signals.read(gateway, heard.body) for heard in own.heard)
    assert first == second
    assert list(third["events"]) == [f"{RISC}account-enabled"]


async def test_one_event_that_breaks_holds_up_its_citizen_only(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """In order for each citizen: what follows for one waits, others go on."""
    bo = await gateway.citizen("pushed")
    await tell(gateway, ana, "account-disabled", "account-enabled")
    await tell(gateway, bo, "recovery-activated")

    async with signals.receiver(port, b"500 Oh", b"202 Accepted") as own:
        await pushes.deliver(gateway.runtime)
        assert await pushes.deliver(gateway.runtime) == 0
        assert [state for _, state, *_ in await states(gateway)] == ["due", "due", "told"]
        await later(gateway)
        await pushes.deliver(gateway.runtime)

    events = [next(iter(signals.read(gateway, one.body)["events"])) for one in own.heard]
    assert [event.rpartition("/")[2] for event in events] == [
        "account-disabled", "recovery-activated", "account-disabled", "account-enabled",
    ]  # fmt: skip


async def test_after_a_week_a_stream_rests_and_keeps_its_events(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """EV-05: the service says that it listens again, and hears all of it."""
    await tell(gateway, ana, "account-disabled")
    await pushes.deliver(gateway.runtime)  # nobody listens
    await gateway.rows(
        "UPDATE relying_parties.streams SET failing_since = now() - interval '8 days'"
    )
    await later(gateway)
    await pushes.deliver(gateway.runtime)

    [own_stream] = (await api.ask("GET", "/ssf/streams")).json()
    named = f"/ssf/status?stream_id={own_stream['stream_id']}"
    told = (await api.ask("GET", named)).json()
    assert (told["status"], told["reason"]) == ("paused", "unreachable")
    async with signals.receiver(port) as own:
        await later(gateway)
        assert await pushes.deliver(gateway.runtime) == 0
        on = {"stream_id": own_stream["stream_id"], "status": "enabled"}
        await api.ask("POST", "/ssf/status", on)
        assert await pushes.deliver(gateway.runtime) == 1
    assert len(own.heard) == 1


@pytest.mark.parametrize(("status", "left"), [("paused", 1), ("disabled", 0)])
async def test_what_rests_waits_and_what_is_off_is_dropped(
    gateway: Gateway, api: Api, ana: Citizen, port: int, status: str, left: int
) -> None:
    """SSF-8.1.2.1, SSF-8."""
    [own_stream] = (await api.ask("GET", "/ssf/streams")).json()
    given = {"stream_id": own_stream["stream_id"]}
    await tell(gateway, ana, "account-disabled")

    async with signals.receiver(port) as own:
        await api.ask("POST", "/ssf/status", given | {"status": status})
        assert await pushes.deliver(gateway.runtime) == 0
        await api.ask("POST", "/ssf/status", given | {"status": "enabled"})
        assert await pushes.deliver(gateway.runtime) == left

    assert len(own.heard) == left


async def test_nothing_is_told_of_who_shares_nothing_any_more(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """EV-07, SSF-6, TUO-4: what waited is gone before the next push; the end itself is told."""
    await tell(gateway, ana, *["credential-change"] * 20, "account-purged")
    whom = await signals.subject(gateway, ana, "pushed")
    async with gateway.runtime.entry() as entry:
        found = await consents.current(entry, whom, "pushed")
        assert found is not None
        await consents.withdraw(entry, found.id, [whom])

    async with signals.receiver(port) as own:
        assert await pushes.deliver(gateway.runtime) == 1

    told = signals.read(gateway, own.heard[0].body)
    assert list(told["events"]) == [f"{RISC}account-purged"]
    assert await states(gateway) == [("account-purged", "told", 1, None)]


async def test_a_suspended_service_hears_nothing(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """And hears it when it is back."""
    await tell(gateway, ana, "account-disabled")
    async with gateway.runtime.entry() as entry:
        await clients.suspend(entry, "pushed", "a test", "test")
    async with signals.receiver(port) as own:
        assert await pushes.deliver(gateway.runtime) == 0
        async with gateway.runtime.entry() as entry:
            await clients.resume(entry, "pushed", "test")
        await gateway.settled()
        assert await pushes.deliver(gateway.runtime) == 1
    assert len(own.heard) == 1


async def test_eight_workers_tell_it_once(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    await tell(gateway, ana, *["credential-change"] * 10)

    async with signals.receiver(port) as own:
        await asyncio.gather(*(pushes.deliver(gateway.runtime) for _ in range(8)))

    assert len({signals.read(gateway, heard.body)["jti"] for heard in own.heard}) == 10
    assert len(own.heard) == 10


async def test_a_worker_that_died_is_not_waited_for(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """Taken and never settled: a minute later it is due again, at least once (I1)."""
    await tell(gateway, ana, "credential-change")
    async with gateway.runtime.entry() as entry:
        assert len(await delivery.take(entry, most=64)) == 1
    async with signals.receiver(port) as own:
        assert await pushes.deliver(gateway.runtime) == 0
        await later(gateway)
        assert await pushes.deliver(gateway.runtime) == 1
    assert len(own.heard) == 1


async def test_who_says_nothing_keeps_nobody_else_waiting(
    gateway: Gateway, api: Api, port: int
) -> None:
    """What comes while one receiver is waited for goes out to the others meanwhile."""
    silent = free_port()
    address = {"endpoint": f"http://127.0.0.1:{silent}/events"}
    await gateway.service(signals.document("pushed-in-vain", "southtown", events=address))
    await gateway.settled()
    slow = await signals.api(gateway, "pushed-in-vain")
    await slow.create(delivery={"method": PUSH, "endpoint_url": address["endpoint"]})
    bo = await gateway.citizen("pushed", "pushed-in-vain")
    await tell(gateway, bo, "credential-change", client_id="pushed-in-vain")

    async with signals.receiver(port) as own, peers.a_silent_peer(silent) as asked:
        round_ = asyncio.create_task(pushes.deliver(gateway.runtime))
        while not asked:  # noqa: ASYNC110 - what is waited for is another socket's reader
            await asyncio.sleep(0)
        await tell(gateway, bo, "credential-change")

        assert await round_ == 1
    assert len(own.heard) == 1


async def test_an_address_that_is_not_approved_any_more_is_told_nothing(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """EV-04: the registration decides at the moment of the push."""
    await tell(gateway, ana, "credential-change")
    await gateway.service(signals.document("pushed", events={"endpoint": "https://rp.example/e"}))
    await gateway.settled()
    async with signals.receiver(port) as own:
        await pushes.deliver(gateway.runtime)
    uri = f"http://127.0.0.1:{port}/events?kept=1"
    await gateway.service(signals.document("pushed", events={"endpoint": uri}))
    await gateway.settled()

    assert own.heard == []
    assert [state for _, state, *_ in await states(gateway)] == ["due"]


async def test_an_event_passes_for_no_other_token(
    gateway: Gateway, api: Api, ana: Citizen, port: int
) -> None:
    """SSF-9: neither at userinfo nor as an ID token."""
    await tell(gateway, ana, "credential-change")
    async with signals.receiver(port) as own:
        await pushes.deliver(gateway.runtime)
    raw = own.heard[0].body

    read = await gateway.get("/userinfo", headers={"authorization": f"Bearer {raw}"})
    out = await gateway.get(f"/logout?id_token_hint={raw}", headers=ana.headers)
    assert read.status_code == 401
    assert "You are signed out" not in out.text
    with pytest.raises(TokenRefused):
        signing.verify(
            gateway.runtime.keyring, raw, purpose="token", typ=None, issuer=gateway.issuer, at=None
        )
    verdicts.private(read)


async def test_old_events_are_forgotten(gateway: Gateway, api: Api, ana: Citizen) -> None:
    await tell(gateway, ana, "credential-change", "account-disabled", "account-enabled")
    await gateway.rows(
        "UPDATE relying_parties.deliveries SET"
        " created_at = now() - CASE event WHEN 'credential-change' THEN interval '31 days'"
        " ELSE interval '8 days' END,"
        " settled_at = now() - interval '8 days',"
        " state = CASE event WHEN 'account-disabled' THEN 'told' ELSE 'due' END"
    )
    async with gateway.runtime.entry() as entry:
        assert await delivery.purge(entry) == 2

    assert [event for event, *_ in await states(gateway)] == ["account-enabled"]


async def test_a_stream_that_is_not_there_gets_nothing(
    gateway: Gateway, api: Api, ana: Citizen
) -> None:
    await api.end()
    async with gateway.runtime.entry() as entry:
        whom = await signals.subject(gateway, ana, "pushed")
        told = [Signal("pushed", whom, "account-disabled", {}, entry.at)]
        assert await delivery.queue(entry, told) == 0
        assert not [
            one for one in await subscriptions.receivers(entry) if one.client_id == "pushed"
        ]
