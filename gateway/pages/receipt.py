"""The signed receipt of one decision: made once, kept beside the change that it tells of.

Specs: ISO/IEC TS 27560, RFC 7519 §4.1.
"""

from collections.abc import Sequence

from gateway.web.call import Call
from keys import opaque, signing
from relying_parties import consents, receipts
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
    at = call.entry.at
    change = Change(consent.id, consent.version, kind, consent.claims, None, at)
    claims = {
        "iss": call.runtime.settings.issuer,
        "iat": int(at.timestamp()),
        "jti": str(opaque.new_id()),
        **receipts.receipt(consent, client, change, at, details),
    }
    signed = signing.sign(call.runtime.keyring, claims, purpose="event", alg="ES256", typ=TYPE)
    await consents.attach_receipt(call.entry, consent.id, consent.version, signed)
