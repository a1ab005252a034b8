"""What a database says when it can't, as it really says it, and what it says of a fault of ours."""

import asyncpg
import pytest

from keys import outages
from keys.pool import Pool

WRITE = "INSERT INTO keys.journal DEFAULT VALUES"
LOCK = "LOCK TABLE keys.journal IN EXCLUSIVE MODE"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        pytest.param(f"SET TRANSACTION READ ONLY; {WRITE}", "25006", id="read-only"),
        pytest.param("SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)", "57014", id="too-long"),
        pytest.param(WRITE, None, id="a-value-is-missing"),
        pytest.param("SELECT * FROM keys.nothing", None, id="no-such-table"),
        pytest.param("SELECT 1 / 0", None, id="no-such-number"),
    ],
)
async def test_it_can_t_or_it_was_asked_wrongly(pool: Pool, said: str, state: str | None) -> None:
    async with pool.connection() as connection:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await connection.execute(said)

    assert outages.state(refused.value) == state


async def test_a_table_that_is_held_for_too_long_is_an_outage(pool: Pool) -> None:
    async with pool.connection() as first, first.transaction(), pool.connection() as second:
        await first.execute(LOCK)
        with pytest.raises(asyncpg.PostgresError) as refused:
            await second.execute(f"SET LOCAL lock_timeout = 1; {LOCK}")

    assert outages.state(refused.value) == "55P03"
