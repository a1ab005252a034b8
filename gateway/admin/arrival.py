"""Coming in: an invitation enrols one passkey, and only a passkey opens these pages."""

from uuid import UUID

from starlette.responses import Response

from gateway.admin import office
from gateway.pages.account import mails
from gateway.pages.login import ceremony
from gateway.web import cookies, csrf, errors, leaving, render
from gateway.web.call import Call, see_other
from gateway.web.dispatch import refusal
from gateway.web.locale import N_
from idp import accounts, identifiers, invitations, sessions
from idp.accounts import Account
from idp.authenticators import passkeys
from idp.errors import AccountNotOpen, InvitationOver, PasskeyRefused, PasskeyUnknown

# One sentence for a passkey of nobody and for one of a citizen without a task here.
STRANGER = N_("This passkey does not open these pages. Ask for an invitation.")

DOUBTFUL = N_(
    "This passkey behaves as if there were a copy of it."
    " Use another one, or ask for an invitation to set one up."
)


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
    settings = call.runtime.settings
    try:
        verified = await passkeys.verify(
            call.entry,
            call.runtime.vault,
            response=ceremony.answer(call),
            purpose="admin",
            browser=call.browser,
            origin=settings.origin,
            rp_id=settings.rp_id,
        )
    except (PasskeyUnknown, PasskeyRefused):
        return _login(call, error=call.gettext(STRANGER))
    account = await accounts.find(call.entry, verified.account_id)
    if account is None or account.status != "open" or not await office.belongs(call, account):
        return _login(call, error=call.gettext(STRANGER))
    if verified.suspicious:
        await mails.tell(call, account, "passkey-suspected")
    if verified.aal < 2:
        return _login(call, error=call.gettext(DOUBTFUL))
    return await _enter(call, account.id, tuple(verified.amr), verified.aal)


async def leave(call: Call) -> Response:
    """End the session."""
    csrf.check(call)
    session = await call.session("admin")
    if session is not None:
        await sessions.end(call.entry, session.id)
    return leaving.sign_out(see_other("/admin/login?done=out"), cookies.ADMIN)


async def show_invitation(call: Call) -> Response:
    """Bind the invitation to this browser and offer to make the passkey."""
    try:
        account = await _invited(call)
    except (InvitationOver, AccountNotOpen):
        return refusal(call, errors.GONE)
    return await _welcome(call, account)


async def accept(call: Call) -> Response:
    """Keep the passkey; the invitation is used up and its owner is at work."""
    csrf.check(call)
    settings, handle = call.runtime.settings, call.path_text("invitation")
    try:
        account = await _invited(call)
        if failed := call.form.text("passkey_error"):
            return await _welcome(call, account, error=ceremony.reason(call, failed))
        made = await passkeys.enrol(
            call.entry,
            call.runtime.vault,
            account,
            response=ceremony.answer(call),
            browser=call.browser,
            origin=settings.origin,
            rp_id=settings.rp_id,
            device=call.device,
        )
        await invitations.use(call.entry, handle, call.browser)
        await mails.tell(call, account, "passkey-added")
    except (InvitationOver, AccountNotOpen):
        return refusal(call, errors.GONE)
    except PasskeyRefused:
        return await _welcome(call, account, error=ceremony.reason(call, "refused"))
    return await _enter(call, account.id, made.amr, 2)


async def _invited(call: Call) -> Account:
    account_id = await invitations.open(call.entry, call.path_text("invitation"), call.browser)
    account = await accounts.find(call.entry, account_id)
    if account is None or account.status != "open":
        raise AccountNotOpen
    return account


async def _enter(call: Call, account_id: UUID, amr: tuple[str, ...], aal: int) -> Response:
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


async def _welcome(call: Call, account: Account, *, error: str = "") -> Response:
    known = await identifiers.emails(call.entry, call.runtime.vault, account.id)
    email = known[0] if known else ""
    return render.page(
        call,
        "admin/invitation.html",
        status=422 if error else 200,
        errors={"passkey-button": error} if error else {},
        email=email,
        passkey=await ceremony.to_add(call, account, email, upgrade=False),
    )
