"""Signing in on a device that has no browser: RFC 8628, and RFC 10027 on what can go wrong."""

import asyncio
import re
from collections import Counter
from typing import Any

import pytest

from gateway.oauth.grants.device_code import GRANT_TYPE
from idp.attempts import RULES
from relying_parties.grants import device_codes
from relying_parties.grants.device_codes import ALPHABET, INTERVAL
from tests.support import dpop, services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import ARCHIVE, CALLBACK, FILES

MANY = 50
PASSWORD = "a quiet harbour at dawn"


async def ask(gateway: Gateway, client_id: str = "kiosk", **over: Any) -> Any:
    """Ask as a device does; ``None`` leaves a parameter out."""
    proof = services.proves(gateway, client_id)
    headers = proof.headers | over.pop("headers", {})
    form = {"scope": "openid profile email"} | over
    given = {name: value for name, value in form.items() if value is not None}
    return await gateway.post("/device_authorization", given | proof.form, headers=headers)


async def poll(
    gateway: Gateway, code: str | None, client_id: str = "kiosk", *, node: int = 0, **over: Any
) -> Any:
    """Ask for the tokens, however soon after the last time."""
    proof = services.proves(gateway, client_id)
    headers = proof.headers | over.pop("headers", {})
    form = {"grant_type": GRANT_TYPE, "device_code": code} | over
    given = {name: value for name, value in form.items() if value is not None}
    return await gateway.post("/token", given | proof.form, headers=headers, node=node)


async def later(gateway: Gateway, seconds: int, code: str) -> None:
    """Let time pass for one device."""
    await gateway.rows(
        "UPDATE relying_parties.device_codes SET created_at = created_at - i, polled_at ="
        " polled_at - i, expires_at = expires_at - i FROM make_interval(secs => $1) AS i"
        " WHERE digest = sha256(convert_to($2, 'UTF8'))",
        float(seconds),
        device_codes.handle(code),
    )


async def typed(gateway: Gateway, user_code: str, cookie: str = "") -> tuple[Browser, Any]:
    """Type a code in a browser."""
    browser = Browser(gateway, cookie)
    page = await browser.follow("/device")
    return browser, await browser.fill(page, "device-submit", {"user_code": user_code})


async def let_in(gateway: Gateway, someone: Citizen, user_code: str) -> Any:
    """Type a code and go all the way, as somebody who agreed before."""
    browser, page = await typed(gateway, user_code, someone.cookie)
    return await browser.fill(page, "device-yes", {"answer": "yes"})


async def test_a_device_gets_two_codes_and_an_address(gateway: Gateway) -> None:
    """RFC8628-3.2, 6.1: short, without vowels, in two groups; of which nothing is kept."""
    answer = await ask(gateway)

    told = answer.json()
    assert answer.status_code == 200, answer.text
    verdicts.private(answer)
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", told["user_code"])
    assert len(told["device_code"]) == 43
    assert told["verification_uri"] == f"{gateway.issuer}/device"
    complete = f"{gateway.issuer}/device?user_code={told['user_code']}"
    assert told["verification_uri_complete"] == complete
    assert (told["expires_in"], told["interval"]) == (600, INTERVAL)
    everything = await gateway.dump()
    for secret in (told["device_code"], told["user_code"], told["user_code"].replace("-", "")):
        assert secret not in everything


async def test_discovery_says_where(gateway: Gateway) -> None:
    """RFC8628-4."""
    told = (await gateway.get("/.well-known/oauth-authorization-server")).json()

    assert told["device_authorization_endpoint"] == f"{gateway.issuer}/device_authorization"
    assert GRANT_TYPE in told["grant_types_supported"]


async def test_a_citizen_lets_their_device_in(gateway: Gateway) -> None:
    """RFC8628-3.3 to 3.5, DEV-1: signing in and agreeing on the way, without a script."""
    someone = await gateway.citizen()
    await gateway.set_password(someone.account, PASSWORD)
    told = (await ask(gateway, nonce="of the device")).json()
    verdicts.refused(await poll(gateway, told["device_code"]), "authorization_pending")
    browser, asked = await typed(gateway, told["user_code"].lower().replace("-", " "))
    assert "Did you start this?" in asked.text
    assert "On the same network as you" in asked.text

    page = await browser.fill(asked, "device-yes", {"answer": "yes"})
    shared = await browser.sign_in(page, someone.email, PASSWORD)
    done = await browser.fill(shared, "consent-allow", {"answer": "allow", "duration": "until"})

    assert "You can go back to your device" in done.text
    answer = await poll(gateway, told["device_code"])
    assert answer.status_code == 200, answer.text
    given = answer.json()
    claims = verdicts.claims(given["id_token"])
    assert (claims["aud"], claims["nonce"]) == ("kiosk", "of the device")
    read = await gateway.get(
        "/userinfo", headers={"authorization": f"Bearer {given['access_token']}"}
    )
    assert read.json()["name"].startswith("Ana")
    assert read.json()["sub"] == claims["sub"]
    again = await browser.follow(str(done.url.path))
    assert "You can go back to your device" in again.text


@pytest.mark.parametrize(
    ("client_id", "over", "error"),
    [
        pytest.param("basic", {}, "unauthorized_client", id="RFC8628-3.1-not-registered"),
        pytest.param("app", {}, "unauthorized_client", id="RFC8628-3.1-public-not-registered"),
        pytest.param("kiosk", {"scope": None}, "invalid_scope", id="RFC8628-3.1-no-scope"),
        pytest.param("kiosk", {"scope": "profile"}, "invalid_scope", id="OIDC-3.1.2.1-no-openid"),
        pytest.param("kiosk", {"claims": "{"}, "invalid_request", id="OIDC-5.5-claims"),
        pytest.param("kiosk", {"prompt": "none"}, "invalid_request", id="RFC8628-3.1-prompt"),
        pytest.param("kiosk", {"request": "x"}, "invalid_request", id="RFC8628-3.1-object"),
        pytest.param("kiosk", {"scope": ["openid"] * 2}, "invalid_request", id="RFC8628-3.1-twice"),
        pytest.param("kiosk", {"resource": FILES["identifier"]}, "invalid_target", id="RFC8707-2"),
    ],
)
async def test_what_a_device_may_not_ask_is_refused(
    gateway: Gateway, client_id: str, over: dict[str, Any], error: str
) -> None:
    async with gateway.unchanged():
        verdicts.refused(await ask(gateway, client_id, **over), error)


async def test_a_confidential_client_proves_who_it_is(gateway: Gateway) -> None:
    """RFC8628-3.1, 3.4: at both endpoints, as anywhere."""
    code = (await ask(gateway, "booth")).json()["device_code"]
    form = {"client_id": "booth", "scope": "openid"}
    async with gateway.unchanged():
        verdicts.refused(await gateway.post("/device_authorization", form), "invalid_client", 401)
        token = {"grant_type": GRANT_TYPE, "device_code": code, "client_id": "booth"}
        verdicts.refused(await gateway.post("/token", token), "invalid_client", 401)


async def test_who_asks_too_often_has_to_slow_down(gateway: Gateway) -> None:
    """RFC8628-3.5, DEV-2: five more seconds each time, from then on."""
    code = (await ask(gateway)).json()["device_code"]
    verdicts.refused(await poll(gateway, code), "authorization_pending")
    await later(gateway, 1, code)
    verdicts.refused(await poll(gateway, code), "slow_down")
    await later(gateway, INTERVAL, code)
    verdicts.refused(await poll(gateway, code), "slow_down")

    await later(gateway, 3 * INTERVAL, code)
    verdicts.refused(await poll(gateway, code), "authorization_pending")


async def test_a_code_runs_out_for_both(gateway: Gateway) -> None:
    """RFC8628-3.5, DEV-3; and the citizen is told that plainly."""
    told = (await ask(gateway)).json()
    someone = await gateway.citizen("kiosk")
    browser, begun = await typed(gateway, told["user_code"], someone.cookie)
    await later(gateway, 601, told["device_code"])

    verdicts.refused(await poll(gateway, told["device_code"]), "expired_token")
    _, page = await typed(gateway, told["user_code"])
    assert page.status_code == 422
    assert "This code has run out" in page.text
    late = await browser.fill(begun, "device-yes", {"answer": "yes"})
    assert late.status_code == 410
    assert "This code does not work any more" in late.text
    verdicts.refused(await poll(gateway, told["device_code"]), "expired_token")


@pytest.mark.parametrize("how", ["not begun here", "cancelled", "not shared"])
async def test_no_is_told_to_the_device(gateway: Gateway, how: str) -> None:
    """RFC8628-3.5, 5.4, DEV-4: whoever did not begin it, or changes their mind."""
    someone = await gateway.citizen()
    await gateway.set_password(someone.account, PASSWORD)
    told = (await ask(gateway)).json()
    signed_in = someone.cookie if how == "not shared" else ""
    browser, page = await typed(gateway, told["user_code"], signed_in)

    if how == "not begun here":
        done = await browser.fill(page, "device-no", {"answer": "no"})
    else:
        page = await browser.fill(page, "device-yes", {"answer": "yes"})
        button = "cancel" if how == "cancelled" else "consent-deny"
        done = await browser.fill(page, button, {"answer": "deny"})

    assert "The device was not signed in" in done.text
    verdicts.refused(await poll(gateway, told["device_code"]), "access_denied")
    _, again = await typed(gateway, told["user_code"])
    assert "This code was used already" in again.text


async def test_the_question_cannot_be_skipped(gateway: Gateway) -> None:
    """RFC8628-5.4: with a session, a consent and the address of the next page."""
    someone = await gateway.citizen("kiosk")
    told = (await ask(gateway)).json()
    browser, page = await typed(gateway, told["user_code"], someone.cookie)
    way = page.url.path.rpartition("/")[2]

    onward = await browser.send("GET", f"/authorize/{way}")

    assert onward.headers["location"] == f"/device/{way}"
    verdicts.refused(await poll(gateway, told["device_code"]), "authorization_pending")


async def test_a_link_with_the_code_in_it_skips_nothing(gateway: Gateway) -> None:
    """RFC8628-3.3.1: it stands there to be compared, and the question comes all the same."""
    someone = await gateway.citizen("kiosk")
    told = (await ask(gateway)).json()
    browser = Browser(gateway, someone.cookie)
    link = told["verification_uri_complete"].removeprefix(gateway.issuer)

    page = await browser.follow(link)
    assert f'value="{told["user_code"]}"' in page.text
    verdicts.refused(await poll(gateway, told["device_code"]), "authorization_pending")

    asked = await browser.fill(page, "device-submit", {"user_code": told["user_code"]})
    assert "Did you start this?" in asked.text


async def test_another_browser_can_not_answer(gateway: Gateway) -> None:
    """AZ-37: the question belongs to the browser in which the code was typed."""
    someone = await gateway.citizen("kiosk")
    told = (await ask(gateway)).json()
    _, page = await typed(gateway, told["user_code"], someone.cookie)
    other = Browser(gateway, someone.cookie)

    answer = await other.send("GET", page.url.path)

    verdicts.page(answer)
    verdicts.refused(await poll(gateway, told["device_code"]), "authorization_pending")


async def test_a_form_of_another_site_types_nothing(gateway: Gateway) -> None:
    """Nobody can let a device in from a page of theirs."""
    someone = await gateway.citizen("kiosk")
    told = (await ask(gateway)).json()
    async with gateway.unchanged():
        answer = await Browser(gateway, someone.cookie).send(
            "POST", "/device", {"user_code": told["user_code"], "csrf": "x"}
        )

    assert answer.status_code == 403


async def test_the_citizen_sees_where_the_device_is(gateway: Gateway) -> None:
    """RFC10027, XD-1: what it is and whether it is near, as far as that is known."""
    agent = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/140"}
    far = (await ask(gateway, headers=agent)).json()
    await gateway.rows(
        "UPDATE relying_parties.device_codes SET network = '\\x00'"
        " WHERE digest = sha256(convert_to($1, 'UTF8'))",
        device_codes.handle(far["device_code"]),
    )
    server = (await ask(gateway, "booth", headers=agent)).json()

    _, seen = await typed(gateway, far["user_code"])
    _, of_server = await typed(gateway, server["user_code"])

    assert "On another network than you" in seen.text
    assert "Chrome · Android" in seen.text
    assert "Northtown" in seen.text
    for said in ("network", "Chrome"):
        assert said not in of_server.text


async def test_guesses_are_bounded(gateway: Gateway) -> None:
    """RFC8628-5.1, DEV-5: after the fifth wrong one a browser waits, the right one counted too."""
    told = (await ask(gateway)).json()
    browser = Browser(gateway)
    page = await browser.follow("/device")
    for _ in range(RULES["device"].most):
        page = await browser.fill(page, "device-submit", {"user_code": "BCDF-GHJK"})
        assert "This code is not right" in page.text
        assert page.status_code == 422

    page = await browser.fill(page, "device-submit", {"user_code": told["user_code"]})

    assert page.status_code == 429
    assert "too many tries" in page.text
    assert int(page.headers["retry-after"]) > 0
    verdicts.refused(await poll(gateway, told["device_code"]), "authorization_pending")


async def test_a_new_browser_does_not_buy_more_guesses(gateway: Gateway) -> None:
    """RFC8628-5.1: a network has its limit, whatever cookies it sends; right ones are free."""
    await gateway.rows("DELETE FROM idp.attempts")
    most = RULES["device-network"].most
    right = (await ask(gateway)).json()["user_code"]
    for _ in range(3):
        assert "Did you start this?" in (await typed(gateway, right))[1].text
    for _ in range(most):
        _, page = await typed(gateway, "BCDF-GHJK")
        assert page.status_code == 422

    _, page = await typed(gateway, "BCDF-GHJK")

    assert page.status_code == 429
    await gateway.rows("DELETE FROM idp.attempts")


@pytest.mark.parametrize("text", ["", " ", "AEIOU", "\0", "B" * 40, "💥"])
async def test_what_is_no_code_is_said(gateway: Gateway, text: str) -> None:
    async with gateway.unchanged():
        _, page = await typed(gateway, text)

    assert page.status_code in (400, 422)


async def test_a_device_code_works_once(gateway: Gateway) -> None:
    """RFC8628-3.5: of fifty tries at once one gets tokens, and the others end them (RC-01)."""
    someone = await gateway.citizen("kiosk")
    told = (await ask(gateway)).json()
    await let_in(gateway, someone, told["user_code"])

    answers = await asyncio.gather(
        *(poll(gateway, told["device_code"], node=number % 2) for number in range(MANY))
    )

    assert Counter(each.status_code for each in answers) == {200: 1, 400: MANY - 1}
    for each in answers:
        if each.status_code == 400:
            verdicts.refused(each, "invalid_grant")


async def test_a_user_code_is_answered_once(gateway: Gateway) -> None:
    """RC-11: fifty browsers that typed it, one of which lets the device in."""
    told = (await ask(gateway)).json()
    someone = await gateway.citizen("kiosk")
    opened = [await typed(gateway, told["user_code"], someone.cookie) for _ in range(MANY)]

    pages = await asyncio.gather(
        *(browser.fill(page, "device-yes", {"answer": "yes"}) for browser, page in opened)
    )

    assert Counter(page.status_code for page in pages) == {200: 1, 410: MANY - 1}
    assert (await poll(gateway, told["device_code"])).status_code == 200


@pytest.mark.parametrize("whose", ["another's", "unknown", "missing"])
async def test_a_code_is_its_clients(gateway: Gateway, whose: str) -> None:
    """RFC8628-3.4: another client finds nothing and spoils nothing."""
    someone = await gateway.citizen("kiosk")
    told = (await ask(gateway)).json()
    await let_in(gateway, someone, told["user_code"])
    code = {"another's": told["device_code"], "unknown": "x" * 43, "missing": None}[whose]
    async with gateway.unchanged():
        answer = await poll(gateway, code, "booth")

    verdicts.refused(answer, "invalid_request" if whose == "missing" else "invalid_grant")
    assert (await poll(gateway, told["device_code"])).status_code == 200


@pytest.mark.parametrize("redirect_uri", ["", CALLBACK])
@pytest.mark.parametrize("verifier", [None, "v" * 43, device_codes.PROOF])
async def test_it_is_no_authorization_code(
    gateway: Gateway, redirect_uri: str, verifier: str | None
) -> None:
    """Neither the code itself nor the name that our own tables have for it."""
    someone = await gateway.citizen("booth")
    told = (await ask(gateway, "booth")).json()
    await let_in(gateway, someone, told["user_code"])
    proof = services.proves(gateway, "booth")
    for code in (told["device_code"], device_codes.handle(told["device_code"])):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            **({"code_verifier": verifier} if verifier else {}),
        }
        verdicts.refused(await gateway.post("/token", form, headers=proof.headers), "invalid_grant")


async def test_a_code_that_comes_back_ends_what_came_of_it(gateway: Gateway) -> None:
    someone = await gateway.citizen("kiosk")
    told = (await ask(gateway)).json()
    await let_in(gateway, someone, told["user_code"])
    token = (await poll(gateway, told["device_code"])).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert (await gateway.get("/userinfo", headers=bearer)).status_code == 200

    verdicts.refused(await poll(gateway, told["device_code"]), "invalid_grant")

    assert (await gateway.get("/userinfo", headers=bearer)).status_code == 401


async def test_who_signs_out_meanwhile_lets_nothing_in(gateway: Gateway) -> None:
    """SE-01: a code that was not redeemed ends with the session it came of."""
    someone = await gateway.citizen("kiosk")
    told = (await ask(gateway)).json()
    await let_in(gateway, someone, told["user_code"])
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/logout")
    await browser.fill(page, "logout-confirm", {"answer": "yes"})

    verdicts.refused(await poll(gateway, told["device_code"]), "invalid_grant")


async def test_a_bound_client_brings_its_key(gateway: Gateway) -> None:
    """RFC9449-5: where the profile wants it, for the first token and the next."""
    someone = await gateway.citizen("teller")
    asked = await ask(
        gateway, "teller", headers={"dpop": dpop.proof(gateway, "/device_authorization")}
    )
    told = asked.json()
    await let_in(gateway, someone, told["user_code"])
    verdicts.refused(await poll(gateway, told["device_code"], "teller"), "invalid_dpop_proof")

    shown = {"dpop": dpop.proof(gateway)}
    answer = await poll(gateway, told["device_code"], "teller", headers=shown)

    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"


async def test_a_key_that_was_named_first_is_the_only_one(gateway: Gateway) -> None:
    """RFC9449-10.1, as with pushed requests: who has the code and another key gets nothing."""
    someone = await gateway.citizen("kiosk")
    first = await ask(gateway)  # a public client repeats a nonce of ours, so none yet
    assert first.status_code == 200
    refused = await ask(gateway, headers={"dpop": dpop.proof(gateway, "/device_authorization")})
    verdicts.refused(refused, "use_dpop_nonce")
    proof = dpop.proof(gateway, "/device_authorization", nonce=refused.headers["dpop-nonce"])
    told = (await ask(gateway, headers={"dpop": proof})).json()
    await let_in(gateway, someone, told["user_code"])

    other = dpop.proof(gateway, key=dpop.OTHER, nonce=refused.headers["dpop-nonce"])
    answer = await poll(gateway, told["device_code"], headers={"dpop": other})

    verdicts.refused(answer, "invalid_grant")


async def test_what_needs_care_never_reaches_another_screen(gateway: Gateway) -> None:
    """RFC10027, XD-2: it is not asked, and not told although it was agreed to before."""
    someone = await gateway.citizen("booth")
    claims = '{"userinfo":{"https://x/claims/marital_status":null}}'.replace(
        "https://x", gateway.issuer
    )
    told = (await ask(gateway, "booth", claims=claims)).json()

    await let_in(gateway, someone, told["user_code"])

    token = (await poll(gateway, told["device_code"], "booth")).json()["access_token"]
    kept = await gateway.rows(
        "SELECT claims FROM relying_parties.access_tokens WHERE digest = sha256($1::bytea)",
        token.encode(),
    )
    assert set(kept[0]["claims"]) == {"name", "email"}


async def test_a_device_calls_a_resource_for_its_citizen(gateway: Gateway) -> None:
    """RFC8707-2: named with both requests, as for any other code."""
    someone = await gateway.citizen("booth")
    scope, archive = "openid all", str(ARCHIVE["identifier"])
    told = (await ask(gateway, "booth", scope=scope, resource=archive)).json()
    await let_in(gateway, someone, told["user_code"])

    answer = await poll(gateway, told["device_code"], "booth", resource=archive)

    assert answer.status_code == 200, answer.text
    assert verdicts.claims(answer.json()["access_token"])["aud"] == archive


async def test_a_registration_that_changed_lets_nothing_in(gateway: Gateway) -> None:
    """RU-20: devices were taken from it while one waited."""
    made = services.document("kiosk-that-was", device=True)
    await gateway.service(made)
    await gateway.settled()
    someone = await gateway.citizen("kiosk-that-was")
    told = (await ask(gateway, "kiosk-that-was")).json()
    browser, page = await typed(gateway, told["user_code"], someone.cookie)
    await gateway.service(services.document("kiosk-that-was"))
    await gateway.settled()

    answer = await browser.fill(page, "device-yes", {"answer": "yes"})

    assert answer.status_code == 400
    verdicts.refused(
        await poll(gateway, told["device_code"], "kiosk-that-was"), "unauthorized_client"
    )
