"""Recovery waits where reading mail is not enough, and can be stopped."""

from datetime import datetime, timedelta

import pytest

from idp import accounts, devices, recovery, sessions
from idp.errors import RecoveryOver
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault
from tests.support import passkeys


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


async def test_re_04_an_account_with_a_passkey_waits_a_day(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    """ASVS 6.4.3: who reads the mail is not yet who holds the passkey (CVE-2024-45042)."""
    async with Entry(pool, moment) as entry:
        account = await an_account(entry, vault)
        await passkeys.enrolled(entry, vault, account, passkeys.a_device())
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


async def test_one_that_is_completed_ends_the_others(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    first, second = [await recovery.start(entry, account.id) for _ in range(2)]
    device = await devices.remember(entry, account.id, "")
    await recovery.complete(entry, second.handle)

    assert await recovery.find(entry, first.handle) is None
    assert (await devices.remember(entry, account.id, device.handle)).new
    with pytest.raises(RecoveryOver):
        await recovery.cancel(entry, first.cancel)


async def test_nobody_rides_on_another_s_wait(pool: Pool, vault: Vault, moment: datetime) -> None:
    """Who starts while one runs waits as long again; the first goes on as it was."""
    async with Entry(pool, moment) as entry:
        account = await an_account(entry, vault, ial=1)
        first = await recovery.start(entry, account.id)
    async with Entry(pool, moment + timedelta(hours=23)) as entry:
        second = await recovery.start(entry, account.id)
        found = await recovery.under_way(entry, account.id)

    assert second.ready_at == first.ready_at + timedelta(hours=23)
    assert found is not None
    assert found.ready_at == first.ready_at
    async with Entry(pool, first.ready_at) as entry:
        with pytest.raises(RecoveryOver):
            await recovery.complete(entry, second.handle)
        assert await recovery.complete(entry, first.handle) == account.id


async def test_any_mail_stops_all(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    started = [await recovery.start(entry, account.id) for _ in range(3)]
    await recovery.cancel(entry, started[0].cancel)

    assert [await recovery.find(entry, one.handle) for one in started] == [None] * 3
    assert await recovery.under_way(entry, account.id) is None


async def test_who_is_signed_in_stops_their_own(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    other = await accounts.open_account(entry, vault, email="bob@example.org")
    mine, theirs = [await recovery.start(entry, one.id) for one in (account, other)]
    await recovery.cancel_all(entry, account.id)

    assert await recovery.find(entry, mine.handle) is None
    assert await recovery.find(entry, theirs.handle) is not None
