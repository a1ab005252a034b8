"""Sessions live as long as they may, and no handle outlives a sign-in."""

from datetime import datetime, timedelta

import pytest

from idp import accounts, sessions
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault

EMAIL = "ana@example.org"


async def a_session(
    entry: Entry, vault: Vault, kind: str = "citizen"
) -> tuple[sessions.Session, str]:
    account = await accounts.open_account(entry, vault, email=EMAIL)
    return await sessions.start(entry, account.id, kind=kind, amr=("pwd",), aal=1, device="Firefox")


@pytest.mark.parametrize(("kind", "idle"), [("citizen", 30), ("admin", 10)])
async def test_idleness_ends_it(
    pool: Pool, vault: Vault, moment: datetime, kind: str, idle: int
) -> None:
    """SE-11, AD-14: who looks after others is away for ten minutes at most."""
    async with Entry(pool, moment) as entry:
        _, handle = await a_session(entry, vault, kind)
    limit = moment + timedelta(minutes=idle)

    async with Entry(pool, limit - timedelta(seconds=1)) as entry:
        assert await sessions.find(entry, handle, kind=kind)
    async with Entry(pool, limit) as entry:
        assert await sessions.find(entry, handle, kind=kind) is None


@pytest.mark.parametrize(("kind", "hours"), [("citizen", 12), ("admin", 8)])
async def test_use_does_not_prolong_it_beyond_its_end(
    pool: Pool, vault: Vault, moment: datetime, kind: str, hours: int
) -> None:
    async with Entry(pool, moment) as entry:
        _, handle = await a_session(entry, vault, kind)
    at, end = moment, moment + timedelta(hours=hours)
    while True:
        at += timedelta(minutes=9)
        async with Entry(pool, at) as entry:
            session = await sessions.find(entry, handle, kind=kind)
            if session is None:
                break
            await sessions.touch(entry, session)

    assert end <= at < end + timedelta(minutes=9)


async def test_signing_in_again_makes_the_old_handle_worthless(entry: Entry, vault: Vault) -> None:
    session, old = await a_session(entry, vault)
    new = await sessions.rotate(entry, session, amr=("pop", "user"), aal=2)

    found = await sessions.find(entry, new)
    assert await sessions.find(entry, old) is None
    assert found is not None
    assert (found.id, found.aal, found.phishing_resistant) == (session.id, 2, True)


async def test_a_session_is_as_strong_as_the_last_sign_in(
    pool: Pool, vault: Vault, moment: datetime
) -> None:
    """WA-19: an hour after a passkey, a password is a password."""
    later = moment + timedelta(minutes=20)
    async with Entry(pool, moment) as entry:
        session, _ = await a_session(entry, vault)
        handle = await sessions.rotate(entry, session, amr=("pop", "user", "mfa"), aal=2)
    async with Entry(pool, later) as entry:
        found = await sessions.find(entry, handle)
        assert found is not None
        handle = await sessions.rotate(entry, found, amr=("pwd",), aal=1)
        found = await sessions.find(entry, handle)

    assert found is not None
    assert (found.amr, found.aal, found.auth_time) == (("pwd",), 1, later)
    assert not found.phishing_resistant


@pytest.mark.parametrize(
    ("first", "second", "minutes", "aal"),
    [
        (("swk", "user"), ("pwd",), 4, 2),
        (("pwd",), ("swk", "user"), 4, 2),
        (("swk", "user"), ("pwd",), 5, 1),
        (("swk", "user"), ("swk", "user"), 1, 1),
        (("pwd",), ("pwd",), 1, 1),
    ],
)
async def test_a_passkey_in_doubt_is_half_a_proof(
    pool: Pool,
    vault: Vault,
    moment: datetime,
    first: tuple[str, ...],
    second: tuple[str, ...],
    minutes: int,
    aal: int,
) -> None:
    """WA-11: with a password just before or after it, it is a whole one."""
    async with Entry(pool, moment) as entry:
        account = await accounts.open_account(entry, vault, email=EMAIL)
        _, handle = await sessions.start(
            entry, account.id, kind="citizen", amr=first, aal=1, device="Firefox"
        )
    async with Entry(pool, moment + timedelta(minutes=minutes)) as entry:
        found = await sessions.find(entry, handle)
        assert found is not None
        handle = await sessions.rotate(entry, found, amr=second, aal=1)
        found = await sessions.find(entry, handle)

    assert found is not None
    assert (found.aal, "mfa" in found.amr, found.phishing_resistant) == (aal, aal == 2, False)


async def test_a_locked_account_has_no_session(entry: Entry, vault: Vault) -> None:
    session, handle = await a_session(entry, vault)
    await accounts.lock(entry, session.account.id, "asked")

    assert await sessions.find(entry, handle) is None


async def test_a_handle_is_of_one_kind(entry: Entry, vault: Vault) -> None:
    _, handle = await a_session(entry, vault)

    assert await sessions.find(entry, handle, kind="admin") is None


async def test_all_end_but_this_one(entry: Entry, vault: Vault) -> None:
    mine, handle = await a_session(entry, vault)
    other, gone = await sessions.start(
        entry, mine.account.id, kind="citizen", amr=("pwd",), aal=1, device="Chrome"
    )

    assert await sessions.end_all(entry, mine.account.id, but=mine.id) == [other.id]
    assert await sessions.find(entry, gone) is None
    assert await sessions.find(entry, handle) is not None
