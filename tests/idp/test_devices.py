"""A device is known after a sign-in, for the accounts that were signed in on it."""

from datetime import datetime, timedelta

from idp import accounts, devices
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault


async def an_account(entry: Entry, vault: Vault, name: str = "ana") -> accounts.Account:
    return await accounts.open_account(entry, vault, email=f"{name}@example.org")


async def test_the_second_time_it_is_known(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    first = await devices.remember(entry, account.id, "")
    again = await devices.remember(entry, account.id, first.handle)

    assert (first.new, again.new) == (True, False)
    assert again.handle == first.handle


async def test_a_handle_that_was_planted_is_worthless(entry: Entry, vault: Vault) -> None:
    attacker, victim = await an_account(entry, vault, "mal"), await an_account(entry, vault)
    planted = await devices.remember(entry, attacker.id, "")
    theirs = await devices.remember(entry, victim.id, planted.handle)

    assert theirs.new
    assert theirs.handle != planted.handle
    assert (await devices.remember(entry, victim.id, planted.handle)).new


async def test_a_family_shares_one(entry: Entry, vault: Vault) -> None:
    ana, bob = await an_account(entry, vault), await an_account(entry, vault, "bob")
    hers = await devices.remember(entry, ana.id, "")
    his = await devices.remember(entry, bob.id, hers.handle)

    assert not (await devices.remember(entry, ana.id, his.handle)).new
    assert not (await devices.remember(entry, bob.id, his.handle)).new


async def test_half_a_year_makes_it_new(pool: Pool, vault: Vault, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        account = await an_account(entry, vault)
        device = await devices.remember(entry, account.id, "")
    later = moment + devices.LIFETIME - timedelta(seconds=1)
    async with Entry(pool, later) as entry:
        assert not (await devices.remember(entry, account.id, device.handle)).new

    async with Entry(pool, later + devices.LIFETIME) as entry:
        assert (await devices.remember(entry, account.id, device.handle)).new


async def test_an_account_has_ten(pool: Pool, vault: Vault, moment: datetime) -> None:
    handles = []
    async with Entry(pool, moment) as entry:
        account = await an_account(entry, vault)
    for number in range(devices.MOST + 1):
        async with Entry(pool, moment + timedelta(minutes=number)) as entry:
            handles.append((await devices.remember(entry, account.id, "")).handle)

    async with Entry(pool, moment + timedelta(hours=1)) as entry:
        known = [not (await devices.remember(entry, account.id, one)).new for one in handles[1:]]
        assert known == [True] * devices.MOST
        assert (await devices.remember(entry, account.id, handles[0])).new


async def test_all_are_forgotten_but_this_one(entry: Entry, vault: Vault) -> None:
    """PW-11."""
    account = await an_account(entry, vault)
    mine = await devices.remember(entry, account.id, "")
    other = await devices.remember(entry, account.id, "")
    await devices.forget(entry, account.id, but=mine.handle)

    assert not (await devices.remember(entry, account.id, mine.handle)).new
    assert (await devices.remember(entry, account.id, other.handle)).new
