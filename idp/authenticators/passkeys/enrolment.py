"""Making a passkey: what we ask the device for, and whether its answer is kept.

Specs: WebAuthn Level 3 §5.4, §6.5.4, §7.1, §8.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from idp.accounts import Account
from idp.authenticators import ceremony
from idp.authenticators.passkeys import kept, library, public_keys
from idp.authenticators.passkeys.kept import Passkey
from idp.errors import PasskeyRefused
from idp.events import PasskeyAdded
from keys import opaque
from keys.entry import Entry
from keys.vault import Vault

TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")


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
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in public_keys.offered()],
        "timeout": ceremony.timeout("add"),
        "hints": list(ceremony.HINTS),
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
    mediation: str = "optional",
) -> Passkey:
    """Keep the passkey that a device made.

    :param device: the browser and system that it was made on, for the citizen to read
    :param mediation: ``conditional`` if the browser made it without a question, for
        somebody whose session is proof enough
    :raises PasskeyRefused: a check fails, the account has too many, or it is known already
    :raises AccountNotOpen: it was locked or closed meanwhile
    """
    told = ceremony.client_data(response, kind="webauthn.create", origin=origin)
    await ceremony.claim(entry, vault, told["challenge"], purpose="add", browser=browser)
    credential_id = ceremony.raw_id(response)
    made = _verified(response, told["challenge"], origin, rp_id, mediation)
    if made.credential_id != credential_id:
        raise PasskeyRefused("id")
    alg = public_keys.algorithm(made.credential_public_key)
    aaguid = UUID(made.aaguid)
    await kept.make_room(entry, account.id)
    row = await entry.one(
        kept.ADD,
        id=opaque.new_id(),
        account_id=account.id,
        credential_id=credential_id,
        public_key=made.credential_public_key,
        alg=alg,
        sign_count=made.sign_count,
        aaguid=aaguid,
        transports=_transports(response),
        backup_eligible=made.credential_device_type.value == "multi_device",
        backed_up=made.credential_backed_up,
        name=kept.name_of(aaguid),
        device=device,
        at=entry.at,
    )
    if row is None:
        raise PasskeyRefused("known")
    whom = f"account:{account.id}"
    entry.record(PasskeyAdded(whom, whom, str(row["id"]), device))
    return kept.passkey(row)


def _verified(response: dict[str, Any], given: str, origin: str, rp_id: str, mediation: str) -> Any:
    attestation = ceremony.part(response, "attestationObject")
    _check_format(ceremony.decoded(attestation))
    webauthn = library.webauthn()
    known = webauthn.helpers.cose.COSEAlgorithmIdentifier
    try:
        return webauthn.verify_registration_response(
            credential=ceremony.only(response, "clientDataJSON", "attestationObject"),
            expected_challenge=ceremony.decoded(given),
            expected_rp_id=rp_id,
            expected_origin=origin,
            # §7.1 step 15: nobody touched anything. It is asked for whenever it is used.
            require_user_presence=mediation != "conditional",
            require_user_verification=mediation != "conditional",
            supported_pub_key_algs=[known(alg) for alg in public_keys.offered()],
        )
    except library.refusals() as error:
        raise PasskeyRefused("attestation") from error


def _check_format(attestation: bytes) -> None:
    """§8: we asked for no attestation, so nobody's certificates are read.

    What may come all the same is the passkey's signature over itself (``packed`` without
    a certificate): browsers pass it on because it names no make.
    """
    helpers = library.webauthn().helpers
    try:
        told = helpers.parse_cbor(attestation)
        # §6.5.4: CTAP2's canonical form. What differs when it is written again had bytes
        # behind it, lengths left open, or numbers longer than they need to be.
        canonical = helpers.encode_cbor(told) == attestation
    except library.refusals() as error:
        raise PasskeyRefused("attestation") from error
    if not canonical or not isinstance(told, dict) or told.keys() != _MEMBERS:
        raise PasskeyRefused("attestation")
    if not isinstance(told["attStmt"], dict) or not isinstance(told["authData"], bytes):
        raise PasskeyRefused("attestation")
    members = frozenset(told["attStmt"])
    if (told["fmt"], members) not in (("none", frozenset()), ("packed", _SELF)):
        raise PasskeyRefused("format")


_MEMBERS = frozenset({"fmt", "attStmt", "authData"})
_SELF = frozenset({"alg", "sig"})


def _transports(response: dict[str, Any]) -> list[str]:
    given = response["response"].get("transports")
    return [name for name in TRANSPORTS if isinstance(given, list) and name in given]
