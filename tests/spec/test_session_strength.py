"""Group SE, WA: a session is worth what the last sign-in proved, and has a new handle after it.

Specs: OpenID Connect Core §2 (acr, amr, auth_time), SP 800-63B §4.1.2.1, ASVS 7.2.4.
"""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from idp import accounts
from keys import opaque
from tests.support import letters, services, verdicts
from tests.support.browser import Browser
from tests.support.ceremonies import a_device, added, options, send
from tests.support.gateway import Citizen, Gateway

PASSWORD = "a quiet harbour at dawn"


@pytest.fixture(autouse=True)
async def forgiving(gateway: Gateway) -> None:
    """Everybody here comes from one network: what one test tried is no other's."""
    await gateway.rows("DELETE FROM idp.attempts")


async def with_password(gateway: Gateway, *client_ids: str, aal: int = 1) -> Citizen:
    someone = await gateway.citizen(*client_ids, aal=aal)
    await gateway.set_password(someone.account, PASSWORD)
    return someone


async def hour_old(gateway: Gateway, someone: Citizen) -> None:
    await gateway.rows(
        "UPDATE idp.sessions SET auth_time = auth_time - interval '1 hour' WHERE id = $1",
        someone.session,
    )


async def alive(gateway: Gateway, cookie: str) -> bool:
    return bool((await gateway.get("/account", headers={"cookie": cookie})).status_code == 200)


async def confirmed(browser: Browser, address: str = "/login/confirm") -> httpx2.Response:
    """Confirm with the password, from the page that asks for it."""
    page = await browser.follow(address)
    path, form = browser.form(page, "login-submit")
    return await browser.send("POST", path, form | {"password": PASSWORD})


async def test_confirming_draws_a_new_handle(gateway: Gateway) -> None:
    """SE-02: the old one is dead, on every process."""
    someone = await with_password(gateway)
    browser = Browser(gateway, someone.cookie)
    answer = await confirmed(browser)

    assert answer.status_code == 303
    assert browser.cookies["__Host-sid"] != someone.cookie.partition("=")[2]
    assert await alive(gateway, f"__Host-sid={browser.cookies['__Host-sid']}")
    assert not await alive(gateway, someone.cookie)


async def test_stepping_up_draws_a_new_handle(gateway: Gateway) -> None:
    """SE-02: and the strength is kept by us, not by the cookie."""
    strong = await gateway.citizen()
    device = await added(gateway, strong)
    _, cookie = await gateway.sign_in(strong.account, aal=1)
    browser = Browser(gateway, cookie)
    page = await browser.follow("/login/confirm?next=security")
    await send(browser, page, device.get(options(page, "get")))

    assert not await alive(gateway, cookie)
    changes = await browser.send("GET", "/account/security/password")
    assert changes.status_code == 200


async def test_a_password_does_not_make_a_passkey_fresh(gateway: Gateway) -> None:
    """WA-19: in a session that began with a passkey an hour ago."""
    someone = await with_password(gateway, aal=2)
    await added(gateway, someone)
    await hour_old(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    await browser.sign_in(await browser.follow("/login?switch=yes"), someone.email, PASSWORD)
    async with gateway.unchanged():
        answer = await browser.send("GET", "/account/security/passkeys")

    assert answer.headers["location"] == "/login/confirm?next=security"


async def test_a_token_tells_what_was_proved_last(gateway: Gateway) -> None:
    """SE-02: acr, amr and auth_time are of one sign-in."""
    someone = await with_password(gateway, "basic", aal=2)
    before = verdicts.claims((await services.tokens(gateway, someone))["id_token"])
    await hour_old(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    await confirmed(browser)
    cookie = f"__Host-sid={browser.cookies['__Host-sid']}"
    held = await services.tokens(gateway, replace(someone, cookie=cookie))
    told = verdicts.claims(held["id_token"])

    assert before["acr"] == "phr"
    assert told["acr"] == "urn:gatehouse:acr:basic"
    assert told["amr"] == ["pwd"]
    assert told["auth_time"] >= before["auth_time"]


async def test_what_a_service_is_registered_to_need_takes_no_password(gateway: Gateway) -> None:
    """SE-02: its requests need not repeat it."""
    await gateway.service(services.document("strict", acr=["phr"]))
    someone = await with_password(gateway, "strict")
    device = await added(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow(f"/authorize?{urlencode(services.asked('strict'))}")
    path, form = browser.form(page, "passkey-button")
    tried = await browser.send("POST", "/login/confirm", form | {"password": PASSWORD})
    came = await send(browser, page, device.get(options(page, "get")))
    back = await browser.send("GET", came.headers["location"])

    assert path == "/login/passkey"
    assert 'name="password"' not in page.text
    assert tried.status_code == 422
    assert "code" in verdicts.sent_back(back, services.CALLBACK, gateway.issuer)


async def by_password(gateway: Gateway, browser: Browser) -> None:
    someone = await with_password(gateway)
    await browser.sign_in(await browser.follow("/login?switch=yes"), someone.email, PASSWORD)


async def by_passkey(gateway: Gateway, browser: Browser) -> None:
    device = await added(gateway, await gateway.citizen())
    page = await browser.follow("/login?switch=yes")
    await send(browser, page, device.get(options(page, "get")))


async def by_recovery(gateway: Gateway, browser: Browser) -> None:
    someone = await with_password(gateway)
    start = await browser.follow("/login/recover")
    asked = await browser.fill(start, "recover-submit", {"username": someone.email})
    typed = {"code": await letters.code(gateway, someone.email)}
    new = await browser.fill(asked, "code-submit", typed)
    await browser.fill(new, "password-submit", {"password": "seven slow herons fly"})


async def by_creating(gateway: Gateway, browser: Browser) -> None:
    email = f"{opaque.digits(8)}@example.test"
    asked = await browser.fill(
        await browser.follow("/create"), "create-submit", {"username": email}
    )
    typed = {"code": await letters.code(gateway, email)}
    named = await browser.fill(asked, "code-submit", typed)
    page = await browser.fill(named, "name-submit", {"given_name": "Ana"})
    await send(browser, page, a_device(gateway).create(options(page, "create")))


@pytest.mark.parametrize("plant", ["random", "the-attacker-s"])
@pytest.mark.parametrize("way", [by_password, by_passkey, by_recovery, by_creating])
async def test_what_was_planted_is_worth_nothing(gateway: Gateway, way: Any, plant: str) -> None:
    """SE-01: a session's cookie from before, made up or alive."""
    attacker = await gateway.citizen()
    planted = f"__Host-sid={opaque.handle()}" if plant == "random" else attacker.cookie
    browser = Browser(gateway, planted)
    await way(gateway, browser)

    own = f"__Host-sid={browser.cookies['__Host-sid']}"
    assert own != planted
    assert await alive(gateway, own)
    assert not await alive(gateway, planted)


async def leave_by_logout(browser: Browser) -> httpx2.Response:
    page = await browser.follow("/logout")
    path, form = browser.form(page, "logout-confirm")
    return await browser.send("POST", path, form | {"answer": "yes"})


async def leave_everywhere(browser: Browser) -> httpx2.Response:
    page = await browser.follow("/account/sessions")
    return await browser.send("POST", *browser.form(page, "end-all"))


async def leave_the_administration(browser: Browser) -> httpx2.Response:
    page = await browser.follow("/admin")
    token = a_token(page)
    return await browser.send("POST", "/admin/logout", {"csrf": token})


def a_token(page: httpx2.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


@pytest.mark.parametrize("leave", [leave_by_logout, leave_everywhere, leave_the_administration])
async def test_what_the_former_user_had_open_is_dead(gateway: Gateway, leave: Any) -> None:
    """SE-01, SE-10: their forms and the questions to their devices."""
    someone = await gateway.citizen()
    device = await added(gateway, someone)
    async with gateway.runtime.entry() as entry:
        await accounts.grant_role(entry, someone.account, "auditor", by="test")
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/admin/login")
    await send(browser, page, device.get(options(page, "get")))
    page = await browser.follow("/login?switch=yes")
    handle, (path, form) = browser.cookies["__Host-browser"], browser.form(page, "login-submit")
    left = await leave(browser)
    async with gateway.unchanged():
        old_form = await browser.send("POST", path, form | {"username": someone.email})
    fresh = await browser.follow("/login?switch=yes")
    async with gateway.unchanged():
        old_question = await send(browser, fresh, device.get(options(page, "get")))

    assert left.headers["clear-site-data"] == '"cache", "storage"'
    assert browser.cookies["__Host-browser"] != handle
    assert old_form.status_code == 403
    assert old_question.status_code == 422
