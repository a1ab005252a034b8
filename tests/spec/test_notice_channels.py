"""A citizen chooses how they are told; security notices are mailed whatever they chose.

Specs: product C11, SP 800-63B §4.6.
"""

from gateway import summoning
from tests.spec.test_ciba_inbox import mails
from tests.support import asking
from tests.support.browser import Browser
from tests.support.gateway import Gateway


async def test_requests_wait_in_the_account_alone(gateway: Gateway) -> None:
    """Nothing is mailed of it, and the page has it."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/notices")
    saved = await browser.fill(page, "notices-save", {"requests": "account"})
    before = len(await mails(gateway, someone))

    await asking.ask(gateway, someone)
    while await summoning.summon_citizens(gateway.runtime):
        pass
    listed = await browser.follow("/account/inbox")
    page = await browser.follow("/account/notices")

    assert "Saved." in saved.text
    assert len(await mails(gateway, someone)) == before
    assert asking.MESSAGE in listed.text
    assert 'name="requests" value="account" checked' in page.text
    assert 'name="progress" value="mail" checked' in page.text


async def test_nobody_silences_security(gateway: Gateway) -> None:
    """A form that names it changes nothing of it; one with nonsense is refused."""
    someone = await gateway.citizen()
    browser = Browser(gateway, someone.cookie)
    page = await browser.follow("/account/notices")
    path, form = browser.form(page, "notices-save")

    await browser.send("POST", path, {**form, "security": "account"})
    nonsense = await browser.send("POST", path, {**form, "requests": "pigeon"})

    assert nonsense.status_code == 422
    assert not await gateway.rows(
        "SELECT kind FROM idp.notice_channels WHERE account_id = $1", someone.account
    )
