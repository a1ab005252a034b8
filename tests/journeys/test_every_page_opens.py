"""Every page in every state, looked at in light and dark, narrow and wide, English and Arabic.

The list of pages is the table of addresses itself: a page that nobody walks to fails, unless
:data:`NOT_LOOKED_AT` says why. Each walk is held to the routes that it promises.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from gateway.runtime import now
from idp import attempts
from relying_parties.samples.sdk.names import wire_name
from tests.journeys.conftest import give_authenticator
from tests.support import devices, looking, offices
from tests.support.administration import invited
from tests.support.demo import Demo
from tests.support.hotline import IN_DETAIL, Hotline
from tests.support.looking import Looker
from tests.support.walking import (
    all_mailed,
    asking,
    mailed,
    questioned,
    reported,
    stay,
    used_beforehand,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CODE = r"^\s+(\d{8})\s*$"
CALLBACK = "https://looks.example.test/callback"
PASSWORD = "seven brown horses by the sea"
# Who walks in which language: people whom no other journey needs.
CITIZEN = {"en": "伟", "ar": "يوسف"}
OTHER = {"en": "Suharto", "ar": "Noor"}
ASKED = {"en": "Fatou", "ar": "Oskar"}
AGREEING = {"en": "Fatou", "ar": "Oskar"}
LOCKED_OUT = {"en": "Grace", "ar": "Ben"}
WAITING = {"en": "Ελένη", "ar": "Inês"}
QUESTIONED = {"en": "Chlo", "ar": "Sam"}
COLLEAGUE = {"en": "Amina", "ar": "Piotr"}
LEAVING = {"en": "Chloé", "ar": "Inês"}

NOT_LOOKED_AT = {
    "/static/{hash}/{name}": "sheets and scripts; every page loads them",
    "/logos/{client}/{digest}": "pictures; the pages of services that have one show them",
    "/account/sharing/{client}/receipt/{version}": "a file to keep, no page",
    "/account/sharing/{client}/receipt/{version}/json": "a file to keep, no page",
    "/account/ledger/download": "a file to keep, no page",
}


@dataclass(frozen=True)
class Walk:
    """Steps through the product, and the pages on the way."""

    steps: Callable[[Looker, Demo], None]
    routes: frozenset[str]


def of_anybody(at: Looker, demo: Demo) -> None:
    """The front, and every way in before anybody is signed in."""
    for path in (
        "/", "/?q=a", "/?q=doctor", "/?q=nothing-like-it", "/life/being-ill", "/life/someone-died",
        "/services/looks-all", "/services/looks-law",
        "/how-it-works", "/privacy", "/accessibility", "/help", "/login", "/login/recover",
        "/login/help", "/login/help/offered", "/login/help/code", "/login/help/stolen",
        "/create", "/create/confirmed", "/logout", "/logout/done", "/admin/login",
    ):  # fmt: skip
        at.open(path)
    at.open("/services")
    at.open("/services?detail=email")
    at.open("/services/nothing", 404)
    at.open("/life/nothing", 404)
    at.open("/nothing", 404)
    at.open(asking(demo, "nothing", CALLBACK), 400)
    at.open("/logout?id_token_hint=x", 400)
    at.open("/consent/nothing", 400)
    at.open("/login/recover/new", 410)
    at.open("/create/link/nothing", 410)
    at.page.goto(f"{demo.issuer}/create")
    at.page.locator("#username").fill(f"again-{at.lang}@example.test")
    at.go("#create-submit")
    at.page.locator("summary").click()
    at.press("#resend")
    for path, button in (
        ("/login", "#login-submit"), ("/create", "#create-submit"),
        ("/login/recover", "#recover-submit"), ("/login/help", "main button"),
    ):  # fmt: skip
        at.page.goto(f"{demo.issuer}{path}")
        at.press(button, 422)
    for path in ("/login", "/admin/login"):
        at.page.goto(f"{demo.issuer}{path}")
        at.send("#passkey-form", 422)
    at.page.goto(f"{demo.issuer}/login")
    at.page.evaluate("document.querySelector('[name=csrf]').value = 'foreign'")
    at.press("#login-submit", 403)


DECISION = {
    "type": "proactive-decision",
    "action": {"en": "We paint your door", "fr": "Nous peignons votre porte"},
    "data": ["name", "address"],
    "effect": "You need not paint it",
    "deadline": "2099-12-31",
    "legal_basis": "Looks Act 3",
    "reference": "LOOKS-1",
}


def _everything(demo: Demo, **over: str) -> str:
    names = ("birthdate", "name", "address", "phone_number", "email", "nickname")
    over |= {"claims": _claims(demo, *names), "authorization_details": json.dumps([DECISION])}
    return asking(demo, "looks-all", CALLBACK, **over)


def _claims(demo: Demo, *names: str) -> str:
    return json.dumps({"userinfo": {wire_name(demo.issuer, name): None for name in names}})


def of_somebody_new(at: Looker, demo: Demo) -> None:
    """Creating an account, by code and by link, on the way to a service."""
    page, email = at.page, f"looks-{at.lang}@example.test"
    at.open(_everything(demo))
    at.press("main a[href^='/create']")
    page.locator("#username").fill(email)
    at.press("#create-submit")
    asked_for = page.url
    at.press("#code-submit", 422)
    at.open(mailed(demo, email, r"^(http\S+/create/link/\S+)"))
    at.press("#link-confirm")
    at.open(asked_for)
    at.press("#name-submit", 422)
    page.locator("#given_name").fill("Robin")
    at.press("#name-submit")
    at.send("#passkey-form", 422)
    at.press("#use-password")
    page.locator("#password").fill("short")
    at.press("#password-submit", 422)
    page.locator("#password").fill(PASSWORD)
    at.press("#password-submit")
    for path in ("/account", "/account/details", "/account/sharing", "/account/security",
                 "/account/ledger"):  # fmt: skip
        at.open(path)  # with nothing in them
    at.open("/account/sharing/looks-all", 404)


def of_a_citizen(at: Looker, demo: Demo) -> None:
    """Signing in on the way to a service, agreeing, and all that can be done with it after."""
    page, me = at.page, demo.person(CITIZEN[at.lang])
    page.goto(_everything(demo))
    page.locator("#username").fill(me["email"])
    at.press("#login-submit")
    at.press("#login-submit", 422)
    page.locator("#password").fill("wrong")
    at.press("#login-submit", 422)
    page.locator("#password").fill(me["password"])
    at.press("#login-submit")
    at.press("#offer-skip")
    way = page.url.rpartition("/")[2]
    at.open(f"/account/verify?i={way}")
    at.open(f"/login/confirm?i={way}")
    at.open(f"/login?i={way}&switch=yes")
    page.goto(f"{demo.issuer}/consent/{way}")
    at.send("form[data-settle]", 422)
    page.goto(_everything(demo, response_mode="form_post"))
    page.locator("#share-email").check()
    page.wait_for_function("() => performance.now() > 1500")
    at.press("#consent-allow")
    at.open(f"/consent/{page.url.rpartition('/')[2]}", 410)
    at.open(_everything(demo, response_mode="form_post"))
    _shared(at, demo)
    _account(at, demo)


def _shared(at: Looker, demo: Demo) -> None:
    page, mine = at.page, "/account/sharing/looks-all"
    for path in ("/", "/account/sharing", "/account/sharing?by=detail", mine):
        at.open(path)
    _almost_over(at, demo)
    page.locator("#share-email").uncheck()
    at.press("#save")
    at.open(mine)
    at.press("#undo")
    at.open(f"{mine}/stop")
    at.press("#stop")
    page.goto(f"{demo.issuer}{mine}")
    _elsewhere(at, mine, "#undo")
    at.press("#undo", 409)
    at.open(f"{mine}/receipt/99", 404)
    at.open(f"{mine}/receipt/2/read")
    _ended(at, demo)
    page.goto(asking(demo, "looks-law", CALLBACK, response_mode="form_post"))
    at.look()
    page.wait_for_function("() => performance.now() > 1500")
    at.press("#consent-allow")
    at.open("/account/sharing/looks-law")


def _almost_over(at: Looker, demo: Demo) -> None:
    demo.change(
        "UPDATE relying_parties.consents SET expires_at = now() + interval '5 days'"
        " WHERE client_id = 'looks-all' AND state = 'active'"
    )
    for path in ("/", "/account", "/account/sharing", "/account/sharing/looks-all"):
        at.open(path)
    at.press("#longer", 422)
    at.press("#let-end")
    at.page.locator("#days").check()
    at.press("#longer")


def _elsewhere(at: Looker, path: str, button: str) -> None:
    """Do it in another tab, which knows nothing of this one."""
    other = at.page.context.new_page()
    other.goto(f"{at.issuer}{path}")
    with other.expect_navigation():
        other.locator(button).click()
    other.close()


def _ended(at: Looker, demo: Demo) -> None:
    page, mine = at.page, "/account/sharing/parking-permits"
    page.goto(f"{demo.service('parking-permits')['url']}/sign-in")
    page.wait_for_function("() => performance.now() > 1500")
    at.go("#consent-allow")
    page.goto(f"{demo.issuer}{mine}")
    _elsewhere(at, f"{mine}/stop", "#stop")
    at.press("#save", 409)
    at.open(mine)
    at.open("/account/sharing")
    at.open("/account/ledger?service=parking-permits")
    at.press("ol.line a")
    at.open("/account/ledger?until=2000-01-01")
    at.open("/account/ledger/0", 404)


def _account(at: Looker, demo: Demo) -> None:
    page = at.page
    for path in (
        "/account", "/account/details", "/account/security", "/account/security/passkeys",
        "/account/security/password", "/account/sessions", "/account/sessions?done=one",
        "/account/activity", "/account/verify", "/login/confirm?next=security", "/logout",
        "/account/changes",
    ):  # fmt: skip
        at.open(path)
    for done in ("removed", "renamed", "stopped"):
        at.open(f"/account/security?done={done}")
    at.open("/account/security/passkeys/nothing", 404)
    _details(at, demo)
    page.goto(f"{demo.issuer}/account/verify")
    at.press("#verify-submit", 422)
    page.goto(f"{demo.issuer}/login/confirm")
    at.press("#login-submit", 422)
    page.goto(f"{demo.issuer}/account/security/passkeys")
    at.send("#passkey-form", 422)
    page.goto(f"{demo.issuer}/account/security/password")
    page.locator("#password").fill("short")
    at.press("#password-submit", 422)
    page.locator("#password").fill(PASSWORD)
    at.press("#password-submit")
    _passkey(at, demo)
    page.goto(f"{demo.issuer}/logout")
    at.press("#logout-confirm")


def _details(at: Looker, demo: Demo) -> None:
    page, details = at.page, "/account/details"
    for claim in (
        "address", "phone_number", "contact_preference", "accessibility_needs", "salutation",
        "children",
    ):  # fmt: skip
        at.open(f"{details}/{claim}")
    at.open(f"{details}/nothing", 404)
    page.goto(f"{demo.issuer}{details}/phone_number")
    page.locator("#phone_number").fill("1")
    at.press("#detail-save", 422)
    page.goto(f"{demo.issuer}{details}/children")
    page.locator("#given_name").fill("Leo")
    at.press("#detail-save", 422)
    page.locator("#birthdate").fill("2026-05-03")
    at.press("#detail-save")
    at.open(f"{details}/children")
    page.goto(f"{demo.issuer}{details}/mailing_address")
    page.locator("#street_address").fill("9 Harbour Rise")
    page.locator("#since").fill("2031-01-01")
    at.press("#detail-save", 422)
    page.locator("#since").fill(_soon())
    at.press("#detail-save")
    at.press("#drop-mailing_address")
    page.goto(f"{demo.issuer}{details}/salutation")
    page.locator("#salutation").fill("Captain")
    page.evaluate("document.querySelector('[name=seen]').value = '99'")
    at.press("#detail-save", 409)
    page.locator("#salutation").fill("Captain")
    at.press("#detail-save")
    at.press("[id^=dispute-]")
    at.press("#dispute")
    at.press("[id^=dispute-]")


def _soon() -> str:
    return (now().date() + timedelta(days=20)).isoformat()


def _passkey(at: Looker, demo: Demo) -> None:
    page = at.page
    give_authenticator(page)
    page.goto(f"{demo.issuer}/account/security/passkeys")
    at.press("#passkey-button")
    at.press(".card a")
    page.locator("#name").fill(" ")
    at.press("#rename", 422)
    at.open("/login/confirm?next=security")
    at.open(asking(demo, "looks-careful", CALLBACK, claims=_claims(demo, "tax_identifier")))
    at.press("#passkey-button")


def of_two_people(at: Looker, demo: Demo) -> None:
    """Somebody else signs in while a share page is open; and somebody tries too often."""
    page, other = at.page, demo.person(OTHER[at.lang])
    page.goto(f"{demo.issuer}/login")
    page.locator("#username").fill(f"nobody-{at.lang}@example.test")
    at.go("#login-submit")
    for status in (422, 422, 422, 422, 422, 429):
        page.locator("#password").fill("wrong")
        assert at.go("#login-submit") == status
    at.look(429)
    _in_a_storm(at, demo, other)
    page.goto(_everything(demo))
    page.evaluate("document.querySelector('[name=as]').value = 'somebody-else'")
    page.wait_for_function("() => performance.now() > 1500")
    at.press("#consent-allow", 409)
    at.open(asking(demo, "looks-strong", CALLBACK))
    at.open(asking(demo, "looks-law", CALLBACK, prompt="select_account"))
    page.evaluate("for (const it of document.querySelectorAll('[name=i]')) it.value = ''")
    at.press("#cancel", 400)


def _in_a_storm(at: Looker, demo: Demo, person: Mapping[str, str]) -> None:
    """Sign in on a new device while many wrong passwords are tried."""
    page, bucket = at.page, attempts._bucket("login-all", ())
    demo.change(
        "INSERT INTO idp.attempts (bucket, count, window_ends_at)"
        " VALUES ($1, $2, now() + interval '4 minutes')"
        " ON CONFLICT (bucket) DO UPDATE SET count = excluded.count",
        bucket,
        attempts.RULES["login-all"].most,
    )
    try:
        _sign_in(at, demo, person)
        at.look()
        at.press("#code-submit", 422)
        page.locator("#code").fill(mailed(demo, person["email"], CODE))
        at.press("#code-submit")
    finally:
        demo.change("DELETE FROM idp.attempts WHERE bucket = $1", bucket)


def of_somebody_asked(at: Looker, demo: Demo) -> None:
    """A service asks from behind: nothing, a yes, a no, and none in time."""
    page, person = at.page, demo.person(ASKED[at.lang])
    hotline = Hotline(demo, demo.home, f"looks-behind-{at.lang}")
    _sign_in(at, demo, person)
    at.open("/account/inbox")
    hotline.ask(person["email"], "Booking 4711")
    at.open("/account")
    at.open("/account/inbox")
    at.press(".card a")
    at.send("#request", 422)
    page.wait_for_function("() => performance.now() > 1500")
    at.press("#request-approve")
    at.open("/account/inbox/nothing", 404)
    hotline.ask(person["email"], "Booking 4712")
    demo.change("UPDATE idp.sessions SET auth_time = auth_time - interval '301 seconds'")
    page.goto(f"{demo.issuer}/account/inbox")
    at.press(".card a")
    at.press("#request-decline")
    hotline.ask(person["email"], "Booking 4713")
    page.goto(f"{demo.issuer}/account/inbox")
    demo.change(
        "UPDATE relying_parties.backchannel_requests SET expires_at = now() WHERE state = 'pending'"
    )
    at.press(".card a")
    at.open("/account/inbox")


def of_somebody_who_agrees_beforehand(at: Looker, demo: Demo) -> None:
    """An office asks before it acts: a question, a yes, a yes beforehand, and its end."""
    page, person = at.page, demo.person(AGREEING[at.lang])
    office = Hotline(demo, demo.home, f"looks-office-{at.lang}", **IN_DETAIL)
    asks = {"authorization_details": [offices.refund()], "requested_expiry": 3600}
    _sign_in(at, demo, person)
    at.open("/account/standing")
    office.ask(person["email"], "Your tax of 2025", **asks)
    page.goto(f"{demo.issuer}/account/inbox")
    at.press(".card a")
    page.locator("details:has(#words)").evaluate("(fold) => { fold.open = true; }")
    page.locator("#words").fill("<")
    at.press("#inquiry-send", 422)
    page.locator("#words").fill("42?")
    at.press("#inquiry-send")
    _later(at)
    page.wait_for_function("() => performance.now() > 1500")
    at.press("#request-approve")
    at.press('a[href^="/account/standing/for/"]')
    at.press("#standing-give", 422)
    page.locator("#until").check()
    at.press("#standing-give")
    office.ask(person["email"], "Your tax of 2026", **asks)
    used_beforehand(page, demo)
    at.open("/account/standing")
    at.press("#end-1")
    at.open("/account/notices")
    at.press("#notices-save")


def _later(at: Looker) -> None:
    """Put a request aside: at no moment, at one, and after all not."""
    page, here = at.page, at.page.url
    page.locator("details:has(#later)").evaluate("(fold) => { fold.open = true; }")
    at.press("#later-put", 422)
    page.locator("#moment").fill(f"{now() + timedelta(minutes=30):%Y-%m-%dT%H:%M}")
    page.locator("[name=later][value=own]").check()
    at.press("#later-put")
    at.open(here)
    at.press("#not-later")


def of_somebody_waiting(at: Looker, demo: Demo) -> None:
    """A request at an office: none yet, one, what the office says of it; and no such request."""
    page, parking = at.page, demo.service("parking-permits")["url"]
    state = {"en": "Received", "ar": "تم الاستلام"}[at.lang]
    _sign_in(at, demo, demo.person(WAITING[at.lang]))
    at.open("/account/requests")
    page.goto(f"{parking}/sign-in")
    page.wait_for_function("() => performance.now() > 1500")
    at.go("#consent-allow")
    page.get_by_role("button", name="Apply").click()
    reported(page, demo, state)
    at.open("/account")
    at.open("/account/requests?show=closed")
    at.open("/account/requests")
    at.press(".card a")
    at.open("/account/requests/nothing", 404)


def of_somebody_questioned(at: Looker, demo: Demo) -> None:
    """An office says that a detail is wrong: none yet, one, a slip, the answer; and no such one."""
    page = at.page
    _sign_in(at, demo, demo.person(QUESTIONED[at.lang]))
    at.open("/account/corrections")
    questioned(page, demo, "Alex")
    at.open("/account")
    at.open("/account/details")
    at.open("/account/corrections")
    at.press(".card a")
    at.press("#correction-answer", 422)
    page.locator("[value=dispute]").check()
    page.locator("#words").fill("It is right as it is.")
    at.press("#correction-answer")
    at.open("/account/corrections")
    at.open("/account/corrections/nothing", 404)


def of_somebody_locked_out(at: Looker, demo: Demo) -> None:
    """Getting back in: after a day, not at all, or at once."""
    page, careful = at.page, demo.person(LOCKED_OUT[at.lang])
    _asks_for_a_code(at, demo, careful["email"])
    at.press("#code-submit")
    at.open(mailed(demo, careful["email"], r"^(http\S+/login/recover/stop/\S+)"))
    _sign_in(at, demo, careful)
    at.open("/account/security")
    at.press("#recovery-stop")
    page.context.clear_cookies(name="__Host-sid")
    _asks_for_a_code(at, demo, demo.person("Jo")["email"])
    at.press("#code-submit")
    page.locator("#password").fill("short")
    at.press("#password-submit", 422)


def of_somebody_who_leaves(at: Looker, demo: Demo) -> None:
    """Deleting an account: what it means, second thoughts, and what the mailed link says."""
    page, person = at.page, demo.person(LEAVING[at.lang])
    page.goto(f"{demo.service('parking-permits')['url']}/sign-in")
    _log_in(at, person)
    at.go("#offer-skip")
    page.wait_for_function("() => performance.now() > 1500")
    at.go("#consent-allow")
    page.goto(f"{demo.issuer}/account")
    at.open("/account/data")
    _file(at, demo)
    at.open("/account/data/delete")
    at.press("#delete", 422)
    page.locator("#understood").check()
    at.press("#delete")
    at.open("/account")
    at.open("/login/leaving/nothing", 404)
    link = mailed(demo, person["email"], r"^(http\S+/login/leaving/\S+)")
    at.open(link)
    page.context.clear_cookies(name="__Host-sid")
    page.goto(f"{demo.issuer}/login")
    _log_in(at, person)
    at.look()
    at.press("#keep")
    at.open(link)
    for stage in ("closed", "gone"):
        demo.change("UPDATE idp.erasures SET due_at = 'infinity', stage = $1", stage)
        at.open(link)


def _file(at: Looker, demo: Demo) -> None:
    """The file of everything: offered, being made, ready, fetched, failed."""
    at.open("/account/data/export")
    at.go("#make")
    for state in ("queued", "failed", "taken", "ready"):
        # Far enough off that the worker leaves it as it is.
        demo.change(
            "UPDATE idp.exports SET due_at = now() + interval '1 hour', state = $1, done = 3,"
            " size = 34567",
            state,
        )
        at.open("/account/data/export")
    demo.change("UPDATE idp.exports SET id = gen_random_uuid()")
    at.press("#fetch", 410)


def _log_in(at: Looker, person: Mapping[str, str]) -> None:
    """Sign in on the page that asks for the address."""
    at.page.locator("#username").fill(person["email"])
    at.go("#login-submit")
    at.page.locator("#password").fill(person["password"])
    at.go("#login-submit")


def _asks_for_a_code(at: Looker, demo: Demo, email: str) -> None:
    page, before = at.page, all_mailed(demo, email, CODE)
    page.goto(f"{demo.issuer}/login/recover")
    page.locator("#username").fill(email)
    at.press("#recover-submit")
    at.press("#code-submit", 422)
    page.locator("#code").fill(mailed(demo, email, CODE, but=before))


def _sign_in(at: Looker, demo: Demo, person: Mapping[str, str]) -> None:
    page = at.page
    page.goto(f"{demo.issuer}/login?switch=yes")
    page.locator("#username").fill(person["email"])
    at.go("#login-submit")
    page.locator("#password").fill(person["password"])
    at.go("#login-submit")


def of_a_device(at: Looker, demo: Demo) -> None:
    """A code that a screen shows: wrong, right, not begun here, let in, used."""
    page, me = at.page, demo.person(OTHER[at.lang])
    at.open("/device")
    at.press("#device-submit", 422)
    page.locator("#user_code").fill("BCDF-GHJK")
    at.press("#device-submit", 422)
    screen = devices.asks(demo.issuer, "looks-device")
    at.open(screen["verification_uri_complete"])
    at.press("#device-submit")
    at.press("#device-no")
    page.goto(f"{demo.issuer}/device")
    page.locator("#user_code").fill(screen["user_code"])
    at.press("#device-submit", 422)
    far = devices.asks(demo.issuer, "looks-device")
    demo.change("UPDATE relying_parties.device_codes SET network = '', device = 'Firefox · Linux'")
    _sign_in(at, demo, me)
    page.goto(far["verification_uri_complete"])
    at.press("#device-submit")
    page.goto(page.url.replace("/device/", "/authorize/"))
    at.press("#device-yes")
    page.wait_for_function("() => performance.now() > 1500")
    at.press("#consent-allow")
    at.open(page.url.removesuffix("/done"), 410)
    page.goto(f"{demo.issuer}/device")
    for status in (422, 422, 422, 429):
        page.locator("#user_code").fill("BCDF-GHJK")
        assert at.go("#device-submit") == status
    at.look(429)


def of_the_staff(at: Looker, demo: Demo) -> None:
    """The administration, with a service at every stage of its life."""
    page, draft = at.page, f"draft-{at.lang}"
    give_authenticator(page)
    at.open("/admin/invite/nothing", 410)
    at.open(invited(demo, f"office-{at.lang}@example.test", "operator"))
    at.press("#invitation-open")
    at.send("#passkey-form", 422)
    at.press("#passkey-button")
    for path in (
        "/admin/services", "/admin/services?q=nothing-like-it", "/admin/services/looks-all",
        "/admin/services/looks-all/edit", "/admin/agencies", "/admin/agencies/looks",
        "/admin/audit", "/admin/audit?kind=Nothing",
    ):  # fmt: skip
        at.open(path)
    at.open("/admin/audit?since=yesterday", 422)
    at.open("/admin/services/nothing", 404)
    at.open("/admin/new-agency")
    at.press("#agency-submit", 422)
    page.goto(f"{demo.issuer}/admin/agencies/looks")
    at.press("#invite-submit", 422)
    page.locator("#email").fill(f"engineer-{at.lang}@looks.example.test")
    at.press("#invite-submit")
    page.goto(f"{demo.issuer}/admin/services/looks-all")
    demo.change("UPDATE idp.sessions SET auth_time = auth_time - interval '301 seconds'")
    at.press("#secret-submit")
    at.send("#passkey-form", 422)
    at.press("#passkey-button")
    page.goto(f"{demo.issuer}/admin/services/looks-strong")
    at.press("#suspend-submit", 422)
    page.locator("#reason").fill("It is looked at")
    at.press("#suspend-submit")
    at.open(asking(demo, "looks-strong", CALLBACK), 400)
    page.goto(f"{demo.issuer}/admin/services/looks-strong")
    at.go("#resume-submit")
    _a_draft(at, demo, draft)
    _a_colleague(at, demo, demo.person(COLLEAGUE[at.lang]))


def _a_colleague(at: Looker, demo: Demo, person: Mapping[str, str]) -> None:
    """Somebody who has an account already: with a password, then with a passkey."""
    page = at.page
    at.open(invited(demo, person["email"], "operator"))
    at.press("#invitation-open")
    at.press("#login-submit", 422)
    page.locator("#password").fill(person["password"])
    at.press("#login-submit")
    at.press("#passkey-button")
    at.open(invited(demo, person["email"], "operator"))
    at.press("#invitation-open")


def _a_draft(at: Looker, demo: Demo, name: str) -> None:
    page = at.page
    at.open("/admin/new-service")
    at.press("#draft-submit", 422)
    page.locator('[id="metadata.agency"]').select_option("looks")
    for member, text in {
        "metadata.id": name,
        "spec.name.en": "A draft",
        "spec.redirectUris": CALLBACK,
        "spec.auth.jwksUri": "https://looks.example.test/jwks",
        "spec.purposes.0.name.en": "To be judged",
        "spec.purposes.0.id": "judged",
        "spec.purposes.0.claims.0.why.en": "To be looked at",
    }.items():
        page.locator(f'[id="{member}"]').fill(text)
    page.locator('[id="spec.purposes.0.claims.0.claim"]').select_option("given_name")
    at.press("#draft-submit")
    at.open("/admin")
    page.goto(f"{demo.issuer}/admin/services/{name}/versions/1")
    at.press("#review-ask")
    at.open("/admin")
    page.goto(f"{demo.issuer}/admin/services/{name}/versions/1")
    at.press("#refuse", 422)
    page.locator("#reason").fill("Nobody needs it")
    at.press("#refuse")
    at.open(f"/admin/services/{name}/versions/1")
    at.open(f"/admin/services/{name}")


WALKS = {
    "anybody": Walk(of_anybody, frozenset({
        "/", "/life/{event}", "/services", "/services/{client}", "/how-it-works", "/privacy",
        "/accessibility", "/help", "/login", "/login/recover", "/login/help",
        "/login/help/{problem}", "/create",
        "/create/confirmed", "/create/link/{link}", "/create/code", "/logout", "/logout/done",
        "/admin/login", "/authorize", "/consent/{interaction}", "/login/recover/new",
    })),
    "somebody-new": Walk(of_somebody_new, frozenset({
        "/login", "/create", "/create/code", "/create/link/{link}", "/create/confirmed",
        "/create/name", "/create/passkey", "/create/password", "/create/done", "/account",
        "/account/details", "/account/sharing", "/account/security", "/account/sharing/{client}",
        "/account/ledger",
    })),
    "citizen": Walk(of_a_citizen, frozenset({
        "/", "/login", "/login/password", "/login/offer", "/login/confirm", "/account/verify",
        "/consent/{interaction}", "/authorize", "/authorize/{interaction}", "/account",
        "/account/details", "/account/details/{claim}",
        "/account/details/{claim}/dispute", "/account/sharing",
        "/account/sharing/{client}", "/account/sharing/{client}/stop", "/account/security",
        "/account/ledger", "/account/ledger/{line}",
        "/account/security/passkeys",
        "/account/security/passkeys/{passkey}", "/account/security/password",
        "/account/sessions", "/account/activity", "/account/changes", "/logout",
        "/account/sharing/{client}/receipt/{version}",
        "/account/sharing/{client}/receipt/{version}/read",
    })),
    "two-people": Walk(of_two_people, frozenset({
        "/login/confirm", "/login/choose", "/login/code", "/login/offer",
    })),
    "asked": Walk(of_somebody_asked, frozenset({
        "/account", "/account/inbox", "/account/inbox/{request}",
    })),
    "beforehand": Walk(of_somebody_who_agrees_beforehand, frozenset({
        "/account/inbox", "/account/inbox/{request}", "/account/standing",
        "/account/standing/for/{request}", "/account/notices",
    })),
    "waiting": Walk(of_somebody_waiting, frozenset({
        "/account", "/account/requests", "/account/requests/{request}",
    })),
    "questioned": Walk(of_somebody_questioned, frozenset({
        "/account", "/account/details", "/account/corrections",
        "/account/corrections/{correction}",
    })),
    "locked-out": Walk(of_somebody_locked_out, frozenset({
        "/login/recover/code", "/login/recover/new", "/login/recover/stop/{cancel}",
        "/account/security",
    })),
    "leaving": Walk(of_somebody_who_leaves, frozenset({
        "/account", "/account/data", "/account/data/delete", "/account/data/export",
        "/login/leaving/{link}", "/login/keep",
    })),
    "device": Walk(of_a_device, frozenset({
        "/device", "/device/{interaction}", "/device/{interaction}/done",
        "/consent/{interaction}",
    })),
    "staff": Walk(of_the_staff, frozenset({
        "/admin", "/admin/invite/{invitation}", "/admin/services", "/admin/new-service",
        "/admin/services/{client}", "/admin/services/{client}/edit", "/admin/agencies",
        "/admin/services/{client}/versions/{version}", "/admin/new-agency",
        "/admin/agencies/{agency}", "/admin/audit", "/authorize",
    })),
}  # fmt: skip


@pytest.fixture
def _services(demo: Demo) -> None:
    demo.command("apply", "-f", str(Path(looking.__file__).with_name("looks.yaml")))


@pytest.mark.usefixtures("_services")
@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("name", WALKS)
def test_every_page_can_be_used_by_everybody(
    context: BrowserContext, demo: Demo, name: str, lang: str
) -> None:
    """No page weighs more than the first packets, scrolls sideways or has what axe finds."""
    stay(context)
    at = Looker(context.new_page(), demo.issuer, lang)

    WALKS[name].steps(at, demo)

    assert at.seen == WALKS[name].routes


def test_no_page_is_left_out() -> None:
    walked = {route for walk in WALKS.values() for route in walk.routes}

    assert looking.page_routes() - walked == NOT_LOOKED_AT.keys() - walked
    assert NOT_LOOKED_AT.keys() <= looking.page_routes()
