"""An interaction changes hands: what one citizen did in it counts for nobody else (CO-08, SE-22).

Specs: OpenID Connect Core §3.1.2.3 and §3.1.2.4.
"""

from urllib.parse import urlencode

import pytest

from tests.support import verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway
from tests.support.services import CALLBACK, asked

RIGHT = "a quiet harbour at dawn"


def hand_over(browser: Browser, to: Citizen) -> None:
    """Let somebody else be signed in in this browser."""
    name, _, handle = to.cookie.partition("=")
    browser.cookies[name] = handle


@pytest.mark.parametrize("prompt", [None, "consent"])
@pytest.mark.parametrize("duration", ["until", "once"])
async def test_consent_is_nobody_else_s(
    gateway: Gateway, prompt: str | None, duration: str
) -> None:
    """Each of the two has to decide, also one who decided at another time."""
    one, other = await gateway.citizen(), await gateway.citizen()
    await gateway.agree(other.account, "basic")
    browser = Browser(gateway, one.cookie)
    page = await browser.follow(f"/authorize?{urlencode(asked(prompt=prompt or 'consent'))}")
    path, form = browser.form(page, "consent-allow")
    given = await browser.send("POST", path, form | {"answer": "allow", "duration": duration})
    onward = given.headers["location"]

    hand_over(browser, other)
    answer = await browser.send("GET", onward)

    assert answer.headers["location"].startswith("/consent/")
    hand_over(browser, one)
    told = verdicts.sent_back(await browser.send("GET", onward), CALLBACK, gateway.issuer)
    assert "code" in told


@pytest.mark.parametrize("more", [{"prompt": "login"}, {"max_age": "0"}])
async def test_signing_in_is_nobody_else_s(gateway: Gateway, more: dict[str, str]) -> None:
    """Who was asked to sign in again signed in; whoever sits there now did not."""
    one, other = await gateway.citizen("basic"), await gateway.citizen("basic")
    await gateway.set_password(one.account, RIGHT)
    browser = Browser(gateway)
    page = await browser.follow(f"/authorize?{urlencode(asked(**more))}")
    done = await browser.sign_in(page, one.email, RIGHT)
    assert "code=" in str(done.headers.get("location")), done.text

    again = Browser(gateway)
    page = await again.follow(f"/authorize?{urlencode(asked(**more))}")
    handle = str(page.url).partition("i=")[2]
    again.cookies |= {name: value for name, value in browser.cookies.items() if "sid" in name}
    await gateway.rows(
        "UPDATE relying_parties.interactions SET steps = $1 WHERE digest = sha256($2::bytea)",
        {"logged_in": "a mark of somebody else"},
        handle.encode(),
    )
    hand_over(again, other)
    answer = await again.send("GET", f"/authorize/{handle}")

    assert answer.headers["location"].startswith("/login?i=")
