"""An invitation is for one browser, once; opening it proves the address that it went to."""

from datetime import datetime, timedelta

import pytest

from idp import accounts, attributes, identifiers, invitations
from idp.errors import InvitationOver
from keys.entry import Entry
from keys.pool import Pool
from keys.vault import Vault

EMAIL = "ana@example.org"


async def test_it_is_for_the_browser_that_opened_it_and_once(entry: Entry, vault: Vault) -> None:
    account = await accounts.open_account(entry, vault, email=EMAIL)
    handle = await invitations.create(entry, account.id)

    assert (await invitations.open(entry, vault, handle, "mine")).account_id == account.id
    with pytest.raises(InvitationOver):
        await invitations.use(entry, handle, "other")
    assert await invitations.use(entry, handle, "mine") == account.id
    with pytest.raises(InvitationOver):
        await invitations.use(entry, handle, "mine")


async def test_looking_at_it_binds_nothing(entry: Entry, vault: Vault) -> None:
    """SE-26: scanners of mail look at every link."""
    account = await accounts.open_account(entry, vault, email=EMAIL)
    handle = await invitations.create(entry, account.id)

    seen = await invitations.find(entry, handle, "a scanner")
    with pytest.raises(InvitationOver):
        await invitations.use(entry, handle, "a scanner")
    await invitations.open(entry, vault, handle, "mine")

    assert not seen.opened
    assert (await invitations.find(entry, handle, "mine")).opened
    with pytest.raises(InvitationOver):
        await invitations.find(entry, handle, "a scanner")


async def test_an_address_is_proved_by_opening_alone(entry: Entry, vault: Vault) -> None:
    """WA-19: whoever types an address proves nothing about it."""
    account_id, handle, _ = await invitations.invite(entry, vault, EMAIL)

    assert await identifiers.find_account(entry, vault, EMAIL) is None
    assert await identifiers.emails(entry, vault, account_id) == []

    await invitations.open(entry, vault, handle, "mine")

    assert await identifiers.find_account(entry, vault, EMAIL) == account_id
    held = await attributes.read(entry, vault, account_id, ["email", "email_verified"])
    assert {name: one.value for name, one in held.items()} == {
        "email": EMAIL,
        "email_verified": True,
    }


async def test_a_second_invitation_is_for_the_same_person(entry: Entry, vault: Vault) -> None:
    first, *_ = await invitations.invite(entry, vault, EMAIL)
    second, handle, _ = await invitations.invite(entry, vault, EMAIL.upper())

    assert first == second
    await invitations.open(entry, vault, handle, "mine")
    third, *_ = await invitations.invite(entry, vault, EMAIL)
    assert third == first


async def test_whoever_opened_an_account_meanwhile_is_the_one(entry: Entry, vault: Vault) -> None:
    expected, handle, _ = await invitations.invite(entry, vault, EMAIL)
    own = await accounts.open_account(entry, vault, email=EMAIL)

    opened = await invitations.open(entry, vault, handle, "mine")

    assert opened == invitations.Opened(own.id, instead_of=expected)
    assert await invitations.use(entry, handle, "mine") == own.id


async def test_it_goes_to_the_address_that_was_proved(entry: Entry, vault: Vault) -> None:
    """RE-08: whoever invites may have typed it another way."""
    own = await accounts.open_account(entry, vault, email=EMAIL)

    known = await invitations.invite(entry, vault, EMAIL.upper())
    new = await invitations.invite(entry, vault, "bo@example.org")

    assert (known.account_id, known.email) == (own.id, EMAIL)
    assert new.email == "bo@example.org"


async def test_a_look_alike_joins_no_account(entry: Entry, vault: Vault) -> None:
    """RE-08: neither one that is expected nor one that was opened meanwhile."""
    expected, *_ = await invitations.invite(entry, vault, "sam@example.org")
    other = await invitations.invite(entry, vault, "\u017fam@example.org")
    await accounts.open_account(entry, vault, email="sam@example.org")

    assert other.account_id != expected
    with pytest.raises(InvitationOver):
        await invitations.open(entry, vault, other.handle, "mine")


async def test_ad_16_after_an_hour_it_is_over(pool: Pool, vault: Vault, moment: datetime) -> None:
    """Whether or not a browser has begun with it."""
    async with Entry(pool, moment) as entry:
        begun, fresh = [
            (await invitations.invite(entry, vault, f"{name}@example.org")).handle
            for name in ("begun", "fresh")
        ]
        await invitations.open(entry, vault, begun, "mine")

    async with Entry(pool, moment + timedelta(hours=1)) as entry:
        with pytest.raises(InvitationOver):
            await invitations.use(entry, begun, "mine")
        with pytest.raises(InvitationOver):
            await invitations.open(entry, vault, fresh, "mine")
