"""Mails leave once, and not when they are worthless."""

from datetime import datetime, timedelta

from idp import notices
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault


async def queue(entry: Entry, vault: Vault, expires_at: datetime | None = None) -> None:
    await notices.queue(
        entry,
        vault,
        template="code",
        locale="en",
        email="ana@example.org",
        fields={"code": "12345678"},
        expires_at=expires_at,
    )


async def test_two_takers_never_hold_the_same(pool: Pool, vault: Vault, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        await queue(entry, vault)

    async with Entry(pool, moment) as one, Entry(pool, moment) as other:
        (notice,) = await notices.take(one, vault)
        assert await notices.take(other, vault) == []
    async with Entry(pool, moment) as entry:
        assert await notices.take(entry, vault) == []
        await notices.sent(entry, notice)
    assert (notice.email, dict(notice.fields)) == ("ana@example.org", {"code": "12345678"})
    async with Entry(pool, moment + notices.TURN) as entry:
        assert await notices.take(entry, vault) == []


async def test_what_a_dead_worker_took_comes_back(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    async with Entry(pool, moment) as entry:
        await queue(entry, vault)
        (taken,) = await notices.take(entry, vault)

    async with Entry(pool, moment + notices.TURN) as entry:
        assert [again.id for again in await notices.take(entry, vault)] == [taken.id]


async def test_what_failed_comes_back_later(pool: Pool, vault: Vault, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        await queue(entry, vault)
        (notice,) = await notices.take(entry, vault)
        await notices.failed(entry, notice)
        assert await notices.take(entry, vault) == []

    async with Entry(pool, moment + notices.FIRST_PAUSE) as entry:
        assert [again.id for again in await notices.take(entry, vault)] == [notice.id]


async def test_what_ran_out_is_not_sent(pool: Pool, vault: Vault, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        await queue(entry, vault, moment + timedelta(minutes=10))

    async with Entry(pool, moment + timedelta(minutes=10)) as entry:
        assert await notices.take(entry, vault) == []
