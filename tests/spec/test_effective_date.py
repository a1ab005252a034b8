"""A change that is told beforehand: services hear of its day, and read what holds (C10)."""

from datetime import date, timedelta
from typing import Any

import pytest

from gateway import worker
from gateway.runtime import now
from tests import factories
from tests.support import services, signals
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

MOVES = "moves-told"
HERE = {
    "street_address": "1 Mill Lane", "postal_code": "NT1 1AA", "locality": "Northtown",
    "country_code": "GB",
}  # fmt: skip
THERE = HERE | {"street_address": "9 Harbour Rise", "postal_code": "ST9 9ZZ"}
PAGE = "/account/details/address"


@pytest.fixture
def day() -> date:
    return now().date() + timedelta(days=20)


@pytest.fixture(scope="module", autouse=True)
async def _service(gateway: Gateway) -> None:
    purposes = [
        {"id": "all", "name": {"en": "To test this"}, "claims": [factories.asks("address")]}
    ]
    await gateway.service(signals.document(MOVES, purposes=purposes))
    await gateway.settled()


@pytest.fixture
async def ears(gateway: Gateway) -> tuple[signals.Api, Any]:
    await gateway.rows("DELETE FROM relying_parties.streams")
    api = await signals.api(gateway, MOVES, "ssf.manage changes.answer")
    return api, await api.create()


@pytest.fixture
async def ana(gateway: Gateway, ears: Any) -> Citizen:
    """She lives in one place and shares it."""
    someone = await gateway.citizen(MOVES)
    await save(gateway, someone, HERE)
    api, stream = ears
    await api.poll(stream, ack=list((await api.poll(stream))["sets"]), maxEvents=0)
    return someone


async def save(gateway: Gateway, someone: Citizen, form: dict[str, Any], **over: Any) -> Any:
    browser = Browser(gateway, someone.cookie)
    given = {**form, "tell": [MOVES], **over}
    return await browser.fill(await browser.follow(PAGE), "detail-save", given)


async def heard(gateway: Gateway, ears: Any) -> list[Any]:
    api, stream = ears
    sets = (await api.poll(stream))["sets"]
    await api.poll(stream, ack=list(sets), maxEvents=0)
    told = [signals.read(gateway, raw)["events"] for raw in sets.values()]
    return [one[f"{gateway.issuer}/events/claims-changed"] for one in told]


async def comes(gateway: Gateway) -> None:
    """Let the day have come."""
    await gateway.rows("UPDATE idp.attributes SET valid_from = now()::date WHERE status = 'coming'")


async def test_the_event_names_the_day_and_reads_follow_it(
    gateway: Gateway, ears: Any, ana: Citizen, day: date
) -> None:
    """Before the day the old value, from it on the new one, whoever was told what."""
    told = await services.tokens(
        gateway, ana, MOVES, scope="openid", claims='{"userinfo": {"address": null}}'
    )
    bearer = {"authorization": f"Bearer {told['access_token']}"}

    async def read(node: int = 0) -> str:
        answer = await gateway.get("/userinfo", headers=bearer, node=node)
        return str(answer.json()["address"]["postal_code"])

    saved = await save(gateway, ana, THERE, since=day.isoformat())
    [event] = await heard(gateway, ears)
    known = (await ears[0].ask("GET", f"/api/agency/v1/changes/{event['change_id']}")).json()

    assert str(saved.url).endswith("/account/changes?done=told")
    assert event["claims"] == ["address"]
    assert event["effective_from"] == known["effective_from"] == day.isoformat()
    assert date.fromisoformat(event["answer_by"]) > day
    assert THERE["postal_code"] not in str(event)
    assert await read() == HERE["postal_code"]
    await comes(gateway)
    assert await read(node=1) == THERE["postal_code"]
    assert await worker.take_effect(gateway.runtime)
    assert await read() == THERE["postal_code"]


async def test_the_pages_say_what_will_change(
    gateway: Gateway, ears: Any, ana: Citizen, day: date
) -> None:
    await save(gateway, ana, THERE, since=day.isoformat())
    browser = Browser(gateway, ana.cookie)
    details, changes = (
        await browser.follow("/account/details"),
        await browser.follow("/account/changes"),
    )
    form = await browser.follow(PAGE)

    now_, _, later = details.text.partition("What will change")
    assert HERE["street_address"] in now_
    assert THERE["street_address"] in later
    assert "It holds from" in changes.text
    assert HERE["street_address"] in form.text
    await comes(gateway)
    after = (await browser.follow("/account/details")).text
    assert "What will change" not in after
    assert THERE["street_address"] in after
    assert HERE["street_address"] not in after


async def test_whoever_stays_after_all_says_so_once(
    gateway: Gateway, ears: Any, ana: Citizen, day: date
) -> None:
    """And who was told of the day hears that there is something to read again."""
    await save(gateway, ana, THERE, since=day.isoformat())
    await heard(gateway, ears)
    browser = Browser(gateway, ana.cookie)
    page = await browser.follow("/account/details")

    dropped = await browser.fill(page, "drop-address")
    again = await browser.fill(page, "drop-address")

    [event] = await heard(gateway, ears)
    assert "effective_from" not in event
    assert str(dropped.url).endswith("/account/changes?done=told")
    assert again.url.path == "/account/details"
    assert "What will change" not in again.text


async def test_a_plan_to_stay_takes_back_the_one_to_move(
    gateway: Gateway, ears: Any, ana: Citizen, day: date
) -> None:
    await save(gateway, ana, THERE, since=day.isoformat())
    await heard(gateway, ears)

    await save(gateway, ana, HERE, since=day.isoformat())

    [event] = await heard(gateway, ears)
    assert "effective_from" not in event


async def test_who_was_left_out_does_not_hear_of_it_that_way(
    gateway: Gateway, ears: Any, ana: Citizen, day: date
) -> None:
    await save(gateway, ana, THERE, since=day.isoformat(), tell=[])
    browser = Browser(gateway, ana.cookie)

    await browser.fill(await browser.follow("/account/details"), "drop-address")

    assert await heard(gateway, ears) == []


@pytest.mark.parametrize(
    "since", ["tomorrow", "2027-13-01", "3000-01-01", "1-1-1", "0001-01-01", "2027-02-29"]
)
async def test_a_day_that_is_none_changes_nothing(
    gateway: Gateway, ears: Any, ana: Citizen, since: str
) -> None:
    async with gateway.unchanged():
        answer = await save(gateway, ana, THERE, since=since)

    assert answer.status_code == 422
    assert 'id="since-error"' in answer.text
    assert THERE["street_address"] in answer.text


async def test_nobody_drops_what_another_plans(
    gateway: Gateway, ears: Any, ana: Citizen, day: date
) -> None:
    await save(gateway, ana, THERE, since=day.isoformat())
    other = Browser(gateway, (await gateway.citizen()).cookie)
    _, form = other.form(await other.follow("/account/sessions"), "end-all")

    async with gateway.unchanged():
        await other.send("POST", f"{PAGE}/drop", form)
        bare = await Browser(gateway, ana.cookie).send("POST", f"{PAGE}/drop", {})

    assert bare.status_code == 403
