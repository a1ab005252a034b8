"""An invitation followed: opened by a button, confirmed, and ended by a passkey.

    link ──GET──▶ "Continue" ──POST──▶ opened ──┬─ no way in yet ────────▶ make a passkey
    (scanners open links: nothing happens)      ├─ a passkey ────────────▶ use it
                                                └─ a password only ──────▶ that, then make one

The link proves the address, not the person: an account that has ways in is asked for its
strongest one before it is let in or gets another (SP 800-63B §4.1.2.1).
"""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from starlette.responses import Response

from gateway.admin import arrival, office
from gateway.pages.account import mails, proof
from gateway.pages.login import arrive, ceremony, password
from gateway.pages.passage import Passage
from gateway.web import csrf, errors, render
from gateway.web.call import Call, see_other
from gateway.web.dispatch import refusal
from idp import accounts, authenticators, identifiers, invitations
from idp.accounts import Account
from idp.authenticators import passkeys
from idp.errors import AccountNotOpen, InvitationOver, PasskeyRefused, TooManyAttempts

Step = Callable[[Call, Account], Awaitable[Response]]


async def show(call: Call) -> Response:
    """Offer to open the invitation, or to go on in the browser that did."""
    try:
        found = await invitations.find(call.entry, call.path_text("invitation"), call.browser)
        if not found.opened:
            return render.page(call, "admin/invitation.html", step="open")
        return await _page(call, await _owner(call, found.account_id))
    except (InvitationOver, AccountNotOpen):
        return refusal(call, errors.GONE)


async def submit(call: Call) -> Response:
    """Open it, or take the next step; at the end its owner is at work."""
    csrf.check(call)
    try:
        if call.form.text("step") == "open":
            await _open(call)
            return see_other(call.path)
        handle = call.path_text("invitation")
        account = await _owner(call, await invitations.hold(call.entry, handle, call.browser))
        return await _STEPS[await _step(call, account)](call, account)
    except (InvitationOver, AccountNotOpen):
        return refusal(call, errors.GONE)


async def _open(call: Call) -> None:
    handle = call.path_text("invitation")
    opened = await invitations.open(call.entry, call.runtime.vault, handle, call.browser)
    if opened.instead_of is None:
        return
    # The address got an account of its own meanwhile: what was given goes to its owner.
    expected, by = opened.instead_of, f"account:{opened.account_id}"
    former = await accounts.find(call.entry, expected)
    for role in former.roles if former else ():
        await accounts.grant_role(call.entry, opened.account_id, role, by=by)
        await accounts.take_role(call.entry, expected, role, by=by)
    await office.pass_on(call, expected, opened.account_id, by=by)


async def _owner(call: Call, account_id: UUID) -> Account:
    account = await accounts.find(call.entry, account_id)
    if account is None or account.status != "open":
        raise AccountNotOpen
    return account


async def _step(call: Call, account: Account) -> str:
    if await proof.needs_passkey(call, account.id):
        return "use"
    enrolled = await authenticators.enrolled(call.entry, account.id)
    if not enrolled.password:
        return "make"
    session = await call.session()
    mine = session is not None and session.account.id == account.id
    return "make" if session and mine and await proof.given(call, session) else "password"


async def _make(call: Call, account: Account) -> Response:
    if failed := call.form.text("passkey_error"):
        return await _page(call, account, error=ceremony.reason(call, failed))
    settings = call.runtime.settings
    try:
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
    except PasskeyRefused as refused:
        said, status = ceremony.refusal(call, refused), ceremony.status(refused)
        return await _page(call, account, error=said, status=status)
    await invitations.use(call.entry, call.path_text("invitation"), call.browser)
    await mails.tell(call, account, "passkey-added")
    return await arrival.enter(call, account.id, made.amr, 2)


async def _use(call: Call, account: Account) -> Response:
    if failed := call.form.text("passkey_error"):
        return await _page(call, account, error=ceremony.reason(call, failed))
    try:
        verified = await arrival.verified(call, account)
    except PasskeyRefused as refused:
        return await _page(call, account, error=ceremony.refusal(call, refused))
    await invitations.use(call.entry, call.path_text("invitation"), call.browser)
    return await arrival.enter(call, account.id, tuple(verified.amr), verified.aal)


async def _password(call: Call, account: Account) -> Response:
    typed = call.form.text("password")
    if not typed:
        return await _page(call, account, error=call.gettext("Enter your password"))
    email = await _email(call, account)
    try:
        found = await password.verified(call, email, typed)
    except TooManyAttempts as stop:
        said = password.too_many(call, stop)
        return password.wait(call, stop, await _page(call, account, error=said, status=429))
    # In a storm of guesses others need a mailed code too; here a mail was what brought them.
    if found is None or found.account_id != account.id:
        return await _page(call, account, error=call.gettext("The password is wrong"))
    way = Passage("", "")
    return await arrive.signed_in(call, way, account.id, amr=("pwd",), aal=1, to=call.path)


_STEPS: Mapping[str, Step] = {"make": _make, "use": _use, "password": _password}


async def _page(call: Call, account: Account, *, error: str = "", status: int = 422) -> Response:
    step, email = await _step(call, account), await _email(call, account)
    passkey = None
    if step == "make":
        passkey = await ceremony.to_add(call, account, email, upgrade=False)
    elif step == "use":
        passkey = ceremony.to_sign_in(call, purpose="admin")
    field = "password" if step == "password" else "passkey-button"
    return render.page(
        call,
        "admin/invitation.html",
        status=status if error else 200,
        step=step,
        errors={field: error} if error else {},
        email=email,
        passkey=passkey,
    )


async def _email(call: Call, account: Account) -> str:
    known = await identifiers.emails(call.entry, call.runtime.vault, account.id)
    return known[0] if known else ""
