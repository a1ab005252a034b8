"""Addresses are read one way only and belong to one account."""

import pytest

from idp import accounts, identifiers
from idp.errors import IdentifierInvalid, IdentifierTaken
from keys.entry import Entry
from keys.vault import Vault


@pytest.mark.parametrize(
    "text",
    ["", "ana", "@example.org", "ana@", "a@b@example.org", "a\r\nBcc: b@example.org", '"a b"@x.org',
     "ana@localhost", "a..b@example.org", "a\0@example.org", "\ud800@example.org",
     f"{'a' * 320}@example.org"],
)  # fmt: skip
def test_what_mail_servers_read_differently_is_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid):
        identifiers.normalise_email(text)


def test_only_the_domain_is_rewritten() -> None:
    assert identifiers.normalise_email(" Ana+x@B\u00dcCHER.example ") == (
        "Ana+x@xn--bcher-kva.example"
    )


async def test_case_does_not_make_another_citizen(entry: Entry, vault: Vault) -> None:
    account = await accounts.open_account(entry, vault, email="Ana@example.org")

    assert await identifiers.find_account(entry, vault, "ana@example.org") == account.id
    assert await identifiers.emails(entry, vault, account.id) == ["Ana@example.org"]
    with pytest.raises(IdentifierTaken):
        await accounts.open_account(entry, vault, email="ANA@example.org")
