"""C14: what a copy of the database can and can't bring back, with the commands that we tell.

The copies are made and restored by PostgreSQL's own programs, and read with the master key at
hand: what docs/operating.md says of each is what happens.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gateway import postgres
from gateway.runtime import now
from idp import attributes, identifiers
from idp.errors import AccountNotOpen
from keys.entry import Entry
from keys.errors import NotSealedHere
from keys.pool import Pool
from tests.support import leaving, services
from tests.support.gateway import Citizen, Gateway

pytestmark = pytest.mark.xdist_group("gateway")

NEW = "gatehouse_restored"
COPIES: Mapping[str, Sequence[str]] = {
    "rest": ("--exclude-table-data=idp.person_keys",),
    "keys": ("--data-only", "--table=idp.person_keys"),
}


async def run(program: str, *arguments: str) -> None:
    command = [str(postgres.binaries() / program), *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def copied(gateway: Gateway, what: str, place: Path) -> Path:
    options = ("--format=custom", *COPIES[what], f"--file={place}", gateway.database)
    await run("pg_dump", *options)
    return place


@asynccontextmanager
async def restored(gateway: Gateway, *copies: Path) -> AsyncIterator[Pool]:
    """Restore copies, one after the other, into a database of their own."""
    await gateway.rows(f"CREATE DATABASE {NEW}")
    url = f"{gateway.database.rpartition('/')[0]}/{NEW}"
    pool = Pool(url)
    try:
        for copy in copies:
            await run("pg_restore", "--exit-on-error", f"--dbname={url}", str(copy))
        yield pool
    finally:
        await pool.close()
        await gateway.rows(f"DROP DATABASE {NEW}")


async def readable(gateway: Gateway, pool: Pool, someone: Citizen) -> list[str]:
    """Return what whoever has the master key reads of somebody there."""
    vault, found = gateway.runtime.vault, list[str]()
    async with Entry(pool, now()) as entry:
        with suppress(AccountNotOpen):
            held = await attributes.all_current(entry, vault, someone.account)
            found += [str(one.value) for one in held if one.claim == "email"]
        with suppress(NotSealedHere):
            found += await identifiers.emails(entry, vault, someone.account)
    return found


async def test_only_the_keys_bring_somebody_back(gateway: Gateway, tmp_path: Path) -> None:
    goes, stays = await gateway.citizen("basic"), await gateway.citizen("basic")
    await services.tokens(gateway, goes)
    rest = await copied(gateway, "rest", tmp_path / "rest.dump")
    older = await copied(gateway, "keys", tmp_path / "older.dump")
    await leaving.asked(gateway, goes)
    await leaving.gone(gateway, goes)
    comes = await gateway.citizen()  # whose key is in no copy of the rest
    newer = await copied(gateway, "keys", tmp_path / "newer.dump")
    everything = [goes.email] * 2, [stays.email] * 2

    async with restored(gateway, rest) as pool:
        assert await readable(gateway, pool, goes) == []
        assert await readable(gateway, pool, stays) == []
    async with restored(gateway, rest, newer) as pool:
        assert await readable(gateway, pool, goes) == []
        assert await readable(gateway, pool, stays) == everything[1]
        assert await readable(gateway, pool, comes) == []
    async with restored(gateway, rest, older) as pool:
        assert await readable(gateway, pool, goes) == everything[0]
