"""Passwords are long, uncommon, and checked by a few threads only."""

import asyncio
from datetime import datetime

import pytest

from idp import accounts, devices, identifiers
from idp.authenticators import passwords
from idp.errors import HasherBusy, PasswordRefused
from keys import opaque
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault

GOOD = "seven wet otters sing"


WORDS = ["ana.lima@example.org", "Republic of Harbours"]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        pytest.param("wet otters sin", "short", id="PW-01-fourteen"),
        pytest.param("\ufb01" * 7, "short", id="PW-01-fourteen-once-they-are-compared"),
        pytest.param(
            "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}", "short", id="PW-01-one-sign"
        ),
        pytest.param("a\u0306\u0301" * 14, "short", id="PW-01-fourteen-spelt-with-two-marks"),
        pytest.param("wet otters hum" + "m" * 1011, "long", id="PW-02-1025"),
        pytest.param("ana.lima@example.org1", "context", id="PW-04-the-address"),
        pytest.param("limaexampleharbours1", "context", id="PW-04-parts-of-names"),
        pytest.param(
            "\N{FULLWIDTH LATIN SMALL LETTER H}arbours-harbours",
            "context",
            id="PW-04-in-other-letters",
        ),
        pytest.param("aaaaaaaaaaaaaaaaaaaa", "breached", id="PW-04-one-letter"),
        pytest.param("1qaz2wsx3edc4rfv", "breached", id="PW-04-stolen"),
        pytest.param("1QAZ2WSX3EDC4RFV", "breached", id="PW-04-stolen-in-capitals"),
    ],
)
def test_weak_ones_are_refused(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        passwords.check_policy(password, WORDS)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("wet otters sing", id="PW-01-fifteen"),
        pytest.param("wet otters hum" + "m" * 1010, id="PW-02-1024"),
        pytest.param("all small letters", id="PW-13-no-rule-of-composition"),
        pytest.param("limaexampleharbours and wet otters", id="PW-04-more-than-names"),
    ],
)
def test_long_ones_are_taken(password: str) -> None:
    passwords.check_policy(password, WORDS)


@pytest.mark.parametrize("length", [64, 256, 1024])
async def test_the_last_letter_counts(length: int) -> None:
    """PW-02: nothing is cut off, also not of letters that are spelt with two marks."""
    hasher = passwords.Hasher(b"pepper", memory=64)
    password = "\u1eaf" * (length - 1)
    stored = await hasher.hash(password + "a")

    assert await hasher.verify(stored, "a\u0306\u0301" * (length - 1) + "a")
    assert not await hasher.verify(stored, password + "b")


@pytest.mark.parametrize(
    ("one", "other"), [("caf\u00e9", "cafe\u0301"), ("\ufb01sh", "fish"), ("\u2460", "1")]
)
async def test_spelling_of_the_same_letters_makes_no_difference(one: str, other: str) -> None:
    """PW-05."""
    hasher = passwords.Hasher(b"pepper")
    stored = await hasher.hash(f"{one} by the harbour")

    assert await hasher.verify(stored, f"{other} by the harbour")
    assert not await hasher.verify(stored, f" {other} by the harbour")
    assert not await hasher.verify(stored, f"{other} by the Harbour")


async def test_without_the_pepper_a_hash_is_worthless() -> None:
    """PW-10."""
    stored = await passwords.Hasher(b"pepper").hash(GOOD)

    assert not await passwords.Hasher(b"another").verify(stored, GOOD)


async def test_nobody_has_no_password() -> None:
    hasher = passwords.Hasher(b"pepper")

    assert await asyncio.gather(*(hasher.verify(None, GOOD) for _ in range(4))) == [False] * 4


async def test_it_waits_for_a_thread_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """PW-08: whoever would wait longer is told so; whoever comes afterwards is served."""
    monkeypatch.setattr(passwords, "WAIT", 0.2)
    hasher = passwords.Hasher(b"pepper")

    answers = await asyncio.gather(
        *(hasher.verify(None, GOOD) for _ in range(100)), return_exceptions=True
    )

    assert {type(one) for one in answers} == {bool, HasherBusy}
    assert await hasher.verify(await hasher.hash(GOOD), GOOD)


async def an_account(entry: Entry, vault: Vault, hashed: str = "a hash") -> accounts.Account:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    await passwords.set(entry, account.id, hashed)
    return account


async def asked(
    entry: Entry, vault: Vault, handle: str = "", email: str = "ana@example.org"
) -> passwords.Asked:
    lookup = identifiers.lookup(vault, email)
    return await passwords.asked(entry, lookup, opaque.digest(handle))


async def test_fifty_wrong_ones_in_a_row_disable_it(entry: Entry, vault: Vault) -> None:
    await an_account(entry, vault)
    for _ in range(49):
        await passwords.record_failure(entry, await asked(entry, vault))

    assert (await asked(entry, vault)).hash == "a hash"
    await passwords.record_failure(entry, await asked(entry, vault))
    assert (await asked(entry, vault)).hash is None


async def test_a_known_device_is_spared_what_strangers_do(entry: Entry, vault: Vault) -> None:
    """RL-05: and its own wrong ones do not count against the others."""
    account = await an_account(entry, vault)
    device = await devices.remember(entry, account.id, "")
    for _ in range(60):
        await passwords.record_failure(entry, await asked(entry, vault))

    here = await asked(entry, vault, device.handle)
    assert (here.hash, here.known) == ("a hash", True)
    for _ in range(devices.MOST_FAILURES):
        await passwords.record_failure(entry, await asked(entry, vault, device.handle))
    here = await asked(entry, vault, device.handle)
    assert (here.hash, here.known) == (None, False)


async def test_wrong_ones_are_never_more_than_a_hundred() -> None:
    """SP 800-63B §3.2.2: from everywhere, and on all known devices together."""
    assert passwords.MOST_FAILURES + devices.MOST * devices.MOST_FAILURES <= 100


async def test_nobody_s_failure_is_counted_as_anybody_s(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    nobody = await asked(entry, vault, email="nobody@example.org")

    assert (nobody.account_id, nobody.hash) == (passwords.NOBODY, None)
    for _ in range(60):
        await passwords.record_failure(entry, nobody)
    assert await asked(entry, vault) == passwords.Asked(
        account.id, "a hash", known=False, device=opaque.digest("")
    )


async def test_a_raised_cost_hashes_anew_once(pool: Pool, vault: Vault, moment: datetime) -> None:
    """Of fifty sign-ins at once one replaces the hash, and each of them still opens."""
    old, new = passwords.Hasher(b"pepper", memory=64), passwords.Hasher(b"pepper", memory=128)
    async with Entry(pool, moment) as entry:
        await an_account(entry, vault, await old.hash(GOOD))
        tried = await asked(entry, vault)
    assert tried.hash is not None
    assert new.outdated(tried.hash)
    assert not old.outdated(tried.hash)

    async def sign_in() -> str:
        hashed = await new.hash(GOOD)
        async with Entry(pool, moment) as entry:
            await passwords.rehash(entry, tried, hashed)
            kept = (await asked(entry, vault)).hash
        return kept or ""

    kept = await asyncio.gather(*(sign_in() for _ in range(50)))

    assert len(frozenset(kept)) == 1
    assert not new.outdated(kept[0])
    assert await new.verify(kept[0], GOOD)


async def test_a_new_hash_does_not_undo_a_change(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    tried = await asked(entry, vault)
    await passwords.set(entry, account.id, "another password's")
    await passwords.rehash(entry, tried, "the old one's, again")

    assert (await asked(entry, vault)).hash == "another password's"
