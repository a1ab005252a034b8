"""The file of everything: one at a time, made by one worker, fetched once within a day."""

from datetime import datetime, timedelta

from idp import accounts, exports
from idp.accounts import Account
from idp.exports import LIVES, MOST_TRIES, TURN
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault

BODY = b"everything"
SECOND = timedelta(seconds=1)


async def wanted(entry: Entry, vault: Vault) -> Account:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    assert await exports.ask(entry, account.id, "fr")
    return account


async def made(entry: Entry, vault: Vault) -> exports.Export:
    one = await exports.take(entry)
    assert one is not None
    assert await exports.finish(entry, vault, one, BODY)
    return one


async def test_it_is_fetched_once_by_its_citizen(entry: Entry, vault: Vault) -> None:
    account = await wanted(entry, vault)
    other = await accounts.open_account(entry, vault, email="ben@example.org")
    one = await made(entry, vault)

    assert await exports.fetch(entry, vault, other.id, one.id) is None
    assert await exports.fetch(entry, vault, account.id, one.id) == BODY
    assert await exports.fetch(entry, vault, account.id, one.id) is None


async def test_asking_while_it_is_made_changes_nothing(entry: Entry, vault: Vault) -> None:
    account = await wanted(entry, vault)

    assert not await exports.ask(entry, account.id, "en")
    found = await exports.latest(entry, account.id)
    assert found is not None
    assert found.locale == "fr"


async def test_a_worker_that_died_is_followed_when_its_turn_is_over(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    async with Entry(pool, moment) as entry:
        account = await wanted(entry, vault)
    async with Entry(pool, moment) as entry:
        dead = await exports.take(entry)
        assert dead is not None
        await exports.note(entry, dead, 3)
    async with Entry(pool, moment + TURN - SECOND) as entry:
        assert await exports.take(entry) is None
    async with Entry(pool, moment + TURN) as entry:
        next_ = await exports.take(entry)
        assert next_ is not None
        assert next_.done == 0
        # The dead one comes back to life, and is too late.
        await exports.note(entry, dead, 5)
        assert not await exports.finish(entry, vault, dead, b"too late")
        assert await exports.finish(entry, vault, next_, BODY)
        assert await exports.fetch(entry, vault, account.id, next_.id) == BODY


async def test_what_can_t_be_made_is_given_up(pool: Pool, vault: Vault, moment: datetime) -> None:
    at = moment
    async with Entry(pool, at) as entry:
        account = await wanted(entry, vault)
    for _ in range(MOST_TRIES):
        async with Entry(pool, at) as entry:
            assert await exports.take(entry) is not None
        at += TURN
    async with Entry(pool, at) as entry:
        assert await exports.take(entry) is None
        found = await exports.latest(entry, account.id)
        assert found is not None
        assert found.state == "failed"
        assert await exports.ask(entry, account.id, "fr")


async def test_it_lives_for_a_day_after_it_was_made(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    ready = moment + timedelta(hours=2)
    async with Entry(pool, moment) as entry:
        account = await wanted(entry, vault)
    async with Entry(pool, ready) as entry:
        one = await made(entry, vault)
    async with Entry(pool, ready + LIVES) as entry:
        assert await exports.fetch(entry, vault, account.id, one.id) is None
        assert await exports.latest(entry, account.id) is None
    async with Entry(pool, ready + LIVES + SECOND) as entry:
        assert await exports.purge(entry) == 1
