"""A new child is told once; services hear that there is news, and read it with care (C10).

Details of a child are of the most sensitive kind: asked each time, and read shortly after a
strong sign-in alone (rule R3). What a register says goes before what citizens tell.
"""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from gateway.runtime import now
from idp import accounts, attributes
from idp.proofing import journeys, sandbox
from tests import factories
from tests.support import services, signals, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

SCHOOL = "school-told"
PAGE = "/account/details/children"
LEO = {"given_name": "Leopold", "family_name": "Quince", "birthdate": "2026-05-03"}
MIA = {"given_name": "Miranda", "birthdate": "2024-01-31"}
SECRETS = ("Leopold", "Quince", "2026-05-03")
VERIFIER = "w" * 43


@pytest.fixture(scope="module", autouse=True)
async def _service(gateway: Gateway) -> None:
    rows = [factories.asks("name"), factories.asks("children")]
    purposes = [{"id": "all", "name": {"en": "To test this"}, "claims": rows}]
    await gateway.service(signals.document(SCHOOL, purposes=purposes))
    await gateway.settled()


@pytest.fixture
async def ears(gateway: Gateway) -> tuple[signals.Api, Any]:
    await gateway.rows("DELETE FROM relying_parties.streams")
    api = await signals.api(gateway, SCHOOL)
    return api, await api.create()


@pytest.fixture
async def ana(gateway: Gateway, ears: Any) -> Citizen:
    """Somebody well known, who shares with the school what it asks."""
    someone = await gateway.citizen(SCHOOL)
    async with gateway.runtime.entry() as entry:
        await accounts.raise_ial(entry, someone.account, 2)
    return someone


async def save(gateway: Gateway, someone: Citizen, **form: Any) -> Any:
    browser = Browser(gateway, someone.cookie)
    given = {"tell": [SCHOOL], **form}
    return await browser.fill(await browser.follow(PAGE), "detail-save", given)


async def held(gateway: Gateway, someone: Citizen) -> Any:
    async with gateway.runtime.entry() as entry:
        found = await attributes.read(entry, gateway.runtime.vault, someone.account, ["children"])
    return found["children"].value if found else None


async def heard(gateway: Gateway, ears: Any) -> list[Any]:
    api, stream = ears
    sets = (await api.poll(stream))["sets"]
    await api.poll(stream, ack=list(sets), maxEvents=0)
    told = [signals.read(gateway, raw)["events"] for raw in sets.values()]
    changed = f"{gateway.issuer}/events/claims-changed"
    return [one[changed] for one in told if changed in one]


async def test_who_asks_for_it_hears_that_there_is_news(
    gateway: Gateway, ears: Any, ana: Citizen
) -> None:
    """By the name of the detail; nothing of the child is in any queue, event or log."""
    page = (await Browser(gateway, ana.cookie).follow(PAGE)).text
    saved = await save(gateway, ana, **LEO)

    [event] = await heard(gateway, ears)
    assert f'value="{SCHOOL}" checked' in page
    assert "only shortly after you signed in with them" in page
    assert str(saved.url).endswith("/account/changes?done=told")
    assert event["claims"] == [f"{gateway.issuer}/claims/children"]
    assert await held(gateway, ana) == [LEO]
    everything = await gateway.dump() + gateway.logs() + str(event)
    assert not [secret for secret in SECRETS if secret in everything]


async def test_one_more_is_added_and_a_mistake_is_taken_back(
    gateway: Gateway, ears: Any, ana: Citizen
) -> None:
    await save(gateway, ana, **LEO)
    await save(gateway, ana, keep=["0"], **MIA)
    both = await held(gateway, ana)
    details = (await Browser(gateway, ana.cookie).follow("/account/details")).text
    await save(gateway, ana, keep=["1"])
    one = await held(gateway, ana)
    await save(gateway, ana)

    assert both == [LEO, MIA]
    assert "Leopold" in details
    assert "Miranda" in details
    assert one == [MIA]
    assert await held(gateway, ana) == []


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"given_name": "Leo"}, "given_name"),
        ({"birthdate": "2026-05-03"}, "given_name"),
        ({"family_name": "Quince"}, "given_name"),
        (LEO | {"birthdate": "2026-02-30"}, "birthdate"),
        (LEO | {"birthdate": "May"}, "birthdate"),
        (LEO | {"birthdate": (now() + timedelta(days=2)).date().isoformat()}, "birthdate"),
        (LEO | {"given_name": "L" * 151}, "given_name"),
        (LEO | {"given_name": "\u202eoeL"}, "given_name"),
    ],
)
async def test_what_is_no_child_changes_nothing(
    gateway: Gateway, ears: Any, ana: Citizen, form: dict[str, str], field: str
) -> None:
    await save(gateway, ana, **MIA)

    async with gateway.unchanged():
        answer = await save(gateway, ana, keep=["0"], **form)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'name="keep" value="0" checked' in answer.text


async def test_of_twenty_tabs_one_adds(gateway: Gateway, ears: Any, ana: Citizen) -> None:
    await save(gateway, ana, **MIA)
    browser = Browser(gateway, ana.cookie)
    path, form = browser.form(await browser.follow(PAGE), "detail-save")
    answers = [await browser.send("POST", path, {**form, "keep": "0", **LEO}) for _ in range(20)]

    assert sorted(one.status_code for one in answers) == [303, *[409] * 19]
    assert await held(gateway, ana) == [MIA, LEO]


async def read(gateway: Gateway, someone: Citizen) -> tuple[set[str], str]:
    """Go through the share page, and read; return what there is, and the token."""
    wish = json.dumps({"userinfo": {"name": None, f"{gateway.issuer}/claims/children": None}})
    over = {"scope": "openid", "claims": wish}
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked(SCHOOL, VERIFIER, **over))}")
    form: Any = {"answer": "allow", "duration": "until"}
    told = verdicts.sent_back(
        await browser.fill(page, "consent-allow", form), CALLBACK, gateway.issuer
    )
    code = services.Code(told["code"], SCHOOL, VERIFIER, CALLBACK)
    token = (await services.redeem(gateway, code)).json()["access_token"]
    return await names(gateway, token), token


async def names(gateway: Gateway, token: str) -> set[str]:
    answer = await gateway.get("/userinfo", headers={"authorization": f"Bearer {token}"})
    return {name.rpartition("/")[2] for name in answer.json()}


async def test_it_is_asked_each_time_and_read_shortly_after_a_strong_sign_in(
    gateway: Gateway, ears: Any, ana: Citizen
) -> None:
    await save(gateway, ana, **LEO)
    first, token = await read(gateway, ana)
    again, _ = await read(gateway, ana)  # with a page, although it was agreed to
    await gateway.rows(
        "UPDATE relying_parties.codes SET auth_time = auth_time - interval '16 minutes'"
    )

    assert first == again == {"sub", "name", "children"}
    assert await names(gateway, token) == {"sub", "name"}


async def test_what_a_register_says_goes_before_it(
    gateway: Gateway, ears: Any, ana: Citizen
) -> None:
    """Proved with the sandbox's register, which knows of a child."""
    await save(gateway, ana, **LEO)
    [parent] = [one for one in sandbox.register() if one["attributes"].get("children")]
    person = {**parent, "person": str(uuid4())}  # a person has one account: others prove this one
    async with gateway.runtime.entry() as entry:
        await journeys.complete(entry, gateway.runtime.vault, ana.account, sandbox.known(person))
    page = (await Browser(gateway, ana.cookie).follow(PAGE)).text

    assert await held(gateway, ana) == person["attributes"]["children"]
    assert 'name="tell"' not in page  # what the citizen says changes nothing for services
