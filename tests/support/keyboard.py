"""Somebody who has a keyboard and nothing else: Tab, Space, Enter, arrows, and what they see."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

SMALLEST = 24  # CSS pixels each way, WCAG 2.2 §2.5.8
MOST = 150  # stops of one page

# A link in the middle of a sentence has the size of its words (§2.5.8, "inline").
_HERE = """
() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const box = it.getBoundingClientRect(), style = getComputedStyle(it);
  const before = getComputedStyle(it, "::before");
  const room = before.content === "none" ? 0 : Math.max(0, -parseFloat(before.top) || 0);
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const inline = style.display === "inline"
    && it.parentElement.innerText.trim() !== it.innerText.trim();
  it.dataset.stop ||= ++window.stops || (window.stops = 1);
  return {
    stop: +it.dataset.stop, id: it.id, text: (it.innerText || it.ariaLabel || "").trim(),
    box: [box.left, box.top + scrollY, box.right, box.bottom + scrollY],
    size: [box.width + 2 * room, box.height + 2 * room], inline,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    covered: !top || !(it.contains(top) || top.contains(it)),
    html: it.outerHTML.slice(0, 160),
  };
}
"""
_STOPS = """
() => {
  const groups = new Set();
  return [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")].filter((it) => {
    if (it.disabled || it.tabIndex < 0 || !it.checkVisibility()) return false;
    if (it.type === "radio") {
      if (groups.has(it.name)) return false;
      groups.add(it.name);
    }
    return true;
  }).length;
}
"""


@dataclass
class Keyboard:
    """The keys in front of one page; each stop of Tab is looked at."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def to(self, what: str) -> None:
        """Press Tab until the thing with this id (``#id``) or this text has the focus."""
        for _ in range(MOST):
            here = self.tab()
            if here and what in (f"#{here['id']}", here["text"]):
                return
        raise AssertionError(f"Tab never reaches {what!r} of {self.page.url}")

    def press(self, key: str, until: str = "") -> None:
        """Press a key; wait for the page that it leads to, if any."""
        if not until:
            self.page.keyboard.press(key)
            return
        self.page.keyboard.press(key)
        self.page.locator(until).wait_for()
        self.page.wait_for_load_state()

    def tab(self) -> dict[str, Any] | None:
        """Go one stop on."""
        self.page.keyboard.press("Tab")
        here: dict[str, Any] | None = self.page.evaluate(_HERE)
        if here:
            self._judge(here)
        return here

    def circle(self) -> None:
        """Walk once around the page: every stop once, in reading order, and out again."""
        expected, stops = self.page.evaluate(_STOPS), list[dict[str, Any]]()
        for _ in range(MOST):
            here = self.tab()
            if here is None or any(here["stop"] == one["stop"] for one in stops):
                break
            stops.append(here)
        assert len(stops) == expected, f"{self.page.url}: {len(stops)} of {expected} reached"
        for former, latter in pairwise(stops):
            if _goes_back(former["box"], latter["box"]):
                self.wrong.append(f"{latter['html']} comes before {former['html']}")
        assert not self.wrong, f"{self.page.url}\n" + "\n".join(self.wrong)

    def _judge(self, here: dict[str, Any]) -> None:
        if not here["ring"]:
            self.wrong.append(f"nothing shows the focus on {here['html']}")
        if here["covered"]:
            self.wrong.append(f"covered: {here['html']}")
        if not here["inline"] and min(here["size"]) < SMALLEST:
            self.wrong.append(f"too small, {here['size']}: {here['html']}")


def _goes_back(former: list[float], latter: list[float]) -> bool:
    """Whether somebody who reads from left to right and down would have met it earlier."""
    left, top, right, bottom = latter
    if bottom <= former[1]:
        return left < former[2]  # above, and not the top of the next column
    return top < former[3] and right <= former[0]  # in the same line, before it
