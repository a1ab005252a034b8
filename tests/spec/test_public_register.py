"""The public register: anybody may see what each service may ask, and how it was decided.

Product N9, ux P6, Regulation (EU) 2016/679 Articles 13 and 30.
"""

import re
from typing import Any
from xml.etree import ElementTree as ET

from relying_parties import clients, onboarding
from tests.support import services
from tests.support.gateway import Gateway

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def a_service(client_id: str, *claims: str, **spec: Any) -> dict[str, Any]:
    why = {"en": f"To greet you & yours at {client_id}"}
    asked = [{"claim": claim, "need": "needed", "basis": "consent", "why": why} for claim in claims]
    purposes = [{"id": "greet", "name": {"en": "To greet"}, "keepDays": 90, "claims": asked}]
    return services.document(client_id, name={"en": client_id}, purposes=purposes, **spec)


async def told(gateway: Gateway, client_id: str) -> dict[str, Any] | None:
    answer = await gateway.get("/services.json")
    assert answer.headers["content-type"] == "application/json"
    return next((one for one in answer.json()["services"] if one["client_id"] == client_id), None)


async def test_a_program_reads_what_is_in_force(gateway: Gateway) -> None:
    await gateway.service(a_service("registered", "given_name", "email"))

    found = await told(gateway, "registered")

    assert found
    (purpose,) = found["purposes"]
    assert purpose["keep_days"] == 90
    assert [each["claim"] for each in purpose["claims"]] == ["given_name", "email"]
    assert purpose["claims"][0]["basis"] == "consent"
    assert found["in_force_since"].startswith("20")


async def test_what_waits_or_was_switched_off_is_not_there(gateway: Gateway) -> None:
    await gateway.service(a_service("switched-off", "email"))
    async with gateway.runtime.entry() as entry:
        await onboarding.draft(entry, a_service("still-a-draft", "email"), author="admin:x")
        await clients.suspend(entry, "switched-off", reason="a test", by="admin:x")

    for client_id in ("switched-off", "still-a-draft"):
        assert await told(gateway, client_id) is None
        assert client_id not in (await gateway.get("/services.atom")).text


async def test_the_page_shows_who_may_ask_for_one_detail(gateway: Gateway) -> None:
    await gateway.service(a_service("wants-the-phone", "phone_number"))
    await gateway.service(a_service("wants-the-name", "given_name"))

    page = (await gateway.get("/services?detail=phone_number")).text

    assert "/services/wants-the-phone" in page
    assert "To greet you &amp; yours at wants-the-phone" in page
    assert "/services/wants-the-name" not in page


async def test_every_service_stands_on_some_page(gateway: Gateway) -> None:
    """Each page stays light; a number that is none, or too high, is the first or the last."""
    for number in range(27):
        await gateway.service(a_service(f"one-of-many-{number}", "gender"))

    async def shown(page: int | str) -> list[str]:
        text = (await gateway.get(f"/services?detail=gender&page={page}")).text
        return re.findall(r'"/services/([a-z0-9-]+)"', text)

    # Other services may ask for the same, so the pages may be more than two.
    pages = [await shown(1)]
    while (page := await shown(len(pages) + 1)) != pages[-1]:
        pages.append(page)
    assert all(len(page) == 25 for page in pages[:-1])
    assert {f"one-of-many-{number}" for number in range(27)} <= {
        one for page in pages for one in page
    }
    assert await shown(9999) == pages[-1]
    for nonsense in ("0", "-1", "x", "1" * 4000):
        assert await shown(nonsense) == pages[0]


async def test_a_feed_tells_what_each_decision_changed(gateway: Gateway) -> None:
    """RFC 4287 §4.1.2: an entry for each, with a name that stays."""
    await gateway.service(a_service("changing-its-mind", "given_name", "email"))
    await gateway.service(a_service("changing-its-mind", "given_name", "phone_number"))

    answer = await gateway.get("/services.atom")

    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ET.fromstring(answer.content)
    said = {
        entry.findtext("a:id", "", ATOM): entry.findtext("a:summary", "", ATOM)
        for entry in feed.findall("a:entry", ATOM)
    }
    place = f"{gateway.issuer}/services/changing-its-mind"
    assert "Phone" in said[f"{place}#version-2"]
    assert "no longer ask for: Email" in said[f"{place}#version-2"]
    assert "Entered by whoever runs this site" in said[f"{place}#version-1"]


async def test_a_service_s_page_tells_how_it_was_decided(gateway: Gateway) -> None:
    await gateway.service(a_service("explained", "given_name", "email"))
    await gateway.service(a_service("explained", "given_name"))
    await gateway.settled()

    page = (await gateway.get("/services/explained")).text

    assert "How it was decided" in page
    assert "May no longer ask for: Email" in page
    assert "90 days at most" in page


async def test_it_is_kept_for_five_minutes_and_open_to_anybody(gateway: Gateway) -> None:
    for path in ("/services.json", "/services.atom"):
        answer = await gateway.get(path)

        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert "set-cookie" not in answer.headers


async def test_what_was_overtaken_before_a_decision_is_no_decision(gateway: Gateway) -> None:
    """Handed in, and never in force: the feed leaves it out."""
    for text in ("One", "Two"):
        await gateway.service(services.document("overtaken", name={"en": text}))
    await gateway.rows(
        "UPDATE relying_parties.registrations SET decided_at = NULL, decided_by = NULL"
        " WHERE client_id = 'overtaken' AND version = 1"
    )

    told = (await gateway.get("/services.atom")).text

    assert "/services/overtaken#version-2" in told
    assert "/services/overtaken#version-1" not in told
