"""What a service asks of a citizen in detail: RFC 9396 with registered types."""

import asyncio
import json
from typing import Any

import pytest

from relying_parties.client_metadata import DEVICE
from tests.support import detailed, services, verdicts
from tests.support.browser import Browser, meanwhile
from tests.support.detailed import ARCHIVED, FILED, decision, plain, share
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK

CLIENT, BARE, SIGNED = "rich", "rich-not", "rich-signs"


@pytest.fixture(scope="module", autouse=True)
async def registered(gateway: Gateway) -> None:
    """A service that may ask in detail, one that may ask for one type only, one that signs."""
    await detailed.service(gateway, CLIENT)
    await detailed.service(gateway, BARE, authorizationDetailsTypes=["data-share"])
    auth = {"method": "private_key_jwt", "jwks": services.jwks(ec=services.EC_KEY)}
    await detailed.service(gateway, SIGNED, auth=auth)


@pytest.fixture
async def bea(gateway: Gateway) -> Citizen:
    """Somebody who is signed in and has agreed to nothing."""
    return await gateway.citizen()


WRONG = [
    pytest.param([decision(type="payment")], id="RFC9396-5-type-unknown"),
    pytest.param([decision(type=None)], id="RFC9396-2-type-missing"),
    pytest.param([decision(type=["data-share"])], id="RFC9396-2-type-no-text"),
    pytest.param([decision(colour="blue")], id="RFC9396-5-member-unknown"),
    pytest.param([decision(approved_at="2026-01-01")], id="RFC9396-5-member-of-ours"),
    pytest.param([decision(effect=None)], id="RFC9396-5-member-missing"),
    pytest.param([decision(effect=7)], id="RFC9396-5-value-of-another-type"),
    pytest.param([decision(effect="")], id="RFC9396-5-text-empty"),
    pytest.param([decision(effect="x" * 301)], id="RFC9396-5-text-too-long"),
    pytest.param([decision(effect="You <b>win</b>")], id="RFC9396-12-markup"),
    pytest.param([decision(effect="You\nwin")], id="RFC9396-12-control-character"),
    pytest.param([decision(effect="You \u202egnihton esol")], id="RFC9396-12-turned-text"),
    pytest.param([decision(action={"no language at all": "x" * 9})], id="RFC9396-5-language"),
    pytest.param([decision(reference="a b")], id="RFC9396-5-reference"),
    pytest.param([decision(deadline="2026-02-30")], id="RFC9396-5-no-such-day"),
    pytest.param([decision(deadline=detailed.day(-1))], id="RFC9396-5-deadline-passed"),
    pytest.param([decision(data=[])], id="RFC9396-5-list-empty"),
    pytest.param([decision(data=["name", "name"])], id="RFC9396-5-twice-in-a-list"),
    pytest.param([decision(data=["birthdate"])], id="RFC9396-5-claim-not-registered"),
    pytest.param([decision(locations=["https://ledger.example/api"])], id="RFC9396-2.2-location"),
    pytest.param([share(once=True)], id="RFC9396-5-two-of-either"),
    pytest.param([share(until=None)], id="RFC9396-5-none-of-either"),
    pytest.param([share(until=None, once=False)], id="RFC9396-5-once-is-true-or-absent"),
    pytest.param([share(until=detailed.day(-1))], id="RFC9396-5-day-passed"),
    pytest.param([share(until=detailed.day(92))], id="RFC9396-5-longer-than-the-purpose"),
    pytest.param([share(purpose="none")], id="RFC9396-5-purpose-unknown"),
    pytest.param([share(claims=["name", "age_over_18"])], id="RFC9396-5-claim-of-another-purpose"),
    pytest.param([share(), share(claims=["email", "name"])], id="RFC9396-5-the-same-twice"),
    pytest.param([], id="RFC9396-2-empty"),
    pytest.param([decision(reference=f"R{n}") for n in range(11)], id="RFC9396-5-too-many"),
    pytest.param({"type": "data-share"}, id="RFC9396-2-no-array"),
    pytest.param(["data-share"], id="RFC9396-2-no-objects"),
    pytest.param([[share()]], id="RFC9396-2-arrays-in-an-array"),
]


@pytest.mark.parametrize("details", WRONG)
async def test_a_wrong_detail_is_refused(gateway: Gateway, bea: Citizen, details: Any) -> None:
    """RAR-1, RAR-2, PR-22: at the back channel and by the browser, and nothing is kept."""
    asked = detailed.request(CLIENT, authorization_details=json.dumps(details))
    proof = services.proves(gateway, CLIENT)

    async with gateway.unchanged():
        pushed = await gateway.post("/par", asked, headers=proof.headers)
        brought = await gateway.get("/authorize", params=asked, headers=bea.headers)

    verdicts.refused(pushed, "invalid_authorization_details")
    told = verdicts.sent_back(brought, CALLBACK, gateway.issuer)
    assert told["error"] == "invalid_authorization_details"


@pytest.mark.parametrize("text", ["{", "[NaN]", "null", '"x"', "[" * 200])
async def test_what_is_no_json_array_is_refused(gateway: Gateway, text: str) -> None:
    """RFC9396-2."""
    proof = services.proves(gateway, CLIENT)
    asked = detailed.request(CLIENT, authorization_details=text)

    answer = await gateway.post("/par", asked, headers=proof.headers)

    verdicts.refused(answer, "invalid_authorization_details")


async def test_what_is_too_big_is_refused(gateway: Gateway) -> None:
    """RFC9396-5: each detail would do, all of them are too much."""
    text, proof = "x" * 300, services.proves(gateway, CLIENT)
    many = [decision(reference=f"R{n}", effect=text, legal_basis=text) for n in range(10)]
    big = [{**one, "action": {"en": text, "fr": text}} for one in many]

    answer = await gateway.post("/par", detailed.request(CLIENT, *big), headers=proof.headers)
    fits = await gateway.post("/par", detailed.request(CLIENT, *many), headers=proof.headers)

    verdicts.refused(answer, "invalid_authorization_details")
    assert fits.status_code == 201, fits.text


async def test_it_comes_once(gateway: Gateway) -> None:
    """RFC6749-3.1."""
    proof = services.proves(gateway, CLIENT)
    twice = {**detailed.request(CLIENT), "authorization_details": [json.dumps([share()])] * 2}

    verdicts.refused(await gateway.post("/par", twice, headers=proof.headers), "invalid_request")


@pytest.mark.parametrize("client_id", [BARE, "basic"])
async def test_a_type_that_is_not_registered_is_refused(gateway: Gateway, client_id: str) -> None:
    """RFC9396-10, RAR-1: whatever others may ask."""
    proof = services.proves(gateway, client_id)
    asked = detailed.request(client_id, decision())

    answer = await gateway.post("/par", asked, headers=proof.headers)

    verdicts.refused(answer, "invalid_authorization_details")


async def test_discovery_names_the_types(gateway: Gateway) -> None:
    """RFC9396-10."""
    told = (await gateway.get("/.well-known/openid-configuration")).json()

    assert told["authorization_details_types_supported"] == detailed.TYPES


async def test_the_page_shows_every_field(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-3, RAR-6: ours in the citizen's language, theirs quoted."""
    _, page = await detailed.ask(
        gateway, bea, CLIENT, decision(locations=[FILED]), share(), ui_locales="fr"
    )

    text = page.text
    assert 'lang="fr"' in text
    for said in (
        "<q><bdi>Nous vous payons des allocations</bdi></q>",
        "<q><bdi>You need not apply</bdi></q>",
        "<q><bdi>Child Benefit Act, section 3</bdi></q>",
        "<q><bdi>CB-2026/0815</bdi></q>",
        "<q><bdi>Permit 4711</bdi></q>",
        f"<bdi>{FILED}</bdi>",
        "Dernier jour pour répondre",
    ):
        assert said in text, said


async def test_what_was_granted_is_told(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-7, RFC9396-7.1, RAR-4, RAR-5: in the answer and to who asks about the token."""
    asked = [decision(), share()]
    told = await detailed.tokens(gateway, bea, CLIENT, *asked)

    looked = await detailed.look(gateway, told["access_token"], CLIENT)

    assert plain(told["authorization_details"]) == asked
    assert looked["authorization_details"] == told["authorization_details"]
    assert all(one["approved_at"] for one in told["authorization_details"])


async def test_claims_of_a_detail_are_read_at_userinfo(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-3.1: beside those of scopes, under the same consent."""
    told = await detailed.tokens(gateway, bea, CLIENT, share(claims=["email"]), scope="openid")

    read = await gateway.get(
        "/userinfo", headers={"authorization": f"Bearer {told['access_token']}"}
    )

    assert read.json()["email"] == bea.email
    assert "name" not in read.json()


async def test_a_claim_of_ours_carries_our_address(gateway: Gateway, bea: Citizen) -> None:
    """As everywhere on the wire, both ways."""
    wired = f"{gateway.issuer}/claims/age_over_18"
    asked = share(claims=[wired], purpose="other")

    told = await detailed.tokens(gateway, bea, CLIENT, asked)

    assert told["authorization_details"][0]["claims"] == [wired]


async def test_a_plain_request_is_told_nothing_of_it(gateway: Gateway, ana: Citizen) -> None:
    told = await services.tokens(gateway, ana)

    assert "authorization_details" not in told
    looked = await detailed.look(gateway, told["access_token"], "basic")
    assert "authorization_details" not in looked


async def test_the_same_is_asked_once(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-3: one letter more is another question."""
    await detailed.agreed(gateway, bea, CLIENT, decision(data=["name", "email"]), share())

    _, same = await detailed.ask(
        gateway, bea, CLIENT, share(), decision(data=["email", "name"]), prompt="none"
    )
    _, other = await detailed.ask(
        gateway, bea, CLIENT, decision(effect="You need not apply."), prompt="none"
    )
    _, more = await detailed.ask(gateway, bea, CLIENT, decision(), share(), prompt="none")

    assert "code" in verdicts.sent_back(same, CALLBACK, gateway.issuer)
    for answer in (other, more):
        told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
        assert told["error"] == "consent_required"


async def test_only_what_is_new_is_asked(gateway: Gateway, bea: Citizen) -> None:
    await detailed.agreed(gateway, bea, CLIENT, decision())

    _, page = await detailed.ask(gateway, bea, CLIENT, decision(), share())

    assert "Permit 4711" in page.text
    assert "CB-2026/0815" not in page.text


async def test_what_is_for_once_is_asked_each_time(gateway: Gateway, bea: Citizen) -> None:
    """And gives no way to read in the citizen's absence."""
    once = share(until=None, once=True)
    told = await detailed.tokens(gateway, bea, CLIENT, once)

    _, again = await detailed.ask(gateway, bea, CLIENT, once, prompt="none")

    assert "refresh_token" not in told
    error = verdicts.sent_back(again, CALLBACK, gateway.issuer)["error"]
    assert error == "consent_required"


async def test_the_consent_ends_with_the_day(gateway: Gateway, bea: Citizen) -> None:
    """What the page says until when is what holds."""
    until = detailed.day(20)
    await detailed.agreed(gateway, bea, CLIENT, share(until=until))

    (row,) = await gateway.rows(
        "SELECT max(expires_at) AS ends FROM relying_parties.consents WHERE client_id = $1"
        " AND given_at = (SELECT max(given_at) FROM relying_parties.consents WHERE client_id = $1)",
        CLIENT,
    )

    assert str(row["ends"].date()) == until


async def test_another_page_agrees_to_nothing(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-3: the answer counts for exactly what was shown."""
    browser, shown = await detailed.ask(gateway, bea, CLIENT, decision())
    _, form = browser.form(shown, "consent-allow")
    other, page = await detailed.ask(gateway, bea, CLIENT, decision(effect="You lose all"))

    answer = await other.fill(
        page, "consent-allow", {"answer": "allow", "duration": "until", "shown": form["shown"]}
    )

    assert answer.status_code == 422
    assert "You lose all" in answer.text


async def test_who_does_not_agree_gives_nothing(gateway: Gateway, bea: Citizen) -> None:
    browser, page = await detailed.ask(gateway, bea, CLIENT, decision())

    async with gateway.unchanged("relying_parties.interactions"):
        answer = await browser.fill(page, "consent-deny", {"answer": "deny"})

    assert verdicts.sent_back(answer, CALLBACK, gateway.issuer)["error"] == "access_denied"


async def test_a_token_may_stand_for_less(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-6.1, RAR-3: whole details or shorter lists; what it reads shrinks with it."""
    code = await detailed.agreed(gateway, bea, CLIENT, decision(), share(), scope="openid")
    less = share(claims=["email"])

    answer = await services.redeem(gateway, code, authorization_details=json.dumps([less]))
    told = answer.json()
    looked = await detailed.look(gateway, told["access_token"], CLIENT)
    read = await gateway.get(
        "/userinfo", headers={"authorization": f"Bearer {told['access_token']}"}
    )

    assert plain(told["authorization_details"]) == [less]
    assert looked["authorization_details"] == told["authorization_details"]
    assert read.json().keys() == {"sub", "email", "email_verified"}


MORE = [
    pytest.param([decision(effect="You lose all")], id="RFC9396-6.1-another-text"),
    pytest.param([share(claims=["name", "email", "locale"])], id="RFC9396-6.1-more-claims"),
    pytest.param([share(until=detailed.day(31))], id="RFC9396-6.1-longer"),
    pytest.param([share(until=None, once=True)], id="RFC9396-6.1-other-members"),
    pytest.param([decision(data=[])], id="RFC9396-6.1-empty"),
    pytest.param([decision(type="payment")], id="RFC9396-6-unknown"),
    pytest.param([], id="RFC9396-6-none"),
]


@pytest.mark.parametrize("details", MORE)
async def test_more_than_was_granted_is_refused(
    gateway: Gateway, bea: Citizen, details: Any
) -> None:
    """RAR-3, RAR-7: at the code and at each refresh; both can be used still."""
    code = await detailed.agreed(gateway, bea, CLIENT, decision(), share())
    proof = services.proves(gateway, CLIENT)
    more = {"authorization_details": json.dumps(details)}

    async with gateway.unchanged():
        refused = await services.redeem(gateway, code, **more)
    held = (await services.redeem(gateway, code)).json()
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    async with gateway.unchanged():
        again = await gateway.post("/token", form | more, headers=proof.headers)

    verdicts.refused(refused, "invalid_authorization_details")
    verdicts.refused(again, "invalid_authorization_details")
    assert (await gateway.post("/token", form, headers=proof.headers)).status_code == 200


async def test_a_refreshed_token_stands_for_all_again(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-6, RFC6749-6: narrowing is of one access token."""
    code = await detailed.agreed(gateway, bea, CLIENT, decision(), share())
    less = {"authorization_details": json.dumps([decision()])}
    held = (await services.redeem(gateway, code, **less)).json()
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    proof = services.proves(gateway, CLIENT)

    whole = (await gateway.post("/token", form, headers=proof.headers)).json()
    part = (await gateway.post("/token", form | less, headers=proof.headers)).json()

    assert plain(held["authorization_details"]) == [decision()]
    assert plain(whole["authorization_details"]) == [decision(), share()]
    assert plain(part["authorization_details"]) == [decision()]


@pytest.mark.parametrize("grant", ["client_credentials", "token_exchange"])
async def test_no_detail_without_its_citizen(gateway: Gateway, grant: str) -> None:
    """RFC9396-6: nobody could have agreed to it."""
    name = {"token_exchange": "urn:ietf:params:oauth:grant-type:token-exchange"}.get(grant, grant)
    proof = services.proves(gateway, "files")
    form = {"grant_type": name, "authorization_details": json.dumps([decision()])}

    answer = await gateway.post("/token", form, headers=proof.headers)

    verdicts.refused(answer, "invalid_authorization_details")


async def test_a_resource_learns_what_names_it(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-9.1, RFC9396-9.2, RAR-5: in its JWT or when it asks, and no other's."""
    filed, archived = decision(locations=[FILED]), decision(locations=[ARCHIVED])
    asked = [filed, archived, decision(), share()]
    scope, both = "openid offline_access files:read all", [FILED, ARCHIVED]
    code = await detailed.agreed(gateway, bea, CLIENT, *asked, scope=scope, resource=both)
    proof = services.proves(gateway, CLIENT)

    held = (await services.redeem(gateway, code, resource=FILED)).json()
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    signed = await gateway.post("/token", form | {"resource": ARCHIVED}, headers=proof.headers)
    looked = await detailed.look(gateway, held["access_token"], "files")

    assert plain(held["authorization_details"]) == plain(looked["authorization_details"]) == [filed]
    inside = verdicts.claims(signed.json()["access_token"])
    assert plain(inside["authorization_details"]) == [archived]
    assert "name" not in inside


async def test_an_exchanged_token_takes_none_along(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-9: what a citizen agreed to for one resource goes no further."""
    filed = decision(locations=[FILED, ARCHIVED])
    code = await detailed.agreed(
        gateway, bea, CLIENT, filed, scope="openid files:read all", resource=[FILED]
    )
    held = (await services.redeem(gateway, code, resource=FILED)).json()
    proof = services.proves(gateway, "files")
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": held["access_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "resource": ARCHIVED,
    }

    told = (await gateway.post("/token", form, headers=proof.headers)).json()
    looked = await detailed.look(gateway, told["access_token"], "archive")

    assert looked["active"]
    assert "authorization_details" not in looked


async def test_it_may_stand_in_a_request_object(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-3, RFC9101-4: as JSON, not as text in JSON."""
    asked = decision()
    made = services.request_object(
        gateway,
        SIGNED,
        scope="openid",
        authorization_details=[asked],
        code_challenge=services.challenge("v" * 43),
    )
    browser = Browser(gateway, bea.cookie)
    page = await browser.follow(f"/authorize?client_id={SIGNED}&request={made}")
    sent = await browser.fill(page, "consent-allow", {"answer": "allow", "duration": "until"})
    told = verdicts.sent_back(sent, CALLBACK, gateway.issuer)

    code = services.Code(told["code"], SIGNED, "v" * 43, CALLBACK)
    proof = services.by_assertion(services.assertion(gateway, SIGNED))
    answer = await gateway.post("/token", code.form() | proof)

    assert plain(answer.json()["authorization_details"]) == [asked]


async def test_a_device_may_ask_in_detail(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-3, RFC8628-3.1: the citizen agrees in their browser, the device is told."""
    await detailed.service(gateway, "rich-kiosk", device=True)
    proof = services.proves(gateway, "rich-kiosk")
    form = {"scope": "openid", "authorization_details": json.dumps([decision()])}
    wrong = form | {"authorization_details": json.dumps([decision(colour="blue")])}
    refused = await gateway.post("/device_authorization", wrong, headers=proof.headers)
    waits = (await gateway.post("/device_authorization", form, headers=proof.headers)).json()
    browser = Browser(gateway, bea.cookie)
    page = await browser.follow(f"/device?user_code={waits['user_code']}")

    page = await browser.fill(page, "device-submit", {"user_code": waits["user_code"]})
    page = await browser.fill(page, "device-yes", {"answer": "yes"})
    await browser.fill(page, "consent-allow", {"answer": "allow", "duration": "until"})
    polled = {"grant_type": DEVICE, "device_code": waits["device_code"]}
    told = (await gateway.post("/token", polled, headers=proof.headers)).json()

    verdicts.refused(refused, "invalid_authorization_details")
    assert plain(told["authorization_details"]) == [decision()]


async def test_a_type_that_was_taken_away_is_told_no_more(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-10: the registration in force decides, whatever was granted before."""
    await detailed.service(gateway, "rich-once")
    told = await detailed.tokens(gateway, bea, "rich-once", decision(), share())
    await detailed.service(gateway, "rich-once", authorizationDetailsTypes=["data-share"])

    looked = await detailed.look(gateway, told["access_token"], "rich-once")
    _, asked = await detailed.ask(gateway, bea, "rich-once", decision())

    assert plain(looked["authorization_details"]) == [share()]
    error = verdicts.sent_back(asked, CALLBACK, gateway.issuer)["error"]
    assert error == "invalid_authorization_details"


async def test_it_ends_with_the_consent(gateway: Gateway, bea: Citizen) -> None:
    """Withdrawn, everything in detail is, and has to be asked again."""
    told = await detailed.tokens(gateway, bea, CLIENT, decision())
    page = await Browser(gateway, bea.cookie).follow(f"/account/sharing/{CLIENT}")

    await meanwhile(gateway, "withdrawn", bea, CLIENT)
    _, asked = await detailed.ask(gateway, bea, CLIENT, decision(), prompt="none")
    after = await Browser(gateway, bea.cookie).follow(f"/account/sharing/{CLIENT}")

    assert "CB-2026/0815" in page.text
    assert "CB-2026/0815" not in after.text
    assert await detailed.look(gateway, told["access_token"], CLIENT) == {"active": False}
    error = verdicts.sent_back(asked, CALLBACK, gateway.issuer)["error"]
    assert error == "consent_required"


async def test_a_claim_that_is_stopped_leaves_its_detail(gateway: Gateway, bea: Citizen) -> None:
    """RFC9396-9.2: what is told is what holds now."""
    told = await detailed.tokens(gateway, bea, CLIENT, share(), decision())
    browser = Browser(gateway, bea.cookie)
    page = await browser.follow(f"/account/sharing/{CLIENT}")

    await browser.fill(page, "save", {"share": "name"})
    looked = await detailed.look(gateway, told["access_token"], CLIENT)

    assert plain(looked["authorization_details"]) == [share(claims=["name"]), decision()]


async def test_another_citizen_is_asked_anew(gateway: Gateway, bea: Citizen) -> None:
    await detailed.agreed(gateway, bea, CLIENT, decision())

    _, asked = await detailed.ask(
        gateway, await gateway.citizen(CLIENT), CLIENT, decision(), prompt="none"
    )

    error = verdicts.sent_back(asked, CALLBACK, gateway.issuer)["error"]
    assert error == "consent_required"


async def test_fifty_answers_are_one(gateway: Gateway, bea: Citizen) -> None:
    """One approval of one detail, whoever presses how often."""
    browser, page = await detailed.ask(gateway, bea, CLIENT, decision(reference="RACE"))
    path, form = browser.form(page, "consent-allow")
    form |= {"answer": "allow", "duration": "until"}

    answers = await asyncio.gather(*(browser.send("POST", path, form) for _ in range(50)))

    assert {answer.status_code for answer in answers} <= {303, 409, 410, 422}
    rows = await gateway.rows(
        "SELECT count(*) AS n FROM relying_parties.approvals WHERE detail->>'reference' = 'RACE'"
    )
    assert rows[0]["n"] == 1


async def test_a_code_for_details_is_used_once(gateway: Gateway, bea: Citizen) -> None:
    """Of fifty that ask for less, one is answered."""
    code = await detailed.agreed(gateway, bea, CLIENT, decision())
    less = json.dumps([decision()])

    answers = await asyncio.gather(
        *(services.redeem(gateway, code, node=n % 2, authorization_details=less) for n in range(50))
    )

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1
    assert {*statuses} <= {200, 400, 503}  # or asked to come again: too many at once
