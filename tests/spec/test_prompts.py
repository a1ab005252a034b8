"""Group AZ on how a citizen is asked: prompt, max_age, acr, hints and languages, over HTTP.

Specs: OpenID Connect Core §3.1.2.1, §3.1.2.3 and §5.5.1.1; security: AZ-18 to AZ-23, AZ-28.
"""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from tests.support import services, verdicts
from tests.support.authenticator import Device
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

PASSWORD = "a quiet harbour at dawn"
DATA = re.compile(r'id="passkey-data"[^>]*>(.*?)</script>', re.DOTALL)
LOA = "http://eidas.europa.eu/LoA/"
PHR = '{"id_token":{"acr":{"essential":true,"values":["phr"]}}}'
SUBSTANTIAL = f'{{"id_token":{{"acr":{{"essential":true,"value":"{LOA}substantial"}}}}}}'


def address(**over: Any) -> str:
    return f"/authorize?{urlencode(asked(**over))}"


@pytest.fixture
async def weak(gateway: Gateway) -> Citizen:
    """Somebody who signed in with a password just now, has no passkey and has agreed."""
    someone = await gateway.citizen("basic", aal=1)
    await gateway.set_password(someone.account, PASSWORD)
    return someone


async def aged(gateway: Gateway, someone: Citizen, seconds: int) -> int:
    """Let somebody have signed in ``seconds`` ago; returns when that was."""
    found = await gateway.rows(
        "UPDATE idp.sessions SET auth_time = now() - make_interval(secs => $2) WHERE id = $1"
        " RETURNING floor(extract(epoch FROM auth_time))::bigint AS at",
        someone.session,
        seconds,
    )
    return int(found[0]["at"])


async def told(gateway: Gateway, answer: httpx2.Response) -> dict[str, Any]:
    """Redeem the code of an answer; returns the claims of its ID token."""
    code = verdicts.sent_back(answer, CALLBACK, gateway.issuer)["code"]
    redeemed = await services.redeem(
        gateway, services.Code(code, "basic", "v" * 43, CALLBACK), node=1
    )
    assert redeemed.status_code == 200, redeemed.text
    return verdicts.claims(redeemed.json()["id_token"])


def options(page: httpx2.Response, kind: str) -> dict[str, Any]:
    """What the page asks the device for."""
    found = DATA.search(page.text)
    assert found, page.text[:1500]
    wanted: dict[str, Any] = json.loads(unescape(found[1]))[kind]
    return wanted


async def by_passkey(
    browser: Browser, page: httpx2.Response, answer: dict[str, Any]
) -> httpx2.Response:
    filled = {"passkey": json.dumps(answer), "passkey_error": ""}
    return await browser.fill(page, "passkey-button", filled)


async def added(gateway: Gateway, someone: Citizen) -> Device:
    """Let somebody add a passkey in their account."""
    browser, device = Browser(gateway, someone.cookie), Device(gateway.issuer, "127.0.0.1")
    page = await browser.follow("/account/security/passkeys")
    done = await by_passkey(browser, page, device.create(options(page, "create")))
    assert str(done.url).endswith("done=added"), done.text[:1500]
    return device


@pytest.mark.parametrize("prompt", ["login", "login select_account", "login consent"])
async def test_who_is_signed_in_signs_in_again(
    gateway: Gateway, weak: Citizen, prompt: str
) -> None:
    """OpenID Connect Core §3.1.2.1: and the ID token is about that."""
    before = await aged(gateway, weak, 200)
    browser = Browser(gateway, weak.cookie)
    page = await browser.follow(address(prompt=prompt))
    assert str(page.url).partition("?")[0].endswith("/login/confirm")

    answer = await browser.fill(page, "login-submit", {"password": PASSWORD})
    if "consent" in prompt:
        answer = await browser.fill(
            answer, "consent-allow", {"answer": "allow", "duration": "until"}
        )

    assert (await told(gateway, answer))["auth_time"] > before


async def test_a_wrong_password_is_no_new_sign_in(gateway: Gateway, weak: Citizen) -> None:
    browser = Browser(gateway, weak.cookie)
    page = await browser.follow(address(prompt="login"))
    await browser.fill(page, "login-submit", {"password": "not this one at all"})

    again = await browser.follow(f"/authorize/{browser.form(page, 'login-submit')[1]['i']}")

    assert 'id="login-submit"' in again.text


async def test_consent_is_asked_again_at_the_service_s_wish(
    gateway: Gateway, weak: Citizen
) -> None:
    """Although nothing is new."""
    browser = Browser(gateway, weak.cookie)
    page = await browser.follow(address(prompt="consent"))

    answer = await browser.fill(page, "consent-allow", {"answer": "allow", "duration": "until"})

    assert "sub" in await told(gateway, answer)


@pytest.mark.parametrize("longest", [300, 100_000])
async def test_a_sign_in_that_is_fresh_enough_passes(
    gateway: Gateway, weak: Citizen, longest: int
) -> None:
    before = await aged(gateway, weak, 200)

    answer = await gateway.get(address(max_age=f"{longest}"), headers=weak.headers)

    assert (await told(gateway, answer))["auth_time"] == before


@pytest.mark.parametrize("longest", [0, 100])
async def test_a_sign_in_that_is_too_old_is_renewed(
    gateway: Gateway, weak: Citizen, longest: int
) -> None:
    before = await aged(gateway, weak, 200)
    browser = Browser(gateway, weak.cookie)
    page = await browser.follow(address(max_age=f"{longest}"))

    answer = await browser.fill(page, "login-submit", {"password": PASSWORD})

    assert (await told(gateway, answer))["auth_time"] > before


@pytest.mark.parametrize(
    "over", [{"prompt": "login"}, {"max_age": "100"}], ids=["prompt", "max-age"]
)
@pytest.mark.parametrize("age", [10, 200, 3000])
async def test_declining_an_offer_is_no_sign_in(
    gateway: Gateway, weak: Citizen, over: dict[str, str], age: int
) -> None:
    """RC-17's kin: the page after a password can be sent without one having been typed."""
    if age == 10 and "max_age" in over:
        over = {"max_age": "0"}
    await aged(gateway, weak, age)
    browser = Browser(gateway, weak.cookie)
    page = await browser.follow(address(**over))
    form = browser.form(page, "login-submit")[1]

    answer = await browser.send("POST", "/login/offer", {**form, "skip": "yes"})
    then = await browser.follow(answer.headers["location"])

    assert str(then.url).partition("?")[0].endswith("/login/confirm"), then.url


async def test_a_demand_is_met_by_a_stronger_sign_in(gateway: Gateway, weak: Citizen) -> None:
    """OpenID Connect Core §5.5.1.1: an essential acr leads to the passkey, and says so."""
    device = await added(gateway, weak)
    browser = Browser(gateway, weak.cookie)
    page = await browser.follow(address(claims=PHR))
    assert 'type="password"' not in page.text

    answer = await by_passkey(browser, page, device.get(options(page, "get")))

    claims = await told(gateway, answer)
    assert claims["acr"] == "phr"
    assert "pop" in claims["amr"]


async def test_a_demand_is_not_met_by_declining_an_offer(gateway: Gateway, weak: Citizen) -> None:
    browser = Browser(gateway, weak.cookie)
    page = await browser.follow(address(claims=PHR))
    offered = await browser.follow("/login/offer?" + str(page.url).partition("?")[2])

    again = await browser.fill(offered, "offer-skip", {"skip": "yes"})

    assert "Set up a passkey" in again.text
    assert "/login/confirm" in str(again.url)


async def test_a_demand_for_a_proven_person_leads_to_the_proof(gateway: Gateway) -> None:
    someone = await gateway.citizen("basic")
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(address(claims=SUBSTANTIAL))
    typed = {"document_number": "XD1299709", "family_name": "Haddad", "birthdate": "1981-03-07"}

    answer = await browser.fill(page, "verify-submit", typed)

    assert (await told(gateway, answer))["acr"] == f"{LOA}substantial"


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_level_that_was_not_reached_is_named_as_such(
    gateway: Gateway, weak: Citizen, cancelled: bool
) -> None:
    """UAR-1: beyond what we offer at once; and when the citizen walks away from it."""
    browser = Browser(gateway, weak.cookie)
    if cancelled:
        answer = await browser.fill(await browser.follow(address(claims=PHR)), "cancel")
    else:
        answer = await browser.follow(address(claims=PHR.replace("phr", f"{LOA}high")))

    error = verdicts.sent_back(answer, CALLBACK, gateway.issuer)["error"]
    assert error == "unmet_authentication_requirements"


async def test_a_wish_is_offered_once_and_stands_in_nobody_s_way(
    gateway: Gateway, weak: Citizen
) -> None:
    browser = Browser(gateway, weak.cookie)
    page = await browser.follow(address(acr_values="phr"))
    offered = await browser.follow("/login/offer?" + str(page.url).partition("?")[2])

    answer = await browser.fill(offered, "offer-skip", {"skip": "yes"})

    claims = await told(gateway, answer)
    assert (claims["amr"], claims.get("acr")) == (["pwd"], "urn:gatehouse:acr:basic")


@pytest.mark.parametrize(
    ("hint", "shown"),
    [("ana@example.org", "ana@example.org"), ("a&b\"'<@x.example", "a&b\"'<@x.example"),
     ("ana", ""), ("", "")],
    ids=["address", "markup", "no-address", "none"],
)  # fmt: skip
async def test_the_address_that_the_service_knows_is_filled_in(
    gateway: Gateway, hint: str, shown: str
) -> None:
    page = await Browser(gateway).follow(address(login_hint=hint))

    field = re.search(r'<input[^>]*name="username"[^>]*>', page.text)
    assert field
    value = re.search(r' value="([^"]*)"', field[0])
    assert (unescape(value[1]) if value else "") == shown


@pytest.mark.parametrize(
    ("wish", "lang"), [("fr", "fr"), ("xx ar", "ar"), ("fr-CA en", "fr"), ("xx", "en")]
)
async def test_pages_speak_the_language_that_the_service_asks_for(
    gateway: Gateway, wish: str, lang: str
) -> None:
    """On every page of the way, and not after it."""
    browser = Browser(gateway)
    page = await browser.follow(address(ui_locales=wish))
    second = await browser.fill(page, "login-submit", {"username": "nobody@example.test"})

    for shown in (page, second):
        assert f'<html lang="{lang}"' in shown.text
    assert '<html lang="en"' in (await browser.follow("/")).text


async def test_a_language_that_somebody_chose_wins(gateway: Gateway) -> None:
    browser = Browser(gateway)
    await browser.follow("/?lang=ar")

    page = await browser.follow(address(ui_locales="fr"))

    assert '<html lang="ar" dir="rtl"' in page.text


async def test_a_hint_that_has_expired_is_still_ours(gateway: Gateway, weak: Citizen) -> None:
    """AZ-23: OpenID Connect Core §3.1.2.1 takes one however old."""
    claims = verdicts.claims((await services.tokens(gateway, weak))["id_token"])
    over = {"exp": claims["exp"] - 90_000, "iat": claims["iat"] - 90_000}
    old = gateway.sign_id_token(claims | over)

    answer = await gateway.get(address(id_token_hint=old, prompt="none"), headers=weak.headers)

    assert (await told(gateway, answer))["sub"] == claims["sub"]


async def test_a_hint_that_is_too_long_is_refused(gateway: Gateway) -> None:
    """AZ-23: by the form, since no address holds it."""
    async with gateway.unchanged():
        answer = await gateway.post("/authorize", asked(id_token_hint="h" * 20_000))

    error = verdicts.sent_back(answer, CALLBACK, gateway.issuer)["error"]
    assert error == "invalid_request"


async def test_a_level_that_no_sign_in_reaches_is_refused_in_silence(
    gateway: Gateway, weak: Citizen
) -> None:
    """UAR-3, UAR-4: signing in anew could not help, so the answer does not ask for it."""
    high = PHR.replace("phr", f"{LOA}high")

    answer = await gateway.get(address(prompt="none", claims=high), headers=weak.headers)

    told = verdicts.sent_back(answer, CALLBACK, gateway.issuer)
    assert told["error"] == "unmet_authentication_requirements"
    assert told["state"] == "the state"


async def test_a_level_is_judged_when_the_citizen_is_there(gateway: Gateway) -> None:
    """UAR-5: what is pushed is no more than a request."""
    assert await services.push(gateway, "gov", claims=PHR.replace("phr", f"{LOA}high"))


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param("phr urn:gatehouse:acr:basic", id="UAR-2-the-second-is-reached"),
        pytest.param("urn:nobody:knows:this", id="UAR-2-unknown"),
    ],
)
async def test_a_wish_that_is_not_met_is_no_error(
    gateway: Gateway, weak: Citizen, wanted: str
) -> None:
    """UAR-2, ACR-3: the token says what was reached, never what was wished for."""
    answer = await gateway.get(address(prompt="none", acr_values=wanted), headers=weak.headers)

    assert (await told(gateway, answer))["acr"] == "urn:gatehouse:acr:basic"


async def test_acr_5_every_service_is_told_of_the_one_sign_in(gateway: Gateway) -> None:
    """OpenID Connect Core §2: when somebody signed in, not when a service asked."""
    someone = await gateway.citizen("basic", "other")
    when = await aged(gateway, someone, 90)

    tokens = [await services.tokens(gateway, someone, name) for name in ("basic", "other")]

    assert [verdicts.claims(one["id_token"])["auth_time"] for one in tokens] == [when, when]
