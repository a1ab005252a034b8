"""Confirming that it is you: the page names what it is for, and leads back without it.

Specs: ux.md C8, SP 800-63B §4.2.3.
"""

import json
import re
from urllib.parse import urlencode

import pytest

from gateway.pages.login.reasons import AIMS
from gateway.pages.passage import PLACES
from idp import accounts, attributes
from tests import factories
from tests.support import asking, offices, services
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.offices import refund

OFFICE, CAREFUL = "checks-again", "asks-with-care"
BACK = re.compile(r'<a class="back" href="([^"]+)">Back</a>')


@pytest.fixture(scope="module", autouse=True)
async def registered(gateway: Gateway) -> None:
    """An office that asks from behind, and a service that asks for a number."""
    await offices.register(gateway, OFFICE, name={"en": "Office of checks"})
    law = {"basis": "law", "law": {"en": "Tax Act, section 4"}}
    rows = [factories.asks("name"), factories.asks("tax_identifier") | law]
    purpose = {"id": "all", "name": {"en": "To test this"}, "claims": rows}
    await gateway.service(services.document(CAREFUL, purposes=[purpose]))
    await gateway.settled()


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    """Somebody who is signed in."""
    return await gateway.citizen()


@pytest.mark.parametrize(
    ("place", "said", "back"),
    [
        ("security", "change how you sign in", "/account/security"),
        ("data/export", "download everything", "/account/data"),
        ("data/delete", "delete your account", "/account/data"),
        ("corrections/x", "change a detail that we hold", "/account/corrections/x"),
        ("inbox/nothing", "answer what a service asks you", "/account/inbox/nothing"),
        ("details", "for nobody but you", "/account"),
        ("", "for nobody but you", "/account"),
        ("//evil.test", "for nobody but you", "/account"),
    ],
)
async def test_it_says_what_it_is_for_and_leads_back(
    gateway: Gateway, ana: Citizen, place: str, said: str, back: str
) -> None:
    """Nothing of an address is repeated that is not a place of ours."""
    page = await Browser(gateway, ana.cookie).follow(f"/login/confirm?{urlencode({'next': place})}")

    assert said in page.text
    assert 'href="//' not in page.text
    assert BACK.findall(page.text) == [back]


async def test_the_way_back_asks_for_nothing(gateway: Gateway, ana: Citizen) -> None:
    """Whoever would rather not is not led into the same page again."""
    request = await offices.ask(gateway, ana, OFFICE, refund())
    number = (await asking.waiting(gateway, request)).rsplit("/", 1)[1]
    await gateway.rows(
        "UPDATE idp.sessions SET auth_time = auth_time - interval '1 hour' WHERE id = $1",
        ana.session,
    )
    browser = Browser(gateway, ana.cookie)

    for place in (f"inbox/{number}", f"standing/for/{number}", "security", "data/export"):
        page = await browser.follow(f"/login/confirm?next={place}")
        [back] = BACK.findall(page.text)
        left = await browser.follow(back)

        assert left.status_code == 200
        assert left.url.path == back


@pytest.mark.parametrize("place", ["inbox", "standing/for"])
async def test_it_names_the_service_of_the_citizen_s_own_request_alone(
    gateway: Gateway, ana: Citizen, place: str
) -> None:
    """Of another's request it knows no more than of none."""
    request, other = await offices.ask(gateway, ana, OFFICE, refund()), await gateway.citizen()
    number = (await asking.waiting(gateway, request)).rsplit("/", 1)[1]

    mine = await Browser(gateway, ana.cookie).follow(f"/login/confirm?next={place}/{number}")
    theirs = await Browser(gateway, other.cookie).follow(f"/login/confirm?next={place}/{number}")

    assert "Office of checks" in mine.text
    assert "Office of checks" not in theirs.text
    assert theirs.status_code == 200


async def test_a_service_is_named_with_the_detail_that_takes_care(
    gateway: Gateway, ana: Citizen
) -> None:
    """What is asked each time anew is the reason, and the way back is the service's."""
    async with gateway.runtime.entry() as entry:
        await accounts.raise_ial(entry, ana.account, 2)
        await attributes.record(
            entry,
            gateway.runtime.vault,
            ana.account,
            "tax_identifier",
            [{"scheme": "XX:TIN", "value": "T00104729"}],
            source_type="register",
            by="test",
        )
    _, weak = await gateway.sign_in(ana.account, aal=1)
    claims = json.dumps({"userinfo": {"tax_identifier": None}})
    asked = services.asked(CAREFUL, scope="openid", claims=claims)

    page = await Browser(gateway, weak).follow(f"/authorize?{urlencode(asked)}")

    assert page.url.path == "/login/confirm"
    assert "asks for: Tax number. We make sure first that it is you." in page.text
    assert 'id="cancel"' in page.text
    assert BACK.findall(page.text) == []


async def test_each_aim_is_of_a_place_of_ours() -> None:
    """A place that is renamed would lose its words."""
    assert {name.partition("/")[0] for name in AIMS} <= set(PLACES)
    assert all(aim.back.startswith("/account") for aim in AIMS.values())
