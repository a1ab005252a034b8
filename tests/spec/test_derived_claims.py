"""Answers instead of facts (N21): over 18, lives here, is a citizen, as yes or no."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from idp import attributes
from relying_parties import consents, releases
from tests import factories
from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK

FACTS = {
    "birthdate": "1980-02-29",
    "address": {"street_address": "1 Mill Lane", "locality": "Northtown", "country_code": "GB"},
}
HERE = {"country_code": "GB", "locality": "northtown"}
VERIFIER = "w" * 43


@pytest.fixture(scope="module")
async def bar(gateway: Gateway) -> str:
    """A service that asks for the fact only if one likes, and for two answers."""
    claims = [
        factories.asks("birthdate", "optional"),
        factories.asks("is_resident_of", area=HERE),
        factories.asks("age_over_18"),
    ]
    purpose = {"id": "all", "name": {"en": "To let you in"}, "claims": claims}
    await gateway.service(services.document("bar", purposes=[purpose]))
    await gateway.settled()
    return "bar"


@pytest.fixture
async def ana(gateway: Gateway) -> Citizen:
    someone = await gateway.citizen()
    async with gateway.runtime.entry() as entry:
        for claim, value in FACTS.items():
            await attributes.record(
                entry,
                gateway.runtime.vault,
                someone.account,
                claim,
                value,
                source_type="register",
                source="Population Register",
                verified=True,
                by="test",
            )
    return someone


async def test_a_yes_goes_out_and_the_fact_stays(gateway: Gateway, bar: str, ana: Citizen) -> None:
    """TC-4: on the page, in the answer, in the records: nowhere is the day of birth."""
    browser = Browser(gateway, ana.cookie)
    wire = f"{gateway.issuer}/claims/"
    asked = f'{{"userinfo": {{"{wire}age_over_18": null, "{wire}is_resident_of": null}}}}'
    request = services.asked(bar, VERIFIER, scope="openid", claims=asked)

    page = await browser.follow(f"/authorize?{urlencode(request)}")
    form: Any = {"answer": "allow", "duration": "until", "share": []}
    back = verdicts.sent_back(
        await browser.fill(page, "consent-allow", form), CALLBACK, gateway.issuer
    )
    answer = await services.redeem(gateway, services.Code(back["code"], bar, VERIFIER, CALLBACK))
    bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
    read = (await gateway.get("/userinfo", headers=bearer)).json()

    assert "Says only yes or no, and does not show: Date of birth" in page.text
    assert "Says only yes or no, and does not show: Home address" in page.text
    assert not any(fact in page.text for fact in ("1980", "Mill Lane"))
    assert {name: one for name, one in read.items() if name != "sub"} == {
        f"{wire}age_over_18": True,
        f"{wire}is_resident_of": True,
    }
    async with gateway.runtime.entry() as entry:
        key = await attributes.data_key(entry, gateway.runtime.vault, ana.account)
        told = await releases.of_subjects(entry, key, [read["sub"]])
        consent = await consents.current(entry, read["sub"], bar)
    assert {claim for one in told.whole for claim in one.claims} == {
        "age_over_18",
        "is_resident_of",
    }
    assert consent is not None
    assert isinstance(consent.id, UUID)
    assert set(consent.asked) == {"age_over_18", "is_resident_of"}


async def test_the_answer_is_offered_before_the_fact(
    gateway: Gateway, bar: str, ana: Citizen
) -> None:
    """Whoever is asked for both may keep the fact, and the page does not say otherwise."""
    wire = f"{gateway.issuer}/claims/"
    asked = f'{{"userinfo": {{"birthdate": null, "{wire}age_over_18": null}}}}'
    request = services.asked(bar, VERIFIER, scope="openid", claims=asked)

    page = await Browser(gateway, ana.cookie).follow(f"/authorize?{urlencode(request)}")

    assert page.text.index("18 or over") < page.text.index("Date of birth")
    assert "does not show" not in page.text


async def test_tc_3_the_answers_are_announced(gateway: Gateway) -> None:
    """By the names by which they are asked for, beside the facts."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()["claims_supported"]

    assert {f"{gateway.issuer}/claims/{one}" for one in ("age_over_18", "is_resident_of")} <= {
        *told
    }
    assert "birthdate" in told
