"""An account that is to be deleted waits two weeks, goes step by step, and can be kept."""

from datetime import datetime, timedelta

import pytest

from idp import accounts, erased, erasures, identifiers, person_keys
from idp.accounts import Account
from idp.erasures import GRACE, SETTLED
from idp.errors import ErasureOver, StaffStays
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault

EMAIL = "ana@example.org"
SECOND = timedelta(seconds=1)


async def leaving(entry: Entry, vault: Vault) -> tuple[Account, erasures.Asked]:
    account = await accounts.open_account(entry, vault, email=EMAIL)
    asked = await erasures.ask(entry, account.id)
    assert asked is not None
    return account, asked


async def test_asking_twice_is_asking_once(pool: Pool, vault: Vault, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        account, asked = await leaving(entry, vault)
    async with Entry(pool, moment + timedelta(days=3)) as entry:
        assert await erasures.ask(entry, account.id) is None
        found, one = await accounts.find(entry, account.id), await erasures.find(entry, asked.link)

    assert found is not None
    assert one is not None
    assert found.leaving_at == asked.due_at == one.due_at == moment + GRACE


async def test_it_is_taken_when_the_days_are_over_and_not_before(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    async with Entry(pool, moment) as entry:
        account, _ = await leaving(entry, vault)
    async with Entry(pool, moment + GRACE - SECOND) as entry:
        assert await erasures.take(entry) is None
    async with Entry(pool, moment + GRACE) as one, Entry(pool, moment + GRACE) as other:
        taken = await erasures.take(one)
        assert taken is not None
        assert taken.account_id == account.id
        assert await erasures.take(other) is None


async def test_each_step_moves_it_on(pool: Pool, vault: Vault, moment: datetime) -> None:
    at = moment + GRACE
    async with Entry(pool, moment) as entry:
        account, asked = await leaving(entry, vault)
    stages = []
    for _ in range(3):
        async with Entry(pool, at) as entry:
            one = await erasures.take(entry)
            assert one is not None
            stages.append(one.stage)
            await erasures.move(entry, one)
        at += SETTLED
    async with Entry(pool, at) as entry:
        assert await erasures.take(entry) is None
        assert await erasures.gone(entry) == [account.id]
        with pytest.raises(ErasureOver):
            await erasures.stop_by_link(entry, asked.link)
    assert stages == ["waiting", "closed", "told"]


async def test_who_keeps_it_may_ask_again_and_waits_as_long(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    later = moment + timedelta(days=10)
    async with Entry(pool, moment) as entry:
        account, asked = await leaving(entry, vault)
    async with Entry(pool, later) as entry:
        await erasures.stop_by_link(entry, asked.link)
        assert not await erasures.stop(entry, account.id)
        found = await accounts.find(entry, account.id)
        again = await erasures.ask(entry, account.id)

    assert found is not None
    assert found.leaving_at is None
    assert again is not None
    assert again.due_at == later + GRACE


async def test_an_administrator_stays(entry: Entry, vault: Vault) -> None:
    account = await accounts.open_account(entry, vault, email=EMAIL)
    await accounts.grant_role(entry, account.id, "auditor", by="test")

    with pytest.raises(StaffStays):
        await erasures.ask(entry, account.id)


async def test_where_the_last_mail_goes_outlives_the_account(entry: Entry, vault: Vault) -> None:
    account, asked = await leaving(entry, vault)
    one = await erasures.find(entry, asked.link)
    assert one is not None
    sealed = await erasures.seal_receipt(entry, vault, one, "fr")
    await erasures.move(entry, one, sealed)
    await erased.forget(entry, account.id)

    moved = await erasures.find(entry, asked.link)
    assert moved is not None
    assert erasures.receipt(vault, moved) == erasures.Receipt("fr", [EMAIL])
    assert await accounts.find(entry, account.id) is None
    assert await identifiers.find_account(entry, vault, EMAIL) is None


async def test_a_key_is_destroyed_once(entry: Entry, vault: Vault) -> None:
    account = await accounts.open_account(entry, vault, email=EMAIL)

    assert await person_keys.destroy(entry, account.id)
    assert not await person_keys.destroy(entry, account.id)
