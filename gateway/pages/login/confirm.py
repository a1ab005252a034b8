"""Confirm it is you: the same citizen again, fresher or stronger than before."""

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.account import proof
from gateway.pages.login import arrive, ceremony, password, reasons
from gateway.pages.passage import Passage, read
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import assurance, authenticators, identifiers
from idp.errors import TooManyAttempts
from idp.sessions import Session

# Places where a password is not enough beside a passkey.
_GUARDED = ("security", "inbox", "data", "corrections", "standing")

DOUBTFUL = N_(
    "The passkey that you used behaves as if there were a copy of it."
    " Use another passkey, or your password."
)


@stale.page
async def show(call: Call) -> Response:
    """Say why, and ask for the passkey or the password."""
    way = await read(call)
    session = await call.session()
    if session is None:
        return see_other(way.address("/login"))
    return await _page(call, way, session)


@stale.page
async def submit(call: Call) -> Response:
    """Check the password of the citizen who is signed in."""
    csrf.check(call)
    way = await read(call)
    session = await call.session()
    if session is None:
        return see_other(way.address("/login"))
    typed = call.form.text("password")
    if not typed or await _only_passkey(call, way, session):
        return await _page(call, way, session, error=call.gettext("Enter your password"))
    email = await _email(call, session)
    try:
        tried = await password.verified(call, email, typed)
    except TooManyAttempts as stop:
        said = password.too_many(call, stop)
        return password.wait(call, stop, await _page(call, way, session, error=said, status=429))
    if tried is None or tried.account_id != session.account.id:
        return await _page(call, way, session, error=call.gettext("The password is wrong"))
    return await arrive.signed_in(call, way, tried.account_id, amr=("pwd",), aal=1)


def strong(way: Passage) -> bool:
    """Whether a password can't bring what the service is registered to need, or asks for."""
    registered = way.client.registration.acr if way.client else ()
    needed = (*registered, *(way.request.get("essential_acr") or ()))
    return assurance.beyond_passwords(needed or tuple(way.request.get("acr_values") or ()))


async def _only_passkey(call: Call, way: Passage, session: Session) -> bool:
    if strong(way):
        return (await authenticators.enrolled(call.entry, session.account.id)).passkeys > 0
    if way.next.partition("/")[0] not in _GUARDED or session.doubtful:
        return False
    return await proof.needs_passkey(call, session.account.id)


async def _email(call: Call, session: Session) -> str:
    known = await identifiers.emails(call.entry, call.runtime.vault, session.account.id)
    return known[0] if known else ""


async def _page(
    call: Call, way: Passage, session: Session, *, error: str = "", status: int = 422
) -> Response:
    enrolled = await authenticators.enrolled(call.entry, session.account.id)
    only_passkey = await _only_passkey(call, way, session)
    # Whoever has none may set one up for it, after the password.
    to_set_up = strong(way) and not enrolled.passkeys and proof.fresh(call, session)
    # With one passkey, and that in doubt, only recovery is left.
    stuck = session.doubtful and not enrolled.password
    why = await reasons.why(call, way, session)
    return passage.show(
        call,
        way,
        "login/confirm.html",
        status=status if error else 200,
        reason=call.gettext(DOUBTFUL) if session.doubtful else why.said,
        back=why.back,
        email=await _email(call, session),
        has_passkey=enrolled.passkeys > 0,
        has_password=enrolled.password,
        strong=only_passkey or to_set_up or stuck,
        errors={"password": error} if error else {},
        passkey=ceremony.to_sign_in(call, purpose="step-up") if enrolled.passkeys else None,
    )
