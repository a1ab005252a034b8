"""Signing keys: shown before they sign, kept while anyone may verify, gone if they leaked."""

import asyncio
import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from idp import sessions
from keys import journal, keystore, rotation
from keys.entry import Entry
from keys.errors import KeyStateConflict, NotSealedHere, UnknownKey
from keys.keystore import Keyring
from keys.master import MasterKey
from keys.pool import Pool
from keys.sealing import Sealer

POLICY = rotation.DEFAULT
ABSOLUTE = sessions.ABSOLUTE["citizen"]
ES = ("token", "ES256")


@pytest.fixture
def sealer(master: MasterKey) -> Sealer:
    return Sealer(master)


async def ring(pool: Pool, sealer: Sealer, at: datetime) -> Keyring:
    async with Entry(pool, at) as entry:
        return await keystore.load(entry, sealer)


async def rotate(pool: Pool, sealer: Sealer, at: datetime) -> list[str]:
    async with Entry(pool, at) as entry:
        return await rotation.rotate(entry, sealer)


async def begun(pool: Pool, sealer: Sealer, at: datetime) -> Keyring:
    async with Entry(pool, at) as entry:
        await rotation.ensure(entry, sealer)
    return await ring(pool, sealer, at)


def states(keyring: Keyring) -> Counter[str]:
    return Counter(key.state for key in keyring.keys if (key.purpose, key.alg) == ES)


def shown(keyring: Keyring) -> set[str]:
    return {key["kid"] for key in json.loads(keyring.document)["keys"]}


async def test_a_new_house_signs_at_once(pool: Pool, sealer: Sealer, moment: datetime) -> None:
    keyring = await begun(pool, sealer, moment)
    again = await begun(pool, sealer, moment)

    assert {(key.purpose, key.alg) for key in keyring.keys} == {
        ("token", "ES256"), ("token", "RS256"), ("event", "ES256"), ("event", "RS256"),
        ("enc", "ECDH-ES+A256KW"), ("enc", "RSA-OAEP-256"), ("checkpoint", "ES256"),
    }  # fmt: skip
    assert shown(again) == shown(keyring)
    assert len(shown(keyring)) == 7


async def test_what_is_made_on_request_is_made_for_who_asks(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    """One key for each use, at once; then it is announced and replaced as any other."""
    before = await begun(pool, sealer, moment)

    async def ask() -> None:
        async with Entry(pool, moment) as entry:
            await rotation.ensure(entry, sealer, {"PS256"})

    await asyncio.gather(ask(), ask(), ask())
    keyring = await ring(pool, sealer, moment)
    due = moment + POLICY.lifetime - POLICY.announcement
    steps = await rotate(pool, sealer, due)

    new = [(key.purpose, key.alg, key.state) for key in keyring.keys if key.alg == "PS256"]
    assert sorted(new) == [("event", "PS256", "active"), ("token", "PS256", "active")]
    assert len(shown(keyring)) == len(shown(before)) + 2
    assert (before.sign_with({"PS256"}), keyring.sign_with({"PS256"})) == (False, True)
    assert before.sign_with(())
    assert sum(step.startswith(("token PS256: a", "event PS256: a")) for step in steps) == 2


async def test_what_nobody_asked_for_is_never_made(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    await begun(pool, sealer, moment)

    for days in (89, 90, 178, 179):
        await rotate(pool, sealer, moment + timedelta(days=days))

    keyring = await ring(pool, sealer, moment)
    assert not [key for key in keyring.keys if key.alg in keystore.ON_REQUEST]


async def test_a_key_is_shown_for_a_day_before_it_signs_and_as_long_as_a_session_after(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    """KE-04: nobody who follows the caching rules ever meets a key that they do not know."""
    old = (await begun(pool, sealer, moment)).active(*ES)
    due = moment + POLICY.lifetime - POLICY.announcement
    assert await rotate(pool, sealer, due - timedelta(seconds=1)) == []

    assert any(
        step.startswith("token ES256: announced") for step in await rotate(pool, sealer, due)
    )
    waiting = await ring(pool, sealer, due)
    assert waiting.active(*ES).kid == old.kid
    [new] = [key for key in waiting.keys if (key.purpose, key.alg, key.state) == (*ES, "announced")]
    assert new.kid in shown(waiting)

    assert await rotate(pool, sealer, due + POLICY.announcement - timedelta(seconds=1)) == []
    turn = due + POLICY.announcement
    await rotate(pool, sealer, turn)
    turned = await ring(pool, sealer, turn)
    assert turned.active(*ES).kid == new.kid
    assert turned.by_kid(old.kid).state == "retiring"
    assert {old.kid, new.kid} <= shown(turned)

    # RP-Initiated Logout §2: what was signed in the last session is a hint of ours still.
    await rotate(pool, sealer, turn + ABSOLUTE)
    assert (await ring(pool, sealer, turn)).by_kid(old.kid).state == "retiring"

    await rotate(pool, sealer, turn + POLICY.retirement)
    ended = await ring(pool, sealer, turn)
    assert old.kid not in shown(ended)
    with pytest.raises(UnknownKey):
        ended.by_kid(old.kid)


async def test_the_policy_fits_what_caches_may_keep() -> None:
    """KE-04: the set may be kept for fifteen minutes, a session half a day."""
    assert POLICY.announcement >= 2 * timedelta(minutes=15)
    assert POLICY.retirement >= ABSOLUTE + timedelta(hours=1)


async def test_rotations_at_once_make_one_new_key(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    """RC-13."""
    await begun(pool, sealer, moment)
    due = moment + POLICY.lifetime - POLICY.announcement

    for at, expected in (
        (due, {"active": 1, "announced": 1}),
        (due + POLICY.announcement, {"active": 1, "retiring": 1}),
        (due + POLICY.announcement + POLICY.retirement, {"active": 1}),
    ):
        await asyncio.gather(*(rotate(pool, sealer, at) for _ in range(8)))
        assert states(await ring(pool, sealer, at)) == expected


async def test_first_starts_at_once_make_one_key_each(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    await asyncio.gather(*(begun(pool, sealer, moment) for _ in range(3)))

    assert len((await ring(pool, sealer, moment)).keys) == 7


async def test_a_leaked_key_is_gone_at_once(pool: Pool, sealer: Sealer, moment: datetime) -> None:
    """KE-05."""
    before = await begun(pool, sealer, moment)
    leaked = before.active(*ES)
    async with Entry(pool, moment) as entry:
        stood = await keystore.standing(entry)
    async with Entry(pool, moment) as entry:
        new = await rotation.emergency(entry, sealer, *ES)

    after = await ring(pool, sealer, moment)
    assert after.active(*ES).kid == new != leaked.kid
    assert shown(after) == shown(before) - {leaked.kid} | {new}
    async with Entry(pool, moment) as entry:
        assert await keystore.standing(entry) != stood
        [told] = await journal.search(entry, kind="KeysReplaced")
        assert told.fields == {"purpose": "token", "alg": "ES256"}
        row = await entry.one(keystore.ALL)
        assert row
        assert leaked.kid not in str(row)


async def test_no_step_is_taken_twice_or_skipped(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    active = (await begun(pool, sealer, moment)).active(*ES).kid

    for move in (keystore.activate, keystore.destroy):
        with pytest.raises(KeyStateConflict):
            async with Entry(pool, moment) as entry:
                await move(entry, active)
    with pytest.raises(KeyStateConflict):
        async with Entry(pool, moment) as entry:
            await keystore.retire(entry, "nobody's")


async def test_private_halves_are_sealed_and_never_shown(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    keyring = await begun(pool, sealer, moment)

    assert "PrivateKey" not in repr(keyring.keys)
    assert b'"d"' not in keyring.document
    with pytest.raises(NotSealedHere):
        await ring(pool, Sealer(MasterKey(bytes(32))), moment)


async def test_nothing_signs_where_no_key_is(pool: Pool, sealer: Sealer, moment: datetime) -> None:
    with pytest.raises(UnknownKey):
        (await ring(pool, sealer, moment)).active(*ES)


async def test_nobody_begins_to_encrypt_to_a_key_that_goes(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    """KE-04: it is hidden at once, and opens what was made for it a while longer."""
    what = ("enc", "ECDH-ES+A256KW")
    old = (await begun(pool, sealer, moment)).active(*what)
    due = moment + POLICY.lifetime
    await rotate(pool, sealer, due - POLICY.announcement)
    await rotate(pool, sealer, due)

    turned = await ring(pool, sealer, due)

    assert old.kid not in shown(turned)
    assert {key.kid for key in turned.to_open(what[1])} == {old.kid, turned.active(*what).kid}
    gone = due + POLICY.retirement
    await rotate(pool, sealer, gone)
    assert old.kid not in {key.kid for key in (await ring(pool, sealer, gone)).keys}


async def test_who_does_not_wait_announces_as_long_before(
    pool: Pool, sealer: Sealer, moment: datetime
) -> None:
    """KE-04: an early key is shown for the whole announcement, too; the old one stays."""
    old = shown(await begun(pool, sealer, moment))
    steps = []
    for hours in (25, 48, 49):
        async with Entry(pool, moment + timedelta(hours=hours)) as entry:
            steps.append(await rotation.rotate(entry, sealer, rotation.EARLY))

    keyring = await ring(pool, sealer, moment + timedelta(hours=49))
    words = [{step.split()[2] for step in each} for each in steps]
    assert words == [{"announced"}, set(), {"activated"}]
    assert shown(keyring) > old - {key.kid for key in keyring.keys if key.purpose == "enc"}
    assert states(keyring) == {"active": 1, "retiring": 1}
