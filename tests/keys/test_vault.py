"""The secrets that never change are drawn once and open under their master key alone."""

import asyncio
from datetime import datetime

import pytest

from keys.entry import Entry
from keys.errors import NotSealedHere
from keys.master import MasterKey
from keys.pool import Pool
from keys.vault import NAMES, READ, Vault, open_vault


async def opened(pool: Pool, moment: datetime, master: MasterKey) -> Vault:
    async with Entry(pool, moment) as entry:
        return await open_vault(entry, master)


def secrets(vault: Vault) -> list[bytes]:
    return [getattr(vault, name) for name in NAMES]


async def test_they_are_drawn_once(pool: Pool, moment: datetime, master: MasterKey) -> None:
    starts = await asyncio.gather(*(opened(pool, moment, master) for _ in range(5)))

    first = secrets(starts[0])
    assert len(set(first)) == len(NAMES)
    assert all(secrets(each) == first for each in starts)
    assert all(len(each) == 32 for each in first)


async def test_another_master_key_opens_nothing(
    pool: Pool, moment: datetime, master: MasterKey
) -> None:
    await opened(pool, moment, master)

    with pytest.raises(NotSealedHere):
        await opened(pool, moment, MasterKey(bytes(32)))


async def test_the_database_holds_none_of_them(
    pool: Pool, moment: datetime, master: MasterKey
) -> None:
    """PW-10: neither the pepper nor any other key is in a dump."""
    vault = await opened(pool, moment, master)

    async with Entry(pool, moment) as entry:
        kept = b"".join(row["sealed"] for row in await entry.all(READ))
    assert not any(secret in kept for secret in secrets(vault))
    assert not any(repr(secret) in repr(vault) for secret in secrets(vault))


async def test_each_use_has_a_key_of_its_own(
    pool: Pool, moment: datetime, master: MasterKey
) -> None:
    vault = await opened(pool, moment, master)

    derived = {vault.derive("forms"), vault.derive("challenges"), vault.browser}
    assert len(derived) == 3
    assert vault.derive("forms") == vault.derive("forms")
