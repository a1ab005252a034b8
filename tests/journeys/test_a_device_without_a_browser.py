"""A citizen lets a screen in the library in, with the telephone in their hand."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support import devices, looking
from tests.support.demo import Demo

pytestmark = pytest.mark.browser

SCREEN = "looks-device"
TELEPHONE = {"width": 320, "height": 640}


@pytest.mark.parametrize("scripts", [True, False])
def test_the_screen_greets_its_citizen(chromium: Browser, demo: Demo, scripts: bool) -> None:
    """RFC8628-1: by the code that the screen shows; and the citizen finds it in their account."""
    demo.command("apply", "-f", str(Path(looking.__file__).with_name("looks.yaml")))
    me = demo.person("David")
    screen = devices.asks(demo.issuer, SCREEN)
    context = chromium.new_context(
        java_script_enabled=scripts,
        locale="en-GB",
        viewport=TELEPHONE,  # type: ignore[arg-type]
    )
    context.set_default_timeout(15_000)
    page = context.new_page()

    page.goto(screen["verification_uri"])
    page.locator("#user_code").fill(screen["user_code"].lower())
    page.locator("#user_code").press("Enter")
    expect(page.locator("h1")).to_have_text("Did you start this?")
    expect(page.locator("main")).to_contain_text("A screen in the hall")
    waiting = devices.polls(demo.issuer, SCREEN, screen["device_code"])
    page.locator("#device-yes").click()
    page.locator("#username").fill(me["email"])
    page.locator("#login-submit").click()
    page.locator("#password").fill(me["password"])
    page.locator("#login-submit").click()
    page.locator("#offer-skip").click()
    if scripts:  # the share page takes no answer in its first moment
        page.wait_for_function("() => performance.now() > 1500")
    page.locator("#consent-allow").click()
    expect(page.locator("h1")).to_have_text("You can go back to your device")
    told = devices.polls(demo.issuer, SCREEN, screen["device_code"])
    page.goto(f"{demo.issuer}/account/sharing")

    assert waiting["error"] == "authorization_pending"
    assert told["token_type"] == "Bearer"
    expect(page.locator("main")).to_contain_text("A screen in the hall")
    context.close()
