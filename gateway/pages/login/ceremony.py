"""Passkey ceremonies as pages see them: options out, answers in, failures in words."""

import json
from typing import Any

from starlette.responses import Response

from gateway.web import csrf, headers
from gateway.web.call import Call
from gateway.web.locale import N_
from gateway.web.params import ParamsInvalid
from idp import attributes, identifiers
from idp.accounts import Account
from idp.authenticators import passkeys
from idp.errors import PasskeyRefused
from keys.assertions import decode_json
from keys.errors import TokenRefused
from keys.opaque import unpadded

LARGEST = 16 * 1024  # bytes of an answer; a real one is about one
NOT_ALLOWED = N_("You cancelled, or it took too long.")
REASONS = {
    "NotAllowedError": NOT_ALLOWED,
    "AbortError": NOT_ALLOWED,
    "challenge_expired": NOT_ALLOWED,
    "doubted": N_(
        "This passkey behaves as if there were a copy of it."
        " Use another one, or ask for an invitation to set one up."
    ),
    "SecurityError": N_("This page does not fit your passkey. Type our address again."),
    "InvalidStateError": N_("This device has a passkey for your account already."),
    "no-script": N_("Your browser has JavaScript turned off, so it cannot use passkeys."),
    "refused": N_("We could not check this passkey."),
    "too_many": N_("You have 20 passkeys, and that is the most. Remove one that you do not use."),
    "unsupported": N_("This browser cannot use passkeys."),
    "unknown": N_("This passkey is not in your account now. We asked your device to remove it."),
}


def to_sign_in(call: Call, *, autofill: bool = False, purpose: str = "sign-in") -> dict[str, Any]:
    """Return what passkey.js needs to ask for a passkey."""
    challenge = passkeys.challenge(
        call.runtime.vault, purpose=purpose, browser=call.browser, at=call.entry.at
    )
    options = passkeys.request_options(
        challenge=challenge, rp_id=call.runtime.settings.rp_id, purpose=purpose
    )
    return {"get": options, "autofill": autofill, "purpose": purpose}


async def to_add(call: Call, account: Account, email: str, *, upgrade: bool) -> dict[str, Any]:
    """Return what passkey.js needs to make a passkey.

    :param upgrade: make one without a question, where the browser can
    """
    challenge = passkeys.challenge(
        call.runtime.vault, purpose="add", browser=call.browser, at=call.entry.at
    )
    options = passkeys.creation_options(
        challenge=challenge,
        rp_id=call.runtime.settings.rp_id,
        rp_name=call.runtime.settings.operator,
        account=account,
        name=email,
        known=await passkeys.listed(call.entry, account.id),
    )
    return {"create": options, "upgrade": upgrade, "purpose": "add"}


async def renew(call: Call) -> Response:
    """Draw another challenge for a page that is read slowly.

    It answers JSON, so a page that was open for long need not be loaded again, with what
    was typed there.
    """
    csrf.check(call)
    purpose = call.form.text("purpose")
    if purpose not in passkeys.LIFETIME:
        raise ParamsInvalid
    challenge = passkeys.challenge(
        call.runtime.vault, purpose=purpose, browser=call.browser, at=call.entry.at
    )
    told = json.dumps({"challenge": challenge}).encode()
    return Response(told, headers={**headers.PROTOCOL, "content-type": "application/json"})


def answer(call: Call) -> dict[str, Any]:
    """Read the device's answer from the form.

    :raises PasskeyRefused: it is not JSON of that shape
    """
    try:
        read = decode_json(call.form.text("passkey").encode(), max_bytes=LARGEST, max_depth=8)
    except (TokenRefused, ValueError) as error:
        raise PasskeyRefused("malformed") from error
    if not isinstance(read, dict):
        raise PasskeyRefused("malformed")
    return read


def reason(call: Call, name: str) -> str:
    """Say what went wrong, for the error that the browser named."""
    return call.gettext(REASONS.get(name, NOT_ALLOWED))


def refusal(call: Call, refused: PasskeyRefused) -> str:
    """Say why an answer was not taken; what a check found is for the log only."""
    return reason(call, refused.reason if refused.reason in REASONS else "refused")


def status(refused: PasskeyRefused) -> int:
    """Return how it is answered: somebody else was first with this passkey, or it is not right."""
    return 409 if refused.reason == "known" else 422


def signal_unknown(call: Call, credential_id: str) -> dict[str, Any]:
    """Return the signal that lets a device forget a passkey that we never had."""
    options = {"rpId": call.runtime.settings.rp_id, "credentialId": credential_id}
    return {"signals": [["signalUnknownCredential", options]]}


async def signals(call: Call, account: Account) -> dict[str, Any]:
    """Return what keeps a device's list true: which passkeys work, and what the account is called.

    Only for pages of whoever is signed in: devices hide what the first does not name.
    """
    entry, vault = call.entry, call.runtime.vault
    found = await passkeys.listed(entry, account.id)
    emails = await identifiers.emails(entry, vault, account.id)
    name = (await attributes.read(entry, vault, account.id, ("name",))).get("name")
    email = emails[0] if emails else ""
    whose = {"rpId": call.runtime.settings.rp_id, "userId": unpadded(account.handle)}
    accepted = {"allAcceptedCredentialIds": [unpadded(one.credential_id) for one in found]}
    called = {"name": email, "displayName": str(name.value) if name else email}
    return {
        "signals": [
            ["signalAllAcceptedCredentials", whose | accepted],
            ["signalCurrentUserDetails", whose | called],
        ]
    }


def credential_id(response: dict[str, Any]) -> str:
    """Return the id that an answer names, or nothing."""
    named = response.get("id")
    return named if isinstance(named, str) and len(json.dumps(named)) < 1500 else ""
