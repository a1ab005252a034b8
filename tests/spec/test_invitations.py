"""Invitations over HTTP: the link goes to whoever is invited, and proves an address, no person.

Specs: SP 800-63B §4.1.2.1; security: WA-19, RE-13, SE-26.
"""

import re

import httpx2
import pytest

from idp import accounts, attributes, identifiers, notices, recovery
from relying_parties import agencies
from tests.support import letters, verdicts
from tests.support.administration import officer
from tests.support.browser import Browser
from tests.support.ceremonies import a_device, added, options, send
from tests.support.gateway import Citizen, Gateway

PASSWORD = "a quiet harbour at dawn"
LINK = re.compile(r"/admin/invite/[\w-]{43}")


@pytest.fixture
async def owner(gateway: Gateway) -> Citizen:
    """Somebody who acts for the agency of the services and may invite others."""
    return await officer(gateway, "registrar")


async def agency(gateway: Gateway) -> str:
    async with gateway.runtime.entry() as entry:
        return (await agencies.listed(entry))[0].id


async def invite(gateway: Gateway, owner: Citizen, email: str) -> tuple[httpx2.Response, str]:
    """Invite an address; returns what the inviter saw and the path that was mailed."""
    browser = Browser(gateway, owner.cookie)
    page = await browser.follow(f"/admin/agencies/{await agency(gateway)}")
    shown = await browser.fill(page, "invite-submit", {"email": email, "role": "viewer"})
    async with gateway.runtime.entry() as entry:
        due = await notices.take(entry, gateway.runtime.vault, limit=1000)
    told = [one for one in due if (one.template, one.email) == ("invited", email)]
    assert len(told) == 1, shown.text[:1500]
    path = LINK.search(told[0].fields["link"])
    assert path
    return shown, path[0]


async def test_the_link_goes_where_the_account_has_its_mail(
    gateway: Gateway, owner: Citizen
) -> None:
    """RE-08: however whoever invites typed the address."""
    someone, browser = await gateway.citizen(), Browser(gateway, owner.cookie)
    page = await browser.follow(f"/admin/agencies/{await agency(gateway)}")
    typed = {"email": someone.email.replace("citizen", "CITIZEN"), "role": "viewer"}
    await browser.fill(page, "invite-submit", typed)

    assert [name for name, _ in await letters.queued(gateway, someone.email)] == ["invited"]
    assert await letters.queued(gateway, typed["email"]) == []


async def opened(browser: Browser, path: str) -> httpx2.Response:
    return await browser.fill(await browser.follow(path), "invitation-open")


async def passkeys(gateway: Gateway, someone: Citizen) -> int:
    sql = "SELECT 1 FROM idp.passkeys WHERE account_id = $1"
    return len(await gateway.rows(sql, someone.account))


async def test_whoever_invites_does_not_see_the_link(gateway: Gateway, owner: Citizen) -> None:
    """WA-19, RE-13: it is in the mail alone, and in the database only sealed."""
    shown, path = await invite(gateway, owner, "seen-by-nobody@example.test")

    assert "on its way to them by mail" in shown.text
    assert "/admin/invite/" not in shown.text
    assert path.rpartition("/")[2] not in await gateway.dump()


async def test_an_address_counts_once_its_link_was_used(gateway: Gateway, owner: Citizen) -> None:
    """WA-19: until then nobody has it, and whoever creates an account with it may."""
    email, vault = "new-here@example.test", gateway.runtime.vault
    _, path = await invite(gateway, owner, email)
    async with gateway.runtime.entry() as entry:
        before = await identifiers.find_account(entry, vault, email)

    browser = Browser(gateway)
    page = await opened(browser, path)
    came = await send(browser, page, a_device(gateway).create(options(page, "create")))

    assert before is None
    assert came.headers["location"] == "/admin"
    async with gateway.runtime.entry() as entry:
        account = await identifiers.find_account(entry, vault, email)
        assert account
        held = await attributes.read(entry, vault, account, ["email_verified"])
    assert held["email_verified"].value is True
    assert (await browser.follow("/admin")).status_code == 200


async def test_looking_at_the_link_does_nothing(gateway: Gateway, owner: Citizen) -> None:
    """SE-26: a scanner of mail opens it, twice, and asks for its head."""
    _, path = await invite(gateway, owner, "scanned@example.test")
    async with gateway.unchanged():
        looked = [await Browser(gateway).send(method, path) for method in ("GET", "GET", "HEAD")]

    assert [one.status_code for one in looked] == [200, 200, 200]
    assert "scanned@example.test" not in looked[0].text
    browser = Browser(gateway)
    page = await opened(browser, path)
    assert "scanned@example.test" in page.text
    assert (await Browser(gateway).send("GET", path)).status_code == 410


async def test_opening_needs_a_form_of_ours(gateway: Gateway, owner: Citizen) -> None:
    """SE-05: another site can't bind an invitation to its visitor."""
    _, path = await invite(gateway, owner, "bound@example.test")
    async with gateway.unchanged():
        answer = await Browser(gateway).send("POST", path, {"step": "open"})

    assert answer.status_code == 403


async def test_a_password_account_confirms_first(gateway: Gateway, owner: Citizen) -> None:
    """WA-19: the link alone adds no passkey to what somebody has."""
    someone = await gateway.citizen()
    await gateway.set_password(someone.account, PASSWORD)
    _, path = await invite(gateway, owner, someone.email)
    browser = Browser(gateway)
    asked = await opened(browser, path)
    csrf = browser.form(asked, "login-submit")[1]["csrf"]
    other = Browser(gateway, (await gateway.citizen()).cookie)
    elsewhere = await other.follow("/account/security/passkeys")
    made = a_device(gateway).create(options(elsewhere, "create"))
    form = {"csrf": csrf, "passkey": str(made), "passkey_error": ""}

    forced = await browser.send("POST", path, form)
    wrong = await browser.fill(asked, "login-submit", {"password": "not this one at all"})
    none = await passkeys(gateway, someone)
    page = await browser.fill(asked, "login-submit", {"password": PASSWORD})
    came = await send(browser, page, a_device(gateway).create(options(page, "create")))

    assert "passkey-data" not in asked.text
    assert "Enter your password" in verdicts.page(forced, 422)
    assert "The password is wrong" in verdicts.page(wrong, 422)
    assert none == 0
    assert came.headers["location"] == "/admin"
    assert await passkeys(gateway, someone) == 1


async def test_a_passkey_account_uses_it(gateway: Gateway, owner: Citizen) -> None:
    """WA-19: a password is not enough where there is a passkey, and no other is added."""
    someone = await gateway.citizen()
    await gateway.set_password(someone.account, PASSWORD)
    device = await added(gateway, someone)
    _, path = await invite(gateway, owner, someone.email)
    browser = Browser(gateway)
    page = await opened(browser, path)
    stranger = a_device(gateway)
    stranger.handle = device.handle

    refused = await send(browser, page, stranger.get(options(page, "get")))
    by_password = await browser.send(
        "POST", path, browser.form(page, "passkey-button")[1] | {"password": PASSWORD}
    )
    page = await browser.follow(path)
    came = await send(browser, page, device.get(options(page, "get")))

    assert "login-submit" not in page.text
    assert refused.status_code == by_password.status_code == 422
    assert came.headers["location"] == "/admin"
    assert await passkeys(gateway, someone) == 1


async def test_an_account_of_its_own_meanwhile_is_the_invited_one(
    gateway: Gateway, owner: Citizen
) -> None:
    """Whoever creates an account instead of following the link acts for the agency with it."""
    email = f"citizen{gateway._numbers + 1}@example.test"
    _, path = await invite(gateway, owner, email)
    someone = await gateway.citizen()
    assert someone.email == email

    browser = Browser(gateway)
    page = await opened(browser, path)
    came = await send(browser, page, a_device(gateway).create(options(page, "create")))

    assert came.headers["location"] == "/admin"
    assert (await browser.follow("/admin")).status_code == 200
    assert await passkeys(gateway, someone) == 1


async def test_a_recovered_account_is_no_administrators_until_invited_anew(
    gateway: Gateway, owner: Citizen
) -> None:
    """RE-13, AD-14: whoever reads the mail makes a passkey, and it opens the account alone."""
    someone = await gateway.citizen()
    _, earlier = await invite(gateway, owner, someone.email)
    async with gateway.runtime.entry() as entry:
        await accounts.grant_role(entry, someone.account, "registrar", by="test")
        await recovery.complete(entry, (await recovery.start(entry, someone.account)).handle)
    session, cookie = await gateway.sign_in(someone.account)
    device = await added(gateway, Citizen(someone.account, session, someone.email, cookie))

    browser = Browser(gateway)
    login = await browser.follow("/admin/login")
    refused = await send(browser, login, device.get(options(login, "get")))
    page = await opened(browser, earlier)
    outdated = await send(browser, page, a_device(gateway).create(options(page, "create")))
    _, later = await invite(gateway, owner, someone.email)
    page = await opened(browser, later)
    came = await send(browser, page, a_device(gateway).create(options(page, "create")))
    again = Browser(gateway)
    login = await again.follow("/admin/login")
    back = await send(again, login, device.get(options(login, "get")))

    for answer in (refused, outdated):
        assert "Ask for an invitation" in verdicts.page(answer, 422)
        assert "__Host-adm" not in str(answer.headers)
    assert came.headers["location"] == back.headers["location"] == "/admin"


async def test_an_address_is_not_flooded(gateway: Gateway, owner: Citizen) -> None:
    email = "flooded@example.test"
    for _ in range(3):
        await invite(gateway, owner, email)
    browser = Browser(gateway, owner.cookie)
    page = await browser.follow(f"/admin/agencies/{await agency(gateway)}")

    refused = await browser.fill(page, "invite-submit", {"email": email, "role": "viewer"})

    assert "too many tries" in verdicts.page(refused, 422)
