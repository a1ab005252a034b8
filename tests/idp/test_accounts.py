"""An account is open, locked or closed, and moves one way at a time."""

import pytest

from idp import accounts, identifiers
from idp.errors import AccountNotOpen, IdentifierTaken
from keys.entry import Entry
from keys.vault import Vault

EMAIL = "ana@example.org"


async def an_account(entry: Entry, vault: Vault) -> accounts.Account:
    return await accounts.open_account(entry, vault, email=EMAIL, locale="fr")


async def test_an_address_has_one_account(entry: Entry, vault: Vault) -> None:
    await an_account(entry, vault)

    with pytest.raises(IdentifierTaken):
        await accounts.open_account(entry, vault, email=EMAIL.upper())


async def test_a_lock_is_taken_once_and_lifted_once(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    await accounts.lock(entry, account.id, "asked")

    for refused in (accounts.lock(entry, account.id, "again"), accounts.close(entry, account.id)):
        with pytest.raises(AccountNotOpen):
            await refused
    await accounts.unlock(entry, account.id)
    with pytest.raises(AccountNotOpen):
        await accounts.unlock(entry, account.id)
    assert await accounts.find(entry, account.id) == account


async def test_whoever_has_the_address_afterwards_is_somebody_else(
    entry: Entry, vault: Vault
) -> None:
    """RE-14: subjects are derived from the account, so no service takes one for the other."""
    account = await an_account(entry, vault)
    await accounts.close(entry, account.id)
    assert await identifiers.find_account(entry, vault, EMAIL) is None
    assert await identifiers.emails(entry, vault, account.id) == []

    assert (await an_account(entry, vault)).id != account.id
    with pytest.raises(AccountNotOpen):
        await accounts.unlock(entry, account.id)


async def test_what_is_known_of_somebody_never_shrinks(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    for level in (2, 1):
        await accounts.raise_ial(entry, account.id, level)

    found = await accounts.find(entry, account.id)
    assert found is not None
    assert found.ial == 2


async def test_roles_are_granted_once_and_taken(entry: Entry, vault: Vault) -> None:
    account = await an_account(entry, vault)
    for role in ("auditor", "auditor", "registrar"):
        await accounts.grant_role(entry, account.id, role, "test")
    await accounts.take_role(entry, account.id, "registrar", "test")

    assert [one.roles for one in await accounts.staff(entry)] == [("auditor",)]
    with pytest.raises(ValueError, match="king"):
        await accounts.grant_role(entry, account.id, "king", "test")
