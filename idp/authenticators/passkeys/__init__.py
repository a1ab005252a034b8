"""Passkeys: the first way in.

    offered ──enrol──▶ live ──used, used …──▶ live
                        ├──counter went backwards──▶ suspected (half a proof; the citizen is told)
                        └──remove──▶ gone

Discoverable, with user verification, attestation not asked for: nobody needs to know
which make of device a citizen has.

Specs: WebAuthn Level 3, RFC 8176.
"""

from idp.authenticators.ceremony import LIFETIME, challenge
from idp.authenticators.passkeys.enrolment import creation_options, enrol
from idp.authenticators.passkeys.kept import MOST, Passkey, listed, name_of, remove, rename
from idp.authenticators.passkeys.verification import Verified, request_options, verify

__all__ = [
    "LIFETIME",
    "MOST",
    "Passkey",
    "Verified",
    "challenge",
    "creation_options",
    "enrol",
    "listed",
    "name_of",
    "remove",
    "rename",
    "request_options",
    "verify",
]
