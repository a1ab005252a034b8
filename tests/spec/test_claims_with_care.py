"""Claims that take more than a consent: only by law, or asked each time on a strong sign-in.

What they are is the catalogue's to say (rules RX and R3); here a service tries to get them.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.web import cookies
from idp import accounts, attributes, sessions
from relying_parties.errors import RegistrationInvalid
from tests import factories
from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

STREET = [{"street_address": "1 Old Street", "locality": "Northtown"}]
HELD = {
    "previous_addresses": STREET,
    "marital_status": "single",
    "tax_identifier": [{"scheme": "XX:TIN", "value": "T00104729"}],
    "national_identifiers": [{"scheme": "XX:DEMO", "value": "107919"}],
}
NAMES = dict.fromkeys(("name", *HELD))
EVERYWHERE = json.dumps({"userinfo": NAMES, "id_token": NAMES})
LONG_AGO = "interval '16 minutes'"
VERIFIER = "w" * 43


def registered(client_id: str, *rows: dict[str, Any]) -> dict[str, Any]:
    purpose = {
        "id": "all",
        "name": {"en": "To test this"},
        "claims": [factories.asks("name"), *rows],
    }
    return services.document(client_id, purposes=[purpose])


OPTIONS = (
    factories.asks("previous_addresses", "optional"),
    factories.asks("marital_status", "optional"),
)


@pytest.fixture
async def eve(gateway: Gateway) -> Citizen:
    """Somebody well known, signed in with a passkey a moment ago."""
    someone = await gateway.citizen()
    async with gateway.runtime.entry() as entry:
        await accounts.raise_ial(entry, someone.account, 2)
        for claim, value in HELD.items():
            await attributes.record(
                entry,
                gateway.runtime.vault,
                someone.account,
                claim,
                value,
                source_type="register",
                verified=True,
                by="test",
            )
    return someone


def address(client_id: str, **over: Any) -> str:
    over = {"scope": "openid offline_access", "claims": EVERYWHERE} | over
    return f"/authorize?{urlencode(asked(client_id, VERIFIER, **over))}"


async def allow(gateway: Gateway, someone: Citizen, client_id: str, *ticked: str) -> dict[str, Any]:
    """Go through the share page; return what the token endpoint tells."""
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(address(client_id))
    form: Any = {"answer": "allow", "duration": "until", "share": list(ticked)}
    told = verdicts.sent_back(
        await browser.fill(page, "consent-allow", form), CALLBACK, gateway.issuer
    )
    code = services.Code(told["code"], client_id, VERIFIER, CALLBACK)
    answer = await services.redeem(gateway, code)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def refreshed(gateway: Gateway, client_id: str, tokens: dict[str, Any]) -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    proof = services.proves(gateway, client_id)
    again: dict[str, Any] = (await gateway.post("/token", form, headers=proof.headers)).json()
    return again


async def userinfo(gateway: Gateway, tokens: dict[str, Any]) -> set[str]:
    """Return the short names of what is told."""
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    answer = await gateway.get("/userinfo", headers=bearer)
    assert answer.status_code == 200, answer.text
    return {name.rpartition("/")[2] for name in answer.json()} - {"sub"}


def in_id_token(tokens: dict[str, Any]) -> set[str]:
    told = {name.rpartition("/")[2] for name in verdicts.claims(tokens["id_token"])}
    return told & NAMES.keys()


async def settle(gateway: Gateway, document: dict[str, Any]) -> str:
    await gateway.service(document)
    await gateway.settled()
    return str(document["metadata"]["id"])


@pytest.mark.parametrize("claim", ["tax_identifier", "national_identifiers", "date_of_death"])
async def test_a_consent_is_not_enough_to_register_it(gateway: Gateway, claim: str) -> None:
    """RX at the registration."""
    with pytest.raises(RegistrationInvalid) as refused:
        await gateway.service(registered("curious", factories.asks(claim)))

    assert refused.value.problems == (("spec.purposes[0].claims[1].basis", "law_only"),)


async def test_what_was_registered_before_the_rule_is_not_told(
    gateway: Gateway, eve: Citizen
) -> None:
    """RX at the release: an old approval on consent gives nothing, wherever it is asked."""
    law = factories.asks("national_identifiers", basis="law")
    client_id = await settle(gateway, registered("before", law))
    tokens = await allow(gateway, eve, client_id)
    assert await userinfo(gateway, tokens) == {"name", "national_identifiers"}

    await gateway.rows(
        "UPDATE relying_parties.clients SET registration = jsonb_set(registration,"
        " '{spec,purposes,0,claims,1,basis}', '\"consent\"') WHERE client_id = 'before'"
    )
    await gateway.service(services.document("nudge"))  # the registry has a new number
    await gateway.settled()

    page = await Browser(gateway, eve.cookie).follow(address(client_id, prompt="consent"))
    assert "National number" not in page.text
    assert await userinfo(gateway, tokens) == {"name"}
    assert in_id_token(await refreshed(gateway, client_id, tokens)) == {"name"}


async def test_what_a_law_gives_is_shown_each_time(gateway: Gateway, eve: Citizen) -> None:
    """RX with its law: a notice at every visit, and nothing in silence."""
    client_id = await settle(
        gateway, registered("tax", factories.asks("tax_identifier", basis="law"))
    )
    tokens = await allow(gateway, eve, client_id)

    page = await Browser(gateway, eve.cookie).follow(address(client_id))
    silent = await gateway.get(address(client_id, prompt="none"), headers=eve.headers)

    assert "We tell you each time" in page.text
    assert 'id="share-tax_identifier"' not in page.text
    assert verdicts.sent_back(silent, CALLBACK, gateway.issuer)["error"] == "consent_required"
    assert await userinfo(gateway, tokens) == {"name", "tax_identifier"}
    assert in_id_token(tokens) == {"name"}


async def test_what_takes_care_is_asked_each_time_and_never_ticked(
    gateway: Gateway, eve: Citizen
) -> None:
    """R3 at the consent."""
    client_id = await settle(gateway, registered("careful", *OPTIONS))
    tokens = await allow(gateway, eve, client_id, "previous_addresses", "marital_status")

    page = await Browser(gateway, eve.cookie).follow(address(client_id))
    silent = await gateway.get(address(client_id, prompt="none"), headers=eve.headers)
    unticked = await allow(gateway, eve, client_id)

    form = page.text.partition('id="share-marital_status"')[2].partition(">")[0]
    assert "checked" not in form
    assert "We ask you each time" in page.text
    assert verdicts.sent_back(silent, CALLBACK, gateway.issuer)["error"] == "consent_required"
    assert await userinfo(gateway, unticked) == {"name"}
    assert await userinfo(gateway, tokens) == {"name"}  # the last answer counts


async def test_what_takes_care_is_read_shortly_after_the_sign_in(
    gateway: Gateway, eve: Citizen
) -> None:
    """R3 and S3 at userinfo, in the ID token and after a refresh."""
    client_id = await settle(gateway, registered("read", *OPTIONS))
    tokens = await allow(gateway, eve, client_id, "previous_addresses", "marital_status")
    now = await userinfo(gateway, tokens), in_id_token(await refreshed(gateway, client_id, tokens))
    await gateway.rows(
        f"UPDATE relying_parties.codes SET auth_time = auth_time - {LONG_AGO}"
        " WHERE client_id = 'read'"
    )

    later = await refreshed(gateway, client_id, tokens)

    assert in_id_token(tokens) == {"name", "previous_addresses"}
    assert now == (
        {"name", "previous_addresses", "marital_status"},
        {"name", "previous_addresses"},
    )
    assert await userinfo(gateway, tokens) == {"name"}
    assert await userinfo(gateway, later) == {"name"}
    assert in_id_token(later) == {"name"}


async def test_an_option_stands_in_nobody_s_way(gateway: Gateway) -> None:
    """R3: whoever signed in weakly is not asked for it, and gets where they want to go."""
    client_id = await settle(gateway, registered("gentle", *OPTIONS))
    someone = await gateway.citizen(aal=1)

    page = await Browser(gateway, someone.cookie).follow(address(client_id))
    tokens = await allow(gateway, someone, client_id, "marital_status", "previous_addresses")

    assert "Marital status" not in page.text
    assert await userinfo(gateway, tokens) == {"name"}


async def test_what_is_needed_takes_a_strong_and_fresh_sign_in(
    gateway: Gateway, eve: Citizen
) -> None:
    """R3: the citizen is sent to sign in, to prove who they are, or refused in silence."""
    client_id = await settle(gateway, registered("needs", factories.asks("marital_status")))
    _, weak = await gateway.sign_in(eve.account, aal=1)
    unknown = await gateway.citizen()
    _, stale = await gateway.sign_in(eve.account)
    await gateway.rows(
        f"UPDATE idp.sessions SET auth_time = auth_time - {LONG_AGO} WHERE id ="
        " (SELECT id FROM idp.sessions ORDER BY started_at DESC LIMIT 1)"
    )

    def onward(cookie: str, **over: Any) -> Any:
        return gateway.get(address(client_id, **over), headers={"cookie": cookie})

    assert "/login/confirm" in (await onward(weak)).headers["location"]
    assert "/account/verify" in (await onward(unknown.cookie)).headers["location"]
    assert "/login?" in (await onward(stale)).headers["location"]
    assert "/consent/" in (await onward(eve.cookie)).headers["location"]
    silent = verdicts.sent_back(await onward(stale, prompt="none"), CALLBACK, gateway.issuer)
    assert silent["error"] == "login_required"


async def test_a_reviewer_reads_what_takes_care(gateway: Gateway) -> None:
    """RX, R3 and special categories stand beside the claim that somebody is to approve."""
    law = factories.asks("tax_identifier", basis="law")
    await settle(gateway, registered("reviewed", law, factories.asks("accessibility_needs")))
    clerk = await gateway.citizen()
    async with gateway.runtime.entry() as entry:
        await accounts.grant_role(entry, clerk.account, "privacy", by="test")
        _, handle = await sessions.start(
            entry, clerk.account, kind="admin", amr=("pop", "user", "mfa"), aal=2, device="test"
        )

    page = await gateway.get(
        "/admin/services/reviewed/versions/1", headers={"cookie": f"{cookies.ADMIN}={handle}"}
    )

    assert page.status_code == 200
    assert "Only where a law says so" in page.text
    assert "Asked and shown each time, after a strong sign-in" in page.text
    assert "special category (GDPR Art. 9)" in page.text
