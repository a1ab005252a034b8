"""Passkeys: the first way in.

    offered ──enrol──▶ live ──used, used …──▶ live
                        ├──counter went backwards──▶ suspected (works; the citizen is told)
                        └──remove──▶ gone

Discoverable, with user verification, attestation not asked for: nobody needs to know
which make of device a citizen has.

Specs: WebAuthn Level 3, RFC 8176.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import webauthn
from sqlalchemy.dialects import postgresql as pg
from webauthn.helpers.exceptions import WebAuthnException

from idp import authenticators, tables
from idp.accounts import Account
from idp.authenticators import ceremony
from idp.authenticators.ceremony import challenge
from idp.errors import LastWayIn, PasskeyRefused, PasskeyUnknown
from idp.events import PasskeyAdded, PasskeyRemoved, PasskeyRenamed, PasskeySuspected
from keys import opaque
from keys.entry import Entry, Row, statement
from keys.vault import Vault

__all__ = ["challenge"]

MOST = 20  # of one account
ALGORITHMS = (-8, -7, -257)  # EdDSA, ES256, RS256
PHISHING_RESISTANT = ("pop", "user", "mfa")

_passkeys = tables.passkeys.c

ADD = statement(
    pg.insert(tables.passkeys)
    .values(
        id=sa.bindparam("id"),
        account_id=sa.bindparam("account_id"),
        credential_id=sa.bindparam("credential_id"),
        public_key=sa.bindparam("public_key"),
        alg=sa.bindparam("alg"),
        sign_count=sa.bindparam("sign_count"),
        aaguid=sa.bindparam("aaguid"),
        transports=sa.bindparam("transports"),
        backup_eligible=sa.bindparam("backup_eligible"),
        backed_up=sa.bindparam("backed_up"),
        name=sa.bindparam("name"),
        device=sa.bindparam("device"),
        created_at=sa.bindparam("at"),
    )
    .on_conflict_do_nothing()
    .returning(tables.passkeys)
)
FIND = statement(
    sa.select(tables.passkeys, tables.accounts.c.handle, tables.accounts.c.status)
    .join(tables.accounts, tables.accounts.c.id == _passkeys.account_id)
    .where(_passkeys.credential_id == sa.bindparam("of_credential"))
)
LISTED = statement(
    sa.select(tables.passkeys)
    .where(_passkeys.account_id == sa.bindparam("of_account"))
    .order_by(_passkeys.created_at)
)
USED = statement(
    sa.update(tables.passkeys)
    .where(_passkeys.id == sa.bindparam("of_passkey"))
    .values(
        last_used_at=sa.bindparam("at"),
        sign_count=sa.func.greatest(
            _passkeys.sign_count, sa.bindparam("counted", type_=sa.BigInteger)
        ),
        backed_up=sa.bindparam("is_backed_up"),
        failures=0,
        suspected_at=sa.func.coalesce(
            sa.bindparam("suspected", type_=tables.NOW), _passkeys.suspected_at
        ),
    )
)
FAILED = statement(
    sa.update(tables.passkeys)
    .where(_passkeys.id == sa.bindparam("of_passkey"))
    .values(failures=_passkeys.failures + 1)
)
RENAME = statement(
    sa.update(tables.passkeys)
    .where(
        _passkeys.id == sa.bindparam("of_passkey"),
        _passkeys.account_id == sa.bindparam("of_account"),
    )
    .values(name=sa.bindparam("new_name"))
    .returning(_passkeys.id)
)
# The account's row is locked so that two removals at once can't both leave the other.
LOCK = statement(
    sa.select(tables.accounts.c.id)
    .where(tables.accounts.c.id == sa.bindparam("of_account"))
    .with_for_update()
)
REMOVE = statement(
    sa.delete(tables.passkeys)
    .where(
        _passkeys.id == sa.bindparam("of_passkey"),
        _passkeys.account_id == sa.bindparam("of_account"),
    )
    .returning(_passkeys.id)
)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its citizen sees it."""

    id: UUID
    credential_id: bytes = field(repr=False)
    name: str
    device: str
    transports: tuple[str, ...]
    backup_eligible: bool
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None
    suspected_at: datetime | None


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed in with a passkey, and how strong that was."""

    account_id: UUID
    passkey: Passkey
    amr: tuple[str, ...]
    aal: int


def request_options(*, challenge: str, rp_id: str) -> dict[str, Any]:
    """Return the options of asking for any passkey of this site, as JSON."""
    return {
        "challenge": challenge,
        "rpId": rp_id,
        "timeout": 300_000,
        "userVerification": "required",
        "allowCredentials": [],
    }


def creation_options(
    *,
    challenge: str,
    rp_id: str,
    rp_name: str,
    account: Account,
    name: str,
    known: Sequence[Passkey],
) -> dict[str, Any]:
    """Return the options of making a passkey, as JSON."""
    return {
        "challenge": challenge,
        "rp": {"id": rp_id, "name": rp_name},
        "user": {"id": opaque.unpadded(account.handle), "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
        "timeout": 300_000,
        "attestation": "none",
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "excludeCredentials": [
            {
                "type": "public-key",
                "id": opaque.unpadded(passkey.credential_id),
                "transports": list(passkey.transports),
            }
            for passkey in known
        ],
        "extensions": {"credProps": True},
    }


async def enrol(  # noqa: PLR0913 - what the answer is judged against
    entry: Entry,
    vault: Vault,
    account: Account,
    *,
    response: dict[str, Any],
    browser: str,
    origin: str,
    rp_id: str,
    device: str,
    purpose: str = "add",
) -> Passkey:
    """Keep the passkey that a device made.

    :raises PasskeyRefused: a check fails, the account has too many, or it is known already
    """
    told = ceremony.client_data(response, kind="webauthn.create", origin=origin)
    await ceremony.claim(entry, vault, told["challenge"], purpose=purpose, browser=browser)
    credential_id = ceremony.raw_id(response)
    if len(await listed(entry, account.id)) >= MOST:
        raise PasskeyRefused("too_many")
    made = _verified_creation(response, told["challenge"], origin, rp_id)
    if made.credential_id != credential_id:
        raise PasskeyRefused("id")
    eligible = made.credential_device_type.value == "multi_device"
    if made.credential_backed_up and not eligible:
        raise PasskeyRefused("backup")
    key = webauthn.helpers.decode_credential_public_key(made.credential_public_key)
    aaguid = UUID(made.aaguid)
    row = await entry.one(
        ADD,
        id=opaque.new_id(),
        account_id=account.id,
        credential_id=credential_id,
        public_key=made.credential_public_key,
        alg=int(key.alg),
        sign_count=made.sign_count,
        aaguid=aaguid,
        transports=_transports(response),
        backup_eligible=eligible,
        backed_up=made.credential_backed_up,
        name=name_of(aaguid),
        device=device,
        at=entry.at,
    )
    if row is None:
        raise PasskeyRefused("known")
    whom = f"account:{account.id}"
    entry.record(PasskeyAdded(whom, whom, str(row["id"]), device))
    return _passkey(row)


async def verify(
    entry: Entry,
    vault: Vault,
    *,
    response: dict[str, Any],
    purpose: str,
    browser: str,
    origin: str,
    rp_id: str,
    account_id: UUID | None = None,
) -> Verified:
    """Say whose passkey answered.

    :param account_id: who it has to be, if that is known (step-up)
    :raises PasskeyUnknown: no account has it
    :raises PasskeyRefused: a check fails; the challenge is used up all the same
    """
    told = ceremony.client_data(response, kind="webauthn.get", origin=origin)
    await ceremony.claim(entry, vault, told["challenge"], purpose=purpose, browser=browser)
    credential_id = ceremony.raw_id(response)
    row = await entry.one(FIND, of_credential=credential_id)
    if row is None:
        await entry.commit()
        raise PasskeyUnknown("unknown")
    _check_owner(response, row, account_id)
    try:
        result = _verified_use(response, row, told["challenge"], origin, rp_id)
    except PasskeyRefused:
        await entry.run(FAILED, of_passkey=row["id"])
        await entry.commit()
        raise
    await _note_use(entry, row, result)
    swk = ("swk",) if row["backup_eligible"] else ()
    owner = UUID(bytes=row["account_id"].bytes)
    return Verified(owner, _passkey(row), (*PHISHING_RESISTANT, *swk), 2)


async def listed(entry: Entry, account_id: UUID) -> list[Passkey]:
    """Return the account's passkeys, oldest first."""
    return [_passkey(row) for row in await entry.all(LISTED, of_account=account_id)]


async def rename(entry: Entry, account_id: UUID, passkey_id: UUID, name: str) -> bool:
    """Give the account's passkey another name."""
    row = await entry.one(RENAME, of_passkey=passkey_id, of_account=account_id, new_name=name)
    if row is not None:
        whom = f"account:{account_id}"
        entry.record(PasskeyRenamed(whom, whom, str(passkey_id)))
    return row is not None


async def remove(entry: Entry, account_id: UUID, passkey_id: UUID) -> bool:
    """Remove the account's passkey.

    :raises LastWayIn: nothing else would be left to sign in with
    """
    await entry.one(LOCK, of_account=account_id)
    enrolled = await authenticators.enrolled(entry, account_id)
    if enrolled.passkeys <= 1 and not enrolled.password:
        raise LastWayIn
    row = await entry.one(REMOVE, of_passkey=passkey_id, of_account=account_id)
    if row is not None:
        whom = f"account:{account_id}"
        entry.record(PasskeyRemoved(whom, whom, str(passkey_id)))
    return row is not None


def name_of(aaguid: UUID) -> str:
    """Name the make of a passkey provider, or nothing if we do not know it."""
    return _names().get(str(aaguid), "")


@cache
def _names() -> dict[str, str]:
    path = Path(__file__).with_name("aaguids.json")
    names: dict[str, str] = json.loads(path.read_text())
    return names


def _verified_creation(response: dict[str, Any], given: str, origin: str, rp_id: str) -> Any:
    try:
        return webauthn.verify_registration_response(
            credential=response,
            expected_challenge=ceremony.decoded(given),
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=[
                webauthn.helpers.cose.COSEAlgorithmIdentifier(alg) for alg in ALGORITHMS
            ],
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, IndexError) as error:
        raise PasskeyRefused("attestation") from error


def _verified_use(response: dict[str, Any], row: Row, given: str, origin: str, rp_id: str) -> Any:
    try:
        result = webauthn.verify_authentication_response(
            credential=response,
            expected_challenge=ceremony.decoded(given),
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=row["public_key"],
            # The library compares the counter before the signature; zero keeps it silent,
            # and the counter is judged below, once the signature holds (§6.1.1).
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, IndexError) as error:
        raise PasskeyRefused("assertion") from error
    eligible = result.credential_device_type.value == "multi_device"
    if eligible != row["backup_eligible"] or (result.credential_backed_up and not eligible):
        raise PasskeyRefused("backup")
    return result


def _check_owner(response: dict[str, Any], row: Row, account_id: UUID | None) -> None:
    if row["status"] != "open":
        raise PasskeyRefused("account")
    if account_id is not None and row["account_id"] != account_id:
        raise PasskeyRefused("owner")
    handle = response["response"].get("userHandle")
    # A discoverable passkey names its account (§7.2 step 6); it has to be this one.
    if not isinstance(handle, str) or ceremony.decoded(handle) != row["handle"]:
        raise PasskeyRefused("handle")


async def _note_use(entry: Entry, row: Row, result: Any) -> None:
    before, now = row["sign_count"], result.new_sign_count
    suspicious = (before, now) != (0, 0) and now <= before
    await entry.run(
        USED,
        of_passkey=row["id"],
        at=entry.at,
        counted=now,
        is_backed_up=result.credential_backed_up,
        suspected=entry.at if suspicious else None,
    )
    if suspicious:
        entry.record(PasskeySuspected(None, f"account:{row['account_id']}", str(row["id"])))


def _transports(response: dict[str, Any]) -> list[str]:
    given = response["response"].get("transports") or []
    known = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")
    return [name for name in known if isinstance(given, list) and name in given]


def _passkey(row: Row) -> Passkey:
    return Passkey(
        id=UUID(bytes=row["id"].bytes),
        credential_id=row["credential_id"],
        name=row["name"],
        device=row["device"],
        transports=tuple(row["transports"]),
        backup_eligible=row["backup_eligible"],
        backed_up=row["backed_up"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        suspected_at=row["suspected_at"],
    )
