"""What a journey stands on: the demo, a browser, an authenticator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.chromium import find
from tests.support.looking import watch


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One real browser for the journeys of a module.

    Playwright keeps its event loop running in this thread for as long as it lives, so it must
    be gone before a module with coroutines is next.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
        yield browser
        browser.close()


FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own; what it opens keeps to its own policy (SE-19)."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    violations = watch(context)
    yield context
    context.close()
    assert not violations


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab with a virtual authenticator that knows its owner."""
    return with_authenticator(context)


def with_authenticator(context: BrowserContext) -> Page:
    """Open a tab whose device makes passkeys and knows its owner."""
    context.set_default_timeout(15_000)
    page = context.new_page()
    give_authenticator(page)
    return page


def give_authenticator(page: Page) -> None:
    """Let the device of a tab make passkeys and know its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "ctap2Version": "ctap2_1",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
                "defaultBackupEligibility": True,
                "defaultBackupState": True,
            }
        },
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep a picture of the page on which a journey failed."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and page is not None:
        folder = Path("build/pictures")
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / "failed.png", full_page=True)
        (folder / "failed.txt").write_text(f"{page.url}\n{page.inner_text('body')}")
    return report
