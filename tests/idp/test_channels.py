"""How citizens are told: by mail unless they want it otherwise, and what is always mailed."""

from pathlib import Path
from uuid import UUID

import pytest

import gateway
from gateway.pages.account.notices import WORDS
from idp import accounts, channels
from idp.errors import ChannelRefused
from keys.entry import Entry
from keys.vault import Vault

MAILS = Path(gateway.__file__).parent / "templates" / "mail"


async def someone(entry: Entry, vault: Vault) -> UUID:
    return (await accounts.open_account(entry, vault, email="ana@example.org")).id


def test_every_mail_is_of_one_kind() -> None:
    known = [template for kind in channels.KINDS for template in kind.templates]

    assert sorted(known) == sorted(
        path.stem for path in MAILS.glob("*.txt") if not path.stem.startswith("_")
    )
    assert WORDS.keys() == {kind.name for kind in channels.KINDS}


async def test_who_chose_nothing_is_mailed(entry: Entry, vault: Vault) -> None:
    account_id = await someone(entry, vault)

    assert set((await channels.chosen(entry, account_id)).values()) == {channels.MAIL}


async def test_what_was_chosen_is_one_persons_and_one_kinds(entry: Entry, vault: Vault) -> None:
    account_id = await someone(entry, vault)
    await channels.choose(entry, account_id, {"requests": channels.ACCOUNT})
    other = (await accounts.open_account(entry, vault, email="ben@example.org")).id

    assert not await channels.by_mail(entry, account_id, "request-waiting")
    assert await channels.by_mail(entry, account_id, "request-moved")
    assert await channels.by_mail(entry, other, "request-waiting")
    await channels.choose(entry, account_id, {"requests": channels.MAIL})
    assert await channels.by_mail(entry, account_id, "request-waiting")


@pytest.mark.parametrize(
    "wishes",
    [{"security": "account"}, {"security": "mail"}, {"nothing": "mail"}, {"requests": "pigeon"}],
)
async def test_what_keeps_the_account_safe_is_no_choice(
    entry: Entry, vault: Vault, wishes: dict[str, str]
) -> None:
    account_id = await someone(entry, vault)

    with pytest.raises(ChannelRefused):
        await channels.choose(entry, account_id, wishes)
    assert await channels.by_mail(entry, account_id, "passkey-added")
