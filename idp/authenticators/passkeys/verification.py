"""Using a passkey: what we ask for, and whose it was that answered.

Specs: WebAuthn Level 3 §5.5, §6.1.1, §7.2.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from idp.authenticators import ceremony
from idp.authenticators.passkeys import kept, library
from idp.authenticators.passkeys.kept import Passkey
from idp.errors import PasskeyRefused, PasskeyUnknown
from idp.events import PasskeyFailed, PasskeySuspected
from keys.entry import Entry, Row
from keys.vault import Vault


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed in with a passkey, and how strong that was.

    :ivar suspicious: this very use looked like a copy's; its citizen should hear of it
    """

    account_id: UUID
    passkey: Passkey
    amr: tuple[str, ...]
    aal: int
    suspicious: bool = False


def request_options(*, challenge: str, rp_id: str, purpose: str = "sign-in") -> dict[str, Any]:
    """Return the options of asking for any passkey of this site, as JSON.

    :param purpose: what ``challenge`` was made for

    The list of passkeys is empty for everybody, so it tells of nobody (§14.6.2).
    """
    return {
        "challenge": challenge,
        "rpId": rp_id,
        "timeout": ceremony.timeout(purpose),
        "hints": list(ceremony.HINTS),
        "userVerification": "required",
        "allowCredentials": [],
    }


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
    whom = account_id
    try:
        told = ceremony.client_data(response, kind="webauthn.get", origin=origin)
        await ceremony.claim(entry, vault, told["challenge"], purpose=purpose, browser=browser)
        row = await _found(entry, response, account_id)
        whom = row["account_id"]
        result = await _judged(entry, row, response, told["challenge"], origin, rp_id)
        return await _used(entry, row["id"], result)
    except PasskeyRefused as refused:
        if whom is not None:
            entry.record(PasskeyFailed(None, f"account:{whom}", refused.reason))
        # Whatever becomes of the caller's work, the challenge stays used up.
        await entry.commit()
        raise


async def _found(entry: Entry, response: dict[str, Any], account_id: UUID | None) -> Row:
    row = await entry.one(kept.FIND, of_credential=ceremony.raw_id(response))
    if row is None:
        raise PasskeyUnknown("unknown")
    if row["status"] != "open":
        raise PasskeyRefused("account")
    if account_id is not None and row["account_id"] != account_id:
        raise PasskeyRefused("owner")
    # A discoverable passkey names its account (§7.2 step 6); it has to be this one.
    if ceremony.decoded(ceremony.part(response, "userHandle")) != row["handle"]:
        raise PasskeyRefused("handle")
    return row


async def _judged(
    entry: Entry, row: Row, response: dict[str, Any], given: str, origin: str, rp_id: str
) -> Any:
    try:
        return _verified(response, row, given, origin, rp_id)
    except PasskeyRefused:
        await entry.run(kept.FAILED, of_passkey=row["id"])
        raise


def _verified(response: dict[str, Any], row: Row, given: str, origin: str, rp_id: str) -> Any:
    try:
        result = library.webauthn().verify_authentication_response(
            credential=ceremony.only(response, "clientDataJSON", "authenticatorData", "signature"),
            expected_challenge=ceremony.decoded(given),
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=row["public_key"],
            # The library compares the counter before the signature; zero keeps it silent,
            # and the counter is judged where it is kept, once the signature holds (§6.1.1).
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except library.refusals() as error:
        raise PasskeyRefused("assertion") from error
    # §6.1.3: whether it may be copied is settled for life when it is made.
    if (result.credential_device_type.value == "multi_device") != row["backup_eligible"]:
        raise PasskeyRefused("backup")
    return result


async def _used(entry: Entry, passkey_id: UUID, result: Any) -> Verified:
    row = await entry.one(
        kept.USED,
        of_passkey=passkey_id,
        at=entry.at,
        counted=result.new_sign_count,
        is_backed_up=result.credential_backed_up,
    )
    if row is None:  # removed while we looked
        raise PasskeyUnknown("unknown")
    owner = UUID(bytes=row["account_id"].bytes)
    suspicious = row["suspected_at"] == entry.at
    if suspicious:
        entry.record(PasskeySuspected(None, f"account:{owner}", str(row["id"])))
    used = kept.passkey(row)
    return Verified(owner, used, used.amr, used.aal, suspicious)
