"""Tell us once: a detail is changed once, and each service that has it is told (N3, N4, C10)."""

import re
from datetime import date
from typing import Any

import pytest

from gateway import announcing, pushes
from gateway.postgres import free_port
from idp import attributes
from relying_parties import changes, consents
from relying_parties.streams import delivery
from tests import factories
from tests.support import services, signals
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.signals import Api

HOME = {
    "street_address": "4 Quayside Row",
    "postal_code": "NT2 8ZZ",
    "locality": "Northtown",
    "country_code": "GB",
}
SECRETS = ("Quayside", "NT2 8ZZ", "NT2%208ZZ")
ALL = ("told-first", "told-second", "told-by-law", "never-told", "no-address")


def purposes(*rows: Any) -> list[Any]:
    return [{"id": "all", "name": {"en": "To test this"}, "claims": list(rows)}]


@pytest.fixture(scope="module")
async def port(gateway: Gateway) -> int:
    """Services that have the address: by push, by poll, by law, without a stream; and one not."""
    port = free_port()
    address, name = factories.asks("address"), factories.asks("given_name")
    uri = f"http://127.0.0.1:{port}/events"
    for made in (
        signals.document(
            "told-first",
            purposes=purposes(address, name),
            events={"endpoint": uri, "answerDays": 3},
        ),
        signals.document("told-second", "southtown", purposes=purposes(address)),
        signals.document(
            "told-by-law", "southtown", purposes=purposes(factories.asks("address", basis="law"))
        ),
        services.document("never-told", purposes=purposes(address)),
        services.document(
            "no-address", purposes=purposes(name, factories.asks("address", "optional"))
        ),
    ):
        await gateway.service(made)
    await gateway.settled()
    return port


@pytest.fixture
async def hearing(gateway: Gateway, port: int) -> dict[str, Any]:
    """Every service listens, and nothing waits."""
    await gateway.rows("DELETE FROM relying_parties.streams")
    made = {}
    for client_id in ("told-first", "told-second", "told-by-law"):
        api = await signals.api(gateway, client_id, "ssf.manage changes.answer")
        wish = {}
        if client_id == "told-first":
            uri = f"http://127.0.0.1:{port}/events"
            wish = {"delivery": {"method": signals.PUSH, "endpoint_url": uri}}
        made[client_id] = (api, await api.create(**wish))
    return made


@pytest.fixture
async def ana(gateway: Gateway, hearing: dict[str, Any]) -> Citizen:
    someone = await gateway.citizen(*ALL[:4])
    await share_name_alone(gateway, someone)
    return someone


async def share_name_alone(gateway: Gateway, someone: Citizen) -> None:
    given = await gateway.agree(someone.account, "no-address")
    async with gateway.runtime.entry() as entry:
        await consents.narrow(entry, given.id, [given.subject], ["given_name"])


async def change(
    gateway: Gateway, someone: Citizen, claim: str, form: dict[str, str], *tell: str
) -> Any:
    """Open the page of a detail, see who will be told, save; return both pages."""
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/account/details/{claim}")
    given: Any = {**form, "tell": list(tell)}
    return page, await browser.fill(page, "detail-save", given)


def boxes(page: Any) -> dict[str, bool]:
    """Return the services that can be left out, and whether they are ticked."""
    return {
        found[1]: " checked" in found[0]
        for found in re.finditer(r'<input[^>]*name="tell" value="([a-z-]+)"[^>]*>', page.text)
    }


async def polled(gateway: Gateway, api: Api, stream: Any) -> list[Any]:
    sets = (await api.poll(stream))["sets"]
    await api.poll(stream, ack=list(sets), maxEvents=0)
    return [signals.read(gateway, raw) for raw in sets.values()]


async def states(gateway: Gateway, someone: Citizen) -> dict[str, str]:
    subjects = [await signals.subject(gateway, someone, one) for one in ALL]
    async with gateway.runtime.entry() as entry:
        return {one.client_id: one.state for one in await changes.of_subjects(entry, subjects)}


async def test_a_citizen_sees_beforehand_who_is_told_and_leaves_one_out(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen, port: int
) -> None:
    """C10: told are those that are ticked and whom a law names, each by its own event (N4)."""
    page, saved = await change(gateway, ana, "address", HOME, "told-first")

    assert boxes(page) == {"told-first": True, "told-second": True}
    shown = page.text.partition('id="who"')[2]
    assert "told because a law says so" in shown
    assert "next read your details" in shown  # who takes no messages
    assert "/account/sharing/no-address" in shown
    assert (saved.status_code, saved.url.query) == (200, b"done=told"), saved.text

    async with signals.receiver(port) as own:
        assert await pushes.deliver(gateway.runtime) == 1
    pushed = signals.read(gateway, own.heard[0].body)
    by_law = await polled(gateway, *hearing["told-by-law"])
    left_out = await polled(gateway, *hearing["told-second"])
    event = f"{gateway.issuer}/events/claims-changed"
    assert [list(one["events"]) for one in (pushed, *by_law)] == [[event], [event]]
    assert left_out == []
    told = pushed["events"][event]
    assert told.keys() == {"claims", "change_id", "answer_by"}
    assert told["claims"] == ["address"]
    assert (date.fromisoformat(told["answer_by"]) - date.today()).days in (2, 3, 4)  # noqa: DTZ011
    assert told["change_id"] != by_law[0]["events"][event]["change_id"]  # TUO-5
    assert pushed["sub_id"]["sub"] == await signals.subject(gateway, ana, "told-first")
    assert await states(gateway, ana) == {
        "told-first": "told", "told-second": "left_out", "told-by-law": "told",
    }  # fmt: skip


async def test_no_value_is_in_any_queue_event_notice_or_log(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    """N4, TUO-2."""
    await change(gateway, ana, "address", HOME, "told-first", "told-second")
    sets = (await hearing["told-second"][0].poll(hearing["told-second"][1]))["sets"]

    everything = (
        await gateway.dump()
        + gateway.logs()
        + str([signals.read(gateway, raw) for raw in sets.values()])
    )
    assert len(sets) == 1
    assert not [secret for secret in SECRETS if secret in everything]
    rows = await gateway.rows("SELECT n::text AS line FROM relying_parties.change_notices n")
    assert not [row for row in rows if str(ana.account) in row["line"]]


async def test_a_service_reads_the_value_and_says_what_it_did(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    """TUO-3, E9: by userinfo, under the consent; and the citizen sees each answer."""
    tokens = {
        one: await services.tokens(
            gateway, ana, one, scope="openid offline_access",
            claims='{"userinfo": {"address": null}}',
        )
        for one in ("told-second", "told-by-law")
    }  # fmt: skip
    await change(gateway, ana, "address", HOME, "told-second")
    answers = {"told-second": ("applied", None), "told-by-law": ("rejected", "proof_needed")}
    for client_id, (state, reason) in answers.items():
        api, stream = hearing[client_id]
        [told] = await polled(gateway, api, stream)
        [event] = told["events"].values()
        bearer = {"authorization": f"Bearer {tokens[client_id]['access_token']}"}
        read = (await gateway.get("/userinfo", headers=bearer)).json()
        assert read["address"]["postal_code"] == HOME["postal_code"]
        given = {"state": state, **({"reason": reason} if reason else {})}
        path = f"/api/agency/v1/changes/{event['change_id']}"
        answer = await api.ask("POST", path, given)
        assert answer.status_code == 200, answer.text
        assert answer.json() == (await api.ask("GET", path)).json()
        assert answer.json()["state"] == state

    page = (await Browser(gateway, ana.cookie).follow("/account/changes")).text
    for said in (
        "They changed it", "They did not change it", "They need a proof from you",
        "We told them", "They read it", "They answered", "You left them out",
    ):  # fmt: skip
        assert said in page, said
    assert "Overdue" not in page
    assert not [secret for secret in SECRETS if secret in page]


async def test_who_does_not_answer_in_time_is_overdue(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    await change(gateway, ana, "address", HOME, "told-first", "told-second")
    await gateway.rows(
        "UPDATE relying_parties.change_notices SET answer_by = now() - interval '1 day'"
    )

    page = (await Browser(gateway, ana.cookie).follow("/account/changes")).text

    assert page.count("Overdue") == 3
    assert "They promised an answer by" in page


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{}",
        '{"state": "told"}',
        '{"state": "applied", "reason": "no_record"}',
        '{"state": "rejected"}',
        '{"state": "rejected", "reason": "The postcode NT2 8ZZ is wrong"}',
        '{"state": ["applied"]}',
    ],
)
async def test_an_answer_that_is_none_changes_nothing(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen, body: str
) -> None:
    """And no words of a service's own are kept: they could hold a value."""
    await change(gateway, ana, "address", HOME, "told-second")
    api, stream = hearing["told-second"]
    [told] = await polled(gateway, api, stream)
    [event] = told["events"].values()

    async with gateway.unchanged():
        answer = await api.ask("POST", f"/api/agency/v1/changes/{event['change_id']}", body)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_another_service_can_answer_nothing(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    """EV-01: a number that leaked is unknown in another's hands; so is one that never was."""
    await change(gateway, ana, "address", HOME, "told-second")
    api, stream = hearing["told-second"]
    [told] = await polled(gateway, api, stream)
    [event] = told["events"].values()
    other, _ = hearing["told-by-law"]
    weak = await signals.api(gateway, "told-second", "ssf.manage")

    async with gateway.unchanged():
        for caller, number, status in (
            (other, event["change_id"], 404),
            (api, "00000000-0000-4000-8000-000000000000", 404),
            (api, "x", 404),
            (weak, event["change_id"], 403),
        ):
            path = f"/api/agency/v1/changes/{number}"
            answer = await caller.ask("POST", path, {"state": "applied"})
            assert answer.status_code == status
    anew = {"state": "rejected", "reason": "no_record"}
    for given in ({"state": "applied"}, anew, anew):
        path = f"/api/agency/v1/changes/{event['change_id']}"
        assert (await api.ask("POST", path, given)).status_code == 200
    assert (await states(gateway, ana))["told-second"] == "rejected"


async def test_the_same_again_is_no_change(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    await change(gateway, ana, "address", HOME, "told-second")
    _, again = await change(gateway, ana, "address", HOME, "told-second")

    assert str(again.url).endswith("/account/details?done=address")
    assert len(await polled(gateway, *hearing["told-second"])) == 1


async def test_a_detail_that_a_register_says_is_not_changed_by_the_citizen(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    """TUO-10: services go on reading the register's, so nobody is told."""
    vault = gateway.runtime.vault
    async with gateway.runtime.entry() as entry:
        await attributes.record(
            entry, vault, ana.account, "address", HOME | {"street_address": "1 Mill Lane"},
            source_type="register", source="Register", verified=True, by="register:test",
        )  # fmt: skip
    page, saved = await change(gateway, ana, "address", HOME, "told-second")

    assert 'id="who"' not in page.text
    assert str(saved.url).endswith("/account/details?done=address")
    assert await polled(gateway, *hearing["told-second"]) == []


async def test_what_a_register_writes_is_told_too(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    """By the worker: nobody is there to be asked; what follows from a detail is named."""
    vault = gateway.runtime.vault
    async with gateway.runtime.entry() as entry:
        for claim, value in (("address", HOME), ("birthdate", "1980-02-29")):
            await attributes.record(
                entry, vault, ana.account, claim, value,
                source_type="register", source="Register", verified=True, by="register:test",
            )  # fmt: skip
    await signals.gathered(gateway)

    [told] = await polled(gateway, *hearing["told-second"])
    assert told["events"][f"{gateway.issuer}/events/claims-changed"]["claims"] == ["address"]


async def test_whoever_stops_sharing_is_not_told_of(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    """EV-07, TUO-4: and the citizen reads that it ended."""
    await change(gateway, ana, "address", HOME, "told-second")
    whom = await signals.subject(gateway, ana, "told-second")
    async with gateway.runtime.entry() as entry:
        found = await consents.current(entry, whom, "told-second")
        assert found is not None
        await consents.withdraw(entry, found.id, [whom])

    assert await polled(gateway, *hearing["told-second"]) == []
    assert (await states(gateway, ana))["told-second"] == "ended"


async def test_a_notice_nobody_may_hear_of_is_not_waited_for(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    """The service left this citizen out: the timeline says that it was not told."""
    api, stream = hearing["told-second"]
    whom = {
        "format": "iss_sub",
        "iss": gateway.issuer,
        "sub": await signals.subject(gateway, ana, "told-second"),
    }
    given = {"stream_id": stream["stream_id"], "subject": whom}
    assert (await api.ask("POST", "/ssf/subjects:remove", given)).status_code == 204
    await change(gateway, ana, "address", HOME, "told-second")

    assert (await states(gateway, ana))["told-second"] == "undelivered"


@pytest.mark.parametrize("ends", ["off", "gone"])
async def test_what_a_service_does_not_want_to_hear_is_not_waited_for(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen, ends: str
) -> None:
    """Whoever switches a stream off, or ends it, is not being told any more."""
    await change(gateway, ana, "address", HOME, "told-second")
    api, stream = hearing["told-second"]
    if ends == "off":
        given = {"stream_id": stream["stream_id"], "status": "disabled"}
        await api.ask("POST", "/ssf/status", given)
    else:
        await api.end()

    assert (await states(gateway, ana))["told-second"] == "undelivered"


async def test_no_moment_leads_from_an_account_to_a_service(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    """ADR 2: the journal tells of the account by its moment; nothing here has that moment."""
    await change(gateway, ana, "address", HOME, "told-first", "told-second")

    [row] = await gateway.rows(
        "SELECT at FROM keys.journal WHERE kind = 'AttributesChanged' AND actor = $1"
        " ORDER BY seq DESC LIMIT 1",
        f"account:{ana.account}",
    )
    beside = await gateway.rows("SELECT kind FROM keys.journal WHERE at = $1", row["at"])
    assert {one["kind"] for one in beside} == {"AttributesChanged"}
    for table in ("deliveries", "change_notices"):
        same = await gateway.rows(
            f"SELECT 1 FROM relying_parties.{table} WHERE created_at = $1", row["at"]
        )
        assert same == []


async def test_what_is_refused_is_shown_and_sent_again(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen, port: int
) -> None:
    await change(gateway, ana, "address", HOME, "told-first")
    async with signals.receiver(port, b"400 Bad", b"202 Accepted"):
        await pushes.deliver(gateway.runtime)
        assert (await states(gateway, ana))["told-first"] == "undelivered"
        page = (await Browser(gateway, ana.cookie).follow("/account/changes")).text
        assert "They could not be told" in page
        async with gateway.runtime.entry() as entry:
            await delivery.send_again(entry, "told-first", by="operator")
        await pushes.deliver(gateway.runtime)

    assert (await states(gateway, ana))["told-first"] == "told"


async def test_old_notices_are_forgotten(
    gateway: Gateway, hearing: dict[str, Any], ana: Citizen
) -> None:
    await change(gateway, ana, "address", HOME, "told-second")
    await gateway.rows(
        "UPDATE relying_parties.change_notices SET created_at = now() - interval '401 days'"
    )
    async with gateway.runtime.entry() as entry:
        await changes.purge(entry)

    assert await states(gateway, ana) == {}


def test_what_follows_from_a_detail_is_told_with_it() -> None:
    assert announcing.followers(["address"]) == {
        "address", "is_resident_of", "locality", "postal_code",
    }  # fmt: skip
    assert announcing.followers(["given_name"]) == {"given_name", "name", "verified_at"}
    assert announcing.followers(["birthdate"]) == {"verified_at"}  # it is read once
