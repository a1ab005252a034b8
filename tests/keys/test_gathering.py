"""Gathering: many rows, one commit, and each request knows about its own."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from keys import tables
from keys.entry import Entry, Statement, statement
from keys.pool import Pool

COUNT = statement(sa.select(sa.func.count().label("rows")).select_from(tables.replays))


def _write() -> Statement:
    kinds = {"digest": sa.LargeBinary(), "expires_at": tables.NOW}
    arrays = [sa.bindparam(name, type_=pg.ARRAY(kind)) for name, kind in kinds.items()]  # type: ignore[arg-type,var-annotated]
    columns = [sa.column(name, kind) for name, kind in kinds.items()]  # type: ignore[arg-type,var-annotated]
    brought = sa.func.unnest(*arrays).table_valued(*columns, name="brought").render_derived()
    return statement(
        sa.insert(tables.replays).from_select(list(kinds), sa.select(*brought.c)),
    )


WRITE = _write()
DELETE_NOTHING = statement(
    sa.delete(tables.replays).where(tables.replays.c.digest == sa.bindparam("nothing", b""))
)


async def written(pool: Pool, at: datetime) -> int:
    async with Entry(pool, at) as entry:
        row = await entry.one(COUNT)
    assert row
    return int(row["rows"])


def row(number: int, at: datetime) -> dict[str, object]:
    return {"digest": bytes([number]), "expires_at": at + timedelta(minutes=1)}


async def test_each_of_fifty_rows_is_written_once(pool: Pool, moment: datetime) -> None:
    gathering = pool.gathering(WRITE)

    await asyncio.gather(*(gathering.add(row(number, moment)) for number in range(50)))

    assert await written(pool, moment) == 50


async def test_a_row_is_durable_when_its_request_goes_on(pool: Pool, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        await entry.gathered(WRITE, **row(1, moment))

        assert await written(pool, moment) == 1


async def test_a_bad_row_fails_alone(pool: Pool, moment: datetime) -> None:
    gathering = pool.gathering(WRITE)
    await gathering.add(row(7, moment))

    answers = await asyncio.gather(
        *(gathering.add(row(number, moment)) for number in (6, 7, 8)), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [
        type(None),
        asyncpg.UniqueViolationError,
        type(None),
    ]
    assert await written(pool, moment) == 3


async def test_inside_a_transaction_the_row_shares_its_fate(pool: Pool, moment: datetime) -> None:
    async def fails_after_writing() -> None:
        async with Entry(pool, moment) as entry:
            await entry.run(DELETE_NOTHING)
            await entry.gathered(WRITE, **row(1, moment))
            raise KeyError

    with pytest.raises(KeyError):
        await fails_after_writing()

    assert await written(pool, moment) == 0


async def test_a_request_given_up_spoils_no_other(pool: Pool, moment: datetime) -> None:
    gathering = pool.gathering(WRITE)
    given_up = asyncio.ensure_future(gathering.add(row(1, moment)))
    other = asyncio.ensure_future(gathering.add(row(2, moment)))
    await asyncio.sleep(0)
    given_up.cancel()

    await other

    assert await written(pool, moment) == 2
