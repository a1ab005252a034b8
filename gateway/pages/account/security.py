"""How you sign in: passkeys and the password.

Every change needs a sign-in of the last five minutes, with a passkey where there is
one; the last way in can't be removed.
"""

from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.oauth import ending
from gateway.pages import stale
from gateway.pages.account import citizen, mails, proof
from gateway.pages.create import password as new_password
from gateway.pages.login import ceremony
from gateway.web import cookies, csrf
from gateway.web.call import Call, see_other
from idp import accounts, authenticators, devices, identifiers, recovery, sessions
from idp.authenticators import passkeys, passwords
from idp.errors import LastWayIn, PasskeyRefused, PasswordRefused
from idp.sessions import Session

NAME = 64  # characters


@citizen.signed_in("security")
async def show(call: Call, session: Session) -> Response:
    """List the ways in, and give the devices the list of what still works."""
    found = await passkeys.listed(call.entry, session.account.id)
    enrolled = await authenticators.enrolled(call.entry, session.account.id)
    return citizen.page(
        call,
        "account/security.html",
        "security",
        passkeys=[_row(call, one) for one in found],
        password=enrolled.password,
        recovery=await _under_way(call, session),
        done=call.query.text("done"),
        passkey=await ceremony.signals(call, session.account),
    )


@citizen.signed_in("security")
async def show_add(call: Call, session: Session) -> Response:
    """Offer to make a passkey."""
    if not await proof.given(call, session):
        return see_other("/login/confirm?next=security")
    return await _add_page(call, session)


@citizen.signed_in("security")
async def add(call: Call, session: Session) -> Response:
    """Keep the passkey that the device made."""
    csrf.check(call)
    if not await proof.given(call, session):
        return see_other("/login/confirm?next=security")
    if failed := call.form.text("passkey_error"):
        return await _add_page(call, session, error=ceremony.reason(call, failed))
    try:
        await passkeys.enrol(
            call.entry,
            call.runtime.vault,
            session.account,
            response=ceremony.answer(call),
            browser=call.browser,
            origin=call.runtime.settings.origin,
            rp_id=call.runtime.settings.rp_id,
            device=call.device,
        )
    except PasskeyRefused as refused:
        said, status = ceremony.refusal(call, refused), ceremony.status(refused)
        return await _add_page(call, session, error=said, status=status)
    await mails.tell(call, session.account, "passkey-added")
    return see_other("/account/security?done=added")


@stale.page
@citizen.signed_in("security")
async def show_one(call: Call, session: Session) -> Response:
    """Show one passkey, to rename or remove."""
    return await _one_page(call, session)


@stale.page
@citizen.signed_in("security")
async def rename(call: Call, session: Session) -> Response:
    """Give a passkey another name."""
    csrf.check(call)
    name = " ".join(call.form.text("name").split())
    if not 0 < len(name) <= NAME:
        wrong = call.gettext("Enter a name of at most 64 characters")
        return await _one_page(call, session, errors={"name": wrong})
    passkey = await _one(call, session)
    await passkeys.rename(call.entry, session.account.id, passkey.id, name)
    return see_other("/account/security?done=renamed")


@stale.page
@citizen.signed_in("security")
async def remove(call: Call, session: Session) -> Response:
    """Remove a passkey, unless it is the last way in."""
    csrf.check(call)
    if not await proof.given(call, session):
        return see_other("/login/confirm?next=security")
    passkey = await _one(call, session)
    try:
        await passkeys.remove(call.entry, session.account.id, passkey.id)
    except LastWayIn:
        wrong = call.gettext("This is your only way in. Set up another one first.")
        return await _one_page(call, session, errors={"": wrong})
    await mails.tell(call, session.account, "passkey-removed")
    return see_other("/account/security?done=removed")


@citizen.signed_in("security")
async def show_password(call: Call, session: Session) -> Response:
    """Ask for a new password."""
    if not await proof.given(call, session):
        return see_other("/login/confirm?next=security")
    return await _password_page(call, session)


@citizen.signed_in("security")
async def password(call: Call, session: Session) -> Response:
    """Set the password; other sessions end, and what services held through them."""
    csrf.check(call)
    if not await proof.given(call, session):
        return see_other("/login/confirm?next=security")
    typed = call.form.text("password")
    try:
        words = await new_password.words(call, session.account.id)
        passwords.check_policy(typed, words)
    except PasswordRefused as refused:
        wrong = new_password.reason(call, refused)
        return await _password_page(call, session, errors={"password": wrong})
    await call.entry.release()  # hashing takes long: no connection waits for it
    hashed = await call.runtime.hasher.hash(typed)
    await passwords.set(call.entry, session.account.id, hashed)
    await accounts.credentials_changed(call.entry, session.account.id)
    ended = await sessions.end_all(call.entry, session.account.id, but=session.id)
    await devices.forget(call.entry, session.account.id, but=call.cookie(cookies.DEVICE))
    held = await ending.end_everything(call, session.account.id, ended)
    await mails.tell(call, session.account, "password-changed")
    return ending.once_more(call, see_other("/account/security?done=password"), held)


@citizen.signed_in("security")
async def stop_recovery(call: Call, session: Session) -> Response:
    """Stop whatever recovery runs. Whoever only found a browser signed in can't."""
    csrf.check(call)
    if not await proof.given(call, session):
        return see_other("/login/confirm?next=security")
    await recovery.cancel_all(call.entry, session.account.id)
    return see_other("/account/security?done=stopped")


async def _under_way(call: Call, session: Session) -> dict[str, str] | None:
    found = await recovery.under_way(call.entry, session.account.id)
    if found is None:
        return None
    return {
        "ready": claim_labels.clock(found.ready_at, call.locale),
        "until": claim_labels.clock(found.expires_at, call.locale),
    }


async def _password_page(
    call: Call, session: Session, *, errors: dict[str, str] | None = None
) -> Response:
    known = await identifiers.emails(call.entry, call.runtime.vault, session.account.id)
    return citizen.page(
        call,
        "account/password.html",
        "security",
        status=422 if errors else 200,
        email=known[0] if known else "",  # for password managers: a password needs a name
        errors=errors or {},
    )


async def _add_page(
    call: Call, session: Session, *, error: str = "", status: int = 422
) -> Response:
    known = await identifiers.emails(call.entry, call.runtime.vault, session.account.id)
    options = await ceremony.to_add(call, session.account, known[0] if known else "", upgrade=False)
    return citizen.page(
        call,
        "account/passkey_add.html",
        "security",
        status=status if error else 200,
        passkey=options,
        errors={"": error} if error else {},
    )


async def _one_page(
    call: Call, session: Session, *, errors: dict[str, str] | None = None
) -> Response:
    passkey = await _one(call, session)
    return citizen.page(
        call,
        "account/passkey.html",
        "security",
        status=422 if errors else 200,
        one=_row(call, passkey),
        errors=errors or {},
    )


async def _one(call: Call, session: Session) -> Any:
    wanted = call.path_text("passkey")
    for one in await passkeys.listed(call.entry, session.account.id):
        if str(one.id) == wanted:
            return one
    raise stale.DeadEnd(stale.NO_PASSKEY)


def _row(call: Call, passkey: Any) -> dict[str, Any]:
    _ = call.gettext
    added = _("Added on %(day)s") % {"day": claim_labels.day(passkey.created_at, call.locale)}
    used = ""
    if passkey.last_used_at:
        day = claim_labels.day(passkey.last_used_at, call.locale)
        used = _("Last used on %(day)s") % {"day": day}
    reach = _("Also on your other devices") if passkey.backed_up else _("Only on this device")
    return {
        "id": str(passkey.id),
        "name": passkey.name or _("Passkey"),
        "facts": [fact for fact in (f"{added} · {passkey.device}", used, reach) if fact],
        "suspected": passkey.suspected_at is not None,
    }
