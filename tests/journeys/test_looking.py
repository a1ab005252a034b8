"""Who looks at every page sees what is wrong with one: the looking itself, on planted faults."""

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.support import looking
from tests.support.demo import Demo
from tests.support.looking import Looker

pytestmark = pytest.mark.browser

PLANTED = [
    pytest.param("<button></button>", "button-name", id="nothing-to-read-out"),
    pytest.param("<p style='color:#777;background:#888'>x</p>", "color-contrast", id="too-pale"),
    pytest.param(
        "<p style='background:linear-gradient(#fff,#000)'>x</p>", "incomplete", id="cannot-be-told"
    ),
    pytest.param(
        "<style>@media (prefers-color-scheme: dark) { #x { color: #161e1d } }</style>"
        "<p id=x>x</p>",
        "dark",
        id="only-in-the-dark",
    ),
    pytest.param("<p style='inline-size:600px'>x</p>", "scrolls sideways", id="too-wide"),
    pytest.param("<a href=/ style='font-size:5px'>x</a> <a href=/ style='font-size:5px'>y</a>",
                 "target-size", id="too-small"),
]  # fmt: skip


@pytest.mark.parametrize(("planted", "told"), PLANTED)
def test_what_is_wrong_is_seen(
    context: BrowserContext, demo: Demo, planted: str, told: str
) -> None:
    page = context.new_page()
    page.goto(f"{demo.issuer}/help")
    content = page.content().replace("</h1>", f"</h1>{planted}", 1)
    page.goto("about:blank")  # where no policy keeps the faults out
    page.set_content(content)
    page.add_style_tag(content=(looking.STATIC / "gatehouse.css").read_text())

    found = looking.look_around(page)

    assert any(told in one for one in found), found


def test_a_page_that_is_too_heavy_is_felt(
    context: BrowserContext, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Looker(context.new_page(), demo.issuer, "en")
    monkeypatch.setattr(looking, "CITIZEN_LIMIT", 7 * 1024)

    with pytest.raises(AssertionError, match=r"/login weighs \d{4,5} bytes"):
        at.open("/login")


def test_a_page_that_breaks_its_own_policy_is_heard(chromium: Browser, demo: Demo) -> None:
    """SE-19."""
    context = chromium.new_context()
    heard = looking.watch(context)
    page = context.new_page()
    page.goto(f"{demo.issuer}/help")

    page.evaluate(
        "new Promise((told) => { addEventListener('securitypolicyviolation', told);"
        " document.body.append(Object.assign(new Image(), {src: 'https://x.test/x.png'})) })"
    )

    context.close()
    assert ["img-src" in one for one in heard] == [True]
