"""SE-19: what anybody writes is shown as they wrote it, on every page that shows it."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import give_authenticator
from tests.support.administration import invited
from tests.support.demo import Demo
from tests.support.looking import watch
from tests.support.walking import asking, mailed_code, stay

pytestmark = pytest.mark.browser

# Each closes the quote, the element or the comment that it may stand in.
PROBE = "\"'><img src=x onerror=probed()><script>probed()</script>--><b>{{7*7}}</b>"
# Names of services may hold no angle brackets; whatever else means something, they may.
QUIET = "O'Hara \"onfocus='probed()' &lt;b&gt; {{7*7}} ${1}"
NOWHERE = "\"'><b>zyzzyva</b>{{7*7}}"  # no service has such a word
CALLBACK = "https://probe.example.test/callback"
SERVICE = "probe"


@pytest.fixture
def context(chromium: Browser) -> Any:
    """A browser whose own name is a probe, too."""
    context = chromium.new_context(locale="en-GB", user_agent=f"Firefox/1 {PROBE} Linux")
    context.set_default_timeout(15_000)
    violations = watch(context)
    context.add_init_script("window.probed = () => { throw new Error('ran') }")
    yield context
    context.close()
    assert not violations


def documents() -> str:
    said = {"en": QUIET}
    claims = [
        {"claim": "name", "why": said},
        {"claim": "email", "need": "optional", "why": said},
        {"claim": "locale", "basis": "law", "law": said, "why": said},
    ]
    agency = {"name": said, "contact": f"{QUIET[:8]}@probe.example.test"}
    service = {
        "name": said,
        "description": said,
        "otherWays": said,
        "profile": "oidc-basic",
        "redirectUris": [CALLBACK],
        "auth": {"method": "client_secret_basic"},
        "idTokenAlg": "ES256",
        "purposes": [{"id": "probe", "name": said, "claims": claims}],
    }
    kept = {"contact": "probe@probe.example.test"}
    return "\n---\n".join(
        json.dumps({"apiVersion": "gatehouse/v1", "kind": kind, "metadata": about, "spec": spec})
        for kind, about, spec in (
            ("Agency", {"id": SERVICE}, agency | kept),
            ("Service", {"id": SERVICE, "agency": SERVICE}, service),
        )
    )


def inert(page: Page, *texts: str) -> None:
    """The page says the texts letter by letter, and nothing of them became a part of it."""
    for text in texts:
        expect(page.locator("body")).to_contain_text(text)
    made = page.locator("main img, main script:not([type]), main b, [onfocus], [onerror]")
    expect(made).to_have_count(0)
    expect(page.get_by_text("49", exact=True)).to_have_count(0)


def test_what_citizens_and_agencies_write_is_text(
    context: BrowserContext, demo: Demo, tmp_path: Path
) -> None:
    (tmp_path / "probe.yaml").write_text(documents())
    demo.command("apply", "-f", str(tmp_path / "probe.yaml"))
    stay(context)
    page = context.new_page()
    give_authenticator(page)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))

    in_the_address_bar(page, demo)
    as_a_new_citizen(page, demo)
    with_a_service(page, demo)
    before_the_staff(page, demo)

    assert not failed


def in_the_address_bar(page: Page, demo: Demo) -> None:
    for path in ("/", f"/services/{SERVICE}"):
        page.goto(f"{demo.issuer}{path}")
        inert(page, QUIET)
    page.get_by_role("link", name="Gatehouse").click()
    page.locator("#q").fill(PROBE)
    page.locator("main button").first.click()
    inert(page, QUIET)  # a word of it is in the name
    expect(page.locator("#q")).to_have_value(PROBE)
    page.locator("#q").fill(NOWHERE)
    page.locator("main button").first.click()
    inert(page, NOWHERE)
    for path in ("/login", "/login/recover", "/create"):
        page.goto(f"{demo.issuer}{path}")
        page.locator("#username").fill(PROBE)
        page.locator("main form button").first.click()
        inert(page)
        expect(page.locator("#username")).to_have_value(PROBE)
    page.goto(asking(demo, PROBE, PROBE, state=PROBE, scope=PROBE, login_hint=f"{PROBE}@x"))
    inert(page)


def as_a_new_citizen(page: Page, demo: Demo) -> None:
    email = "probe@example.test"
    page.goto(asking(demo, SERVICE, CALLBACK, scope="openid profile email", state=PROBE,
                     response_mode="form_post"))  # fmt: skip
    inert(page, QUIET)
    page.get_by_role("link", name="Create an account").click()
    page.locator("#username").fill(email)
    page.locator("#create-submit").click()
    page.locator("#code").fill(mailed_code(demo, email))
    page.locator("#code-submit").click()
    page.locator("#given_name").fill(PROBE)
    page.locator("#family_name").fill(QUIET)
    page.locator("#name-submit").click()
    page.locator("#passkey-button").click()
    expect(page.locator("h1")).to_have_text("Account created")
    page.goto(f"{demo.issuer}/account/security")
    page.locator(".card a").first.click()
    page.locator("#name").fill(PROBE[:64])
    page.locator("#rename").click()
    inert(page, PROBE[:64])
    page.get_by_role("link", name=PROBE[:20]).click()
    inert(page, PROBE[:64])
    for path, said in (
        ("/account", PROBE), ("/account/details", PROBE), ("/account/sessions", "Firefox"),
        ("/account/activity", "Firefox"),
    ):  # fmt: skip
        page.goto(f"{demo.issuer}{path}")
        inert(page, said)


def with_a_service(page: Page, demo: Demo) -> None:
    page.goto(asking(demo, SERVICE, CALLBACK, scope="openid profile email", state=PROBE,
                     response_mode="form_post"))  # fmt: skip
    inert(page, QUIET, PROBE)
    page.wait_for_function("() => performance.now() > 1500")
    page.locator("#share-email").check()
    page.locator("#consent-allow").click()
    expect(page.locator("[name=state]")).to_have_value(PROBE)
    inert(page)
    for path in (
        "/", "/account/sharing", "/account/sharing?by=detail", f"/account/sharing/{SERVICE}",
        f"/account/sharing/{SERVICE}/stop",
    ):  # fmt: skip
        page.goto(f"{demo.issuer}{path}")
        inert(page, QUIET)
    page.goto(f"{demo.issuer}/logout?client_id={SERVICE}")
    inert(page, QUIET)


def before_the_staff(page: Page, demo: Demo) -> None:
    page.goto(invited(demo, "probes@example.test", "operator"))
    page.locator("#invitation-open").click()
    page.locator("#passkey-button").click()
    expect(page.locator("h1")).to_have_text("To do")
    page.goto(f"{demo.issuer}/admin/services/{SERVICE}")
    page.locator("#reason").fill(PROBE)
    page.locator("#suspend-submit").click()
    inert(page, QUIET)
    page.locator("#resume-submit").click()
    inert(page, QUIET)
    for path, said in (
        ("/admin/services", QUIET), (f"/admin/services/{SERVICE}/versions/1", QUIET),
        ("/admin/agencies", QUIET), (f"/admin/services/{SERVICE}/edit", QUIET),
        (f"/admin/agencies/{SERVICE}", QUIET), ("/admin/audit?kind=ServiceSuspended", PROBE),
    ):  # fmt: skip
        page.goto(f"{demo.issuer}{path}")
        inert(page, said)
    for name in ("kind", "actor", "object"):
        page.locator(f"#{name}").fill(PROBE)
    page.locator("#audit-submit").click()
    inert(page)
    expect(page.locator("#actor")).to_have_value(PROBE)
