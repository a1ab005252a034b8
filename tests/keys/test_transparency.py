"""The tree in the database: it only grows, and proves whatever it holds."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys import checkpoints, keystore, merkle, rotation, signing, transparency
from keys.entry import Entry
from keys.errors import TokenRefused
from keys.keystore import Keyring
from keys.master import MasterKey
from keys.merkle import Head
from keys.pool import Pool
from keys.sealing import Sealer
from keys.transparency import Leaf

ISSUER = "https://id.example"


def leaf(number: int) -> bytes:
    return merkle.leaf_hash(number.to_bytes(8, "big"))


def leaves(first: int, count: int) -> list[Leaf]:
    """Records with gaps in their numbers, as a sequence has them."""
    return [Leaf(3 * number + 1, leaf(number)) for number in range(first, first + count)]


async def grow(pool: Pool, moment: datetime, *counts: int) -> int:
    size = 0
    for count in counts:
        async with Entry(pool, moment) as entry:
            assert await transparency.alone(entry)
            before = await transparency.size(entry)
            size = await transparency.append(entry, leaves(before, count))
    return size


@pytest.fixture
async def keyring(pool: Pool, moment: datetime, master: MasterKey) -> Keyring:
    async with Entry(pool, moment) as entry:
        await rotation.ensure(entry, Sealer(master))
    async with Entry(pool, moment) as entry:
        return await keystore.load(entry, Sealer(master))


@pytest.mark.parametrize(
    "counts", [(1,), (255, 1, 1), (256,), (257,), (1, 600), (700, 100), (256, 256), (512, 1)]
)
async def test_batches_make_the_tree_that_one_by_one_makes(
    pool: Pool, moment: datetime, counts: Sequence[int]
) -> None:
    size = await grow(pool, moment, *counts)

    assert size == sum(counts)
    async with Entry(pool, moment) as entry:
        for each in {1, size // 2 or 1, size - 1 or 1, size}:
            assert await transparency.head(entry, each) == Head(
                each, merkle.root(leaf(number) for number in range(each))
            )
        assert await transparency.size(entry) == size
        assert await transparency.newest(entry) == 3 * (size - 1) + 1


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_any_leaf_and_any_two_sizes_prove(
    pool: Pool, moment: datetime, data: st.DataObject
) -> None:
    then = data.draw(st.integers(1, 1500))
    place, first = data.draw(st.integers(0, then - 1)), data.draw(st.integers(1, then))
    async with Entry(pool, moment) as entry:
        begun = await transparency.size(entry)
    if not begun:
        await grow(pool, moment, 1, 299, 700, 500)

    async with Entry(pool, moment) as entry:
        head, old = [await transparency.head(entry, each) for each in (then, first)]
        inside = await transparency.inclusion(entry, [place], then)
        between = await transparency.consistency(entry, first, then)

    assert merkle.included(leaf(place), place, then, inside[place], head.root)
    assert merkle.consistent(old, head, between)


async def test_a_record_is_found_by_its_number(pool: Pool, moment: datetime) -> None:
    await grow(pool, moment, 5)

    async with Entry(pool, moment) as entry:
        assert await transparency.places(entry, [1, 7, 13, 2, 99]) == {1: 0, 7: 2, 13: 4}
        assert await transparency.after(entry, 4, 2) == [(7, 2), (10, 3)]
        assert await transparency.hashes(entry, 0) == [leaf(number) for number in range(5)]
        assert await transparency.hashes(entry, 1) == []


async def test_two_who_append_at_once_take_turns(pool: Pool, moment: datetime) -> None:
    async def one() -> bool:
        async with Entry(pool, moment) as entry:
            if not await transparency.alone(entry):
                return False
            before = await transparency.size(entry)
            await transparency.append(entry, leaves(before, 10))
            return True

    done = 0
    while done < 20:
        done += sum(await asyncio.gather(*(one() for _ in range(8))))

    async with Entry(pool, moment) as entry:
        size = await transparency.size(entry)
        assert size == 10 * done
        assert await transparency.head(entry, size) == Head(
            size, merkle.root(leaf(number) for number in range(size))
        )


async def test_a_batch_that_fails_leaves_nothing(pool: Pool, moment: datetime) -> None:
    await grow(pool, moment, 300)

    async def fails() -> None:
        async with Entry(pool, moment) as entry:
            await transparency.alone(entry)
            await transparency.append(entry, leaves(300, 300))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()

    async with Entry(pool, moment) as entry:
        assert await transparency.size(entry) == 300
        assert await transparency.newest(entry) == 3 * 299 + 1
    assert await grow(pool, moment, 1) == 301


async def test_of_what_never_was_nothing_is_proved(pool: Pool, moment: datetime) -> None:
    await grow(pool, moment, 3)

    async with Entry(pool, moment) as entry:
        for first, second in ((1, 4), (0, 3), (3, 2)):
            with pytest.raises(ValueError, match="no such trees"):
                await transparency.consistency(entry, first, second)
        with pytest.raises(ValueError, match="no such leaf"):
            await transparency.inclusion(entry, [3], 3)


async def test_a_proof_from_a_million_lines_is_quick(pool: Pool, moment: datetime) -> None:
    """Issue: below 50 ms. The tiles of the tree are written as the tree would write them."""
    size = 1_000_000
    row = [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(size)]
    level, known = 0, row
    async with Entry(pool, moment) as entry:
        while row:
            tiles = [row[at : at + 256] for at in range(0, len(row), 256)]
            for number, tile in enumerate(tiles):
                await entry.run(transparency.PUT, level=level, number=number, hashes=b"".join(tile))
            row = [merkle.perfect(tile) for tile in tiles if len(tile) == 256]
            level += 1
    root, took = merkle.root(known), []

    for place in (0, 255, 256, 499_999, 987_654, size - 1):
        async with Entry(pool, moment) as entry:
            began = time.perf_counter()
            proofs = await transparency.inclusion(entry, [place], size)
            took.append(time.perf_counter() - began)
        assert merkle.included(known[place], place, size, proofs[place], root)

    assert sorted(took)[len(took) // 2] < 0.05


async def test_a_checkpoint_is_checked_with_the_public_key(
    pool: Pool, moment: datetime, keyring: Keyring
) -> None:
    head = Head(7, bytes(range(32)))
    async with Entry(pool, moment) as entry:
        made = await checkpoints.publish(entry, keyring, ISSUER, head)
        shown = await checkpoints.keys(entry)

    assert checkpoints.read(made.signed, shown, ISSUER) == made
    assert {key["kid"] for key in shown} == {keyring.active("checkpoint", "ES256").kid}
    for signed, keys, issuer in (
        (made.signed, shown, "https://other.example"),
        (made.signed, [], ISSUER),
        (made.signed[:-4] + "AAAA", shown, ISSUER),
        (made.signed[:-100], shown, ISSUER),
    ):
        with pytest.raises(TokenRefused):
            checkpoints.read(signed, keys, issuer)


async def test_what_another_key_of_ours_signed_is_no_checkpoint(
    pool: Pool, moment: datetime, keyring: Keyring
) -> None:
    told = {"iss": ISSUER, "iat": 1, "size": 1, "root": "A" * 43}
    other = signing.sign(
        keyring, told, purpose="event", alg="ES256", typ="transparency-checkpoint+jwt"
    )
    typed = signing.sign(keyring, told, purpose="checkpoint", alg="ES256")
    async with Entry(pool, moment) as entry:
        shown = await checkpoints.keys(entry)

    for signed in (other, typed):
        with pytest.raises(TokenRefused):
            checkpoints.read(signed, shown, ISSUER)


@pytest.mark.parametrize(
    "told",
    [{"size": -1}, {"size": True}, {"size": "1"}, {"root": "AAAA"}, {"root": "é"}, {"iat": None}],
)
async def test_a_signed_claim_of_another_shape_is_none(
    pool: Pool, moment: datetime, keyring: Keyring, told: dict[str, object]
) -> None:
    claims = {"iss": ISSUER, "iat": 1, "size": 1, "root": "A" * 43, **told}
    signed = signing.sign(
        keyring, claims, purpose="checkpoint", alg="ES256", typ="transparency-checkpoint+jwt"
    )
    async with Entry(pool, moment) as entry:
        shown = await checkpoints.keys(entry)

    with pytest.raises(TokenRefused):
        checkpoints.read(signed, shown, ISSUER)


async def test_a_key_is_shown_for_ever_unless_it_leaked(
    pool: Pool, moment: datetime, keyring: Keyring, master: MasterKey
) -> None:
    first = keyring.active("checkpoint", "ES256").kid
    for hours in (0, 25, 49):  # announced, active, the one before it gone
        async with Entry(pool, moment + timedelta(days=89, hours=hours)) as entry:
            await rotation.rotate(entry, Sealer(master))
    async with Entry(pool, moment + timedelta(days=120)) as entry:
        leaked = (await keystore.load(entry, Sealer(master))).active("checkpoint", "ES256").kid
        await rotation.emergency(entry, Sealer(master), "checkpoint", "ES256")
    async with Entry(pool, moment + timedelta(days=120)) as entry:
        ring = await keystore.load(entry, Sealer(master))
        shown = [key["kid"] for key in await checkpoints.keys(entry)]

    assert first not in {key.kid for key in ring.keys}
    assert shown == [first, ring.active("checkpoint", "ES256").kid]
    assert leaked not in shown


async def test_old_checkpoints_go_but_for_one_of_each_hour(
    pool: Pool, moment: datetime, keyring: Keyring
) -> None:
    for number in range(1, 13):
        async with Entry(pool, moment + timedelta(minutes=10 * number)) as entry:
            await checkpoints.publish(entry, keyring, ISSUER, Head(number, bytes(32)))

    async with Entry(pool, moment + timedelta(days=7, minutes=85)) as entry:
        assert await checkpoints.thin(entry) == 7
        left = await checkpoints.after(entry, 0)
        newest = await checkpoints.latest(entry)
        page = await checkpoints.before(entry, 11, 2)

    assert [each.head.size for each in left] == [5, 9, 10, 11, 12]
    assert newest == left[-1]
    assert [each.head.size for each in page] == [10, 9]


async def test_a_checkpoint_is_signed_anew_by_the_key_of_today(
    pool: Pool, moment: datetime, keyring: Keyring, master: MasterKey
) -> None:
    async with Entry(pool, moment) as entry:
        made = await checkpoints.publish(entry, keyring, ISSUER, Head(1, bytes(32)))
        await rotation.emergency(entry, Sealer(master), "checkpoint", "ES256")
    async with Entry(pool, moment) as entry:
        ring = await keystore.load(entry, Sealer(master))
        assert checkpoints.current(made, keyring)
        assert not checkpoints.current(made, ring)
        again = await checkpoints.publish(entry, ring, ISSUER, made.head)
        assert await checkpoints.latest(entry) == again
        assert checkpoints.read(again.signed, await checkpoints.keys(entry), ISSUER) == again
