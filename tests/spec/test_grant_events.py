"""What became of an agreement is told to the service that it is with, and to nobody else (N2).

Specs: SSF 1.0 §8.1, RFC 9493; security: EV-07, EV-08.
"""

from datetime import date
from typing import Any

import pytest

from gateway import worker
from keys import pairwise
from relying_parties import consents
from relying_parties.consents import Consent
from tests import factories
from tests.support import services, signals
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.signals import Api

HEARS, ELSE, DEAF = "grants-told", "grants-elsewhere", "grants-deaf"
ROWS = [factories.asks("name"), factories.asks("email"), factories.asks("locale", "optional")]
PURPOSES = [{"id": "all", "name": {"en": "To test this"}, "claims": ROWS}]
SHARING = f"/account/sharing/{HEARS}"


@pytest.fixture(scope="module", autouse=True)
async def _services(gateway: Gateway) -> None:
    for client_id, agency in ((HEARS, "northtown"), (ELSE, "southtown"), (DEAF, "northtown")):
        types = ["claims-changed"] if client_id == DEAF else list(signals.NAMES)
        await gateway.service(
            signals.document(client_id, agency, purposes=PURPOSES, events={"types": types})
        )
    await gateway.settled()


@pytest.fixture
async def ears(gateway: Gateway) -> dict[str, tuple[Api, Any]]:
    """Three services listen; one of them not for this."""
    await gateway.rows("DELETE FROM relying_parties.streams")
    made = {}
    for client_id in (HEARS, ELSE, DEAF):
        api = await signals.api(gateway, client_id)
        made[client_id] = (api, await api.create())
    return made


@pytest.fixture
async def cleo(gateway: Gateway, ears: dict[str, Any]) -> Citizen:
    return await gateway.citizen(HEARS, ELSE, DEAF)


async def heard(gateway: Gateway, ears: dict[str, Any], client_id: str = HEARS) -> list[Any]:
    """Let the worker look; return what a service hears of grants: an event's name and all of it."""
    await signals.gathered(gateway)
    api, stream = ears[client_id]
    sets = (await api.poll(stream))["sets"]
    await api.poll(stream, ack=list(sets), maxEvents=0)
    told = [signals.read(gateway, raw) for raw in sets.values()]
    named = [(next(iter(one["events"])).rpartition("/")[2], one) for one in told]
    return [(name, one) for name, one in named if name.startswith("grant-")]


async def grant(gateway: Gateway, someone: Citizen) -> Consent:
    whom = await signals.subject(gateway, someone, HEARS)
    async with gateway.runtime.entry() as entry:
        [found] = [
            one for one in await consents.of_subjects(entry, [whom]) if one.client_id == HEARS
        ]
    return found


async def test_a_detail_that_is_stopped_is_told_by_its_name(
    gateway: Gateway, ears: dict[str, Any], cleo: Citizen
) -> None:
    """EV-08: to that service, about its own subject; the flag goes with its detail."""
    browser = Browser(gateway, cleo.cookie)
    await browser.fill(await browser.follow(SHARING), "save", {"share": "name"})

    [(event, told)] = await heard(gateway, ears)
    others = await heard(gateway, ears, ELSE) + await heard(gateway, ears, DEAF)

    assert event == "grant-narrowed"
    assert told["sub_id"] == {
        "format": "iss_sub",
        "iss": gateway.issuer,
        "sub": await signals.subject(gateway, cleo, HEARS),
    }
    assert told["events"] == {
        f"{gateway.issuer}/events/grant-narrowed": {
            "grant_id": str((await grant(gateway, cleo)).id),
            "claims": ["name"],
            "stopped": ["email", "locale", "email_verified"],
        }
    }
    assert others == []
    assert cleo.email not in str(told)


async def test_whoever_stops_is_spoken_of_once_more(
    gateway: Gateway, ears: dict[str, Any], cleo: Citizen
) -> None:
    """EV-07: what waited is dropped, and that they stopped is told; then their undo."""
    browser = Browser(gateway, cleo.cookie)
    page = await browser.fill(await browser.follow(SHARING), "save", {"share": "name"})
    await signals.gathered(gateway)
    done = await browser.fill(await browser.follow(f"{SHARING}/stop"), "stop")
    [(stopped, told)] = await heard(gateway, ears)
    await browser.fill(done, "undo")
    [(restored, again)] = await heard(gateway, ears)

    assert page.status_code == 200
    assert stopped == "grant-withdrawn"
    [payload] = told["events"].values()
    assert (payload["claims"], payload["stopped"]) == ([], ["name"])
    assert restored == "grant-restored"
    [payload] = again["events"].values()
    assert payload.keys() == {"grant_id", "claims", "until"}
    assert payload["claims"] == ["name"]


async def test_the_end_and_a_later_one_are_told(
    gateway: Gateway, ears: dict[str, Any], cleo: Citizen
) -> None:
    found = await grant(gateway, cleo)
    browser = Browser(gateway, cleo.cookie)
    await _ends(gateway, found, "2 days")
    await browser.fill(await browser.follow(SHARING), "longer", {"days": "30", "answer": "keep"})
    [(prolonged, told)] = await heard(gateway, ears)
    later = await grant(gateway, cleo)
    await _ends(gateway, found, "-1 second")
    await worker.expire_consents(gateway.runtime)
    [(expired, last)] = await heard(gateway, ears)

    assert (prolonged, expired) == ("grant-prolonged", "grant-expired")
    [payload] = told["events"].values()
    assert date.fromisoformat(payload["until"]) == later.expires_at.date()
    [payload] = last["events"].values()
    assert set(payload["stopped"]) == {"name", "email", "email_verified", "locale"}


async def _ends(gateway: Gateway, consent: Consent, span: str) -> None:
    await gateway.rows(
        "UPDATE relying_parties.consents SET expires_at = now() + $2::text::interval WHERE id = $1",
        consent.id,
        span,
    )


async def test_what_a_service_did_itself_it_is_not_told(
    gateway: Gateway, ears: dict[str, Any]
) -> None:
    managed = "grants-managed"
    await gateway.service(signals.document(managed, purposes=PURPOSES, grantManagement="optional"))
    await gateway.settled()
    someone = await gateway.citizen()
    given = await gateway.agree(someone.account, managed)
    api = await signals.api(gateway, managed)
    ears[managed] = (api, await api.create())
    token = await signals.token(gateway, managed, "grant_management_revoke")

    gone = await gateway.ask(
        "DELETE", f"/grants/{given.id}", headers={"authorization": f"Bearer {token}"}
    )

    assert gone.status_code == 204, gone.text
    assert await heard(gateway, ears, managed) == []


async def test_whoever_agrees_tells_nobody_new(
    gateway: Gateway, ears: dict[str, Any], cleo: Citizen
) -> None:
    """A service knows what it was just given."""
    await gateway.agree(cleo.account, HEARS)

    assert await heard(gateway, ears) == []


async def test_no_dump_tells_who_it_is(
    gateway: Gateway, ears: dict[str, Any], cleo: Citizen
) -> None:
    """What waits names the subject that the service knows, and no account."""
    browser = Browser(gateway, cleo.cookie)
    await browser.fill(await browser.follow(SHARING), "save", {"share": "name"})
    await signals.gathered(gateway)

    rows = await gateway.rows("SELECT d::text AS line FROM relying_parties.deliveries d")

    assert not [one for one in rows if str(cleo.account) in one["line"]]
    key = gateway.runtime.vault.pairwise
    assert key.hex() not in str(rows)
    assert pairwise.subject(key, "elsewhere", cleo.account) not in str(rows)


async def test_a_token_reads_less_before_anybody_was_told(
    gateway: Gateway, ears: dict[str, Any], cleo: Citizen
) -> None:
    """N2: the same token, at its next read."""
    told = await services.tokens(gateway, cleo, HEARS, scope="openid profile email")
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    before = (await gateway.get("/userinfo", headers=bearer)).json()
    browser = Browser(gateway, cleo.cookie)
    await browser.fill(await browser.follow(SHARING), "save", {"share": "name"})

    after = (await gateway.get("/userinfo", headers=bearer, node=1)).json()

    assert {"email", "email_verified"} <= before.keys()
    assert after.keys() == {"sub", "name"}
