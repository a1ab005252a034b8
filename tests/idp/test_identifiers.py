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


@pytest.mark.parametrize(
    "local",
    ["\u017fam", "\uff4ao.frost", "\u212aim", "\ufb01n", "strau\u00df", "jo\u2024frost",
     "\u00c9va", "a\u00aa", "jo.frost\uff20example.org"],
)  # fmt: skip
def test_what_is_found_as_another_address_is_refused(local: str) -> None:
    """RE-08: it is a mailbox of its own, whose owner is not the other's."""
    with pytest.raises(IdentifierInvalid):
        identifiers.normalise_email(f"{local}@example.org")


@pytest.mark.parametrize("local", ["Jo.FROST", "\u00e9va", "e\u0301va", "\u0623\u0646\u0627"])
def test_letters_of_every_script_are_themselves(local: str) -> None:
    assert identifiers.normalise_email(f"{local}@example.org")


async def test_mail_goes_where_it_was_proved(entry: Entry, vault: Vault) -> None:
    """RE-08: another spelling finds the account and is sent nothing."""
    await accounts.open_account(entry, vault, email="Ana@example.org")

    assert await identifiers.as_proved(entry, vault, "aNA@example.org") == "Ana@example.org"
    assert await identifiers.as_proved(entry, vault, "bo@example.org") == "bo@example.org"


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
