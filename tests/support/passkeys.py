"""Passkeys as tests of the room of citizens begin with them: an account, a device, an answer."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any

from idp import accounts
from idp.accounts import Account
from idp.authenticators import passkeys
from idp.authenticators.passkeys import Passkey, Verified
from idp.errors import PasskeyRefused
from keys.entry import Entry
from keys.vault import Vault
from tests.support.authenticator import Device

ORIGIN, RP_ID = "https://id.example", "id.example"
EMAIL = "ana@example.org"


def a_device(**habits: Any) -> Device:
    """A device in front of this site."""
    return Device(**({"origin": ORIGIN, "rp_id": RP_ID} | habits))


async def an_account(entry: Entry, vault: Vault, email: str = EMAIL) -> Account:
    return await accounts.open_account(entry, vault, email=email)


async def to_add(
    entry: Entry, vault: Vault, account: Account, *, purpose: str = "add"
) -> dict[str, Any]:
    """The options of making a passkey, for the browser ``mine``."""
    return passkeys.creation_options(
        challenge=passkeys.challenge(vault, purpose=purpose, browser="mine", at=entry.at),
        rp_id=RP_ID,
        rp_name="Gatehouse",
        account=account,
        name=EMAIL,
        known=await passkeys.listed(entry, account.id),
    )


def to_use(vault: Vault, at: datetime, *, purpose: str = "sign-in") -> dict[str, Any]:
    """The options of using one, for the browser ``mine``."""
    challenge = passkeys.challenge(vault, purpose=purpose, browser="mine", at=at)
    return passkeys.request_options(challenge=challenge, rp_id=RP_ID)


async def enrol(
    entry: Entry, vault: Vault, account: Account, response: dict[str, Any], **over: Any
) -> Passkey:
    usual = {"browser": "mine", "device": "Firefox", "origin": ORIGIN, "rp_id": RP_ID}
    return await passkeys.enrol(entry, vault, account, response=response, **(usual | over))


async def verify(entry: Entry, vault: Vault, response: dict[str, Any], **over: Any) -> Verified:
    usual = {"browser": "mine", "purpose": "sign-in", "origin": ORIGIN, "rp_id": RP_ID}
    return await passkeys.verify(entry, vault, response=response, **(usual | over))


async def enrolled(entry: Entry, vault: Vault, account: Account, device: Device) -> Passkey:
    """Make the device's passkey and keep it."""
    return await enrol(entry, vault, account, device.create(await to_add(entry, vault, account)))


async def why(answered: Awaitable[object]) -> str:
    """Return the reason of a refusal; what was not refused is ``taken``."""
    try:
        await answered
    except PasskeyRefused as refused:
        return refused.reason
    return "taken"
