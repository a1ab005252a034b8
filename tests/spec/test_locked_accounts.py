"""ADR 3: who locks or closes an account ends all that is held of it, for good.

Specs: RFC 9700 §4.14, SP 800-63B §4.5; security: TK-19, SE-02.
"""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.oauth import locking
from idp import accounts
from tests.support import services, verdicts
from tests.support.gateway import Citizen, Gateway

SCOPE = "openid profile email offline_access"
ROOMS = Path(__file__).parents[2]


async def trouble(gateway: Gateway, how: str, someone: Citizen) -> None:
    async with gateway.runtime.entry() as entry:
        if how == "locked":
            await locking.lock(entry, gateway.runtime.vault, someone.account, "test")
        else:
            await locking.close(entry, gateway.runtime.vault, someone.account)


@pytest.mark.parametrize("how", ["locked", "closed"])
async def test_nothing_works_after_it(gateway: Gateway, how: str) -> None:
    someone = await gateway.citizen("basic")
    held = await services.tokens(gateway, someone, scope=SCOPE)
    code = await services.code(gateway, someone, scope="openid")
    await trouble(gateway, how, someone)

    await _all_refused(gateway, held, code)
    assert (await gateway.get("/account", headers=someone.headers)).status_code == 303


@pytest.mark.parametrize("how", [locking.lock, locking.close])
async def test_a_sign_on_under_way_leaves_nothing(
    gateway: Gateway, how: Callable[..., Awaitable[frozenset[str]]]
) -> None:
    """RC-17: it read the session before the lock and wrote its code after the families ended."""
    someone = await gateway.citizen("basic")
    why = ("test",) if how is locking.lock else ()
    async with gateway.runtime.entry() as entry:
        theirs = await how(entry, gateway.runtime.vault, someone.account, *why)
        code = await services.code(gateway, someone, scope="openid")
    await locking.once_more(gateway.runtime, theirs)

    verdicts.refused(await services.redeem(gateway, code), "invalid_grant")


async def test_unlocking_brings_nothing_back(gateway: Gateway) -> None:
    someone = await gateway.citizen("basic")
    held = await services.tokens(gateway, someone, scope=SCOPE)
    code = await services.code(gateway, someone, scope="openid")
    await trouble(gateway, "locked", someone)
    async with gateway.runtime.entry() as entry:
        await accounts.unlock(entry, someone.account)

    await _all_refused(gateway, held, code)
    assert (await gateway.get("/account", headers=someone.headers)).status_code == 303


async def test_somebody_else_s_goes_on(gateway: Gateway) -> None:
    someone, other = await gateway.citizen("basic"), await gateway.citizen("basic")
    held = await services.tokens(gateway, other, scope=SCOPE)
    await trouble(gateway, "locked", someone)
    headers = {"authorization": f"Bearer {held['access_token']}"}

    assert (await gateway.get("/userinfo", headers=headers)).status_code == 200


def test_nobody_else_locks_or_closes() -> None:
    callers = {
        str(path.relative_to(ROOMS))
        for path in (ROOMS / "gateway").rglob("*.py")
        if re.search(r"\baccounts\.(lock|close)\b", path.read_text())
    }

    assert callers == {"gateway/oauth/locking.py"}


async def _all_refused(gateway: Gateway, held: dict[str, str], code: services.Code) -> None:
    bearer = {"authorization": f"Bearer {held['access_token']}"}
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}
    proof = services.proves(gateway, "basic")
    refreshed = await gateway.post("/token", form | proof.form, headers=proof.headers)

    assert (await gateway.get("/userinfo", headers=bearer)).status_code == 401
    verdicts.refused(refreshed, "invalid_grant")
    verdicts.refused(await services.redeem(gateway, code), "invalid_grant")
