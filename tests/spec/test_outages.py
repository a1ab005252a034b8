"""A database that can't: nothing is done unseen, nothing is guessed for free, nothing is a 500.

What is held back here is a lock on the very table: whoever needs it waits for as long as
anybody does, and is told to come again.

Specs: RFC 9110 §15.6.4, ASVS 16.5.3; security: LG-05, RL-07 and I8 of §2.1.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from tests.support import services, verdicts
from tests.support.browser import Browser
from tests.support.gateway import Citizen, Gateway

PASSWORD = "a quiet harbour at dawn"
END_WAITING = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@contextlib.asynccontextmanager
async def held(gateway: Gateway, table: str) -> AsyncIterator[None]:
    """Let nobody write to ``table``."""
    async with gateway.runtime.pool.connection() as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield


async def test_lg_05_what_is_not_written_down_is_not_done(gateway: Gateway, ana: Citizen) -> None:
    """I8: at the token endpoint, at a citizen's own page; and then the same works."""
    code = await services.code(gateway, ana)
    browser = Browser(gateway, ana.cookie)
    stop = browser.form(await browser.follow("/account/sharing/basic/stop"), "stop")
    asked = f"/authorize?{urlencode(services.asked())}"
    async with gateway.unchanged(), held(gateway, "keys.journal"):
        token, page, silent = await asyncio.gather(
            services.redeem(gateway, code),
            browser.send("POST", *stop),
            gateway.get(asked, headers=ana.headers),
        )

    verdicts.refused(token, "temporarily_unavailable", 503)
    assert [one.headers["retry-after"] for one in (token, page, silent)] == ["5"] * 3
    assert "The service is busy" in verdicts.page(page, 503)
    assert "location" not in silent.headers
    assert (await services.redeem(gateway, code)).status_code == 200
    assert (await browser.send("POST", *stop)).status_code == 303


async def test_rl_07_a_guess_that_can_t_be_counted_is_not_looked_at(gateway: Gateway) -> None:
    """And who holds a token reads on meanwhile: nothing of that is counted."""
    someone = await gateway.citizen("basic")
    await gateway.set_password(someone.account, PASSWORD)
    told = await services.tokens(gateway, someone)
    browser = Browser(gateway)
    asked = await browser.fill(
        await browser.follow("/login"), "login-submit", {"username": someone.email}
    )
    path, form = browser.form(asked, "login-submit")
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    async with gateway.unchanged("relying_parties.releases"), held(gateway, "idp.attempts"):
        right, read = await asyncio.gather(
            browser.send("POST", path, {**form, "password": PASSWORD}),
            gateway.get("/userinfo", headers=bearer),
        )

    assert (right.status_code, right.headers["retry-after"]) == (503, "5")
    assert "__Host-sid" not in browser.cookies
    assert (read.status_code, read.json()["email"]) == (200, someone.email)
    assert (await browser.send("POST", path, {**form, "password": PASSWORD})).status_code == 303


@pytest.mark.parametrize("many", [1, 30])
async def test_whoever_waited_is_told_together(gateway: Gateway, ana: Citizen, many: int) -> None:
    """I9: thirty that were gathered into one statement do not wait one after the other."""
    codes = [await services.code(gateway, ana) for _ in range(many)]
    async with gateway.unchanged(), held(gateway, "relying_parties.access_tokens"):
        async with asyncio.timeout(12):
            answers = await asyncio.gather(*(services.redeem(gateway, one) for one in codes))

    for answer in answers:
        verdicts.refused(answer, "temporarily_unavailable", 503)
    for code in codes:
        assert (await services.redeem(gateway, code)).status_code == 200


async def test_whoever_is_thrown_out_may_come_again(gateway: Gateway, ana: Citizen) -> None:
    """I8: the database ends a connection while it is used; the next one is a new one."""
    code = await services.code(gateway, ana)
    browser = Browser(gateway, ana.cookie)
    stop = browser.form(await browser.follow("/account/sharing/basic/stop"), "stop")
    async with gateway.unchanged(), held(gateway, "keys.journal"):
        asked = asyncio.gather(
            services.redeem(gateway, code),
            browser.send("POST", *stop),
        )
        ended = 0
        while ended < 2:
            ended += len(await gateway.rows(END_WAITING))
        token, page = await asked

    verdicts.refused(token, "temporarily_unavailable", 503)
    verdicts.page(page, 503)
    assert (await services.redeem(gateway, code)).status_code == 200
    assert (await browser.send("POST", *stop)).status_code == 303
