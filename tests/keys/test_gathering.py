"""Gathering: many rows, one commit, and each request knows about its own."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest
import sqlalchemy as sa

from keys import gathering, tables
from keys.entry import Entry, Statement, statement
from keys.pool import Pool

COUNT = statement(sa.select(sa.func.count().label("rows")).select_from(tables.replays))


def _write() -> Statement:
    new = gathering.asked(digest=sa.LargeBinary(), expires_at=tables.NOW)
    return statement(
        sa.insert(tables.replays).from_select(
            ["digest", "expires_at"], sa.select(new.c.digest, new.c.expires_at)
        )
    )


def _read() -> Statement:
    wanted = gathering.asked(digest=sa.LargeBinary())
    return statement(
        sa.select(wanted.c.n, tables.replays.c.expires_at).join_from(
            wanted, tables.replays, tables.replays.c.digest == wanted.c.digest
        )
    )


WRITE = _write()
READ = _read()
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
    writing = pool.gathering(WRITE)

    await asyncio.gather(*(writing.ask(row(number, moment)) for number in range(50)))

    assert await written(pool, moment) == 50


async def test_a_row_is_durable_when_its_request_goes_on(pool: Pool, moment: datetime) -> None:
    async with Entry(pool, moment) as entry:
        await entry.together(WRITE, **row(1, moment))

        assert await written(pool, moment) == 1


async def test_a_bad_row_fails_alone(pool: Pool, moment: datetime) -> None:
    writing = pool.gathering(WRITE)
    await writing.ask(row(7, moment))

    answers = await asyncio.gather(
        *(writing.ask(row(number, moment)) for number in (6, 7, 8)), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [list, asyncpg.UniqueViolationError, list]
    assert await written(pool, moment) == 3


async def test_inside_a_transaction_the_row_shares_its_fate(pool: Pool, moment: datetime) -> None:
    async def fails_after_writing() -> None:
        async with Entry(pool, moment) as entry:
            await entry.run(DELETE_NOTHING)
            await entry.together(WRITE, **row(1, moment))
            raise KeyError

    with pytest.raises(KeyError):
        await fails_after_writing()

    assert await written(pool, moment) == 0


async def test_a_request_given_up_spoils_no_other(pool: Pool, moment: datetime) -> None:
    writing = pool.gathering(WRITE)
    given_up = asyncio.ensure_future(writing.ask(row(1, moment)))
    other = asyncio.ensure_future(writing.ask(row(2, moment)))
    await asyncio.sleep(0)
    given_up.cancel()

    await other

    assert await written(pool, moment) == 2


async def test_each_request_gets_the_rows_that_are_its_own(pool: Pool, moment: datetime) -> None:
    for number in range(0, 40, 2):
        await pool.gathering(WRITE).ask(row(number, moment + timedelta(seconds=number)))

    answers = await asyncio.gather(
        *(pool.gathering(READ).ask({"digest": bytes([number])}) for number in range(40))
    )

    found = {number: rows[0]["expires_at"] for number, rows in enumerate(answers) if rows}
    assert found == {
        number: moment + timedelta(minutes=1, seconds=number) for number in range(0, 40, 2)
    }
