"""An address is proved once, within its time, by the browser that asked."""

import asyncio
from datetime import datetime, timedelta

import pytest

from idp import accounts, signups
from idp.authenticators import passwords
from idp.errors import CodeWrong, SignupOver
from keys import opaque
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault

MINE, OTHER = opaque.digest("mine"), opaque.digest("other")


async def a_flow(entry: Entry, vault: Vault) -> signups.Started:
    return await signups.start(
        entry, vault, email="ana@example.org", browser=MINE, purpose="create"
    )


def wrong(code: str) -> str:
    return str((int(code) + 1) % 10**8).zfill(8)


async def test_the_code_proves_it_in_its_own_browser(entry: Entry, vault: Vault) -> None:
    flow = await a_flow(entry, vault)
    with pytest.raises(SignupOver):
        await signups.prove_by_code(entry, flow.handle, OTHER, flow.code)
    await signups.prove_by_code(entry, flow.handle, MINE, f"{flow.code[:4]} {flow.code[4:]}")

    assert await signups.find(entry, vault, flow.handle, OTHER) is None
    found = await signups.find(entry, vault, flow.handle, MINE)
    assert found is not None
    assert (found.email, found.proved_at) == ("ana@example.org", entry.at)


async def test_five_wrong_codes_end_it(entry: Entry, vault: Vault) -> None:
    flow = await a_flow(entry, vault)
    for _ in range(5):
        with pytest.raises(CodeWrong):
            await signups.prove_by_code(entry, flow.handle, MINE, wrong(flow.code))

    with pytest.raises(SignupOver):
        await signups.prove_by_code(entry, flow.handle, MINE, flow.code)


async def test_ten_minutes_end_it(pool: Pool, vault: Vault, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        flow = await a_flow(entry, vault)

    async with Entry(pool, moment + timedelta(minutes=10)) as entry:
        with pytest.raises(SignupOver):
            await signups.prove_by_code(entry, flow.handle, MINE, flow.code)
        with pytest.raises(SignupOver):
            await signups.prove_by_link(entry, flow.link)


async def test_the_link_works_once(entry: Entry, vault: Vault) -> None:
    flow = await a_flow(entry, vault)

    assert await signups.prove_by_link(entry, flow.link) == MINE
    with pytest.raises(SignupOver):
        await signups.prove_by_link(entry, flow.link)


async def test_nothing_is_used_before_it_is_proved(entry: Entry, vault: Vault) -> None:
    flow = await a_flow(entry, vault)

    assert not await signups.use(entry, flow.handle, MINE)


async def test_of_many_tabs_one_goes_on(pool: Pool, vault: Vault, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        flow = await a_flow(entry, vault)
        await signups.prove_by_code(entry, flow.handle, MINE, flow.code)

    async def use() -> bool:
        async with Entry(pool, moment) as entry:
            return await signups.use(entry, flow.handle, MINE)

    assert (await asyncio.gather(*(use() for _ in range(20)))).count(True) == 1


async def test_who_stopped_half_way_begins_as_anybody(entry: Entry, vault: Vault) -> None:
    """WA-20: an account that nobody can sign in to is none yet."""
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    before = await a_flow(entry, vault)
    await passwords.set(entry, account.id, "a hash")

    assert not before.known
    assert (await a_flow(entry, vault)).known


async def test_a_proof_is_held_by_one(pool: Pool, vault: Vault, moment: datetime) -> None:
    """WA-20: nobody waits for whoever holds it."""
    async with Entry(pool, moment) as entry:
        flow = await a_flow(entry, vault)
        assert not await signups.hold(entry, flow.handle, MINE)
        await signups.prove_by_code(entry, flow.handle, MINE, flow.code)
    async with Entry(pool, moment) as first, Entry(pool, moment) as second:
        assert await signups.hold(first, flow.handle, MINE)
        assert not await signups.hold(second, flow.handle, MINE)
        assert await signups.use(first, flow.handle, MINE)
    async with Entry(pool, moment) as entry:
        assert not await signups.hold(entry, flow.handle, MINE)
