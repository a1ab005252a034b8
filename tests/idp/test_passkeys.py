"""Group WA: a passkey opens its account, and nothing that resembles one does.

Specs: WebAuthn Level 3 §7.1, §7.2, §13.4.3; security: WA-01 to WA-28, RC-04, RC-05.
"""

from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp import accounts
from idp.accounts import Account
from idp.authenticators import passkeys
from idp.authenticators.passkeys import Passkey, Verified
from keys.entry import Entry
from keys.vault import Vault
from tests.support.authenticator import Device

ORIGIN, RP_ID = "https://id.example", "id.example"
HERE = {"origin": ORIGIN, "rp_id": RP_ID}


def a_device(**habits: Any) -> Device:
    return Device(ORIGIN, RP_ID, **habits)


async def an_account(entry: Entry, vault: Vault, email: str = "ana@example.org") -> Account:
    return await accounts.open_account(entry, vault, email=email)


async def to_add(entry: Entry, vault: Vault, account: Account) -> dict[str, Any]:
    return passkeys.creation_options(
        challenge=passkeys.challenge(vault, purpose="add", browser="mine", at=entry.at),
        rp_id=RP_ID,
        rp_name="Gatehouse",
        account=account,
        name="ana@example.org",
        known=await passkeys.listed(entry, account.id),
    )


def to_use(vault: Vault, at: datetime, purpose: str = "sign-in") -> dict[str, Any]:
    challenge = passkeys.challenge(vault, purpose=purpose, browser="mine", at=at)
    return passkeys.request_options(challenge=challenge, rp_id=RP_ID)


async def enrol(
    entry: Entry, vault: Vault, account: Account, response: dict[str, Any], **over: Any
) -> Passkey:
    usual = {"browser": "mine", "device": "Firefox on Linux", **HERE}
    return await passkeys.enrol(entry, vault, account, response=response, **(usual | over))


async def verify(entry: Entry, vault: Vault, response: dict[str, Any], **over: Any) -> Verified:
    usual = {"browser": "mine", "purpose": "sign-in", **HERE}
    return await passkeys.verify(entry, vault, response=response, **(usual | over))


async def enrolled(entry: Entry, vault: Vault, account: Account, device: Device) -> Passkey:
    return await enrol(entry, vault, account, device.create(await to_add(entry, vault, account)))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ec.generate_private_key(ec.SECP256R1()), id="ES256"),
        pytest.param(ed25519.Ed25519PrivateKey.generate(), id="EdDSA"),
        pytest.param(rsa.generate_private_key(65537, 2048), id="RS256"),
    ],
)
@pytest.mark.parametrize("fmt", ["none", "packed"])
async def test_a_passkey_opens_its_account(entry: Entry, vault: Vault, key: Any, fmt: str) -> None:
    account = await an_account(entry, vault)
    device = a_device(key=key, fmt=fmt)

    added = await enrolled(entry, vault, account, device)
    opened = await verify(entry, vault, device.get(to_use(vault, entry.at)))

    assert (opened.account_id, opened.passkey.id) == (account.id, added.id)
    assert (opened.aal, opened.amr) == (2, ("pop", "user", "mfa", "swk"))
    assert added.transports == ("hybrid", "internal")
