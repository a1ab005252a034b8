"""Lines of the ledger in the tree, and whatever is done to them afterwards: LG-04."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from keys import checkpoints, keystore, merkle, rotation, transparency
from keys.keystore import Keyring
from keys.master import MasterKey
from keys.pool import Pool
from keys.sealing import DataKey, Sealer
from relying_parties import ledger, ledger_audit, releases
from relying_parties.ledger_audit import Report
from relying_parties.releases import Disclosure
from tests.relying_parties.conftest import CITIZEN, Later

ISSUER = "https://id.example"
KEY = DataKey(bytes(32))
LINE = Disclosure("parking-permits", 1, ["permit"], ["name"], "userinfo", None)

SWAP = (
    "UPDATE {r} SET (subject, sealed, commitment) = (SELECT subject, sealed, commitment"
    " FROM {r} o WHERE o.id = 9 - {r}.id) WHERE id IN (4, 5)"
)
FLIP = (
    "UPDATE keys.tree_tiles SET hashes = set_byte(hashes, 100, 255 - get_byte(hashes, 100))"
    " WHERE level = 0"
)
SLIPPED = ("slipped_in", 0, None)

Grow = Callable[[], Awaitable[int]]


@pytest.fixture
async def keyring(at: Later, master: MasterKey) -> Keyring:
    async with at() as entry:
        await rotation.ensure(entry, Sealer(master))
    async with at() as entry:
        return await keystore.load(entry, Sealer(master))


@pytest.fixture
def grow(at: Later, keyring: Keyring) -> Grow:
    """Seal all there is, however long transactions of other tests hold up its being final."""

    async def sealed() -> int:
        total = 0
        async with asyncio.timeout(60):
            while await waiting(at):
                async with at() as entry:
                    total += await ledger.grow(entry, keyring, ISSUER)
        return total

    return sealed


async def write(at: Later, count: int, subject: str = CITIZEN) -> None:
    async with at() as entry:
        for _ in range(count):
            await releases.record(entry, KEY, subject, LINE)


async def waiting(at: Later) -> int:
    async with at() as entry:
        return (await ledger_audit.verify(entry, ISSUER)).waiting


async def verify(at: Later, *published: str) -> Report:
    async with at() as entry:
        return await ledger_audit.verify(entry, ISSUER, published)


def found(report: Report) -> set[tuple[str, int | None, int | None]]:
    return {(one.code, one.release, one.place) for one in report.findings}


async def damage(url: str, sql: str, *given: Any) -> None:
    """Do what only somebody with the keys of the house can."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        assert not (await connection.execute(sql, *given)).endswith(" 0")
    finally:
        await connection.close()


async def kept(at: Later) -> str:
    """Return the newest checkpoint, as somebody outside keeps it."""
    async with at() as entry:
        latest = await checkpoints.latest(entry)
    assert latest
    return latest.signed


async def test_what_is_sealed_verifies(at: Later, grow: Grow) -> None:
    await write(at, 3)
    assert await grow() == 3
    await write(at, 2)
    outside = await kept(at)

    early = await verify(at, outside)
    assert (early.lines, early.waiting, early.published, early.findings) == (3, 2, 1, [])
    assert await grow() == 2
    late = await verify(at, outside, await kept(at))
    assert (late.lines, late.waiting, late.checkpoints, late.findings) == (5, 0, 2, [])


async def test_a_citizen_proves_a_line_without_the_others(at: Later, grow: Grow) -> None:
    """Salt and text of one line lead to the signed root; of the others only hashes are told."""
    await write(at, 4, "somebody-else")
    await write(at, 1)
    await write(at, 4, "somebody-else")
    await grow()

    async with at() as entry:
        [line] = (await releases.of_subjects(entry, KEY, [CITIZEN])).whole
        head = (await checkpoints.latest(entry)).head  # type: ignore[union-attr]
        place = (await transparency.places(entry, [line.id]))[line.id]
        path = (await transparency.inclusion(entry, [place], head.size))[place]

    assert merkle.included(merkle.leaf_hash(line.entry), place, head.size, path, head.root)


@pytest.mark.parametrize(
    ("sql", "finding"),
    [
        ("UPDATE {r} SET subject = 'x' WHERE id = 4", ("altered", 4, 3)),
        ("UPDATE {r} SET sealed = 'x' WHERE id = 4", ("altered", 4, 3)),
        ("UPDATE {r} SET commitment = 'x' WHERE id = 4", ("altered", 4, 3)),
        ("DELETE FROM {r} WHERE id = 4", ("missing", 4, 3)),
        ("DELETE FROM {r} WHERE id = 9", ("missing", 9, 8)),
        ("INSERT INTO {r} (id, subject, sealed, commitment) VALUES (0, 'x', 'x', 'x')", SLIPPED),
        (SWAP, ("moved", 4, 3)),
        ("UPDATE keys.tree_leaves SET place = 4 WHERE record = 4", ("missing", None, 3)),
        ("DELETE FROM keys.tree_leaves WHERE record = 4", ("slipped_in", 4, None)),
        ("DELETE FROM keys.tree_leaves WHERE record > 6", ("cut_off", None, 9)),
        (FLIP, ("altered", 4, 3)),
        ("UPDATE keys.checkpoints SET root = sha256('x') WHERE size = 6", ("forged", None, 6)),
        ("UPDATE keys.checkpoints SET signed = 'x' WHERE size = 6", ("forged", None, 6)),
    ],
)
async def test_damage_is_found_and_named(
    at: Later, grow: Grow, database_url: str, sql: str, finding: Any
) -> None:
    """LG-04: the line and its place."""
    for _ in range(3):
        await write(at, 3)
        await grow()

    await damage(database_url, sql.format(r="relying_parties.releases"))

    report = await verify(at)
    assert finding in found(report)


async def test_who_alters_a_line_and_its_leaf_meets_the_checkpoint(
    at: Later, grow: Grow, database_url: str
) -> None:
    for _ in range(3):
        await write(at, 3)
        await grow()
    await damage(database_url, "UPDATE relying_parties.releases SET sealed = 'x' WHERE id = 5")
    async with at() as entry:
        row = (await entry.all(ledger.BETWEEN, after=4, last=5, most=1))[0]
        tile = await transparency.hashes(entry, 0)
    tile[4] = ledger.hashed(row)
    await damage(
        database_url,
        "UPDATE keys.tree_tiles SET hashes = $1 WHERE level = 0",
        b"".join(tile),
    )

    assert found(await verify(at)) == {("rewritten", None, 6)}


async def test_who_seals_again_meets_what_was_published(
    at: Later, grow: Grow, database_url: str, keyring: Keyring
) -> None:
    """With the keys of the house everything can be made anew, but not what others kept."""
    await write(at, 5)
    await grow()
    outside = await kept(at)
    await damage(database_url, "UPDATE relying_parties.releases SET sealed = 'x' WHERE id = 2")
    for table in ("tree_tiles", "tree_leaves", "checkpoints"):
        await damage(database_url, f"DELETE FROM keys.{table}")
    await grow()

    assert not (await verify(at)).findings
    assert found(await verify(at, outside)) == {("rewritten", None, 5)}


async def test_a_ledger_that_was_rolled_back_meets_what_was_published(
    at: Later, grow: Grow, database_url: str
) -> None:
    await write(at, 3)
    await grow()
    await write(at, 3)
    await grow()
    outside = await kept(at)
    await damage(database_url, "DELETE FROM relying_parties.releases WHERE id > 3")
    await damage(database_url, "DELETE FROM keys.journal WHERE object > 'release:3'")
    await damage(database_url, "DELETE FROM keys.tree_leaves WHERE record > 3")
    await damage(database_url, "DELETE FROM keys.checkpoints WHERE size > 3")
    await damage(database_url, "UPDATE keys.tree_tiles SET hashes = substr(hashes, 1, 96)")

    assert not (await verify(at)).findings
    assert found(await verify(at, outside)) == {("cut_off", None, 6)}


async def test_a_line_that_goes_before_it_is_sealed_is_missed(
    at: Later, grow: Grow, database_url: str
) -> None:
    """The journal tells of it, in the same statement."""
    await write(at, 2)
    await grow()
    await write(at, 2)
    await damage(database_url, "DELETE FROM relying_parties.releases WHERE id = 3")

    assert found(await verify(at)) == {("missing", 3, None)}
    assert await grow() == 1
    assert found(await verify(at)) == {("missing", 3, None)}


async def test_what_others_signed_is_no_published_checkpoint(at: Later, grow: Grow) -> None:
    await write(at, 1)
    await grow()
    outside = await kept(at)

    assert found(await verify(at, outside[:-8] + "AAAAAAAA")) == {("forged", None, None)}


async def test_a_transaction_that_is_still_open_is_waited_for(
    at: Later, keyring: Keyring, grow: Grow
) -> None:
    """Its line has a lower number than the newest one: sealed around, it would look slipped in."""
    async with at() as slow:
        await slow.run(ledger.finality.SET_CURSOR, cursor="other", seq=0, snapshot=None)
        await releases.record(slow, KEY, CITIZEN, LINE)
        await write(at, 1)
        for _ in range(3):
            async with at() as entry:
                assert await ledger.grow(entry, keyring, ISSUER) == 0

    assert await grow() == 2
    assert not (await verify(at)).findings


async def test_a_transaction_that_began_after_the_newest_that_ended_is_waited_for(
    at: Later, keyring: Keyring, grow: Grow
) -> None:
    """It drew its line's number before the one that ended first did."""
    async with at() as slow:
        async with at() as quick:
            for begun, cursor in ((quick, "one"), (slow, "other")):
                await begun.run(ledger.finality.SET_CURSOR, cursor=cursor, seq=0, snapshot=None)
            await releases.record(slow, KEY, CITIZEN, LINE)
            await releases.record(quick, KEY, CITIZEN, LINE)
        for _ in range(3):
            async with at() as entry:
                assert await ledger.grow(entry, keyring, ISSUER) == 0

    assert await grow() == 2
    assert not (await verify(at)).findings


async def test_workers_at_once_seal_a_line_once(at: Later, keyring: Keyring, grow: Grow) -> None:
    async def one() -> int:
        async with at() as entry:
            return await ledger.grow(entry, keyring, ISSUER)

    sealed = 0
    for _ in range(5):
        await write(at, 20)
        for _ in range(3):
            sealed += sum(await asyncio.gather(*(one() for _ in range(10))))
    sealed += await grow()

    report = await verify(at)
    assert (sealed, report.lines, report.findings) == (100, 100, [])


async def test_a_tree_without_lines_has_a_checkpoint(at: Later, keyring: Keyring) -> None:
    latest = None
    async with asyncio.timeout(60):
        while latest is None:  # transactions of other tests may hold it up
            async with at() as entry:
                await ledger.grow(entry, keyring, ISSUER)
                latest = await checkpoints.latest(entry)

    assert latest.head == merkle.Head(0, merkle.EMPTY)
    assert not (await verify(at)).findings


async def test_more_than_a_batch_of_the_audit_is_read_whole(
    at: Later, grow: Grow, pool: Pool, database_url: str
) -> None:
    many = ledger_audit.BATCH + 700
    await damage(
        database_url,
        "INSERT INTO relying_parties.releases (subject, sealed, commitment)"
        " SELECT 'x', sha256(n::text::bytea), sha256(n::text::bytea)"
        " FROM generate_series(1, $1::int) n",
        many,
    )
    assert await grow() == many
    late = ledger_audit.BATCH + 300
    await damage(
        database_url, "UPDATE relying_parties.releases SET sealed = 'x' WHERE id = $1", late
    )

    report = await verify(at)
    assert (report.lines, found(report)) == (many, {("altered", late, late - 1)})


async def test_after_the_key_is_gone_the_tree_still_verifies(at: Later, grow: Grow) -> None:
    """Crypto-erasure: what no key opens any more is sealed as it was."""
    await write(at, 2)
    await grow()

    async with at() as entry:
        lines = await releases.of_subjects(entry, DataKey(bytes([9]) * 32), [CITIZEN])
    assert not lines.whole
    assert not (await verify(at)).findings


async def test_a_key_that_leaked_is_replaced_on_the_latest_checkpoint(
    at: Later, grow: Grow, keyring: Keyring, master: MasterKey
) -> None:
    await write(at, 2)
    await grow()
    before = await kept(at)
    async with at() as entry:
        await rotation.emergency(entry, Sealer(master), "checkpoint", "ES256")
    async with at() as entry:
        fresh = await keystore.load(entry, Sealer(master))
    after = before
    async with asyncio.timeout(60):
        while after == before:
            async with at() as entry:
                await ledger.grow(entry, fresh, ISSUER)
            after = await kept(at)

    assert found(await verify(at, before)) == {("forged", None, None)}
    assert not found(await verify(at, after))
