"""Creating an account over HTTP: who proves an address first has it, and nobody else.

Specs: SP 800-63B §4.1, CWE-283 (pre-hijacking); security: WA-19, WA-20.
"""

import asyncio

import httpx2
import pytest

from idp import identifiers
from tests.support import letters, verdicts
from tests.support.browser import Browser
from tests.support.ceremonies import a_device, filled, options, send
from tests.support.gateway import Gateway

EMAIL = "new.one@example.test"
HERS, THEIRS = "a quiet harbour at dawn", "seven slow herons fly"
WAYS = ("passkey", "password")


@pytest.fixture(autouse=True)
async def nobody_yet(gateway: Gateway) -> None:
    """The address is free, and no mail was sent to it."""
    lookup = identifiers.lookup(gateway.runtime.vault, EMAIL)
    await gateway.rows(
        "DELETE FROM idp.accounts WHERE id IN"
        " (SELECT account_id FROM idp.identifiers WHERE lookup = $1)",
        lookup,
    )
    await gateway.rows("DELETE FROM idp.signups WHERE lookup = $1", lookup)
    await gateway.rows("DELETE FROM idp.attempts")


async def half_way(gateway: Gateway, browser: Browser, name: str = "Ana") -> httpx2.Response:
    """Prove the address and give a name; return the page that offers the passkey."""
    asked = await browser.fill(
        await browser.follow("/create"), "create-submit", {"username": EMAIL}
    )
    typed = {"code": await letters.code(gateway, EMAIL)}
    named = await browser.fill(asked, "code-submit", typed)
    return await browser.fill(named, "name-submit", {"given_name": name})


async def password_page(browser: Browser, page: httpx2.Response) -> httpx2.Response:
    _, form = browser.form(page, "passkey-button")
    return await browser.follow(f"/create/password?flow={form['flow']}&draft={form['draft']}")


async def last_step(
    gateway: Gateway, browser: Browser, page: httpx2.Response, way: str, password: str = HERS
) -> tuple[str, dict[str, str]]:
    """Return the form that would finish it, filled in."""
    if way == "passkey":
        return filled(page, browser, a_device(gateway).create(options(page, "create")))
    path, form = browser.form(await password_page(browser, page), "password-submit")
    return path, form | {"password": password}


@pytest.mark.parametrize("theirs", WAYS)
@pytest.mark.parametrize("hers", WAYS)
async def test_of_two_flows_for_one_address_the_second_adds_nothing(
    gateway: Gateway, hers: str, theirs: str
) -> None:
    """WA-20: whoever got as far as the last page in another browser is not let in."""
    attacker, victim = Browser(gateway), Browser(gateway)
    waiting = await last_step(
        gateway, attacker, await half_way(gateway, attacker), theirs, password=THEIRS
    )
    mine = await last_step(gateway, victim, await half_way(gateway, victim), hers)
    done = await victim.send("POST", *mine)
    assert done.headers["location"].startswith("/create/done"), done.text
    async with gateway.unchanged("keys.replays"):
        refused = await attacker.send("POST", *waiting)

    assert refused.status_code == 410
    assert "__Host-sid" not in attacker.cookies


async def test_a_name_is_given_by_who_has_the_account(gateway: Gateway) -> None:
    """WA-20: a flow that waits at the name changes none."""
    attacker, victim = Browser(gateway), Browser(gateway)
    asked = await attacker.fill(
        await attacker.follow("/create"), "create-submit", {"username": EMAIL}
    )
    named = await attacker.fill(asked, "code-submit", {"code": await letters.code(gateway, EMAIL)})
    path, form = attacker.form(named, "name-submit")
    mine = await last_step(gateway, victim, await half_way(gateway, victim), "password")
    await victim.send("POST", *mine)
    async with gateway.unchanged():
        refused = await attacker.send("POST", path, form | {"given_name": "Mallory"})

    assert refused.status_code == 410


@pytest.mark.parametrize("way", WAYS)
async def test_a_flow_that_ran_out_adds_nothing(gateway: Gateway, way: str) -> None:
    """WA-20: an hour after the address was proved it is over."""
    browser = Browser(gateway)
    waiting = await last_step(gateway, browser, await half_way(gateway, browser), way)
    await gateway.rows("UPDATE idp.signups SET expires_at = now() WHERE used_at IS NULL")
    async with gateway.unchanged():
        refused = await browser.send("POST", *waiting)
        again = await browser.send("GET", f"/create/name?flow={waiting[1]['flow']}")

    assert refused.status_code == again.status_code == 410
    assert "__Host-sid" not in browser.cookies


@pytest.mark.parametrize("way", WAYS)
async def test_of_fifty_answers_to_one_flow_one_makes_the_way_in(
    gateway: Gateway, way: str
) -> None:
    """WA-20: over both processes."""
    browser = Browser(gateway)
    page = await half_way(gateway, browser)
    _, hidden = browser.form(page, "passkey-button")
    address = f"/create/passkey?flow={hidden['flow']}&draft={hidden['draft']}"
    forms = [
        await last_step(gateway, browser, await browser.follow(address), way) for _ in range(50)
    ]
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}

    answers = await asyncio.gather(
        *(
            gateway.post(path, form, headers=headers, node=n % 2)
            for n, (path, form) in enumerate(forms)
        )
    )

    came = [one.status_code for one in answers]
    assert came.count(303) == 1, came
    assert set(came) <= {303, 410, 503}  # a password may have to wait for a thread
    assert await ways_in(gateway) == 1


async def test_a_passkey_that_failed_may_be_tried_again(gateway: Gateway) -> None:
    """The flow is used up by what is kept, not by what is refused."""
    browser = Browser(gateway)
    page = await half_way(gateway, browser)
    liar = a_device(gateway, origin="https://evil.example")
    failed = await send(browser, page, liar.create(options(page, "create")))
    done = await send(browser, failed, a_device(gateway).create(options(failed, "create")))

    assert "This passkey cannot be used here" in verdicts.page(failed, 422)
    assert done.headers["location"].startswith("/create/done")


async def link_asked(gateway: Gateway) -> tuple[Browser, httpx2.Response, str]:
    """Let a stranger type the address; return their browser, their page and the mailed link."""
    stranger = Browser(gateway)
    path, form = stranger.form(await stranger.follow("/create"), "create-submit")
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    sent = await stranger.send("POST", path, form | {"username": EMAIL}, user_agent=firefox)
    page = await stranger.follow(sent.headers["location"])
    told = [fields for _, fields in await letters.queued(gateway, EMAIL) if "link" in fields]
    return stranger, page, str(told[-1]["link"]).removeprefix(gateway.issuer)


async def test_a_link_says_whose_browser_goes_on(gateway: Gateway) -> None:
    """WA-19: looking changes nothing, and confirming is for who knows the device."""
    _, _, link = await link_asked(gateway)
    async with gateway.unchanged():
        shown = await Browser(gateway).follow(link)

    assert "Firefox · Linux" in shown.text
    assert "UTC" in shown.text


async def test_whoever_did_not_begin_it_ends_it(gateway: Gateway) -> None:
    """WA-19: neither the code nor the link works any more."""
    stranger, page, link = await link_asked(gateway)
    code, owner = await letters.code(gateway, EMAIL), Browser(gateway)
    stopped = await owner.fill(await owner.follow(link), "link-stop", {"answer": "no"})
    tried = await stranger.fill(page, "code-submit", {"code": code})
    again = await owner.follow(link)

    assert "We have stopped it" in stopped.text
    assert [tried.status_code, again.status_code] == [410, 410]


async def ways_in(gateway: Gateway) -> int:
    (row,) = await gateway.rows(
        "SELECT (SELECT count(*) FROM idp.passkeys p WHERE p.account_id = i.account_id)"
        " + (SELECT count(*) FROM idp.passwords w WHERE w.account_id = i.account_id) AS ways"
        " FROM idp.identifiers i WHERE lookup = $1",
        identifiers.lookup(gateway.runtime.vault, EMAIL),
    )
    return int(row["ways"])
