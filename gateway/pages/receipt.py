"""The signed receipt of one change: made once, kept beside the change that it tells of.

Specs: ISO/IEC TS 27560, RFC 7519 §4.1.
"""

from collections.abc import Sequence

from gateway.runtime import Runtime
from gateway.web.call import Call
from keys import opaque, signing
from keys.entry import Entry
from relying_parties import clients, consents, receipts
from relying_parties.authorization_details import Detail
from relying_parties.clients import Client
from relying_parties.consents import Change, Consent

TYPE = "consent-receipt+jwt"


async def keep(
    call: Call, client: Client, consent: Consent, kind: str, details: Sequence[Detail] = ()
) -> None:
    """Sign the receipt of the latest change of ``consent``, which was of ``kind``.

    :param details: what was agreed to in detail with it (RFC 9396)
    """
    change = Change(consent.id, consent.version, kind, consent.claims, None, call.entry.at)
    await sign(call.runtime, call.entry, client, consent, change, details)


async def sign(
    runtime: Runtime,
    entry: Entry,
    client: Client,
    consent: Consent,
    change: Change,
    details: Sequence[Detail] = (),
) -> None:
    """Sign the receipt of ``change``, the latest one of ``consent``."""
    claims = {
        "iss": runtime.settings.issuer,
        "iat": int(entry.at.timestamp()),
        "jti": str(opaque.new_id()),
        **receipts.receipt(consent, client, change, entry.at, details),
    }
    signed = signing.sign(runtime.keyring, claims, purpose="event", alg="ES256", typ=TYPE)
    await consents.attach_receipt(entry, consent.id, consent.version, signed)


async def sign_missing(runtime: Runtime) -> int:
    """Sign what happened while no citizen was there; return how many receipts.

    Sharing ended with its time, or the service gave it up: a citizen holds a receipt of that, too.
    """
    async with runtime.entry() as entry:
        found = await consents.unsigned(entry)
        for consent, change in found:
            client = await clients.find(entry, consent.client_id)
            if client is not None:
                await sign(runtime, entry, client, consent, change)
    return len(found)
