"""The conformance profile: after the password nothing but the way on.

The OpenID Foundation's suite signs one citizen in some hundred times, each time in a new
browser that has no passkeys and reads no mail.
"""

from tests.support.browser import Browser
from tests.support.gateway import Gateway
from tests.support.letters import queued

PASSWORD = "a quiet harbour at dawn"


async def test_a_new_device_goes_straight_on(gateway: Gateway) -> None:
    citizen = await gateway.citizen()
    await gateway.set_password(citizen.account, PASSWORD)
    await gateway.rows("UPDATE idp.accounts SET created_at = created_at - interval '1 day'")

    async with gateway.another(GATEHOUSE_CONFORMANCE="true") as node:
        browser = Browser(gateway, node=node)
        asked = await browser.follow("/login")
        asked = await browser.fill(asked, "login-submit", {"username": citizen.email})
        path, form = browser.form(asked, "login-submit")
        answer = await browser.send("POST", path, {**form, "password": PASSWORD})

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "new-sign-in" not in [template for template, _ in await queued(gateway, citizen.email)]
