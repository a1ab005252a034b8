"""Sign in, second page: the password. The same page and the same time for any address.

Specs: SP 800-63B §3.2.2 (throttling), ASVS 6.3.8 (no enumeration).
"""

import contextlib
import math

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage, stale
from gateway.pages.login import address, arrive, ceremony, mailed, offer
from gateway.pages.passage import Passage, read
from gateway.web import cookies, csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attempts, identifiers
from idp.authenticators import passwords
from idp.errors import HasherBusy, TooManyAttempts
from keys import opaque


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
        tried = await verified(call, email, typed)
    except TooManyAttempts as stop:
        return wait(call, stop, _page(call, way, who, error=too_many(call, stop), status=429))
    if tried is None:
        wrong = N_("Email address or password is wrong")
        return _page(call, way, who, error=call.gettext(wrong))
    if not tried.known and await mailed.due(call):
        return await mailed.ask(call, way, email)
    to = await offer.due(call, way, tried.account_id)
    return await arrive.signed_in(call, way, tried.account_id, amr=("pwd",), aal=1, to=to)


async def verified(call: Call, email: str, typed: str) -> passwords.Asked | None:
    """Return the account whose password this is, and whether it knows the device, or ``None``.

    :raises TooManyAttempts: of this address from here, or of anybody from here
    """
    entry = call.entry
    lookup = identifiers.lookup(call.runtime.vault, email)
    device = opaque.digest(call.cookie(cookies.DEVICE))
    tried = await passwords.asked(entry, lookup, device)
    limits = _limits(call, lookup, tried)
    if not tried.known:  # whom it keeps out takes no turn at the one row of a network
        await attempts.check(entry, "login-address", call.address)
    # Counted before it is looked at: of any number of guesses at once, as many as the
    # limits allow are answered, whether at one address or at a thousand (RC-14).
    await attempts.count_all(entry, *limits)
    await entry.release()  # hashing takes long: no connection waits for it
    try:
        right = await call.runtime.hasher.verify(tried.hash, typed)
    except HasherBusy:
        await attempts.undo_all(entry, *limits)
        raise
    if not right:
        # What is counted is kept although it may be refused.
        await passwords.record_failure(entry, tried)
        with contextlib.suppress(TooManyAttempts):  # that many are noticed at the next right one
            await attempts.count(entry, "login-all")
        return None
    await _rehash(call, tried, typed)
    for rule, whom in limits:
        forget = attempts.undo if rule == "login-address" else attempts.clear
        await forget(entry, rule, *whom)
    await passwords.record_success(entry, tried.account_id)
    return tried


def _limits(call: Call, lookup: bytes, tried: passwords.Asked) -> list[attempts.Limit]:
    # Strangers on the same network can't make a known device wait, nor those elsewhere.
    pair = (lookup, tried.device if tried.known else call.address)
    of_pair: list[attempts.Limit] = [("login", pair), ("login-half-day", pair)]
    # The one that many share comes last: whoever counts makes the others wait.
    return of_pair if tried.known else [*of_pair, ("login-address", (call.address,))]


async def _rehash(call: Call, tried: passwords.Asked, typed: str) -> None:
    hasher = call.runtime.hasher
    if tried.hash is None or not hasher.outdated(tried.hash):
        return
    # It can wait for the next sign-in; this one must not fail for it.
    with contextlib.suppress(HasherBusy):
        await passwords.rehash(call.entry, tried, await hasher.hash(typed))


def too_many(call: Call, stop: TooManyAttempts) -> str:
    """Say until when to wait: a time, not a countdown that starts again."""
    until = claim_labels.clock(stop.until, call.locale)
    return call.gettext("There were too many tries. Try again after %(time)s.") % {"time": until}


def wait(call: Call, stop: TooManyAttempts, response: Response) -> Response:
    """Tell programs, too, when to come back (RFC 6585 §4)."""
    seconds = math.ceil((stop.until - call.entry.at).total_seconds())
    response.headers["retry-after"] = str(max(seconds, 1))
    return response


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
