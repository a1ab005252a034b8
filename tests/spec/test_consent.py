"""Group CO over HTTP: nothing goes out that the citizen did not agree to.

Specs: OpenID Connect Core §3.1.2.4, §5.4 and §5.5, GDPR Art. 7, ISO/IEC TS 27560.
"""

import asyncio
import json
import re
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from gateway.web import cookies
from idp import accounts, attributes, sessions
from keys import opaque
from relying_parties.errors import RegistrationInvalid
from tests import factories
from tests.support import jws, services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import asked

EVERYWHERE = json.dumps(
    {
        "userinfo": {"name": None, "email": None, "locale": None},
        "id_token": {"name": None, "email": None, "locale": None},
    }
)


async def userinfo(gateway: Gateway, told: dict[str, Any]) -> dict[str, Any]:
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    answer = await gateway.get("/userinfo", headers=bearer, node=1)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


async def share(gateway: Gateway, someone: Citizen, **over: Any) -> services.Code:
    """Go through the share page as somebody who ticks nothing that is optional."""
    browser = Browser(gateway, someone.cookie)
    verifier = "w" * 43
    page = await browser.follow(f"/authorize?{urlencode(asked(verifier=verifier, **over))}")
    form = {"answer": "allow", "duration": "until"}
    told = verdicts.sent_back(
        await browser.fill(page, "consent-allow", form), services.CALLBACK, gateway.issuer
    )
    return services.Code(told["code"], "basic", verifier, services.CALLBACK)


async def test_what_is_not_asked_for_stays_at_home(gateway: Gateway, ana: Citizen) -> None:
    """CO-05: she has agreed to everything; this time nothing but the sign-in is asked for."""
    told = await services.tokens(gateway, ana, scope="openid")

    assert (await userinfo(gateway, told)).keys() == {"sub"}
    assert not verdicts.claims(told["id_token"]).keys() & {"name", "email", "locale"}


async def test_what_was_left_unticked_is_absent_everywhere(gateway: Gateway) -> None:
    """CO-07."""
    someone = await gateway.citizen()
    over = {"scope": "openid profile email offline_access", "claims": EVERYWHERE}
    code = await share(gateway, someone, **over)

    told = (await services.redeem(gateway, code)).json()
    proof = services.proves(gateway, "basic")
    again = await gateway.post(
        "/token",
        {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]},
        headers=proof.headers,
    )
    seen = await gateway.post(
        "/introspect", {"token": again.json()["access_token"]}, headers=proof.headers
    )

    for each in (told, again.json()):
        assert "locale" not in verdicts.claims(each["id_token"])
        assert (await userinfo(gateway, each)).keys() == {"sub", "name", "email", "email_verified"}
    assert "locale" not in seen.text


async def test_an_answer_that_leaves_out_what_is_needed_is_a_no(gateway: Gateway) -> None:
    """CO-08: what a service needs has no switch; the way not to give it is to say no."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked())}")

    assert 'id="share-name"' not in page.text
    async with gateway.unchanged("relying_parties.interactions"):
        answer = await browser.fill(page, "consent-deny", {"answer": "deny"})
    told = verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)
    assert told["error"] == "access_denied"


async def test_an_answer_in_its_first_half_second_is_not_taken(gateway: Gateway) -> None:
    """CO-14: the page says so to its script; a journey clicks."""
    someone = await gateway.citizen()
    page = await Browser(gateway, someone.cookie).follow(f"/authorize?{urlencode(asked())}")

    form = next(part for part in page.text.split("<form") if "consent-allow" in part)
    assert "data-settle" in form.partition(">")[0]


async def test_nobody_is_called_on_a_client_s_word(gateway: Gateway, ana: Citizen) -> None:
    """CO-16."""
    heard: list[int] = []
    listener = await asyncio.start_server(lambda *_: heard.append(1), "127.0.0.1", 0)
    there = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/claims"
    claims = {
        "userinfo": {"email": {"essential": True}},
        "_claim_names": {"address": "src1"},
        "_claim_sources": {"src1": {"endpoint": there, "access_token": "x"}},
    }
    async with listener:
        told = await services.tokens(
            gateway, ana, claims=json.dumps(claims), claims_locales=f"fr {there}"
        )
        read = await userinfo(gateway, told)

    assert not heard
    assert "address" not in read


@pytest.mark.parametrize("member", ["skipConsent", "firstParty", "trusted"])
async def test_no_registration_can_skip_the_question(gateway: Gateway, member: str) -> None:
    """CO-17: there is no such switch, for anybody."""
    with pytest.raises(RegistrationInvalid):
        await gateway.service(services.document("eager", **{member: True}))


async def test_a_receipt_proves_itself(gateway: Gateway) -> None:
    """CO-20."""
    someone = await gateway.citizen()
    await share(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/sharing/basic")
    [address] = re.findall(r'href="([^"]+/receipt/1)"', page.text)
    receipt = (await browser.send("GET", address)).text
    keys = jwt.PyJWKSet.from_dict((await gateway.get("/jwks")).json())
    key = keys[jwt.get_unverified_header(receipt)["kid"]].key

    told = jwt.decode(receipt, key, algorithms=["ES256"], options={"verify_aud": False})

    assert told["iss"] == gateway.issuer
    head, _, signature = receipt.split(".")
    other = jws.spelt({}, {**told, "iat": told["iat"] + 1}).split(".")[1]
    for forged in (jws.altered(receipt), f"{head}.{other}.{signature}"):
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(forged, key, algorithms=["ES256"], options={"verify_aud": False})


async def test_stopping_a_detail_is_told_by_a_receipt_of_its_own(gateway: Gateway) -> None:
    """CO-20: with its time and its own id, as the one of the decision."""
    someone = await gateway.citizen("basic")
    browser = Browser(gateway, someone.cookie)
    path, form = browser.form(await browser.follow("/account/sharing/basic"), "save")

    await browser.send("POST", path, {**form, "share": ["name"]})
    first = verdicts.claims((await browser.send("GET", "/account/sharing/basic/receipt/2")).text)

    purposes = first["record"]["pii_processing"]["purposes"]
    assert [each["attribute"] for each in purposes[0]["pii_information"]] == ["name"]
    assert first["iss"] == gateway.issuer
    assert {"iat", "jti"} <= first.keys()


async def test_a_receipt_is_its_citizen_s(gateway: Gateway, ana: Citizen) -> None:
    someone = await gateway.citizen()
    await share(gateway, someone)

    answer = await gateway.get("/account/sharing/basic/receipt/1", headers=ana.headers)

    assert answer.status_code == 404 or "eyJ" not in answer.text


async def test_a_preview_shows_nobody_s_details(gateway: Gateway, ana: Citizen) -> None:
    """CO-22: not even to an operator who names a citizen."""
    clerk = await gateway.citizen()
    async with gateway.runtime.entry() as entry:
        await accounts.grant_role(entry, clerk.account, "operator", by="test")
        _, handle = await sessions.start(
            entry, clerk.account, kind="admin", amr=("pop", "user", "mfa"), aal=2, device="test"
        )
    named = urlencode({name: str(ana.account) for name in ("account", "sub", "user", "as", "who")})
    answer = await gateway.get(
        f"/admin/services/basic/versions/1?{named}", headers={"cookie": f"{cookies.ADMIN}={handle}"}
    )

    assert answer.status_code == 200
    assert ana.email not in answer.text
    assert "Number" not in answer.text  # what citizens of these tests are called


def taxed(client_id: str, *chosen: dict[str, Any]) -> dict[str, Any]:
    """A service to which a law gives names."""
    law = {"basis": "law", "law": {"en": "Dog Tax Act, section 4"}}
    rows = [factories.asks("name") | law, *chosen]
    purpose = {"id": "tax", "name": {"en": "To tax dogs"}, "claims": rows}
    return services.document(client_id, purposes=[purpose])


async def test_what_only_a_law_asks_has_nothing_to_stop(gateway: Gateway) -> None:
    """What no switch can change is said, and no button pretends otherwise."""
    await gateway.service(taxed("dog-tax"))
    await gateway.settled()
    someone = await gateway.citizen("basic", "dog-tax")
    browser = Browser(gateway, someone.cookie)
    await userinfo(gateway, await services.tokens(gateway, someone, "dog-tax"))

    shown = await browser.follow("/account/sharing")
    page = await browser.follow("/account/sharing/dog-tax")
    stop = await browser.send("GET", "/account/sharing/dog-tax/stop")

    assert "There is nothing to switch off" in page.text
    assert "Dog Tax Act, section 4" in page.text
    assert "1 time" in page.text
    assert 'id="save"' not in page.text
    assert "/account/sharing/dog-tax/claims" not in page.text
    assert "/account/sharing/dog-tax/stop" not in page.text + shown.text
    assert stop.headers["location"] == "/account/sharing/dog-tax"


async def test_a_no_is_what_the_page_says_where_a_law_decides(gateway: Gateway) -> None:
    """N10: nothing goes out, not even what the law says, and nobody is signed in there."""
    await gateway.service(taxed("bird-tax", factories.asks("email", "optional")))
    await gateway.settled()
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked('bird-tax'))}")

    answer = await browser.fill(page, "consent-deny", {"answer": "deny"})
    told = verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)
    shared = await browser.follow("/account/sharing")

    assert "&#34;Do not share&#34;, they get nothing from us now" in page.text
    assert 'aria-describedby="refusing"' in page.text
    assert told["error"] == "access_denied"
    assert "bird-tax" not in shared.text


async def test_a_form_sent_by_hand_stops_nothing_that_a_law_demands(gateway: Gateway) -> None:
    await gateway.service(taxed("cat-tax"))
    await gateway.settled()
    someone = await gateway.citizen("basic", "cat-tax")
    browser = Browser(gateway, someone.cookie)
    _, form = browser.form(await browser.follow("/account/sharing/basic/stop"), "stop")

    async with gateway.unchanged():
        answer = await browser.send("POST", "/account/sharing/cat-tax/stop", form)

    assert answer.headers["location"] == "/account/sharing/cat-tax"


async def test_stopping_says_what_the_law_keeps_and_what_ends(gateway: Gateway) -> None:
    """What was chosen ends with every token; what a law demands is there at the next visit."""
    await gateway.service(taxed("hound-tax", factories.asks("email", "optional")))
    await gateway.settled()
    someone = await gateway.citizen("hound-tax")
    browser = Browser(gateway, someone.cookie)
    told = await services.tokens(gateway, someone, "hound-tax")

    stop = await browser.follow("/account/sharing/hound-tax/stop")
    done = await browser.fill(stop, "stop")
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    dead = await gateway.get("/userinfo", headers=bearer, node=1)
    after = await services.tokens(gateway, someone, "hound-tax")

    assert "Dog Tax Act, section 4" in stop.text
    assert "They will no longer get: Email" in stop.text
    assert "You stopped sharing. They get only what the law says." in done.text
    assert dead.status_code == 401
    assert (await userinfo(gateway, after)).keys() == {"sub", "name"}


async def test_saved_is_said_of_a_change_only(gateway: Gateway) -> None:
    someone = await gateway.citizen("basic")
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/sharing/basic")
    path, form = browser.form(page, "save")

    async with gateway.unchanged():
        same = await browser.send("POST", path, {**form, "share": ["name", "email", "locale"]})
    claimed = await browser.follow("/account/sharing/basic?done=saved")
    less = await browser.send("POST", path, {**form, "share": ["name", "email"]})
    saved = await browser.follow(less.headers["location"])

    assert same.headers["location"] == "/account/sharing/basic"
    assert "Saved." not in claimed.text
    assert "Saved." in saved.text
    for live in (page, saved):
        assert "Go to the service" in live.text


async def test_sharing_that_ran_out_is_over_on_every_page(gateway: Gateway) -> None:
    """Also before the worker wrote it down."""
    someone = await gateway.citizen("basic")
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/sharing/basic")
    opened = browser.form(page, "save")
    stop = browser.form(await browser.follow("/account/sharing/basic/stop"), "stop")
    await gateway.rows(
        "UPDATE relying_parties.consents SET expires_at = now() - interval '1 second'"
        " WHERE id = (SELECT id FROM relying_parties.consents ORDER BY given_at DESC LIMIT 1)"
    )

    late = await browser.send("POST", *opened)
    assert (late.status_code, "location" in late.headers) == (409, False)
    assert (await browser.send("POST", *stop)).headers["location"] == "/account/sharing/basic"
    asked_to_stop = await browser.send("GET", "/account/sharing/basic/stop")
    overview, shown = await browser.follow("/account"), await browser.follow("/account/sharing")

    assert asked_to_stop.headers["location"] == "/account/sharing/basic"
    assert "No service has your details yet" in shown.text
    assert 'href="/account/sharing/basic"' in shown.text.partition("Ended")[2]
    assert "No service has your details." in overview.text


def address(**over: Any) -> str:
    return f"/authorize?{urlencode(asked(**over))}"


async def silent(gateway: Gateway, someone: Citizen, **over: Any) -> dict[str, str]:
    """Ask without a page; nothing but the answer may come of it."""
    answer = await gateway.get(address(prompt="none", **over), headers=someone.headers)
    return verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)


async def test_only_what_is_new_is_asked(gateway: Gateway) -> None:
    """CO-01: what was agreed to before is not stretched, and not asked for again."""
    someone = await gateway.citizen()
    narrow, wide = {"scope": "openid profile"}, {"scope": "openid profile email"}
    told = (await services.redeem(gateway, await share(gateway, someone, **narrow))).json()

    refused = await silent(gateway, someone, **wide)
    page = await Browser(gateway, someone.cookie).follow(address(**wide))
    read = await userinfo(gateway, told)

    assert refused["error"] == "consent_required"
    assert "code" in await silent(gateway, someone, **narrow)
    new, _, known = page.text.partition("What you share with them already")
    assert someone.email in new.partition("What they need")[2]
    assert "Number" not in new.partition("What they need")[2]
    assert "Number" in known
    assert read.keys() == {"sub", "name"}


async def test_a_wider_registration_gives_nothing_by_itself(gateway: Gateway) -> None:
    """CO-02: what an administrator allows, a citizen has not agreed to."""
    one = {"id": "all", "name": {"en": "To test this"}, "claims": [factories.asks("name")]}
    two = one | {"claims": [*one["claims"], factories.asks("email")]}
    await gateway.service(services.document("grows", purposes=[one]))
    await gateway.settled()
    someone = await gateway.citizen("grows")
    before = await services.tokens(gateway, someone, "grows", claims=EVERYWHERE)

    await gateway.service(services.document("grows", purposes=[two]))
    await gateway.settled()

    read = await userinfo(gateway, before)
    assert read.keys() == {"sub", "name"}
    refused = await silent(gateway, someone, client_id="grows")
    assert refused["error"] == "consent_required"


async def test_a_form_gives_nothing_that_its_page_did_not_ask(gateway: Gateway) -> None:
    """CO-04: of the form only ticks of switches that were shown count."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    over = {"scope": "openid profile", "verifier": "w" * 43}
    page = await browser.follow(address(**over))
    path, form = browser.form(page, "consent-allow")
    forged = {
        "answer": "allow",
        "share": ["email", "birthdate", "sub", "__proto__"],
        "claims": "email",
        "scope": "openid email",
        "client_id": "other",
        "subject": "someone",
    }

    answer = await browser.send("POST", path, {**form, **forged})
    onward = await browser.follow(answer.headers["location"])

    told = verdicts.sent_back(onward, services.CALLBACK, gateway.issuer)
    code = services.Code(told["code"], "basic", "w" * 43, services.CALLBACK)
    read = await userinfo(gateway, (await services.redeem(gateway, code)).json())
    assert read.keys() == {"sub", "name"}
    assert (await silent(gateway, someone, client_id="other"))["error"] == "consent_required"


async def test_a_form_for_another_journey_gives_nothing(gateway: Gateway) -> None:
    """CO-04: neither for another journey of the same browser, nor for that of another."""
    someone, stranger = await gateway.citizen(), await gateway.citizen()
    browser, theirs = Browser(gateway, someone.cookie), Browser(gateway, stranger.cookie)
    small = browser.form(await browser.follow(address(scope="openid profile")), "consent-allow")
    large = browser.form(await browser.follow(address()), "consent-allow")
    foreign = theirs.form(await theirs.follow(address()), "consent-allow")

    async with gateway.unchanged():
        for path in (large[0], foreign[0]):
            answer = await browser.send("POST", path, {**small[1], "answer": "allow"})
            assert (answer.status_code >= 400, "location" in answer.headers) == (True, False)


async def test_a_consent_is_for_one_service_of_an_agency(gateway: Gateway) -> None:
    """CO-10: both know the citizen by one subject; only one was let in."""
    someone = await gateway.citizen("basic")
    page = await Browser(gateway, someone.cookie).follow(address(client_id="post"))

    assert (await silent(gateway, someone, client_id="post"))["error"] == "consent_required"
    assert 'id="consent-allow"' in page.text
    assert "What you share with them already" not in page.text


async def test_two_agencies_have_nothing_to_join(gateway: Gateway) -> None:
    """CO-11: no value that both hold is rarer than a second or the gateway's own name."""
    someone = await gateway.citizen("basic", "other")
    both = [
        await services.tokens(gateway, someone, name, scope="openid") for name in ("basic", "other")
    ]
    here, there = (verdicts.claims(each["id_token"]) for each in both)

    shared = {name for name in here.keys() & there.keys() if here[name] == there[name]}
    assert shared <= {"iss", "iat", "exp", "auth_time", "acr", "amr", "nonce"}
    assert here["sub"] != there["sub"]
    assert here.get("sid", "here") != there.get("sid", "there")
    assert isinstance(here["auth_time"], int)
    assert "email" not in here | there


async def test_the_share_page_names_the_agency_and_the_host(gateway: Gateway) -> None:
    """CO-13: by its registered name, whatever the service calls itself, and the host beyond."""
    await gateway.service(services.document("pretender", name={"en": "Southtown Tax"}))
    await gateway.settled()
    someone = await gateway.citizen()

    page = await Browser(gateway, someone.cookie).follow(address(client_id="pretender"))

    assert "run by <bdi>Northtown</bdi>" in page.text.replace("\n", "")
    assert "You go on to <bdi>rp.example</bdi>" in page.text


async def test_a_page_read_under_another_name_gives_nothing(gateway: Gateway) -> None:
    """CO-13: the agency was renamed while the page was open, so it is read again."""
    agency = {"apiVersion": "gatehouse/v1", "kind": "Agency", "metadata": {"id": "harbour"}}
    await gateway.service(agency | {"spec": {"name": {"en": "Harbour Office"}}})
    await gateway.service(services.document("moorings", agency="harbour"))
    await gateway.settled()
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(address(client_id="moorings"))
    await gateway.service(agency | {"spec": {"name": {"en": "Port Authority"}}})
    await gateway.settled()

    answer = await browser.fill(page, "consent-allow", {"answer": "allow"})

    assert "Something changed while you were reading" in verdicts.page(answer, 422)
    assert "run by <bdi>Port Authority</bdi>" in answer.text.replace("\n", "")
    assert (await silent(gateway, someone, client_id="moorings"))["error"] == "consent_required"


async def test_just_this_once_is_for_one_authorization(gateway: Gateway) -> None:
    """CO-19, as far as there is such a thing: one purpose, one service, one use."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    form = {"answer": "allow", "duration": "once"}
    answer = await browser.fill(await browser.follow(address()), "consent-allow", form)

    assert "code" in verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)
    assert (await silent(gateway, someone))["error"] == "consent_required"
    assert (await silent(gateway, someone, client_id="post"))["error"] == "consent_required"


async def test_the_history_names_what_a_change_was_about(gateway: Gateway) -> None:
    """UX: what was stopped stands beside "You stopped sharing a detail", not what goes on."""
    someone = await gateway.citizen("basic")
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/sharing/basic")

    page = await browser.fill(page, "save", {"share": "name"})

    told = re.findall(r"<strong>([^<]+)</strong><br><span class=\"soft\">([^<]+)<", page.text)
    assert told[0][0] == "You stopped sharing a detail"
    assert "Email address" in told[0][1]
    assert "Full name" not in told[0][1]
    assert told[-1][0] == "You agreed to share"
    assert "Full name" in told[-1][1]


async def test_the_account_tells_what_a_service_has_from_what_it_may_have(
    gateway: Gateway,
) -> None:
    """UX: a detail that never went out is not one that the service has."""
    someone = await gateway.citizen("basic")
    browser = Browser(gateway, someone.cookie)

    before = await browser.follow("/account/sharing")
    told = await services.tokens(gateway, someone, scope="openid email")
    await userinfo(gateway, told)
    after = await browser.follow("/account/sharing")

    assert "<dt>Has</dt>" not in before.text
    rows = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)<", after.text))
    assert "Email address" in rows["Has"]
    assert "Full name" not in rows["Has"]
    assert "Full name" in rows["Allowed, not yet given"]


async def reader(gateway: Gateway) -> Citizen:
    """Somebody who told us their language, so that its switch is there."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/details/locale")
    await browser.fill(page, "detail-save", {"locale": "en"})
    return someone


async def test_what_was_picked_is_still_there_in_another_language(gateway: Gateway) -> None:
    """UX: going aside is no answer, keeps the choices, and ticks nothing that was not picked."""
    someone = await reader(gateway)
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked())}")
    picks = {"lang": "fr", "share": "locale", "duration": "once"}

    french = await browser.fill(page, "consent-allow", picks)
    plain = await browser.fill(french, "consent-allow", {"lang": "en", "duration": "until"})

    assert '<html lang="fr"' in french.text
    assert re.findall(r'value="([^"]+)" checked', french.text) == ["locale", "once"]
    assert re.findall(r'value="([^"]+)" checked', plain.text) == ["until"]


async def test_what_was_picked_is_nobody_else_s(gateway: Gateway) -> None:
    """Security: another account in the same browser finds no switch on."""
    first, second = await reader(gateway), await reader(gateway)
    browser = Browser(gateway, first.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked())}")
    page = await browser.fill(page, "consent-allow", {"lang": "fr", "share": "locale"})
    assert re.findall(r'value="([^"]+)" checked', page.text) == ["locale", "until"]

    browser.cookies |= dict([second.cookie.split("=", 1)])
    page = await browser.follow(page.url.path)

    assert 'value="locale"' in page.text
    assert re.findall(r'value="([^"]+)" checked', page.text) == ["until"]


async def test_cr_5_what_was_told_stands_nowhere_in_the_open(gateway: Gateway) -> None:
    """ISO/IEC TS 27560: records of consents and releases say what and why, never the value."""
    someone, value = await gateway.citizen("basic"), f"Zenobia {opaque.handle()}"
    async with gateway.runtime.entry() as entry:
        await attributes.record(
            entry,
            gateway.runtime.vault,
            someone.account,
            "name",
            value,
            source_type="self",
            by="test",
        )
    token = (await services.tokens(gateway, someone))["access_token"]

    told = await gateway.get("/userinfo", headers={"authorization": f"Bearer {token}"})

    assert told.json()["name"] == value
    dump = await gateway.dump()
    assert value not in dump
    assert value.encode().hex() not in dump
    assert value not in gateway.logs()
