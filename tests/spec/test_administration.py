"""Administrators over HTTP: fresh proof for what does harm, four eyes, one decision.

Specs: SP 800-63B §2.3.3, ASVS 7.5.3; security: RC-05, RC-10, SE-05, SE-07.
"""

import asyncio
import html
import itertools
import json
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from gateway import routes
from gateway.admin import ROUTES as ADMIN
from gateway.admin import office
from gateway.cli.services import rules
from idp import accounts
from relying_parties import agencies, onboarding
from tests.support import services, verdicts
from tests.support.administration import at_work, officer
from tests.support.browser import Browser
from tests.support.ceremonies import a_device, added, options, send
from tests.support.citizen import HIDDEN
from tests.support.gateway import Citizen, Gateway

NUMBERS = itertools.count(1)
OLD = "UPDATE idp.sessions SET auth_time = now() - interval '301 seconds' WHERE id = $1"
ACTS = {
    "approve": "/admin/services/{it}/versions/2/decision",
    "refuse": "/admin/services/{it}/versions/2/decision",
    "suspend": "/admin/services/{it}/suspend",
    "secret": "/admin/services/{it}/secret",
    "agency": "/admin/agencies/northtown",
    "invite": "/admin/agencies/northtown/members",
    "remove": "/admin/agencies/northtown/members/remove",
}
FORMS: dict[str, dict[str, str]] = {
    "approve": {"answer": "approve"},
    "refuse": {"answer": "refuse", "reason": 'Line one\nand "line" two'},
    "suspend": {"reason": "It reads more than it says"},
    "secret": {},
    "agency": {"contact": "help@northtown.example"},
    "invite": {"email": "fresh@example.test", "role": "viewer"},
    "remove": {"member": "nobody"},
}


async def a_service(gateway: Gateway, author: str = "test", *, submitted: bool = True) -> str:
    """A live service with a second version that waits for a review; returns its id."""
    client_id = f"reviewed-{next(NUMBERS)}"
    await gateway.service(services.document(client_id))
    changed = services.document(client_id, contact="new@northtown.example")
    async with gateway.runtime.entry() as entry:
        await onboarding.draft(entry, changed, author=author, rules=rules(gateway.runtime))
        if submitted:
            await onboarding.submit(entry, client_id, 2, by=author)
    return client_id


async def state(gateway: Gateway, client_id: str, version: int = 2) -> str:
    async with gateway.runtime.entry() as entry:
        found = await onboarding.find(entry, client_id, version)
    assert found
    return found.state


async def token(browser: Browser) -> dict[str, str]:
    """A form's token of this browser."""
    page = await browser.follow("/admin")
    return {"csrf": dict(HIDDEN.findall(page.text))["csrf"]}


async def post(
    browser: Browser, path: str, form: dict[str, str], **headers: str
) -> httpx2.Response:
    return await browser.send("POST", path, await token(browser) | form, **headers)


async def stale(gateway: Gateway) -> tuple[Citizen, Any]:
    """A registrar whose passkey was used five minutes ago, and its device."""
    someone = await gateway.citizen()
    device = await added(gateway, someone)
    registrar = await at_work(gateway, someone, "registrar")
    await gateway.rows(OLD, registrar.session)
    return registrar, device


@pytest.mark.parametrize("act", ACTS)
async def test_what_does_harm_asks_for_the_passkey_again(gateway: Gateway, act: str) -> None:
    """And then does what was asked, with every word of it."""
    registrar, device = await stale(gateway)
    path = ACTS[act].format(it=await a_service(gateway))
    browser = Browser(gateway, registrar.cookie)
    async with gateway.unchanged():
        page = await post(browser, path, FORMS[act])
        failed = await browser.send(
            "POST", path, browser.form(page, "passkey-button")[1] | {"passkey_error": "AbortError"}
        )
        forged = await browser.send("POST", path, browser.form(page, "passkey-button")[1])
    before = browser.cookies["__Host-adm"]
    done = await send(browser, failed, device.get(options(failed, "get")))

    assert "Confirm it is you" in verdicts.page(page, 200)
    assert "You cancelled" in verdicts.page(failed, 422)
    assert forged.status_code == 422
    assert done.status_code in (200, 303), done.text[:1500]
    assert "Confirm it is you" not in done.text
    assert browser.cookies["__Host-adm"] != before
    old = Browser(gateway, f"__Host-adm={before}")
    assert (await old.send("GET", "/admin")).headers["location"] == "/admin/login"
    assert (await browser.send("GET", "/admin")).status_code == 200


async def test_a_reason_comes_through_the_confirmation_whole(gateway: Gateway) -> None:
    registrar, device = await stale(gateway)
    client_id = await a_service(gateway)
    browser = Browser(gateway, registrar.cookie)
    page = await post(browser, ACTS["refuse"].format(it=client_id), FORMS["refuse"])
    await send(browser, page, device.get(options(page, "get")))

    async with gateway.runtime.entry() as entry:
        found = await onboarding.find(entry, client_id, 2)
    assert found
    assert (found.state, found.reason) == ("refused", 'Line one and "line" two')


async def test_another_persons_passkey_confirms_nothing(gateway: Gateway) -> None:
    registrar, _ = await stale(gateway)
    other = await added(gateway, await gateway.citizen())
    client_id = await a_service(gateway)
    path = ACTS["approve"].format(it=client_id)
    browser = Browser(gateway, registrar.cookie)
    page = await post(browser, path, FORMS["approve"])

    refused = await send(browser, page, other.get(options(page, "get")))

    assert refused.status_code == 422
    assert await state(gateway, client_id) == "submitted"


async def test_a_fresh_passkey_is_asked_for_nothing(gateway: Gateway) -> None:
    registrar = await officer(gateway, "registrar")
    client_id = await a_service(gateway)

    answer = await post(
        Browser(gateway, registrar.cookie), ACTS["approve"].format(it=client_id), FORMS["approve"]
    )

    assert answer.headers["location"] == f"/admin/services/{client_id}"
    assert await state(gateway, client_id) == "approved"


async def test_an_approved_service_without_a_secret_is_offered_its_first(gateway: Gateway) -> None:
    """Approving by hand issues none, as nobody would be there to take it."""
    registrar = await officer(gateway, "registrar")
    client_id = "first-secret"
    async with gateway.runtime.entry() as entry:
        document = services.document(client_id)
        await onboarding.draft(entry, document, author="test", rules=rules(gateway.runtime))
        await onboarding.submit(entry, client_id, 1, by="test")
    browser = Browser(gateway, registrar.cookie)
    before = await browser.send("GET", f"/admin/services/{client_id}")
    decision = f"/admin/services/{client_id}/versions/1/decision"
    await post(browser, decision, {"answer": "approve"})
    page = await browser.follow(f"/admin/services/{client_id}")

    issued = await browser.fill(page, "first-secret")
    after = await browser.follow(f"/admin/services/{client_id}")

    assert 'id="first-secret"' not in before.text
    assert "cannot sign anybody in" in page.text
    assert 'id="client-secret"' in issued.text
    assert 'id="first-secret"' not in issued.text + after.text


async def test_nobody_approves_what_they_wrote(gateway: Gateway) -> None:
    """RC-10, AD-05: not in a second tab either."""
    registrar = await officer(gateway, "registrar")
    client_id = await a_service(gateway, f"account:{registrar.account}")
    path = ACTS["approve"].format(it=client_id)
    browser = Browser(gateway, registrar.cookie)
    form = await token(browser) | FORMS["approve"]
    async with gateway.unchanged():
        answers = await asyncio.gather(*(browser.send("POST", path, form) for _ in range(2)))

    for answer in answers:
        assert "somebody else has to approve it" in verdicts.page(answer, 422)
    assert await state(gateway, client_id) == "submitted"


async def test_saving_a_draft_again_hides_no_author(gateway: Gateway) -> None:
    """RC-10, AD-05: the page offers no approval, and a form sent by hand gets none."""
    registrar = await officer(gateway, "registrar")
    client_id = await a_service(gateway, f"account:{registrar.account}", submitted=False)
    async with gateway.runtime.entry() as entry:
        saved = await onboarding.find(entry, client_id, 2)
        assert saved
        await onboarding.draft(entry, saved.document, author="owner", rules=rules(gateway.runtime))
        await onboarding.submit(entry, client_id, 3, by="owner")
    browser = Browser(gateway, registrar.cookie)
    page = await browser.follow(f"/admin/services/{client_id}/versions/3")
    answer = await post(
        browser, f"/admin/services/{client_id}/versions/3/decision", FORMS["approve"]
    )

    assert 'value="approve"' not in page.text
    assert "somebody else has to approve it" in page.text
    assert "somebody else has to approve it" in verdicts.page(answer, 422)
    assert await state(gateway, client_id, 3) == "submitted"


async def test_an_agency_with_services_keeps_its_name(gateway: Gateway) -> None:
    """CO-13: the page asks for no other, says why, and takes none sent by hand."""
    registrar = await officer(gateway, "registrar")
    browser = Browser(gateway, registrar.cookie)
    page = await browser.follow("/admin/agencies/southtown")
    renamed = await post(browser, "/admin/agencies/southtown", {"name.en": "Northtown"})
    other = await post(browser, "/admin/agencies/southtown", {"name.en": "Tax Office"})
    taken = await post(
        browser, "/admin/new-agency", {"id": "easttown", "name.en": "NORTHTOWN", "contact": ""}
    )

    assert 'name="name.en"' not in page.text
    assert "Citizens know the agency" in page.text
    for answer in (renamed, other):
        assert "Citizens know the agency" in verdicts.page(answer, 422)
    assert "Another agency has this name" in verdicts.page(taken, 422)


async def test_of_two_approvals_at_once_one_counts(gateway: Gateway) -> None:
    """RC-10: two reviewers, two processes."""
    client_id = await a_service(gateway)
    path = ACTS["approve"].format(it=client_id)
    sent = []
    for _ in range(2):
        browser = Browser(gateway, (await officer(gateway, "registrar")).cookie)
        form = await token(browser) | FORMS["approve"]
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        sent.append((form, {"cookie": cookies}))

    answers = await asyncio.gather(
        *(
            gateway.post(path, form, headers=headers, node=n)
            for n, (form, headers) in enumerate(sent)
        )
    )

    assert sorted(one.status_code for one in answers) == [303, 409]
    told = await gateway.rows(
        "SELECT 1 FROM keys.journal WHERE kind = 'ServiceApproved' AND object = $1"
        " AND fields->>'version' = '2'",
        f"client:{client_id}",
    )
    assert len(told) == 1


async def test_of_two_who_register_one_passkey_one_has_it(gateway: Gateway) -> None:
    """RC-05: at once, over both processes."""
    device, sent = a_device(gateway), []
    for _ in range(2):
        someone = await gateway.citizen()
        browser = Browser(gateway, someone.cookie)
        page = await browser.follow("/account/security/passkeys")
        device.handle = b""
        made = device.create(options(page, "create"))
        sent.append((browser, page, made))
    posts = []
    for node, (browser, page, made) in enumerate(sent):
        path, form = browser.form(page, "passkey-button")
        form |= {"passkey": json.dumps(made), "passkey_error": ""}
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        posts.append(gateway.post(path, form, headers={"cookie": cookies}, node=node))

    answers = await asyncio.gather(*posts)

    assert sorted(one.status_code for one in answers) == [303, 409]
    sql = "SELECT 1 FROM idp.passkeys WHERE credential_id = $1"
    assert len(await gateway.rows(sql, device.credential_id)) == 1


FILLED = {
    "{interaction}": "i" * 43, "{hash}": "x", "{name}": "x", "{client}": "basic", "{version}": "1",
    "{agency}": "northtown", "{claim}": "address",
    "{invitation}": "i" * 43, "{passkey}": "0" * 36, "{session}": "0" * 36,
    "{cancel}": "c" * 43, "{link}": "l" * 43, "{problem}": "lost", "{stream}": "s" * 43,
    "{change}": "0" * 36, "{request}": "r" * 43,
    "{correction}": "0" * 36, "{export}": "0" * 36, "{rule}": "0" * 36,
}  # fmt: skip
PROTOCOL = {route.path for route in routes.PROTOCOL}
PAGES = sorted(
    route.path for route in routes.ROUTES if "POST" in route.methods and route.path not in PROTOCOL
)


def placed(path: str) -> str:
    for name, text in FILLED.items():
        path = path.replace(name, text)
    assert "{" not in path, path
    return path


@pytest.mark.parametrize("path", PAGES)
async def test_no_form_of_another_site_is_taken(gateway: Gateway, ana: Citizen, path: str) -> None:
    """SE-05: whatever takes a form, of citizens and of administrators, even with a right token."""
    registrar = await officer(gateway, *("registrar", "security", "operator"))
    browser = Browser(gateway, registrar.cookie)
    name, _, value = ana.cookie.partition("=")
    browser.cookies[name] = value
    right = await token(browser)
    abroad: tuple[dict[str, str], ...] = (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    )
    async with gateway.unchanged():
        for headers in abroad:
            form = right | {"reason": "evil", "answer": "approve", "step": "open"}
            answer = await browser.send("POST", placed(path), form, **headers)
            assert answer.status_code == 403, (headers, answer.status_code)
        without = await browser.send("POST", placed(path), {"reason": "evil"})

    assert without.status_code == 403


@pytest.mark.parametrize(
    "path", sorted(route.path for route in routes.PROTOCOL if "POST" in route.methods)
)
async def test_no_form_of_another_site_moves_the_protocol(
    gateway: Gateway, ana: Citizen, path: str
) -> None:
    """SE-05: these may be asked from anywhere; a cookie alone makes them do nothing."""
    browser = Browser(gateway, ana.cookie)
    form = {"answer": "yes", "grant_type": "authorization_code", "token": "x"}
    async with gateway.unchanged():
        for headers in ({"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}):
            answer = await browser.send("POST", placed(path), form, **headers)
            assert answer.status_code in (200, 303, 400, 401, 403, 415), (
                headers,
                answer.status_code,
            )

    assert (await browser.send("GET", "/account")).status_code == 200


async def test_the_cookie_of_administrators_is_strict(gateway: Gateway) -> None:
    """SE-07: set, rotated and taken back with the same attributes."""
    someone = await gateway.citizen()
    device = await added(gateway, someone)
    await at_work(gateway, someone, "auditor")
    browser = Browser(gateway)
    page = await browser.follow("/admin/login")
    await send(browser, page, device.get(options(page, "get")))
    await browser.send("POST", "/admin/logout", await token(browser))

    lines = [line for line in browser.lines if line.startswith("__Host-adm=")]
    assert len(lines) == 2
    for line in lines:
        told = {part.lower() for part in line.split("; ")[1:]}
        assert told >= {"path=/", "secure", "httponly", "samesite=strict"}, line
        assert not [one for one in told if one.startswith("domain")], line
        assert len(line) < 200, line
    assert "max-age=0" in lines[1].lower()
    assert not any(one.startswith("max-age") for one in lines[0].lower().split("; "))


ROLES = ("owner", "engineer", "privacy", "viewer")
OF_ANOTHER = {
    **{act: path.replace("northtown", "southtown") for act, path in ACTS.items()},
    "submit": "/admin/services/{it}/versions/2/submit",
    "resume": "/admin/services/{it}/resume",
    "edit": "/admin/services/{it}/edit",
    "events": "/admin/services/{it}/events",
}


async def acting_for(gateway: Gateway, agency: str, role: str) -> Citizen:
    """Somebody who acts for one agency and has no role of the gateway's own."""
    someone = await gateway.citizen()
    subject = office.subject_of(gateway.runtime, someone.account)
    async with gateway.runtime.entry() as entry:
        await agencies.add_member(entry, agency, subject, role=role, by="test")
    return await at_work(gateway, someone)


@pytest.mark.parametrize("role", ROLES)
async def test_ad_01_what_is_another_agency_s_is_not_there(gateway: Gateway, role: str) -> None:
    """And not forbidden either: nobody learns that it exists, whatever they send."""
    client_id = f"foreign-{next(NUMBERS)}"
    await gateway.service(services.document(client_id, "southtown"))
    someone = await acting_for(gateway, "northtown", role)
    browser = Browser(gateway, someone.cookie)
    form = await token(browser)
    async with gateway.unchanged():
        for act, path in OF_ANOTHER.items():
            sent = form | FORMS.get(act, {})
            for it in (client_id, "never-was"):
                answer = await browser.send("POST", path.format(it=it), sent)
                assert answer.status_code == 404, (act, it)


@pytest.mark.parametrize("act", [*ACTS, "edit", "events"])
async def test_ad_04_who_may_look_changes_nothing(gateway: Gateway, act: str) -> None:
    client_id = await a_service(gateway)
    someone = await acting_for(gateway, "northtown", "viewer")
    browser = Browser(gateway, someone.cookie)
    form = await token(browser)
    path = (OF_ANOTHER | ACTS)[act].format(it=client_id)
    async with gateway.unchanged():
        answer = await browser.send("POST", path, form | FORMS.get(act, {}))

    assert answer.status_code == 403
    assert (await browser.send("GET", f"/admin/services/{client_id}")).status_code == 200


@pytest.mark.parametrize("role", [*accounts.ROLES, ""])
async def test_ad_19_nobody_looks_for_a_citizen(gateway: Gateway, role: str) -> None:
    """No page finds people, by whatever part of what they told; the journal knows no such word."""
    someone = await gateway.citizen("basic")
    at_their_desk = await (
        officer(gateway, role) if role else acting_for(gateway, "northtown", "owner")
    )
    browser = Browser(gateway, at_their_desk.cookie)
    names = ("q", "search", "email", "name", "citizen", "account", "actor", "object", "kind")
    words = (someone.email, someone.email[:8], "Ana", "Number", "%", "%Number%", "_", "account:%")
    pages = [one.path for one in ADMIN if "GET" in one.methods and "{" not in one.path]
    for path in pages:
        for word in words:
            answer = await browser.send("GET", f"{path}?{urlencode(dict.fromkeys(names, word))}")

            assert answer.status_code < 500, (path, word)
            assert someone.email not in answer.text.replace(html.escape(word), ""), (path, word)
            assert str(someone.account) not in answer.text, (path, word)


async def test_ad_20_nobody_acts_as_a_citizen(gateway: Gateway) -> None:
    """There is no such session: not with every role, not by naming whom."""
    someone = await gateway.citizen("basic")
    boss = await officer(gateway, *accounts.ROLES)
    handle = boss.cookie.partition("=")[2]
    whom = {name: str(someone.account) for name in ("as", "sub", "account", "user", "on_behalf")}
    cookies = (boss.cookie, f"__Host-sid={handle}", f"{boss.cookie}; __Host-sid={someone.account}")

    for cookie in cookies:
        for path in ("/account", "/account/details", "/account/sharing", "/account/security"):
            answer = await gateway.get(f"{path}?{urlencode(whom)}", headers={"cookie": cookie})
            assert answer.headers["location"].startswith("/login"), (cookie, path)
        asked = services.asked(prompt="none", **whom)
        answer = await gateway.get("/authorize", params=asked, headers={"cookie": cookie})
        told = verdicts.sent_back(answer, services.CALLBACK, gateway.issuer)
        assert told["error"] == "login_required"


async def test_ad_14_a_password_opens_no_administration(gateway: Gateway) -> None:
    """Nor does a citizen's session, however they signed in; there is nowhere to type one."""
    someone = await gateway.citizen()
    await gateway.set_password(someone.account, "a quiet harbour at dawn")
    async with gateway.runtime.entry() as entry:
        await accounts.grant_role(entry, someone.account, "auditor", by="test")
    browser = Browser(gateway)
    page = await browser.follow("/admin/login")
    path, form = browser.form(page, "passkey-button")
    typed = {"username": someone.email, "password": "a quiet harbour at dawn"}

    refused = await browser.send("POST", path, form | typed)
    looked = await gateway.get("/admin", headers=someone.headers)

    assert 'type="password"' not in page.text
    assert refused.status_code == 422
    assert "__Host-adm" not in browser.cookies
    assert looked.headers["location"] == "/admin/login"
