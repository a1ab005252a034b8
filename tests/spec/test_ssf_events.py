"""What happens to citizens reaches the services that may hear of it: CAEP 1.0 §3, RISC 1.0 §2."""

import asyncio
from typing import Any

import pytest

from gateway import changed_grants
from gateway import signals as reactions
from gateway.oauth import locking
from idp import accounts
from idp.authenticators import passwords
from idp.events import IdentityVerified, PasskeyAdded, PasskeyRemoved, RecoveryStarted
from keys import following, pairwise
from keys.entry import Entry
from relying_parties.streams.event_types import BY_NAME, EVENT_TYPES, NAMES
from tests.support import services, signals
from tests.support.gateway import Citizen, Gateway
from tests.support.signals import CAEP, RISC, Api


@pytest.fixture(scope="module")
async def registered(gateway: Gateway) -> None:
    # All but changed details, of which tests/spec/test_tell_us_once.py tells.
    types = {"types": [name for name in NAMES if name != "claims-changed"]}
    await gateway.service(signals.document("tells", events=types))
    await gateway.service(signals.document("tells-too", "southtown", events=types))
    few = {"types": ["session-revoked"]}
    await gateway.service(signals.document("tells-little", "southtown", events=few))
    await gateway.settled()


@pytest.fixture
async def api(gateway: Gateway, registered: None) -> Api:
    """The stream of ``tells``; what happened before it began is not told."""
    await gateway.rows("DELETE FROM relying_parties.streams")
    return await signals.api(gateway, "tells")


@pytest.fixture
async def stream(api: Api) -> dict[str, Any]:
    return await api.create()


@pytest.fixture
async def ana(gateway: Gateway, stream: dict[str, Any]) -> Citizen:
    return await gateway.citizen("tells")


async def heard(gateway: Gateway, api: Api, stream: dict[str, Any]) -> list[Any]:
    """Let the worker look, fetch everything, and return it."""
    await signals.gathered(gateway)
    found = await api.poll(stream)
    await api.poll(stream, ack=list(found["sets"]), maxEvents=0)
    return [signals.read(gateway, raw) for raw in found["sets"].values()]


async def _lock(gateway: Gateway, entry: Entry, someone: Citizen) -> None:
    await locking.lock(entry, gateway.runtime.vault, someone.account, "stolen", by="operator")


async def _unlock(_gateway: Gateway, entry: Entry, someone: Citizen) -> None:
    await accounts.unlock(entry, someone.account, by="operator")


async def _password(gateway: Gateway, entry: Entry, someone: Citizen) -> None:
    hashed = await gateway.runtime.hasher.hash("amber-kayak-tulip-43")
    await passwords.set(entry, someone.account, hashed)


def _recorded(kind: Any, *more: Any) -> Any:
    async def record(_gateway: Gateway, entry: Entry, someone: Citizen) -> None:
        whom = f"account:{someone.account}"
        entry.record(kind(whom, whom, *more))

    return record


@pytest.mark.parametrize(
    ("happens", "event", "payload"),
    [
        pytest.param(
            _password,
            f"{CAEP}credential-change",
            {
                "credential_type": "password",
                "change_type": "update",
                "initiating_entity": "user",
            },
            id="CAEP-3.3-password",
        ),
        pytest.param(
            _recorded(PasskeyAdded, "one", "a phone"),
            f"{CAEP}credential-change",
            {
                "credential_type": "fido2-roaming",
                "change_type": "create",
                "initiating_entity": "user",
            },
            id="CAEP-3.3-passkey",
        ),
        pytest.param(
            _recorded(PasskeyRemoved, "one"),
            f"{CAEP}credential-change",
            {
                "credential_type": "fido2-roaming",
                "change_type": "delete",
                "initiating_entity": "user",
            },
            id="CAEP-3.3-passkey-removed",
        ),
        pytest.param(
            _recorded(IdentityVerified, "register", 2),
            f"{CAEP}assurance-level-change",
            {"namespace": "NIST-IAL", "current_level": "nist-ial2"},
            id="CAEP-3.4",
        ),
        pytest.param(_recorded(RecoveryStarted), f"{RISC}recovery-activated", {}, id="RISC-2.8"),
    ],
)
async def test_what_happens_is_told(
    gateway: Gateway,
    api: Api,
    stream: dict[str, Any],
    ana: Citizen,
    happens: Any,
    event: str,
    payload: Any,
) -> None:
    async with gateway.runtime.entry() as entry:
        await happens(gateway, entry, ana)

    [told] = await heard(gateway, api, stream)

    assert told["events"] == {event: payload}
    whom = await signals.subject(gateway, ana, "tells")
    assert told["sub_id"] == {"format": "iss_sub", "iss": gateway.issuer, "sub": whom}


async def test_an_account_that_is_locked_and_opened_again(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """RISC-2.4, RISC-2.5: in this order, and the session that ended with it."""
    for happens in (_lock, _unlock):
        async with gateway.runtime.entry() as entry:
            await happens(gateway, entry, ana)

    told = [next(iter(one["events"])) for one in await heard(gateway, api, stream)]

    assert told == [f"{RISC}account-disabled", f"{RISC}account-enabled"]


async def test_a_session_is_named_to_whom_it_was_opened_for(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """CAEP-3.1: as its ID token named it; another session, or service, hears nothing."""
    other = await signals.api(gateway, "tells-little")
    theirs = await other.create()
    await gateway.agree(ana.account, "tells-little")
    tokens = await services.tokens(gateway, ana, "tells")
    session, _ = await gateway.sign_in(ana.account)
    await gateway.get(f"/logout?id_token_hint={tokens['id_token']}", headers=ana.headers)

    [told] = await heard(gateway, api, stream)

    key = gateway.runtime.vault.pairwise
    assert told["events"] == {f"{CAEP}session-revoked": {"initiating_entity": "user"}}
    assert told["sub_id"] == {
        "format": "complex",
        "user": {
            "format": "iss_sub",
            "iss": gateway.issuer,
            "sub": await signals.subject(gateway, ana, "tells"),
        },
        "session": {"format": "opaque", "id": pairwise.sid(key, "tells", ana.session)},
    }
    assert session != ana.session
    assert await other.poll(theirs) == {"sets": {}}


async def test_only_whom_a_consent_covers_is_spoken_of(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """SSF-6: a citizen who shares nothing with a service, or is left out, is not told of."""
    bo = await gateway.citizen("tells-too")
    whom = {
        "format": "iss_sub",
        "iss": gateway.issuer,
        "sub": await signals.subject(gateway, ana, "tells"),
    }
    given = {"stream_id": stream["stream_id"], "subject": whom}
    happens = _recorded(RecoveryStarted)

    async def now(*people: Citizen) -> list[Any]:
        async with gateway.runtime.entry() as entry:
            for someone in people:
                await happens(gateway, entry, someone)
        return await heard(gateway, api, stream)

    assert len(await now(ana, bo)) == 1
    assert (await api.ask("POST", "/ssf/subjects:remove", given)).status_code == 204
    assert await now(ana) == []
    assert (await api.ask("POST", "/ssf/subjects:add", given)).status_code == 200
    assert len(await now(ana)) == 1


async def test_a_service_hears_what_it_asked_for_within_its_registration(
    gateway: Gateway, api: Api, ana: Citizen
) -> None:
    little = await api.create(events_requested=[f"{RISC}account-disabled"])
    async with gateway.runtime.entry() as entry:
        await _recorded(RecoveryStarted)(gateway, entry, ana)

    assert await heard(gateway, api, little) == []


async def test_what_was_before_the_stream_is_not_told(
    gateway: Gateway, api: Api, ana: Citizen
) -> None:
    async with gateway.runtime.entry() as entry:
        await _recorded(RecoveryStarted)(gateway, entry, ana)
    fresh = await api.create()

    assert await heard(gateway, api, fresh) == []


async def test_eight_workers_note_it_once(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    async with gateway.runtime.entry() as entry:
        for _ in range(20):
            await _recorded(RecoveryStarted)(gateway, entry, ana)

    for _ in range(3):
        await asyncio.gather(*(reactions.gather(gateway.runtime) for _ in range(8)))

    assert len(await heard(gateway, api, stream)) == 20


async def test_a_look_that_dies_is_made_again(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """I1: what was read and what was queued are one transaction."""
    async with gateway.runtime.entry() as entry:
        await _recorded(RecoveryStarted)(gateway, entry, ana)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="killed"):
            await _killed(gateway)

    assert len(await heard(gateway, api, stream)) == 1


async def _killed(gateway: Gateway) -> None:
    async with gateway.runtime.entry() as entry:
        await following.follow(entry, reactions.FOLLOWER, reactions.REACTIONS.keys())
        raise RuntimeError("killed")


async def test_no_value_and_no_account_is_in_what_waits(
    gateway: Gateway, api: Api, stream: dict[str, Any], ana: Citizen
) -> None:
    """N4: names and pairwise ids alone, in the table and in the event."""
    for happens in (_password, _lock, _unlock):
        async with gateway.runtime.entry() as entry:
            await happens(gateway, entry, ana)
    await signals.gathered(gateway)
    rows = await gateway.rows("SELECT d::text AS line FROM relying_parties.deliveries d")

    waits = "\n".join(row["line"] for row in rows)
    assert len(rows) == 3
    for secret in (str(ana.account), ana.email, "Ana", "Number", "stolen", str(ana.session)):
        assert secret not in waits


def test_every_reaction_is_of_a_type_that_can_be_registered() -> None:
    """A row that no service could ever hear would be one too many; the others have theirs."""
    ours = {"claims-changed", *(event for event, _ in changed_grants.TOLD.values())}
    told = {"session-revoked", "credential-change", "assurance-level-change"}
    told |= {"account-disabled", "account-enabled", "account-purged", "recovery-activated"}
    told |= {"account-credential-change-required"}

    assert {each.name for each in EVENT_TYPES} == told | ours
    assert len({each.uri for each in BY_NAME.values()}) == len(BY_NAME)
