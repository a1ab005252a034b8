"""Every page of signing in, as its templates make it, in each state a browser can be in.

The templates are rendered with sample words and opened in Chromium; what handlers put
into them is tested over HTTP elsewhere.
"""

import gzip
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from playwright.sync_api import Browser, sync_playwright

from gateway.web import static
from tests.support import looking
from tests.support.chromium import find

GATEWAY = Path(__file__).parents[3] / "gateway"
STATIC = GATEWAY / "static"
BUILT = tempfile.TemporaryDirectory(prefix="gatehouse-static-")
LANGUAGES = (("en", "English", "ltr"), ("fr", "Français", "ltr"), ("ar", "العربية", "rtl"))
PAGE_LIMIT, CSS_LIMIT, PASSKEY_LIMIT = 14 * 1024, 6 * 1024, 1280


class Words(dict[str, Any]):
    """A mapping that a template may read with a dot."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name, "")


def a_row(claim: str, label: str, value: str, **more: Any) -> Words:
    source = "Checked by Population Register on 3 May 2026"
    given = {"claim": claim, "label": label, "value": value, "source": source, "why": "To know"}
    return Words(given | more)


TO = Words(
    name="Parking Permits",
    agency="Northtown Council",
    privacy="https://parking.example/privacy",
    terms="https://parking.example/terms",
    other="Call 01632 960 001",
)
SHARE = Words(
    title="Share your details with Parking Permits",
    purposes=["To check that you live in the permit zone", "To write to you"],
    often="Only when you use the service",
    digest="d",
    allow="Share and continue",
    deny="Do not share",
    until="21 November 2027",
    law=[a_row("tax_identifier", "Tax number", "55667812", hidden="•••• 812", law="Tax Code §12")],
    needed=[a_row("address", "Home address", "14 Mill Lane\nNorthtown NT1 4QX", new=True)],
    optional=[
        a_row("phone_number", "Phone number", "+44 7700 904417"),
        a_row("nickname", "Preferred name", "You have not told us this", missing=True),
    ],
    known=[a_row("name", "Full name", "Amina Haddad")],
)
WHO = {"email": "amina@example.test", "who": "x"}
WRONG = "Email address or password is wrong"
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "sign-in": ("login/start.html", {"to": TO}),
    "sign-in-error": (
        "login/start.html",
        {"errors": Words(username="Enter your email address"), "values": Words(username="x")},
    ),
    "password": ("login/password.html", {**WHO, "errors": Words(password=WRONG), "to": TO}),
    "choose": (
        "login/choose.html",
        {"name": "Amina Haddad", "email": "a…@example.test", "how": "With a passkey", "to": TO},
    ),
    "confirm": (
        "login/confirm.html",
        {**WHO, "reason": "Why", "has_passkey": True, "has_password": True, "to": TO},
    ),
    "confirm-strong": ("login/confirm.html", {**WHO, "reason": "Why", "strong": True}),
    "passkey-failed": ("login/passkey_failed.html", {"reason": "You cancelled.", "back": "/login"}),
    "offer": ("login/offer.html", {"to": TO}),
    "help": ("login/help.html", {"errors": Words(problem="Select what the problem is")}),
    "advice": (
        "login/advice.html",
        {"title": "A code does not arrive", "sentences": ["Wait."], "action": "Go", "href": "/"},
    ),
    "address": ("create/start.html", {"to": TO}),
    "code": ("create/code.html", {**WHO, "until": "14:42", "action": "/create/code", "back": "/"}),
    "link": ("create/link.html", {"when": "3 May 2026, 14:42 UTC", "device": "Firefox · Linux"}),
    "link-done": ("create/link_done.html", {}),
    "link-stopped": ("create/link_done.html", {"stopped": True}),
    "name": ("create/name.html", {"errors": Words(given_name="Enter your given names")}),
    "new-passkey": ("create/passkey.html", {"stage": True, "other": "/x", "failed": "No."}),
    "new-password": ("create/password.html", {**WHO, "stage": True, "back": "/x"}),
    "created": ("create/done.html", {"title": "Account created", "lead": "Yes.", "to": TO}),
    "share": ("consent/share.html", {**WHO, "page": SHARE, "to": TO, "kept_by": "share"}),
    "verify": ("proofing/start.html", {"to": TO}),
    "error": (
        "error.html",
        {
            "title": "Request cannot be completed",
            "lead": "This page has expired.",
            "reference": "7K2M-Q4PX",
            "developer": {"error": "redirect_uri_mismatch"},
            "actions": [Words(text="Find a service", href="/")],
        },
    ),
    "at-work-again": ("admin/confirm.html", {"kept": [("reason", "a b")], "back": "/admin"}),
    "invited": ("admin/invitation.html", {"step": "open", "passkey": None}),
    "invited-make": ("admin/invitation.html", {**WHO, "step": "make"}),
    "invited-use": ("admin/invitation.html", {**WHO, "step": "use"}),
    "invited-password": (
        "admin/invitation.html",
        {**WHO, "step": "password", "passkey": None, "errors": Words(password=WRONG)},
    ),
    "sign-out": ("logout/confirm.html", {"to": TO}),
    "signed-out": (
        "logout/done.html",
        {"left": Words(told=[TO], unreached=[Words(name="Tax")], frames=[]), "go": "/x"},
    ),
}


def as_file(name: str) -> str:
    """Lay a static file down as it is served, and say where it lies."""
    file = Path(BUILT.name) / name
    file.write_bytes(static.ASSETS[name].plain)
    return file.as_uri()


def render(name: str, language: str = "en") -> str:
    template, given = PAGES[name]
    return draw(template, given, language)


def draw(template: str, given: dict[str, Any], language: str = "en") -> str:
    loader = jinja2.FileSystemLoader(GATEWAY / "templates")
    env = jinja2.Environment(loader=loader, autoescape=True, extensions=["jinja2.ext.i18n"])
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    frame: dict[str, Any] = {
        "lang": language,
        "dir": "rtl" if language == "ar" else "ltr",
        "asset": as_file,
        "csrf": "c" * 43,
        "operator": "Gatehouse",
        "languages": [
            Words(code=code, name=name, dir=way, href=f"?lang={code}", current=code == language)
            for code, name, way in LANGUAGES
        ],
        "i": "i" * 43,
        "tail": "?i=" + "i" * 43,
        "passkey": {"get": {"challenge": "c" * 43}},
        "values": Words(),
        "errors": Words(),
        "ticked": (),
        "duration": "until",
    }
    return env.get_template(template).render(**(frame | given))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_stands_in_anybodys_way(chromium: Browser, tmp_path: Path, language: str) -> None:
    page = chromium.new_page(reduced_motion="reduce")
    found = []

    for name in PAGES:
        file = tmp_path / f"{name}.html"
        file.write_text(render(name, language))
        page.goto(file.as_uri())
        page.evaluate("for (const it of document.querySelectorAll('[hidden]')) it.hidden = false")
        found += [(name, one) for one in looking.look_around(page)]
    page.close()

    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_into_the_first_packets(name: str) -> None:
    html = render(name)
    files = re.findall(r'(?:src|href)="file://([^"]+)"', html)

    weight = sum(len(gzip.compress(Path(file).read_bytes())) for file in files)

    # With the page itself and a service's logo, four requests.
    assert len(files) <= 2
    assert weight + len(gzip.compress(html.encode())) <= PAGE_LIMIT


def test_the_sheet_and_the_passkey_script_keep_their_budgets() -> None:
    assert len(gzip.compress((STATIC / "gatehouse.css").read_bytes())) <= CSS_LIMIT
    assert len(gzip.compress((STATIC / "passkey.js").read_bytes())) <= PASSKEY_LIMIT


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_nothing_that_stands_in_it(name: str) -> None:
    html = render(name)

    assert not re.search(r"\sstyle=|\son[a-z]+=", html)
    assert "<style" not in html
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL):
        assert 'type="application/json"' in attributes or not body


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_heading_and_its_title_says_it(name: str) -> None:
    html = render(name)
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    headings = re.findall(r"<h1>(.*?)</h1>", html, re.DOTALL)

    assert title
    assert len(headings) == 1
    heading = re.sub(r'<span class="step">.*?</span>', "", headings[0])
    assert heading in title.group(1)
    assert ("Error:" in title.group(1)) is bool(PAGES[name][1].get("errors"))


def test_the_sheet_knows_no_left_and_no_right() -> None:
    sheet = (STATIC / "gatehouse.css").read_text()

    assert not re.search(r"(margin|padding|border|inset)-(left|right)|[;{ ](left|right):", sheet)


def test_optional_details_are_never_ticked_beforehand() -> None:
    boxes = re.findall(r'<input type="checkbox"[^>]*>', render("share"))

    assert len(boxes) == 1, "only an optional detail that we hold has a switch"
    assert " checked" not in boxes[0]


@pytest.mark.parametrize(
    ("contact", "href"),
    [
        ("help@parking.example", "mailto:help@parking.example"),
        ("+44 1632 960 001", "tel:+441632960001"),
        ("https://parking.example/help", "https://parking.example/help"),
        ("The town hall, Monday to Friday", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_contact_can_be_pressed(contact: str, href: str | None) -> None:
    """UX: on a phone, an address and a number are a press away."""
    html = draw("portal/text.html", {"title": "Help", "contact": contact})
    found = re.search(r'<a href="([^"]+)"><bdi', html)

    assert (found[1] if found else None) == href


def test_the_overview_is_the_menu_and_the_other_pages_lead_back_to_it() -> None:
    """UX: on a small screen the menu beside a page is left out."""
    here = Words(id="details", href="/account/details", text="Your details", current=True)
    groups = [Words(name="About you", places=[here])]
    over = draw("account/overview.html", {"menu": groups, "facts": {}, "at_home": True})
    inner = draw("account/details.html", {"menu": groups, "verified": True})

    assert 'class="back up"' not in over
    assert 'class="side"' not in over
    assert '<h2 id="group-1">About you</h2>' in over
    assert '<a href="/account/details">Your details</a>' in over
    assert '<a class="back up" href="/account">Your account</a>' in inner
    assert 'class="two inner"' in inner


def test_the_menu_names_its_groups_and_marks_the_page() -> None:
    """WCAG 2.2, 1.3.1: what is seen as a group is one for whoever listens, too."""
    here = Words(id="inbox", href="/account/inbox", text="Inbox", current=True)
    there = Words(id="requests", href="/account/requests", text="Requests you made")
    html = draw("account/inbox.html", {"menu": [Words(name="Requests", places=[here, there])]})
    [menu] = re.findall(r'<nav class="side".*?</nav>', html, re.DOTALL)

    assert '<p id="menu-1">Requests</p><ul aria-labelledby="menu-1">' in menu
    assert menu.count("aria-current") == 1
    assert '<a href="/account/inbox" aria-current="page">Inbox</a>' in menu


def test_a_page_with_nothing_says_what_to_do_next() -> None:
    """UX: an empty page is a sentence and a next step."""
    for template, given in EMPTY.items():
        html = draw(template, {"menu": [], **given})
        [empty] = re.findall(r'<div class="empty">(.*?)</div>', html, re.DOTALL)

        assert re.search(r"<p>[A-Z][^<]+\.</p>", empty), template
        assert re.search(r'<a class="btn second" href="/[^"]*"><span>\w', empty), template


EMPTY: dict[str, dict[str, Any]] = {
    "account/activity.html": {},
    "account/changes.html": {},
    "account/corrections.html": {},
    "account/details.html": {},
    "account/inbox.html": {},
    "account/ledger.html": {"empty": True},
    "account/requests.html": {"empty": True},
    "account/sharing.html": {},
    "account/standing.html": {},
    "portal/life.html": {},
    "portal/register.html": {},
}
