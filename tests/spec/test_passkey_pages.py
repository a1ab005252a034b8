"""Group WA over HTTP: who signs in with a passkey, who may add one, and who hears of it.

Specs: WebAuthn Level 3 §7, §13.4.3, §14.6.2; SP 800-63B §4.1.2.1; security: WA-01 to WA-26, RC-04.
"""

import asyncio
import json
import re
from dataclasses import replace

import httpx2
import pytest

from idp import accounts, invitations, notices, recovery
from keys.entry import Entry
from tests.support import services, verdicts
from tests.support.authenticator import BE, BS
from tests.support.browser import Browser
from tests.support.ceremonies import a_device, added, filled, options, send
from tests.support.citizen import HIDDEN
from tests.support.gateway import Citizen, Gateway

ONE = re.compile(r"/account/security/passkeys/[0-9a-f-]{36}")
PASSWORD = "a quiet harbour at dawn"


async def mails(gateway: Gateway, template: str) -> list[str]:
    async with gateway.runtime.entry() as entry:
        due = await notices.take(entry, gateway.runtime.vault, limit=1000)
    return [one.email for one in due if one.template == template]


async def sessions(gateway: Gateway, someone: Citizen) -> int:
    return len(
        await gateway.rows(
            "SELECT 1 FROM idp.sessions WHERE account_id = $1 AND ended_at IS NULL",
            someone.account,
        )
    )


async def kept(gateway: Gateway, someone: Citizen) -> int:
    return len(
        await gateway.rows("SELECT 1 FROM idp.passkeys WHERE account_id = $1", someone.account)
    )


async def test_a_passkey_signs_in_and_a_second_time_does_not(gateway: Gateway) -> None:
    """WA-01: the same answer, the same page."""
    someone = await gateway.citizen()
    device = await added(gateway, someone)
    browser = Browser(gateway)
    page = await browser.follow("/login?next=security")
    answer = device.get(options(page, "get"))

    came = await send(browser, page, answer)
    browser.cookies.pop("__Host-sid")
    async with gateway.unchanged():
        again = await send(browser, page, answer)

    assert came.headers["location"] == "/account/security"
    assert "Your passkey did not work" in verdicts.page(again, 422)


async def test_of_fifty_tries_one_signs_in(gateway: Gateway) -> None:
    """RC-04: over both processes."""
    someone = await gateway.citizen()
    device = await added(gateway, someone)
    before = await sessions(gateway, someone)
    browser = Browser(gateway)
    page = await browser.follow("/login")
    path, form = filled(page, browser, device.get(options(page, "get")))
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}

    answers = await asyncio.gather(
        *(gateway.post(path, form, headers=headers, node=n % 2) for n in range(50))
    )

    assert sorted(one.status_code for one in answers) == [303] + [422] * 49
    assert await sessions(gateway, someone) == before + 1


async def test_what_is_wrong_with_an_answer_is_told_to_nobody(gateway: Gateway) -> None:
    """WA-01, WA-02, WA-08: one page for all, nothing written; of no use to a guesser."""
    someone, other = await gateway.citizen(), await gateway.citizen()
    device, others = await added(gateway, someone), await added(gateway, other)
    browser, elsewhere = Browser(gateway), Browser(gateway)
    foreign = options(await elsewhere.follow("/login"), "get")
    told = set()
    for wrong in (
        replace(device, origin="https://evil.example"),
        replace(device, rp_id="evil.example"),
        replace(device, flags=1),
        replace(device, tells={"crossOrigin": True}),
        replace(device, tells={"challenge": foreign["challenge"]}),
        replace(device, credential_id=others.credential_id),
        replace(device, handle=others.handle),
        replace(device, key=others.key),
    ):
        page = await browser.follow("/login")
        answer = wrong.get(options(page, "get"))
        async with gateway.unchanged("keys.replays", "idp.passkeys"):
            refused = await send(browser, page, answer)
        told.add(re.sub(r"[A-Za-z0-9_.-]{32,}", "", verdicts.page(refused, 422)))

    assert len(told) == 1
    assert "We could not check this passkey" in told.pop()


@pytest.mark.parametrize(
    "sent",
    ["", "null", "[]", "{}", '{"id":1}', '{"response":{}}', "[" * 5000, "\x00", "{" * 9, "9" * 9999,
     '{"id":"a","id":"b"}', '{"id":NaN}', '"' + "a" * 20_000 + '"'],
    ids=lambda sent: sent[:12],
)  # fmt: skip
async def test_what_is_no_answer_is_refused(gateway: Gateway, sent: str) -> None:
    """WA-17."""
    browser = Browser(gateway)
    page = await browser.follow("/login")
    path, form = browser.form(page, "passkey-button")

    async with gateway.unchanged():
        answer = await browser.send("POST", path, form | {"passkey": sent, "passkey_error": ""})

    verdicts.page(answer, answer.status_code)
    assert answer.status_code in (400, 422)


async def test_confirming_takes_ones_own_passkey(gateway: Gateway) -> None:
    """WA-10, WA-04: not another citizen's, and no answer to the question of signing in."""
    someone, other = await gateway.citizen(), await gateway.citizen()
    device, others = await added(gateway, someone), await added(gateway, other)
    browser = Browser(gateway, someone.cookie)

    page = await browser.follow("/login/confirm?next=security")
    theirs = await send(browser, page, others.get(options(page, "get")))
    asked = options(await browser.follow("/login?switch=yes"), "get")
    page = await browser.follow("/login/confirm?next=security")
    signing_in = await send(browser, page, device.get(asked))
    page = await browser.follow("/login/confirm?next=security")
    own = await send(browser, page, device.get(options(page, "get")))

    for refused in (theirs, signing_in):
        assert "We could not check this passkey" in verdicts.page(refused, 422)
    assert own.headers["location"] == "/account/security"
    failed = await gateway.rows(
        "SELECT fields FROM keys.journal WHERE kind = 'PasskeyFailed' AND object = $1",
        f"account:{someone.account}",
    )
    assert sorted(row["fields"]["reason"] for row in failed) == ["challenge", "owner"]


async def test_a_question_says_how_long_it_is_good_for(gateway: Gateway) -> None:
    """WA-28: a minute to confirm; who reads slowly has it drawn anew, for the same purpose."""
    someone = await gateway.citizen()
    device = await added(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/login/confirm?next=security")
    assert options(page, "get")["timeout"] == 60_000
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    came = {}
    for purpose in ("sign-in", "add", "admin", "step-up"):
        page = await browser.follow("/login/confirm?next=security")
        form = browser.form(page, "passkey-button")[1] | {"purpose": purpose}
        drawn = await browser.send("POST", "/login/challenge", form)
        answer = device.get(options(page, "get") | drawn.json())
        came[purpose] = (await send(browser, page, answer)).status_code

    assert came == {"sign-in": 422, "add": 422, "admin": 422, "step-up": 303}
    page = await browser.follow("/login?switch=yes")
    assert options(page, "get")["timeout"] == 300_000


@pytest.mark.parametrize(
    ("over", "status"),
    [({"purpose": "x"}, 400), ({"purpose": ""}, 400), ({"csrf": ""}, 403), ({"csrf": "AA"}, 403)],
)
async def test_nobody_else_draws_a_question(
    gateway: Gateway, over: dict[str, str], status: int
) -> None:
    """WA-28: only a page of ours, for a purpose that there is."""
    browser = Browser(gateway)
    form = browser.form(await browser.follow("/login"), "login-submit")[1]
    async with gateway.unchanged():
        answer = await browser.send("POST", "/login/challenge", form | {"purpose": "add"} | over)

    assert answer.status_code == status
    assert "challenge" not in answer.text


async def test_a_password_is_not_traded_for_a_passkey(gateway: Gateway) -> None:
    """WA-19, WA-23: where there is a passkey, only a passkey changes the ways in."""
    someone = await gateway.citizen()
    device = await added(gateway, someone)
    await gateway.set_password(someone.account, PASSWORD)
    _, cookie = await gateway.sign_in(someone.account, aal=1)
    browser = Browser(gateway, cookie)
    shown = await browser.follow("/account/security")
    own = ONE.search(shown.text)
    assert own
    removal = browser.form(await browser.follow(own[0]), "remove")

    async with gateway.unchanged():
        for path in ("/account/security/passkeys", "/account/security/password", "/login/offer"):
            shown = await browser.send("GET", path)
            posted = await browser.send("POST", path, removal[1] | {"passkey": "{}"})
            for answer in (shown, posted):
                assert answer.headers["location"].startswith("/login/confirm"), path
        removed = await browser.send("POST", *removal)
        assert removed.headers["location"] == "/login/confirm?next=security"
    page = await browser.follow("/login/confirm?next=security")
    assert 'name="password"' not in page.text
    path, hidden = browser.form(page, "passkey-button")
    tried = await browser.send("POST", "/login/confirm", hidden | {"password": PASSWORD})
    assert tried.status_code == 422
    confirmed = await send(browser, page, device.get(options(page, "get")))
    assert confirmed.headers["location"] == "/account/security"
    gone = await browser.send("POST", *removal)
    assert gone.headers["location"] == "/account/security?done=removed"


async def test_who_recovered_sets_up_anew(gateway: Gateway) -> None:
    """WA-19: the wait and the mails of a recovery stand for the passkey that is lost."""
    someone = await gateway.citizen()
    await added(gateway, someone)
    async with gateway.runtime.entry() as entry:
        started = await recovery.start(entry, someone.account)
    async with Entry(gateway.runtime.pool, started.ready_at) as entry:
        await recovery.complete(entry, started.handle)
    _, cookie = await gateway.sign_in(someone.account, aal=1)

    await added(gateway, replace(someone, cookie=cookie))

    assert await kept(gateway, someone) == 2


async def test_every_address_hears_of_a_new_passkey(gateway: Gateway) -> None:
    """WA-19: wherever it was added."""
    someone, offered = await gateway.citizen(), await gateway.citizen()
    await added(gateway, someone)
    _, cookie = await gateway.sign_in(offered.account, aal=1)
    browser = Browser(gateway, cookie)
    page = await browser.follow("/login/offer")
    await send(browser, page, a_device(gateway).create(options(page, "create")))

    told = await mails(gateway, "passkey-added")

    assert told.count(someone.email) == 1
    assert told.count(offered.email) == 1


async def test_a_quiet_upgrade_is_for_the_offer_only(gateway: Gateway) -> None:
    """WebAuthn §7.1 step 15: elsewhere a citizen asked for the passkey and unlocks it."""
    someone = await gateway.citizen()
    _, cookie = await gateway.sign_in(someone.account, aal=1)
    browser, quiet = Browser(gateway, cookie), a_device(gateway, flags=BE | BS)

    page = await browser.follow("/account/security/passkeys")
    path, form = filled(page, browser, quiet.create(options(page, "create")))
    asked = await browser.send("POST", path, form | {"how": "conditional"})
    page = await browser.follow("/login/offer")
    path, form = filled(page, browser, quiet.create(options(page, "create")))
    upgraded = await browser.send("POST", path, form | {"how": "conditional"})

    assert "We could not check this passkey" in verdicts.page(asked, 422)
    assert upgraded.headers["location"] == "/account"
    assert await kept(gateway, someone) == 1


async def opened(browser: Browser, handle: str) -> httpx2.Response:
    """Follow an invitation as people do: look, and press the button."""
    return await browser.fill(await browser.follow(f"/admin/invite/{handle}"), "invitation-open")


async def test_an_invitation_makes_one_administrator(gateway: Gateway) -> None:
    """WA-20: two tabs of its browser at once."""
    someone = await gateway.citizen()
    async with gateway.runtime.entry() as entry:
        handle = await invitations.create(entry, someone.account)
    browser = Browser(gateway)
    await opened(browser, handle)
    forms = []
    for _ in range(10):
        page = await browser.follow(f"/admin/invite/{handle}")
        made = a_device(gateway).create(options(page, "create"))
        form = dict(HIDDEN.findall(page.text)) | {"passkey": json.dumps(made), "passkey_error": ""}
        forms.append(form)
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}

    answers = await asyncio.gather(
        *(
            gateway.post(f"/admin/invite/{handle}", form, headers=headers, node=n % 2)
            for n, form in enumerate(forms)
        )
    )

    assert sorted(one.status_code for one in answers) == [303] + [410] * 9
    assert await kept(gateway, someone) == 1


async def test_a_copy_is_told_of_and_still_signs_in(gateway: Gateway) -> None:
    """WA-11."""
    someone = await gateway.citizen()
    device = await added(gateway, someone, counter=5)
    browser = Browser(gateway)
    page = await browser.follow("/login")

    came = await send(browser, page, replace(device, counter=4).get(options(page, "get")))

    assert came.headers["location"] == "/account"
    assert (await mails(gateway, "passkey-suspected")).count(someone.email) == 1
    confirm = await browser.follow("/login/confirm?next=security")
    assert 'href="/login/help?next=security"' in confirm.text
    shown = await browser.follow("/account/security")
    assert "It behaved as if there were a copy of it" in shown.text


async def test_a_copy_changes_no_way_in(gateway: Gateway) -> None:
    """WA-11: before another factor says who it is, however high it counts afterwards."""
    someone = await gateway.citizen("basic")
    device = await added(gateway, someone, counter=5)
    await gateway.set_password(someone.account, PASSWORD)
    browser = Browser(gateway)
    for counted in (4, 1000):
        page = await browser.follow("/login?switch=yes")
        copy = replace(device, counter=counted)
        await send(browser, page, copy.get(options(page, "get")))
        async with gateway.unchanged():
            asked = await browser.send("GET", "/account/security/passkeys")
        assert asked.headers["location"] == "/login/confirm?next=security"
    cookie = f"__Host-sid={browser.cookies['__Host-sid']}"
    told = await services.tokens(gateway, replace(someone, cookie=cookie))
    page = await browser.follow("/login/confirm?next=security")
    path, form = browser.form(page, "login-submit")
    confirmed = await browser.send("POST", path, form | {"password": PASSWORD})

    assert verdicts.claims(told["id_token"])["acr"] == "urn:gatehouse:acr:basic"
    assert "behaves as if there were a copy" in page.text
    assert confirmed.headers["location"] == "/account/security"
    assert (await browser.send("GET", "/account/security/passkeys")).status_code == 200
    cookie = f"__Host-sid={browser.cookies['__Host-sid']}"
    told = await services.tokens(gateway, replace(someone, cookie=cookie))
    assert "phr" not in verdicts.claims(told["id_token"])["acr"]


async def test_a_copy_opens_no_administration(gateway: Gateway) -> None:
    """WA-11."""
    someone = await gateway.citizen()
    async with gateway.runtime.entry() as entry:
        await accounts.grant_role(entry, someone.account, "auditor", by="test")
    device = await added(gateway, someone, counter=5)
    browser = Browser(gateway)
    for counted in (4, 1000):
        page = await browser.follow("/admin/login")
        answer = replace(device, counter=counted).get(options(page, "get"))
        refused = await send(browser, page, answer)
        assert "behaves as if there were a copy" in verdicts.page(refused, 422)
    other = await added(gateway, someone)
    page = await browser.follow("/admin/login")
    came = await send(browser, page, other.get(options(page, "get")))

    assert came.headers["location"] == "/admin"
    assert (await mails(gateway, "passkey-suspected")).count(someone.email) == 1


async def test_an_invitation_is_for_one_browser_and_once(gateway: Gateway) -> None:
    """WA-20."""
    someone = await gateway.citizen()
    async with gateway.runtime.entry() as entry:
        handle = await invitations.create(entry, someone.account)
    mine, other = Browser(gateway), Browser(gateway)
    page = await opened(mine, handle)
    made = a_device(gateway).create(options(page, "create"))
    path, form = f"/admin/invite/{handle}", dict(HIDDEN.findall(page.text))
    form |= {"passkey": json.dumps(made), "passkey_error": ""}

    elsewhere = await other.send("GET", path)
    stolen = await other.send("POST", path, form)
    accepted = await mine.send("POST", path, form)
    again = await mine.send("POST", path, form)

    assert elsewhere.status_code == 410
    assert stolen.status_code in (403, 410)
    assert accepted.headers["location"] == "/admin"
    assert again.status_code == 410
    assert await kept(gateway, someone) == 1


async def test_nobody_learns_who_has_a_passkey(gateway: Gateway) -> None:
    """WA-22."""
    someone = await gateway.citizen()
    await added(gateway, someone)
    told = []
    for email in (someone.email, "nobody@example.test"):
        browser = Browser(gateway)
        page = await browser.follow("/login")
        asked = await browser.fill(page, "login-submit", {"username": email})
        told.append(options(asked, "get") | {"challenge": ""})

    assert told[0] == told[1]
    assert told[0]["allowCredentials"] == []


async def test_the_last_way_in_stays(gateway: Gateway) -> None:
    """WA-23."""
    someone = await gateway.citizen()
    await added(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/security")
    own = ONE.search(page.text)
    assert own

    refused = await browser.fill(await browser.follow(own[0]), "remove")

    assert "This is your only way in" in verdicts.page(refused, 422)
    assert await kept(gateway, someone) == 1


async def test_the_twenty_first_is_refused_in_words(gateway: Gateway) -> None:
    """WA-25."""
    someone = await gateway.citizen()
    for _ in range(20):
        await added(gateway, someone)
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/security/passkeys")

    refused = await send(browser, page, a_device(gateway).create(options(page, "create")))

    assert "You have 20 passkeys, and that is the most" in verdicts.page(refused, 422)
    assert await kept(gateway, someone) == 20


async def test_no_other_origin_may_use_them(gateway: Gateway) -> None:
    """WA-26: one origin, so there is no list of related ones."""
    answer = await gateway.get("/.well-known/webauthn")

    assert answer.status_code == 404
