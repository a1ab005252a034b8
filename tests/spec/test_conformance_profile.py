"""The conformance profile: after the password nothing but the way on.

The OpenID Foundation's suite signs one citizen in some hundred times, each time in a new
browser that has no passkeys and reads no mail.
"""

from urllib.parse import urlencode

import pytest

from gateway.oauth.endpoints import trial_citizen
from tests.support import asking
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


@pytest.mark.parametrize(("action", "status"), [("allow", 200), ("deny", 400)])
async def test_the_suite_answers_for_its_citizen(
    gateway: Gateway, action: str, status: int
) -> None:
    """What a service asks from behind, once; and nowhere but under this profile."""
    citizen = await gateway.citizen()
    request = await asking.ask(gateway, citizen)
    query = urlencode({"email": citizen.email, "auth_req_id": request, "action": action})
    path = f"{trial_citizen.PATH}?{query}"

    elsewhere = await gateway.post(path)
    async with gateway.another(GATEHOUSE_CONFORMANCE="true") as node:
        answered = [await gateway.post(path, node=node) for _ in range(2)]
        another = await asking.send(
            gateway, asking.signed(gateway, login_hint=citizen.email), node=node
        )
        more = await asking.send(
            gateway, asking.signed(gateway, login_hint=citizen.email), node=node
        )
    polled = await asking.poll(gateway, request)

    assert elsewhere.status_code == 404
    assert [one.status_code for one in answered] == [200, 400]
    assert polled.status_code == status
    assert [another.status_code, more.status_code] == [200, 200]
