"""Passwords are long, uncommon, and checked by a few threads only."""

import asyncio

import pytest

from idp import accounts
from idp.authenticators import passwords
from idp.errors import PasswordRefused
from keys.entry import Entry
from keys.vault import Vault

GOOD = "seven wet otters sing"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("wet otters sin", "short"),
        ("wet otters " * 94, "long"),
        ("ana.lima@example.org1", "context"),
        ("aaaaaaaaaaaaaaaaaaaa", "breached"),
        ("1qaz2wsx3edc4rfv", "breached"),
    ],
)
def test_weak_ones_are_refused(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        passwords.check_policy(password, ["ana.lima@example.org"])

    assert refused.value.reason == reason


@pytest.mark.parametrize("password", [GOOD, "wet otters sing", "abcde fgh" * 113])
def test_long_ones_are_taken(password: str) -> None:
    passwords.check_policy(password, ["ana.lima@example.org"])


async def test_spelling_of_the_same_letters_makes_no_difference() -> None:
    hasher = passwords.Hasher(b"pepper")
    stored = await hasher.hash("caf\u00e9 by the harbour")

    assert await hasher.verify(stored, "cafe\u0301 by the harbour")
    assert not await hasher.verify(stored, "cafe by the harbour")


async def test_without_the_pepper_a_hash_is_worthless() -> None:
    stored = await passwords.Hasher(b"pepper").hash(GOOD)

    assert not await passwords.Hasher(b"another").verify(stored, GOOD)


async def test_nobody_has_no_password() -> None:
    hasher = passwords.Hasher(b"pepper")

    assert await asyncio.gather(*(hasher.verify(None, GOOD) for _ in range(4))) == [False] * 4


async def test_a_hundred_wrong_ones_in_a_row_disable_it(entry: Entry, vault: Vault) -> None:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    await passwords.set(entry, account.id, "a hash")
    for _ in range(99):
        await passwords.record_failure(entry, account.id)

    assert await passwords.stored(entry, account.id) == "a hash"
    await passwords.record_failure(entry, account.id)
    assert await passwords.stored(entry, account.id) is None
