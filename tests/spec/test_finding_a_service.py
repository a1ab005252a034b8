"""A service is found by a need or a life event, in every language, and nobody keeps what was asked.

Specs: product S0 (find by need and life event), P1 and P6 of the pages.
"""

import json
import re

import pytest

from gateway import life_events
from relying_parties.errors import RegistrationInvalid
from relying_parties.life_events import LIFE_EVENTS
from tests.support import services
from tests.support.browser import Browser
from tests.support.gateway import Gateway

CRADLE, BEACON = "cradle", "beacon"


@pytest.fixture(scope="module", autouse=True)
async def _services(gateway: Gateway) -> None:
    await gateway.service(
        services.document(
            CRADLE,
            name={"en": "Cradle grant", "fr": "Aide à la naissance", "ar": "منحة المهد"},
            description={"en": "Money for the first year"},
            lifeEvents=["having-a-child", "moving-house"],
            needs={"en": "nappies, pram, midwife", "fr": "couches, poussette, sage-femme"},
        )
    )
    await gateway.service(
        services.document(BEACON, "southtown", name={"en": "Beacon"}, lifeEvents=["having-a-child"])
    )
    await gateway.settled()


def named(text: str) -> list[str]:
    """Return which of the two services a page lists, in its order."""
    places = {name: text.find(f'href="/services/{name}"') for name in (CRADLE, BEACON)}
    return sorted((name for name, place in places.items() if place >= 0), key=places.__getitem__)


@pytest.mark.parametrize(
    "query",
    ["cradle", "CRADLE", "I need a pram", "prams", "nappies", "poussette", "naissance",
     "aide+%C3%A0+la+NAISSANCE", "المهد", "money first year"],
)  # fmt: skip
async def test_a_need_finds_its_service(gateway: Gateway, query: str) -> None:
    page = await gateway.get(f"/?q={query.replace(' ', '+')}")

    assert CRADLE in named(page.text), page.text


@pytest.mark.parametrize(
    ("lang", "query"), [("en", "baby"), ("fr", "bebe"), ("fr", "BÉBÉ"), ("ar", "رضيع")]
)
async def test_the_words_of_a_life_event_find_its_services(
    gateway: Gateway, lang: str, query: str
) -> None:
    """And the event itself; none of these words is the service's own."""
    page = await gateway.get(f"/?q={query}&lang={lang}")

    assert set(named(page.text)) == {CRADLE, BEACON}
    assert 'href="/life/having-a-child"' in page.text


async def test_what_is_not_there_is_said(gateway: Gateway) -> None:
    page = await gateway.get("/?q=zeppelin")

    assert named(page.text) == []
    assert "No services match" in page.text


async def test_what_was_looked_for_is_kept_nowhere(gateway: Gateway) -> None:
    secret = "q7zdivorcelawyer"
    someone = await gateway.citizen()

    async with gateway.unchanged():
        for headers in ({}, someone.headers):
            answer = await gateway.get(f"/?q={secret}", headers=headers)
            assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")

    assert secret not in gateway.logs()
    assert secret not in await gateway.dump()


async def test_each_life_event_has_its_page(gateway: Gateway) -> None:
    assert list(life_events.WORDS) == list(LIFE_EVENTS)
    for name in LIFE_EVENTS:
        for lang in ("en", "fr", "ar"):
            page = await gateway.get(f"/life/{name}?lang={lang}")
            assert page.status_code == 200
    page = await gateway.get("/life/having-a-child")
    assert named(page.text) == [BEACON, CRADLE]
    assert (await gateway.get("/life/nothing")).status_code == 404


async def test_what_somebody_uses_stands_first(gateway: Gateway) -> None:
    someone = await gateway.citizen(CRADLE)
    browser = Browser(gateway, someone.cookie)

    event = await browser.follow("/life/having-a-child")
    found = await browser.follow("/?q=baby")
    other = await gateway.get("/life/having-a-child")

    for page in (event, found):
        assert named(page.text) == [CRADLE, BEACON]
        assert page.text.count("You use this") == 1
    assert "You use this" not in other.text


async def test_a_service_stands_once_on_the_front_page(gateway: Gateway) -> None:
    """What somebody carries on with is not listed a second time among the others."""
    someone = await gateway.citizen(CRADLE)

    page = await Browser(gateway, someone.cookie).follow("/")
    listed = re.findall(r'href="/services/([^"]+)"', page.text)

    assert listed[0] == CRADLE
    assert len(listed) == len(set(listed))
    assert page.text.index("Carry on with") < page.text.index(f"/services/{CRADLE}")
    assert "Other services" in page.text


async def test_the_front_page_leads_to_life_events_that_have_services(gateway: Gateway) -> None:
    page = await gateway.get("/")

    assert 'href="/life/having-a-child"' in page.text
    assert 'href="/life/someone-died"' not in page.text


async def test_the_public_register_tells_them(gateway: Gateway) -> None:
    told = json.loads((await gateway.get("/services.json")).text)
    [cradle] = [one for one in told["services"] if one["client_id"] == CRADLE]
    page = await gateway.get(f"/services/{CRADLE}")
    listed = await gateway.get("/services?detail=name")

    assert cradle["life_events"] == ["having-a-child", "moving-house"]
    for each in (page, listed):
        assert 'href="/life/moving-house"' in each.text
    assert "pram" not in page.text


@pytest.mark.parametrize(
    "member",
    [{"lifeEvents": ["having-a-boat"]}, {"lifeEvents": "retiring"}, {"lifeEvents": [{}]},
     {"lifeEvents": ["retiring", "retiring"]}, {"needs": "pram"}, {"needs": {"en": "<b>pram"}}],
)  # fmt: skip
async def test_only_rows_of_ours_are_life_events(
    gateway: Gateway, member: dict[str, object]
) -> None:
    async with gateway.unchanged():
        with pytest.raises(RegistrationInvalid):
            await gateway.service(services.document("no-event", **member))


async def test_what_waits_stands_on_the_front_page(gateway: Gateway) -> None:
    someone = await gateway.citizen(CRADLE)
    await gateway.rows(
        "UPDATE relying_parties.consents SET expires_at = now() + interval '2 days'"
        " WHERE client_id = $1 AND state = 'active'",
        CRADLE,
    )

    page = await Browser(gateway, someone.cookie).follow("/")
    nobody = await gateway.get("/")

    assert "Waits for you" in page.text
    assert "Sharing with 1 service ends soon." in page.text
    for place in ("/account/inbox", "/account/details", "/account/sharing"):
        assert f'href="{place}"' in page.text
    assert "Waits for you" not in nobody.text
    assert "/account/inbox" not in nobody.text
