"""The citizen's own details over HTTP: told, changed, contested, and the way back to a service."""

import json
import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.pages.account import telling
from idp import accounts, attributes
from idp.attributes import Validity
from idp.proofing import journeys, sandbox
from tests import factories
from tests.factories import values_of
from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

TELLING = "/account/details"
TYPED: dict[str, dict[str, Any]] = {
    "address": {"street_address": "1 New Street", "locality": "Northtown", "country_code": "gb"},
    "mailing_address": {"locality": "Northtown"},
    "phone_number": {"phone_number": "0044 1632 960 001"},
    "zoneinfo": {"zoneinfo": "Europe/Paris"},
    "locale": {"locale": "fr"},
    "preferred_language": {"preferred_language": "fr, en"},
    "contact_preference": {"contact_preference": "post"},
    "accessibility_needs": {"accessibility_needs": ["braille", "large_print"]},
}


async def held(gateway: Gateway, someone: Citizen, *claims: str) -> dict[str, Any]:
    async with gateway.runtime.entry() as entry:
        return await values_of(entry, gateway.runtime.vault, someone.account, claims)


async def registered(
    gateway: Gateway, someone: Citizen, claim: str, value: Any, validity: Validity
) -> None:
    async with gateway.runtime.entry() as entry:
        await attributes.record(
            entry,
            gateway.runtime.vault,
            someone.account,
            claim,
            value,
            source_type="register",
            source="Population Register",
            verified=True,
            validity=validity,
            by="test",
        )


@pytest.mark.parametrize("claim", telling.FORMS)
async def test_every_detail_that_citizens_tell_can_be_told(gateway: Gateway, claim: str) -> None:
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"{TELLING}/{claim}")

    saved = await browser.fill(page, "detail-save", TYPED.get(claim, {claim: "Something"}))
    again = await browser.follow(f"{TELLING}/{claim}")

    assert "Saved." in saved.text
    assert f'href="{TELLING}/{claim}"' in saved.text
    assert (await held(gateway, someone, claim)).keys() == {claim}
    assert again.status_code == 200


async def test_languages_are_told_by_name(gateway: Gateway) -> None:
    """Nobody has to know a code; what is no language is refused, and stays as it was typed."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    here = f"{TELLING}/preferred_language"
    page = await browser.follow(here)

    await browser.fill(page, "detail-save", {"preferred_language": "Haitian Creole, anglais"})
    again = await browser.follow(here)
    wrong = await browser.fill(
        again, "detail-save", {"preferred_language": "the language of birds"}
    )

    assert await held(gateway, someone, "preferred_language") == {
        "preferred_language": ["ht", "en"]
    }
    assert 'value="Haitian Creole, English"' in again.text
    assert wrong.status_code == 422
    assert 'value="the language of birds"' in wrong.text


async def test_a_country_alone_is_no_address(gateway: Gateway) -> None:
    """It is chosen beforehand; a street or a town is what somebody types."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"{TELLING}/mailing_address")

    refused = await browser.fill(page, "detail-save", {"country_code": "FR"})

    assert refused.status_code == 422
    assert "Enter at least a street or a town" in refused.text
    assert '<option value="FR" selected>France</option>' in refused.text


async def test_what_is_no_such_detail_is_said_in_words(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"{TELLING}/phone_number")
    _, form = browser.form(page, "detail-save")

    async with gateway.unchanged():
        wrong = await browser.fill(page, "detail-save", {"phone_number": "abc"})
        other = await browser.send("POST", f"{TELLING}/birthdate", {**form, "birthdate": "1980"})
        shown = await browser.send("GET", f"{TELLING}/tax_identifier")

    assert wrong.status_code == 422
    assert "Enter the number with its country code" in wrong.text
    assert (other.status_code, shown.status_code) == (404, 404)


async def test_two_tabs_cannot_overwrite_each_other_in_silence(gateway: Gateway) -> None:
    """RC-16: the second to save sees what the first one wrote, and decides again."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    first = await browser.follow(f"{TELLING}/nickname")
    second = await browser.follow(f"{TELLING}/nickname")
    await browser.fill(first, "detail-save", {"nickname": "Ani"})

    late = await browser.fill(second, "detail-save", {"nickname": "Anita"})
    unseen = await browser.send(
        "POST",
        f"{TELLING}/nickname",
        browser.form(second, "detail-save")[1] | {"seen": "x", "nickname": "An"},
    )
    kept = await held(gateway, someone, "nickname")
    await browser.fill(late, "detail-save", {"nickname": "Anita"})

    assert (late.status_code, unseen.status_code) == (409, 409)
    assert 'value="Ani"' in late.text
    assert kept == {"nickname": "Ani"}
    assert await held(gateway, someone, "nickname") == {"nickname": "Anita"}


async def test_what_a_register_wrote_meanwhile_is_not_contested(gateway: Gateway) -> None:
    """What was looked at is what is wrong; what came since is shown, and asked about anew."""
    someone = await gateway.citizen()
    await registered(gateway, someone, "address", {"locality": "Oldtown"}, Validity())
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"{TELLING}/address/dispute")
    await registered(gateway, someone, "address", {"locality": "Newtown"}, Validity())

    late = await browser.fill(page, "dispute")
    kept = await held(gateway, someone, "address")
    contested = await browser.fill(late, "dispute")
    again = await browser.fill(late, "dispute")

    assert late.status_code == 409
    assert "Newtown" in late.text
    assert "This was changed meanwhile" in late.text
    assert kept == {"address": {"locality": "Newtown"}}
    assert "You said that a detail is wrong" in contested.text
    assert "You said that a detail is wrong" in again.text
    assert await held(gateway, someone, "address") == {}


async def test_a_contested_detail_goes_out_to_nobody(gateway: Gateway) -> None:
    """The citizen says it is wrong, and sees that it is kept back until it is settled."""
    someone = await gateway.citizen()
    home = {"locality": "Oldtown"}
    await registered(gateway, someone, "address", home, Validity())
    browser = Browser(gateway, someone.cookie)

    page = await browser.follow(TELLING)
    async with gateway.unchanged():
        asked = await browser.follow(f"{TELLING}/address/dispute")
    contested = await browser.fill(asked, "dispute")
    during = await held(gateway, someone, "address", "locality")
    settled = await browser.fill(contested, "dispute-address")

    assert 'href="/account/details/address/dispute"' in page.text
    assert "Ask the register to correct it: <bdi>Population Register</bdi>" in asked.text
    assert "You said that a detail is wrong" in contested.text
    assert "You say this is wrong" in contested.text
    assert "No service gets this until it is settled." in contested.text
    assert during == {}
    assert "You said that a detail is wrong" not in settled.text
    assert "You say this is wrong" not in settled.text
    assert await held(gateway, someone, "address") == {"address": home}


async def test_the_page_says_on_which_days_a_detail_holds(gateway: Gateway) -> None:
    someone = await gateway.citizen()
    await registered(
        gateway, someone, "address", {"locality": "Here"}, Validity(since=date(2020, 3, 1))
    )
    ended = Validity(date(2019, 3, 1), date(2020, 2, 29))
    await registered(gateway, someone, "residence_status", {"status": "temporary"}, ended)

    page = await Browser(gateway, someone.cookie).follow(TELLING)

    assert "Since 1 March 2020" in page.text
    assert "Ended on 29 February 2020" in page.text
    assert page.text.count("Not valid any more") == 1
    assert "residence_status" not in await held(gateway, someone, "residence_status")


async def test_what_is_missing_is_added_on_the_way_to_a_service(gateway: Gateway) -> None:
    """ux.md 4: [Add it] leads to the detail and back to what the service asks."""
    rows = [
        factories.asks("name"),
        factories.asks("address"),
        factories.asks("phone_number", "optional"),
    ]
    rows.append(factories.asks("age_over_65", "optional"))
    purpose = {"id": "all", "name": {"en": "To test this"}, "claims": rows}
    await gateway.service(services.document("zone", purposes=[purpose]))
    await gateway.settled()
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    over = {"scope": "openid profile address phone", "claims": '{"userinfo":{"age_over_65":null}}'}

    page = await browser.follow(f"/authorize?{urlencode(asked('zone', **over))}")
    added = re.findall(r'name="add" value="([^"]+)">Add it', page.text)
    proof = await browser.fill(page, "consent-allow", {"add": "age_over_65"})
    for claim in ("address", "phone_number"):
        form = await browser.fill(page, "consent-allow", {"add": claim})
        page = await browser.fill(form, "detail-save", TYPED[claim])

    assert added == ["address", "age_over_65", "phone_number"]
    assert proof.url.path == "/account/verify"
    assert "1 New Street" in page.text
    back = await browser.fill(page, "consent-allow", {"answer": "allow", "share": "phone_number"})
    assert "code" in verdicts.sent_back(back, CALLBACK, gateway.issuer)


async def test_the_trial_says_what_to_type(gateway: Gateway) -> None:
    """Where nobody is real, nobody needs to know a secret of the register."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/verify")
    shown = dict(re.findall(r'id="trial-(number|name|birthdate)">([^<]+)<', page.text))

    typed = {"document_number": shown["number"], "family_name": shown["name"]}
    await browser.fill(page, "verify-submit", typed | {"birthdate": shown["birthdate"]})

    async with gateway.runtime.entry() as entry:
        found = await accounts.find(entry, someone.account)
    assert found
    assert found.ial == 2
    other = await gateway.citizen()
    later = await Browser(gateway, other.cookie).follow("/account/verify")
    assert shown["number"] not in later.text


async def test_nobody_is_proved_to_be_two_people(gateway: Gateway) -> None:
    """The details of another person are refused, and the page says why."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/verify")
    people = {one["case"]: one for one in sandbox.register()}
    known, other = people["stateless"], people["refugee"]
    async with gateway.runtime.entry() as entry:
        await journeys.complete(entry, gateway.runtime.vault, someone.account, sandbox.known(known))

    typed = {name: other["attributes"][name] for name in ("family_name", "birthdate")}
    typed["document_number"] = other["document_number"]
    refused = await browser.fill(page, "verify-submit", typed)

    assert "already proved to be somebody else" in verdicts.page(refused, 422)
    assert await held(gateway, someone, "birthdate") == {
        "birthdate": known["attributes"]["birthdate"]
    }


async def test_a_service_is_told_yes_or_no_about_the_area_it_registered(gateway: Gateway) -> None:
    """The area is the registration's; a request can't name another one."""
    area = {"country_code": "GB", "locality": "Northtown"}
    rows = [factories.asks("is_resident_of", area=area), factories.asks("is_citizen")]
    purpose = {"id": "all", "name": {"en": "To test this"}, "claims": rows}
    await gateway.service(services.document("area", purposes=[purpose]))
    await gateway.settled()
    someone = await gateway.citizen()
    await registered(gateway, someone, "nationalities", ["FR"], Validity())
    await registered(gateway, someone, "address", area, Validity())
    claims = {"is_resident_of": {"value": "Riverside"}, "is_citizen": None}
    over = {"scope": "openid", "claims": json.dumps({"userinfo": claims})}
    browser = Browser(gateway, someone.cookie)

    page = await browser.follow(f"/authorize?{urlencode(asked('area', 'w' * 43, **over))}")
    back = await browser.fill(page, "consent-allow", {"answer": "allow"})
    code = verdicts.sent_back(back, CALLBACK, gateway.issuer)["code"]
    answer = await services.redeem(gateway, services.Code(code, "area", "w" * 43, CALLBACK))
    bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
    told = (await gateway.get("/userinfo", headers=bearer)).json()

    assert "Yes (Northtown, United Kingdom)" in page.text
    assert {name.rpartition("/")[2]: value for name, value in told.items() if name != "sub"} == {
        "is_resident_of": True,
        "is_citizen": False,
    }


async def test_what_is_none_of_the_others_is_the_last_choice(gateway: Gateway) -> None:
    """The others stand by the alphabet of whoever reads them."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)

    for lang in ("en", "fr"):
        page = await browser.follow(f"{TELLING}/accessibility_needs?lang={lang}")
        offered = re.findall(r'<label for="accessibility_needs-(\w+)">([^<]+)</label>', page.text)
        *others, (last, _) = offered

        assert last == "other"
        assert [label for _, label in others] == sorted(label for _, label in others)
