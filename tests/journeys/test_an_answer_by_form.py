"""An answer by form reaches the service without a click, or with one where scripts do not run."""

from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Browser, Request

from tests.support.demo import Demo

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_the_service_gets_the_answer(chromium: Browser, demo: Demo, scripts: bool) -> None:
    """OAuth 2.0 Form Post Response Mode §2; the page's own policy lets the form go there."""
    service = demo.service("parking-permits")
    asked = {
        "client_id": "parking-permits", "response_type": "code", "scope": "openid",
        "redirect_uri": service["redirect_uris"][0], "prompt": "none", "state": "the state",
        "code_challenge": "c" * 43, "code_challenge_method": "S256", "response_mode": "form_post",
    }  # fmt: skip
    context = chromium.new_context(java_script_enabled=scripts)
    page = context.new_page()

    def answered(request: Request) -> bool:
        return request.method == "POST" and request.url == asked["redirect_uri"]

    with page.expect_request(answered) as sent:
        page.goto(f"{demo.issuer}/authorize?{urlencode(asked)}", wait_until="commit")
        if not scripts:
            page.locator("#continue").click()

    told = parse_qs(sent.value.post_data or "")
    context.close()
    assert told["error"] == ["login_required"]
    assert told["state"] == ["the state"]
    assert told["iss"] == [demo.issuer]
