"""Sign in with a passkey, or confirm with one; and what to say when it does not work."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.account import mails
from gateway.pages.login import arrive, ceremony
from gateway.pages.passage import Passage, read
from gateway.web import csrf
from gateway.web.call import Call
from idp import accounts
from idp.authenticators import passkeys
from idp.errors import PasskeyRefused, PasskeyUnknown


@stale.page
async def submit(call: Call) -> Response:
    """Verify the device's answer and sign its citizen in."""
    csrf.check(call)
    way = await read(call)
    confirming = call.form.text("confirm") == "yes"
    if failed := call.form.text("passkey_error"):
        return _failed(call, way, failed, confirming=confirming)
    session = await call.session() if confirming else None
    response: dict[str, Any] = {}
    try:
        response = ceremony.answer(call)
        verified = await passkeys.verify(
            call.entry,
            call.runtime.vault,
            response=response,
            purpose="step-up" if session else "sign-in",
            browser=call.browser,
            origin=call.runtime.settings.origin,
            rp_id=call.runtime.settings.rp_id,
            account_id=session.account.id if session else None,
        )
    except PasskeyUnknown:
        # Only a clean miss: the device deletes what we signal, for good.
        signal = ceremony.signal_unknown(call, ceremony.credential_id(response))
        return _failed(call, way, "unknown", confirming=confirming, passkey=signal)
    except PasskeyRefused as refused:
        late = refused.reason == "challenge_expired"
        return _failed(call, way, refused.reason if late else "refused", confirming=confirming)
    if verified.suspicious:
        await _tell(call, verified.account_id)
    return await arrive.signed_in(
        call, way, verified.account_id, amr=tuple(verified.amr), aal=verified.aal
    )


async def _tell(call: Call, account_id: UUID) -> None:
    account = await accounts.find(call.entry, account_id)
    if account is not None:
        await mails.tell(call, account, "passkey-suspected")


def _failed(
    call: Call,
    way: Passage,
    why: str,
    *,
    confirming: bool,
    passkey: dict[str, Any] | None = None,
) -> Response:
    return passage.show(
        call,
        way,
        "login/passkey_failed.html",
        status=422,
        reason=ceremony.reason(call, why),
        back=way.address("/login/confirm" if confirming else "/login"),
        passkey=passkey,
    )
