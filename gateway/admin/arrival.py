"""Coming in: only a passkey opens these pages.

Whoever reads a person's mail gets back into their account and makes a passkey there. So
after a recovery no passkey opens these pages, until an invitation made later is followed.
"""

from uuid import UUID

from starlette.responses import Response

from gateway.admin import office
from gateway.pages.account import mails
from gateway.pages.login import ceremony
from gateway.web import cookies, csrf, leaving, render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import accounts, invitations, sessions
from idp.accounts import Account
from idp.authenticators import passkeys
from idp.authenticators.passkeys import Verified
from idp.errors import PasskeyRefused

# One sentence for a passkey of nobody and for one of a citizen without a task here.
STRANGER = N_("This passkey does not open these pages. Ask for an invitation.")


async def show(call: Call) -> Response:
    """Ask for the passkey."""
    if await call.session("admin"):
        return see_other("/admin")
    return _login(call)


async def submit(call: Call) -> Response:
    """Check the passkey, and that its owner has a task here."""
    csrf.check(call)
    if failed := call.form.text("passkey_error"):
        return _login(call, error=ceremony.reason(call, failed))
    try:
        found = await verified(call)
    except PasskeyRefused as refused:
        doubted = refused.reason == "doubted"
        said = ceremony.refusal(call, refused) if doubted else call.gettext(STRANGER)
        return _login(call, error=said)
    account = await accounts.find(call.entry, found.account_id)
    if account is None or account.status != "open" or not await office.belongs(call, account):
        return _login(call, error=call.gettext(STRANGER))
    return await enter(call, account.id, tuple(found.amr), found.aal)


async def leave(call: Call) -> Response:
    """End the session."""
    csrf.check(call)
    session = await call.session("admin")
    if session is not None:
        await sessions.end(call.entry, session.id)
    return leaving.sign_out(see_other("/admin/login?done=out"), cookies.ADMIN)


async def verified(call: Call, account: Account | None = None) -> Verified:
    """Check the device's answer in the form: a passkey of ``account``, if one is named.

    :raises PasskeyRefused: it is not, or not an answer to what was asked here; reason
        ``doubted`` if it behaves as if there were a copy of it (WA-11)
    """
    settings = call.runtime.settings
    found = await passkeys.verify(
        call.entry,
        call.runtime.vault,
        response=ceremony.answer(call),
        purpose="admin",
        browser=call.browser,
        origin=settings.origin,
        rp_id=settings.rp_id,
        account_id=account.id if account else None,
    )
    owner = account or await accounts.find(call.entry, found.account_id)
    if found.suspicious and owner is not None:
        await mails.tell(call, owner, "passkey-suspected")
    if found.aal < 2:
        raise PasskeyRefused("doubted")
    return found


async def enter(call: Call, account_id: UUID, amr: tuple[str, ...], aal: int) -> Response:
    """Start a session at work, unless an invitation has to come first; the former one ends."""
    if await invitations.needed(call.entry, account_id):
        return _login(call, error=call.gettext(STRANGER))
    former = await call.session("admin")
    if former is not None:
        await sessions.end(call.entry, former.id)
    _, handle = await sessions.start(
        call.entry, account_id, kind="admin", amr=amr, aal=aal, device=call.device
    )
    response = see_other("/admin")
    cookies.set_admin(response, handle)
    if call.new_browser:
        cookies.set_browser(response, call.new_browser)
    return response


def _login(call: Call, *, error: str = "") -> Response:
    return render.page(
        call,
        "admin/login.html",
        status=422 if error else 200,
        errors={"passkey-button": error} if error else {},
        done=call.query.text("done"),
        passkey=ceremony.to_sign_in(call, purpose="admin"),
    )
