"""Recovery waits where reading mail is not enough, and can be stopped."""

from datetime import datetime, timedelta

import pytest

from idp import accounts, recovery, sessions
from idp.errors import RecoveryOver
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault


async def an_account(entry: Entry, vault: Vault, ial: int = 0) -> accounts.Account:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    if ial:
        await accounts.raise_ial(entry, account.id, ial)
    return account


async def test_a_plain_account_is_back_at_once_and_signed_out_everywhere(
    entry: Entry, vault: Vault
) -> None:
    account = await an_account(entry, vault)
    _, handle = await sessions.start(
        entry, account.id, kind="citizen", amr=("pwd",), aal=1, device="Firefox"
    )
    started = await recovery.start(entry, account.id)

    assert await recovery.complete(entry, started.handle) == account.id
    assert await sessions.find(entry, handle) is None
    with pytest.raises(RecoveryOver):
        await recovery.complete(entry, started.handle)


async def test_a_verified_account_waits_a_day(pool: Pool, vault: Vault, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        account = await an_account(entry, vault, ial=1)
        started = await recovery.start(entry, account.id)
    ready = moment + timedelta(hours=24)

    async with Entry(pool, ready - timedelta(seconds=1)) as entry:
        with pytest.raises(RecoveryOver):
            await recovery.complete(entry, started.handle)
    async with Entry(pool, ready) as entry:
        assert await recovery.complete(entry, started.handle) == account.id


async def test_what_was_stopped_stays_stopped(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    started = await recovery.start(entry, account.id)
    await recovery.cancel(entry, started.cancel)

    assert await recovery.find(entry, started.handle) is None
    with pytest.raises(RecoveryOver):
        await recovery.complete(entry, started.handle)


async def test_it_is_recent_for_an_hour(pool: Pool, vault: Vault, moment: datetime) -> None:
    """WA-19: so long it stands for the passkey that was lost."""
    async with Entry(pool, moment) as entry:
        account = await an_account(entry, vault)
        started = await recovery.start(entry, account.id)
        assert not await recovery.is_recent(entry, account.id)
        await recovery.complete(entry, started.handle)

    async with Entry(pool, moment + timedelta(minutes=59)) as entry:
        assert await recovery.is_recent(entry, account.id)
    async with Entry(pool, moment + timedelta(minutes=60)) as entry:
        assert not await recovery.is_recent(entry, account.id)
