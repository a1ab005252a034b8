"""What the WebAuthn library leaves to us: challenges, and the checks around its own.

The library verifies signatures and structure. It accepts a foreign frame, client data
with a name twice, ids of any length, and base64 in any spelling; those are refused
here, before it is asked, and it sees only the members that were looked at.

Specs: WebAuthn Level 3 §7.1, §7.2, §13.4.3.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.errors import PasskeyRefused
from keys import opaque, replay
from keys.assertions import decode_json
from keys.entry import Entry
from keys.errors import TokenRefused
from keys.vault import Vault

LIFETIME = {
    "sign-in": timedelta(minutes=5),
    "add": timedelta(minutes=5),
    "admin": timedelta(minutes=5),
    "step-up": timedelta(seconds=60),
}
HINTS = ("client-device", "hybrid", "security-key")  # §5.8.7: this device first, then a phone
LONGEST_ID = 1023  # bytes, §7.1 step 25
LARGEST = 16 * 1024  # bytes of one member; a real one has a few hundred


def timeout(purpose: str) -> int:
    """Return for how many milliseconds the browser may wait: an answer after it is refused."""
    return int(LIFETIME[purpose].total_seconds() * 1000)


def challenge(vault: Vault, *, purpose: str, browser: str, at: datetime) -> str:
    """Make a challenge for one purpose and one browser; nothing is stored (ADR 5)."""
    expires = int((at + LIFETIME[purpose]).timestamp())
    body = opaque.random_bytes(12) + expires.to_bytes(5, "big")
    return opaque.unpadded(body + _mac(vault, purpose, browser, body))


async def claim(entry: Entry, vault: Vault, given: str, *, purpose: str, browser: str) -> None:
    """Use the challenge up, before anything of the answer is believed.

    :raises PasskeyRefused: not ours, another purpose's or browser's, run out, or used
    """
    raw = decoded(given)
    body, mac = raw[:17], raw[17:]
    if not hmac.compare_digest(mac, _mac(vault, purpose, browser, body)):
        raise PasskeyRefused("challenge")
    expires = datetime.fromtimestamp(int.from_bytes(body[12:17], "big"), UTC)
    if expires <= entry.at:
        raise PasskeyRefused("challenge_expired")
    if not await replay.claim(entry, "webauthn", given, expires + timedelta(minutes=1)):
        raise PasskeyRefused("challenge_used")


def client_data(response: dict[str, Any], *, kind: str, origin: str) -> dict[str, Any]:
    """Read and judge the client data of an answer.

    :param kind: ``webauthn.create`` or ``webauthn.get``
    :raises PasskeyRefused: another kind, another origin, inside a frame, malformed
    """
    raw = decoded(part(response, "clientDataJSON"))
    try:
        told = decode_json(raw, max_bytes=LARGEST)
    except TokenRefused as error:
        raise PasskeyRefused("client_data") from error
    if not isinstance(told, dict) or told.get("type") != kind:
        raise PasskeyRefused("type")
    if told.get("origin") != origin:
        raise PasskeyRefused("origin")
    # No page of ours works in a frame, so there is no page around it either (steps 10, 11).
    if told.get("crossOrigin", False) is not False or "topOrigin" in told:
        raise PasskeyRefused("cross_origin")
    if not isinstance(told.get("challenge"), str):
        raise PasskeyRefused("challenge")
    return told


def raw_id(response: dict[str, Any]) -> bytes:
    """Return the id of the passkey that answered.

    :raises PasskeyRefused: none, too long, or two that differ
    """
    given = response.get("id")
    if not isinstance(given, str) or response.get("rawId") != given:
        raise PasskeyRefused("id")
    raw = decoded(given)
    if not 0 < len(raw) <= LONGEST_ID:
        raise PasskeyRefused("id")
    return raw


def decoded(text: str) -> bytes:
    """Decode base64url, in the one spelling that browsers use (RFC 4648 §5, no padding).

    :raises PasskeyRefused: it is none, or more than 16 kB
    """
    if len(text) > LARGEST * 4 // 3:
        raise PasskeyRefused("size")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise PasskeyRefused("malformed") from error
    # Python skips what is no letter and takes both alphabets. A challenge that could be
    # spelt in two ways could be used twice.
    if opaque.unpadded(raw) != text:
        raise PasskeyRefused("malformed")
    return raw


def part(response: dict[str, Any], name: str) -> str:
    """Return a member of the inner response, still spelt.

    :raises PasskeyRefused: there is none
    """
    inner = response.get("response")
    found = inner.get(name) if isinstance(inner, dict) else None
    if not isinstance(found, str):
        raise PasskeyRefused("malformed")
    return found


def only(response: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the response with nothing in it but its id and the members ``names``.

    :raises PasskeyRefused: one is missing or too long, or it is no public key's
    """
    if response.get("type") != "public-key":
        raise PasskeyRefused("malformed")
    named = opaque.unpadded(raw_id(response))
    inner = {name: part(response, name) for name in names}
    for spelt in inner.values():
        decoded(spelt)
    return {"id": named, "rawId": named, "type": "public-key", "response": inner}


def _mac(vault: Vault, purpose: str, browser: str, body: bytes) -> bytes:
    message = b"\0".join((b"webauthn", purpose.encode(), browser.encode(), body))
    return hmac.digest(vault.browser, message, hashlib.sha256)[:16]
