"""Sign in, second page: the password. The same page and the same time for any address.

Specs: SP 800-63B §3.2.2 (throttling), ASVS 6.3.8 (no enumeration).
"""

from uuid import UUID

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage, stale
from gateway.pages.login import address, arrive, ceremony, offer
from gateway.pages.passage import Passage, read
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attempts, identifiers
from idp.authenticators import passwords
from idp.errors import TooManyAttempts


@stale.page
async def show(call: Call) -> Response:
    """Ask for the password of the address that was typed."""
    way = await read(call)
    if not call.query.text("who"):
        return see_other(way.address("/login"))
    return _page(call, way, call.query.text("who"))


@stale.page
async def submit(call: Call) -> Response:
    """Check the password; wrong and unknown are one answer."""
    csrf.check(call)
    way = await read(call)
    who, typed = call.form.text("who"), call.form.text("password")
    email = address.open_(call, who)
    if not typed:
        return _page(call, way, who, error=call.gettext("Enter your password"))
    try:
        account_id = await verified(call, email, typed)
    except TooManyAttempts as stop:
        return _page(call, way, who, error=too_many(call, stop), status=429)
    if account_id is None:
        wrong = N_("Email address or password is wrong")
        return _page(call, way, who, error=call.gettext(wrong))
    to = await offer.due(call, way, account_id)
    return await arrive.signed_in(call, way, account_id, amr=("pwd",), aal=1, to=to)


async def verified(call: Call, email: str, typed: str) -> UUID | None:
    """Return the account whose password this is, or ``None``.

    :raises TooManyAttempts: of this address from here, or of anybody from here
    """
    entry, vault = call.entry, call.runtime.vault
    lookup = identifiers.lookup(vault, email)
    await attempts.check(entry, "login", lookup, call.address)
    await attempts.check(entry, "login-address", call.address)
    # Claimed before it is looked at: of any number of guesses at once, five are answered.
    await attempts.count(entry, "login", lookup, call.address)
    account_id = await identifiers.find_account(entry, vault, email)
    stored = await passwords.stored(entry, account_id) if account_id else None
    await entry.release()  # hashing takes long: no connection waits for it
    right = await call.runtime.hasher.verify(stored, typed)
    if not right or account_id is None:
        await attempts.count(entry, "login-address", call.address)
        if account_id:
            await passwords.record_failure(entry, account_id)
        return None
    await attempts.clear(entry, "login", lookup, call.address)
    await passwords.record_success(entry, account_id)
    return account_id


def too_many(call: Call, stop: TooManyAttempts) -> str:
    """Say until when to wait: a time, not a countdown that starts again."""
    until = claim_labels.clock(stop.until, call.locale)
    return call.gettext("There were too many tries. Try again after %(time)s.") % {"time": until}


def _page(call: Call, way: Passage, who: str, *, error: str = "", status: int = 422) -> Response:
    return passage.show(
        call,
        way,
        "login/password.html",
        status=status if error else 200,
        who=who,
        email=address.open_(call, who),
        errors={"password": error} if error else {},
        passkey=ceremony.to_sign_in(call),
    )
