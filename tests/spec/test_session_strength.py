"""Group SE, WA: a session is worth what the last sign-in proved, and has a new handle after it.

Specs: OpenID Connect Core §2 (acr, amr, auth_time), SP 800-63B §4.1.2.1, ASVS 7.2.4.
"""

from dataclasses import replace
from urllib.parse import urlencode

import httpx2
import pytest

from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.ceremonies import added, options, send
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
