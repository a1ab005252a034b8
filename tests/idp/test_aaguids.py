"""Names of passkeys: a provider that the public list knows has its name, any other has none."""

import json
from uuid import UUID

import pytest

from idp.authenticators import passkeys
from idp.authenticators.passkeys.kept import NAMES
from keys.entry import Entry
from keys.vault import Vault
from tests.support.passkeys import a_device, an_account, enrolled

APPLE = UUID("fbfc3007-154e-4ecc-8c0b-6e020557d7bd")
GOOGLE = UUID("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")
YUBIKEY = UUID("2fc0579f-8113-47ea-b116-bb5a8db9202a")
NONE, UNKNOWN = UUID(int=0), UUID(int=1)


@pytest.mark.parametrize(
    ("aaguid", "name"),
    [
        (APPLE, "Apple Passwords"),
        (GOOGLE, "Google Password Manager"),
        (YUBIKEY, "YubiKey 5"),
    ],
    ids=str,
)
def test_a_known_provider_has_its_name(aaguid: UUID, name: str) -> None:
    assert passkeys.name_of(aaguid).startswith(name)


@pytest.mark.parametrize("aaguid", [NONE, UNKNOWN])
def test_an_unknown_one_has_none(aaguid: UUID) -> None:
    """All zeros is what a provider says that does not want to be known."""
    assert passkeys.name_of(aaguid) == ""


def test_the_list_is_small_and_clean() -> None:
    raw = NAMES.read_bytes()
    names = json.loads(raw)

    assert len(raw) < 64 * 1024
    assert all(str(UUID(key)) == key for key in names)
    assert all(0 < len(name) <= 70 and name.isprintable() for name in names.values())


@pytest.mark.parametrize(("aaguid", "known"), [(GOOGLE, True), (NONE, False)])
async def test_a_passkey_is_named_when_it_is_made(
    entry: Entry, vault: Vault, aaguid: UUID, known: bool
) -> None:
    account = await an_account(entry, vault)

    made = await enrolled(entry, vault, account, a_device(aaguid=aaguid.bytes))

    assert made.name == passkeys.name_of(aaguid)
    assert bool(made.name) is known
