"""Looking at pages as everybody has to be able to: light and dark, narrow and wide, and light.

Whoever walks through the product leads somewhere, and :class:`Looker` looks. It keeps the routes
that it has looked at, so that a walk can be held to its list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import BrowserContext, Page, Request

from gateway.routes import ROUTES
from gateway.web import static
from gateway.web.dispatch import Routes

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What the colours of a page decide; the rest of axe's rules were asked in the light already.
COLOURS = ["color-contrast", "link-in-text-block"]
WIDTHS = (320, 1280)
CITIZEN_LIMIT, STAFF_LIMIT = 14 * 1024, 40 * 1024  # bytes, packed
REQUESTS = 4

# Rules that axe leaves to people: rule → part of the element → why it is all right.
JUDGED: Mapping[tuple[str, str], str] = {
    ("color-contrast", '<span aria-hidden="true">✚</span>'): "the clinic's cross says nothing",
}

STATIC = Path(static.__file__).parents[1] / "static"

_ROUTES = Routes(ROUTES)
_ASK = """
async (rules) => {
  const told = await axe.run(
    document, {runOnly: rules, resultTypes: ["violations", "incomplete"], preload: false});
  const rows = (kind) => told[kind].flatMap((rule) => rule.nodes.map(
    (node) => [kind, rule.id, node.html.slice(0, 300), node.any.concat(node.all, node.none)
      .map((check) => check.message).join("; ")]));
  return [...rows("violations"), ...rows("incomplete")];
}
"""
_LISTEN = """
addEventListener("securitypolicyviolation", (event) => tellViolation(
  [location.href, event.violatedDirective, event.blockedURI, event.sample].join(" ")));
"""


def watch(context: BrowserContext) -> list[str]:
    """SE-19: collect what the pages' own policies forbid; a walk that violates one has failed."""
    told: list[str] = []
    context.expose_binding("tellViolation", lambda _, what: told.append(what))
    context.add_init_script(_LISTEN)
    return told


@dataclass
class Looker:
    """Somebody in front of one page.

    :ivar seen: the routes whose GET was looked at
    """

    page: Page
    issuer: str
    lang: str
    seen: set[str] = field(default_factory=set)
    _came: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Each page arrives as if it were the first one.
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.page.on("request", self._note)
        self.page.emulate_media(reduced_motion="reduce")
        # The language is the cookie's from here on.
        self.page.goto(f"{self.issuer}/help?lang={self.lang}")

    def open(self, path: str, status: int = 200) -> None:
        """Open an address and look at it."""
        address = path if path.startswith("http") else f"{self.issuer}{path}"
        self.page.goto(address)
        self.look(status)

    def go(self, selector: str) -> int:
        """Press a button or a link that leads to another page; return the status of that."""
        with self.page.expect_navigation() as came:
            self.page.locator(selector).first.click()
        assert came.value
        return came.value.status

    def press(self, selector: str, status: int = 200) -> None:
        """Press a button or a link that leads to another page, and look at that."""
        self.go(selector)
        self.look(status)

    def send(self, form: str, status: int = 200) -> None:
        """Send a form as it stands, past its scripts, and look at the answer."""
        with self.page.expect_navigation():
            self.page.locator(form).evaluate("(form) => form.submit()")
        self.look(status)

    def look(self, status: int = 200) -> None:
        """Look at the page that is open: its weight, then every way in which it may be seen."""
        self.page.wait_for_load_state()
        self._weigh(status)
        found = look_around(self.page)
        assert not found, f"{self.page.url} in {self.lang}\n" + "\n".join(found)

    def _weigh(self, status: int) -> None:
        document, *rest = self._came
        answer = document.response()
        assert answer
        told = f"{document.method} {document.url}: {answer.status}"
        assert answer.status == status, f"{told}\n{self.page.inner_text('main')}"
        assert self.page.locator("h1").count() == 1, self.page.url
        assert self.page.locator("html").get_attribute("lang") == self.lang, self.page.url
        foreign = [one.url for one in self._came if not one.url.startswith(self.issuer + "/")]
        assert not foreign, f"{document.url} asks others: {foreign}"
        path = urlsplit(document.url).path
        weight = sum(map(_packed, self._came))
        limit = STAFF_LIMIT if path.startswith("/admin") else CITIZEN_LIMIT
        assert weight <= limit, f"{document.url} weighs {weight} bytes"
        assert len(rest) < REQUESTS, [one.url for one in self._came]
        found = _ROUTES.find(path)
        if found and document.method == "GET":
            self.seen.add(found[0].path)

    def _note(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self._came = []
        if not request.url.startswith("data:"):
            self._came.append(request)


def _packed(request: Request) -> int:
    """Return the bytes of an answer as the server sends them, wherever the browser kept them."""
    answer = request.response()
    assert answer, request.url
    return int(answer.headers["content-length"])


def look_around(page: Page) -> list[str]:
    """Say what is wrong, narrow and wide, light and dark; nothing may be folded away."""
    page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true })")
    page.evaluate(axe())
    return [one for width in WIDTHS for one in _at(page, width)]


def _at(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    found = []
    for scheme, rules in (
        ("light", {"type": "tag", "values": TAGS}),
        ("dark", {"type": "rule", "values": COLOURS}),
    ):
        # On the way from light to dark a colour is neither.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        told = page.evaluate(_ASK, rules)
        found += [f"{width} {scheme}: {' | '.join(row)}" for row in told if not judged(row)]
    return found if fits(page) else [*found, f"{width}: scrolls sideways"]


def judged(row: list[str]) -> bool:
    """Whether axe only asks a person to look, and one has."""
    kind, rule, html, message = row
    told = f"{html} {message}"
    return kind == "incomplete" and any(rule == wanted and part in told for wanted, part in JUDGED)


@cache
def axe() -> str:
    """Return axe itself."""
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def fits(page: Page) -> bool:
    """Whether nobody has to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def page_routes() -> set[str]:
    """Return every address of the product that shows somebody a page."""
    return {route.path for route in ROUTES if route.kind == "page" and "GET" in route.methods}


def look_at(page: Page) -> list[Any]:
    """Ask axe about a page as it stands."""
    page.evaluate(axe())
    told: list[Any] = page.evaluate(_ASK, {"type": "tag", "values": TAGS})
    return [row for row in told if not judged(row)]
