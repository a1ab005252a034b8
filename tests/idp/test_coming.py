"""What is told beforehand holds from its day on, at the very reading, and not before."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from idp import accounts, attributes, coming
from idp.attributes import Validity
from idp.errors import StaleVersion, ValueRefused
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault
from tests.factories import values_of

OLD = {"locality": "Northtown", "postal_code": "NT1 4QX"}
NEW = {"locality": "Southtown", "postal_code": "ST9 1AA"}
OTHER = {"locality": "Easttown", "postal_code": "ET3 3ET"}
CLAIMS = ("address", "postal_code")


@pytest.fixture
def day(moment: datetime) -> date:
    """The day of the move."""
    return moment.date() + timedelta(days=30)


@pytest.fixture
async def ana(pool: Pool, vault: Vault, moment: datetime, day: date) -> UUID:
    """She lives at the old address and moves in thirty days."""
    async with Entry(pool, moment) as entry:
        who = (await accounts.open_account(entry, vault, email="ana@example.org")).id
        await tell(entry, vault, who, OLD)
        await tell(entry, vault, who, NEW, since=day)
    return who


async def tell(
    entry: Entry, vault: Vault, who: UUID, value: Any, *, since: date | None = None, **how: Any
) -> None:
    how = {"source_type": "self", "by": f"account:{who}"} | how
    await attributes.record(entry, vault, who, "address", value, validity=Validity(since), **how)


async def read(pool: Pool, vault: Vault, who: UUID, at: datetime) -> Any:
    """Return what is read and what goes out, which must be the same."""
    async with Entry(pool, at) as entry:
        shown = await attributes.read(entry, vault, who, CLAIMS)
        sent = await values_of(entry, vault, who, CLAIMS)
    assert {name: one.value for name, one in shown.items()} == sent
    return sent["address"]


async def test_each_reading_has_what_holds_at_its_moment(
    pool: Pool, vault: Vault, ana: UUID, moment: datetime, day: date
) -> None:
    """To the midnight, without anybody having put the rows in order; and after that alike."""
    midnight = datetime.combine(day, datetime.min.time(), moment.tzinfo)

    assert await read(pool, vault, ana, moment) == OLD
    assert await read(pool, vault, ana, midnight - timedelta(seconds=1)) == OLD
    assert await read(pool, vault, ana, midnight) == NEW
    tidied = await asyncio.gather(*(arrive_all(pool, midnight) for _ in range(50)))
    assert sum(tidied) == 1
    assert await read(pool, vault, ana, midnight) == NEW


async def arrive_all(pool: Pool, at: datetime) -> int:
    async with Entry(pool, at) as entry:
        return await coming.arrive_all(entry)


async def test_what_held_before_ends_the_day_before(
    pool: Pool, vault: Vault, ana: UUID, moment: datetime, day: date
) -> None:
    assert await arrive_all(pool, moment + timedelta(days=29)) == 0
    assert await arrive_all(pool, moment + timedelta(days=30)) == 1

    async with pool.connection() as connection:
        rows = await connection.fetch(
            "SELECT status, valid_from, valid_until FROM idp.attributes"
            " WHERE claim = 'address' ORDER BY status"
        )
    assert [tuple(row) for row in rows] == [
        ("active", day, None),
        ("superseded", None, day - timedelta(days=1)),
    ]


async def test_only_one_is_to_come_and_it_can_be_dropped(
    pool: Pool, vault: Vault, ana: UUID, moment: datetime, day: date
) -> None:
    async with Entry(pool, moment) as entry:
        await tell(entry, vault, ana, OTHER, since=day + timedelta(days=1))
        held = await attributes.all_current(entry, vault, ana)
    assert [one.value for one in held if one.coming] == [OTHER]
    assert await read(pool, vault, ana, moment + timedelta(days=30)) == OLD

    async def drop() -> bool:
        async with Entry(pool, moment) as entry:
            return await coming.drop(entry, ana, "address")

    assert sum(await asyncio.gather(*(drop() for _ in range(50)))) == 1
    assert await read(pool, vault, ana, moment + timedelta(days=60)) == OLD


async def test_a_correction_meanwhile_does_not_stop_the_move(
    pool: Pool, vault: Vault, ana: UUID, moment: datetime
) -> None:
    async with Entry(pool, moment + timedelta(days=1)) as entry:
        await tell(entry, vault, ana, OTHER)

    assert await read(pool, vault, ana, moment + timedelta(days=2)) == OTHER
    assert await read(pool, vault, ana, moment + timedelta(days=30)) == NEW


async def test_what_is_told_after_the_day_takes_its_place(
    pool: Pool, vault: Vault, ana: UUID, moment: datetime
) -> None:
    """Also if nobody put the rows in order: the next version is that of what holds."""
    async with Entry(pool, moment + timedelta(days=31)) as entry:
        before = [one for one in await attributes.all_current(entry, vault, ana) if one.version > 1]
        with pytest.raises(StaleVersion):
            await tell(entry, vault, ana, OTHER, expected=1)
    async with Entry(pool, moment + timedelta(days=31)) as entry:
        await tell(entry, vault, ana, OTHER, expected=before[0].version)

    assert await read(pool, vault, ana, moment + timedelta(days=32)) == OTHER


async def test_what_a_register_says_goes_before_it(
    pool: Pool, vault: Vault, ana: UUID, moment: datetime
) -> None:
    async with Entry(pool, moment) as entry:
        await tell(entry, vault, ana, OTHER, verified=True, source_type="register", by="register:x")

    assert await read(pool, vault, ana, moment + timedelta(days=40)) == OTHER


@pytest.mark.parametrize(
    "how",
    [{"source_type": "register"}, {"verified": True, "source_type": "register"}, {"ahead": 367}],
)
async def test_only_a_citizen_says_what_is_to_come_and_not_for_ever(
    pool: Pool, vault: Vault, ana: UUID, moment: datetime, how: dict[str, Any]
) -> None:
    since = moment.date() + timedelta(days=how.pop("ahead", 30))
    async with Entry(pool, moment) as entry:
        with pytest.raises(ValueRefused):
            await tell(entry, vault, ana, OTHER, since=since, **how)


async def test_its_day_is_when_it_changed(
    pool: Pool, vault: Vault, ana: UUID, moment: datetime, day: date
) -> None:
    """So that a service that compares ``updated_at`` reads it again."""
    claims = ("address", "updated_at")
    async with Entry(pool, moment + timedelta(days=29)) as entry:
        before = (await values_of(entry, vault, ana, claims))["updated_at"]
    async with Entry(pool, moment + timedelta(days=30)) as entry:
        after = (await values_of(entry, vault, ana, claims))["updated_at"]

    assert before == int(moment.timestamp())
    assert datetime.fromtimestamp(after, moment.tzinfo).date() == day
