"""Looking at pages as everybody has to be able to: one heading, no sideways scrolling, axe."""

from collections.abc import Iterable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def look(page: Page) -> None:
    """The page opens, fits, and axe finds nothing."""
    expect(page.locator("h1")).to_have_count(1)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    assert not wide, page.url
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert not found.response["violations"], (page.url, found.generate_report())


def look_at_all(page: Page, issuer: str, paths: Iterable[str], *, lang: str, status: int) -> None:
    """Open every address in a language and look at it."""
    for path in paths:
        joint = "&" if "?" in path else "?"
        answer = page.goto(f"{issuer}{path}{joint}lang={lang}")
        assert answer
        assert answer.status == status, path
        look(page)
