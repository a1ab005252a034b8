"""An invitation is for one browser, once."""

import pytest

from idp import accounts, invitations
from idp.errors import InvitationOver
from keys.entry import Entry
from keys.vault import Vault


async def test_it_is_for_the_browser_that_opened_it_and_once(entry: Entry, vault: Vault) -> None:
    account = await accounts.open_account(entry, vault, email="ana@example.org")
    handle = await invitations.create(entry, account.id)

    assert await invitations.open(entry, handle, "mine") == account.id
    with pytest.raises(InvitationOver):
        await invitations.use(entry, handle, "other")
    assert await invitations.use(entry, handle, "mine") == account.id
    with pytest.raises(InvitationOver):
        await invitations.use(entry, handle, "mine")
