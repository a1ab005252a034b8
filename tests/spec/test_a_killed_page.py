"""F-02: what a citizen was told is done stays done, whenever the process that said so dies.

Citizens share and stop sharing, add passkeys, sign in, change passwords and open accounts
at one process, and services refresh there, all at once, until it is killed while they do.
What each was told, after its whole answer had come, is looked for at another process.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx2
import pytest

from gateway.postgres import free_port
from idp import identifiers
from keys import opaque
from tests.support import letters, services
from tests.support.browser import Browser
from tests.support.ceremonies import a_device, options, send
from tests.support.gateway import Citizen, Gateway

Life = AsyncIterator[Any]
RIGHT, OTHER = "a quiet harbour at dawn", "seven slow herons fly"
AT_ONCE = 2  # of each kind
ELSEWHERE = 1  # the process that is asked afterwards


async def opens(gateway: Gateway, cookie: str, path: str = "/account") -> bool:
    """Whether a session is alive, at another process."""
    answer = await gateway.get(path, headers={"cookie": cookie}, node=ELSEWHERE)
    return answer.status_code == 200


def cookie(browser: Browser) -> str:
    return f"__Host-sid={browser.cookies['__Host-sid']}"


async def sharing(gateway: Gateway, node: int) -> Life:
    """Agree on the share page."""
    while True:
        someone = await gateway.citizen()
        browser = Browser(gateway, someone.cookie, node=node)
        page = await browser.follow(f"/authorize?{urlencode(services.asked('killed'))}")
        done = await browser.fill(page, "consent-allow", {"answer": "allow", "duration": "until"})
        assert "code=" in done.headers["location"], done.text
        yield someone


async def is_shared(gateway: Gateway, someone: Citizen) -> bool:
    asked = f"/authorize?{urlencode(services.asked('killed', prompt='none'))}"
    answer = await gateway.get(asked, headers=someone.headers, node=ELSEWHERE)
    return "code=" in answer.headers["location"]


async def stopping(gateway: Gateway, node: int) -> Life:
    """Stop sharing."""
    while True:
        someone = await gateway.citizen("killed")
        browser = Browser(gateway, someone.cookie, node=node)
        page = await browser.follow("/account/sharing/killed/stop")
        path, form = browser.form(page, "stop")
        done = await browser.send("POST", path, form)
        assert done.headers["location"].endswith("done=stopped"), done.text
        yield someone


async def is_stopped(gateway: Gateway, someone: Citizen) -> bool:
    return not await is_shared(gateway, someone)


async def adding(gateway: Gateway, node: int) -> Life:
    """Add a passkey."""
    while True:
        someone, device = await gateway.citizen(), a_device(gateway)
        browser = Browser(gateway, someone.cookie, node=node)
        page = await browser.follow("/account/security/passkeys")
        done = await send(browser, page, device.create(options(page, "create")))
        assert done.headers["location"].endswith("done=added"), done.text
        yield device


async def is_added(gateway: Gateway, device: Any) -> bool:
    """It signs in."""
    browser = Browser(gateway, node=ELSEWHERE)
    page = await browser.follow("/login")
    done = await send(browser, page, device.get(options(page, "get")))
    return done.status_code == 303 and "__Host-sid" in browser.cookies


async def touching(gateway: Gateway, node: int) -> Life:
    """Sign in with a passkey, again and again."""
    someone, device = await gateway.citizen(), a_device(gateway)
    mine = Browser(gateway, someone.cookie)
    page = await mine.follow("/account/security/passkeys")
    await send(mine, page, device.create(options(page, "create")))
    while True:
        browser = Browser(gateway, node=node)
        page = await browser.follow("/login")
        done = await send(browser, page, device.get(options(page, "get")))
        assert done.status_code == 303, done.text
        yield cookie(browser)


async def typing(gateway: Gateway, node: int) -> Life:
    """Sign in with a password."""
    someone = await gateway.citizen()
    await gateway.set_password(someone.account, RIGHT)
    while True:
        browser = Browser(gateway, node=node)
        asked = await browser.fill(
            await browser.follow("/login"), "login-submit", {"username": someone.email}
        )
        path, form = browser.form(asked, "login-submit")
        done = await browser.send("POST", path, {**form, "password": RIGHT})
        if done.status_code != 503:  # nobody's fault: too many are hashed at once
            assert done.status_code == 303, done.text
            yield cookie(browser)


async def changing(gateway: Gateway, node: int) -> Life:
    """Change the password; what was signed in before is over."""
    while True:
        someone = await gateway.citizen()
        _, elsewhere = await gateway.sign_in(someone.account)
        browser = Browser(gateway, someone.cookie, node=node)
        page = await browser.follow("/account/security/password")
        path, form = browser.form(page, "password-submit")
        done = await browser.send("POST", path, {**form, "password": OTHER})
        if done.status_code != 503:
            assert done.headers["location"].endswith("done=password"), done.text
            yield someone, elsewhere


async def is_changed(gateway: Gateway, told: tuple[Citizen, str]) -> bool:
    someone, elsewhere = told
    return await has_password(gateway, someone.account) and not await opens(gateway, elsewhere)


async def has_password(gateway: Gateway, account: UUID) -> bool:
    rows = await gateway.rows("SELECT hash FROM idp.passwords WHERE account_id = $1", account)
    return bool(rows) and await gateway.runtime.hasher.verify(rows[0]["hash"], OTHER)


async def creating(gateway: Gateway, node: int) -> Life:
    """Open an account: the address, the code, the name, a password."""
    while True:
        email, browser = f"{opaque.handle()[:12].lower()}@example.test", Browser(gateway, node=node)
        page = await browser.fill(
            await browser.follow("/create"), "create-submit", {"username": email}
        )
        ((_, fields),) = await letters.queued(gateway, email)
        page = await browser.fill(page, "code-submit", {"code": fields["code"]})
        page = await browser.fill(page, "name-submit", {"given_name": "Ana", "family_name": "Lima"})
        found = page.text.partition('id="use-password"')[0].rpartition('href="')[2]
        page = await browser.follow(found.partition('"')[0].replace("&amp;", "&"))
        path, form = browser.form(page, "password-submit")
        done = await browser.send("POST", path, {**form, "password": OTHER})
        if done.status_code != 503:
            assert "__Host-sid" in browser.cookies, done.text
            yield email, cookie(browser)


async def is_created(gateway: Gateway, told: tuple[str, str]) -> bool:
    email, session = told
    async with gateway.runtime.entry() as entry:
        account = await identifiers.find_account(entry, gateway.runtime.vault, email)
    assert account is not None
    return await has_password(gateway, account) and await opens(gateway, session)


async def refreshing(gateway: Gateway, node: int) -> Life:
    """Refresh again and again, as a service does."""
    someone = await gateway.citizen("killed")
    scope = "openid profile offline_access"
    told = await services.tokens(gateway, someone, "killed", scope=scope)
    proof = services.proves(gateway, "killed")
    while True:
        form = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
        answer = await gateway.post("/token", form, headers=proof.headers, node=node)
        assert answer.status_code == 200, answer.text
        told |= answer.json()
        yield told["access_token"]


async def is_refreshed(gateway: Gateway, token: str) -> bool:
    headers = {"authorization": f"Bearer {token}"}
    return (await gateway.get("/userinfo", headers=headers, node=ELSEWHERE)).status_code == 200


Looks = Callable[[Gateway, Any], Awaitable[bool]]
KINDS: dict[Callable[[Gateway, int], Life], Looks] = {
    sharing: is_shared,
    stopping: is_stopped,
    adding: is_added,
    touching: opens,
    typing: opens,
    changing: is_changed,
    creating: is_created,
    refreshing: is_refreshed,
}


@pytest.fixture(autouse=True)
async def forgiving(gateway: Gateway) -> AsyncIterator[None]:
    """All come from one network and sign in as often as no network does."""
    await gateway.service(services.document("killed"))
    await gateway.rows("DELETE FROM idp.attempts")
    yield
    await gateway.rows("DELETE FROM idp.attempts")


@pytest.mark.parametrize("enough", [1, 2, 3, 5])
async def test_what_a_citizen_was_told_is_so(gateway: Gateway, enough: int) -> None:
    """I1: of each kind ``enough`` were told before the process is killed, and the rest after."""
    told = await storm(gateway, enough)

    for kind, looks in KINDS.items():
        assert len(told[kind]) >= enough
        for one in told[kind][-12:]:
            assert await looks(gateway, one), f"{kind.__name__}: lost"
    # I5: a consent and what the journal says of it are there, or neither.
    unsaid = await gateway.rows(
        "SELECT id FROM relying_parties.consents c WHERE client_id = 'killed' AND NOT EXISTS"
        " (SELECT FROM keys.journal WHERE kind = 'ConsentGiven' AND object = 'consent:' || c.id)"
    )
    assert not unsaid


async def storm(gateway: Gateway, enough: int) -> dict[Any, list[Any]]:
    """Let everybody do everything at a process of its own, and kill it in the middle of it."""
    port = free_port()
    process = await asyncio.to_thread(gateway.start, port)
    ports, gateway.ports = gateway.ports, (*gateway.ports, port)
    node, told = len(ports), defaultdict[Any, list[Any]](list)
    all_told = asyncio.Event()

    async def live(kind: Callable[[Gateway, int], Life]) -> None:
        with contextlib.suppress(httpx2.TransportError):
            async for one in kind(gateway, node):
                told[kind].append(one)
                if all(len(told[each]) >= enough for each in KINDS):
                    all_told.set()

    lives = asyncio.gather(*(live(kind) for kind in KINDS for _ in range(AT_ONCE)))
    waits = asyncio.create_task(all_told.wait())
    await asyncio.wait((lives, waits), return_when=asyncio.FIRST_COMPLETED)
    process.kill()
    waits.cancel()
    await lives
    process.wait()
    gateway.ports = ports
    return told
