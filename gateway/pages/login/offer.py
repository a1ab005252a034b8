"""The offer of a passkey after a password: once in thirty days, three times in all."""

from datetime import timedelta
from uuid import UUID

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.account import mails, proof
from gateway.pages.login import ceremony
from gateway.pages.passage import Passage, read
from gateway.web import csrf
from gateway.web.call import Call, see_other
from idp import authenticators, identifiers
from idp.authenticators import passkeys
from idp.errors import PasskeyRefused
from relying_parties import pending

COOKIE = "__Host-offer"  # "<times>.<day of the last, as an ordinal>"
REST = timedelta(days=30)
MOST = 3
KEPT = 400 * 86400  # seconds; browsers keep no cookie longer


async def due(call: Call, way: Passage, account_id: UUID) -> str | None:
    """Return the offer's address if it should be made now."""
    if call.runtime.settings.conformance:
        return None
    times, last = _told(call)
    if times >= MOST or call.entry.at.toordinal() - last < REST.days:
        return None
    if (await authenticators.enrolled(call.entry, account_id)).passkeys:
        return None
    return way.address("/login/offer")


@stale.page
async def show(call: Call) -> Response:
    """Offer it."""
    way = await read(call)
    session = await call.session()
    if session is None:
        return see_other(way.address("/login"))
    if not await proof.given(call, session):
        return see_other(way.address("/login/confirm"))
    known = await identifiers.emails(call.entry, call.runtime.vault, session.account.id)
    response = passage.show(
        call,
        way,
        "login/offer.html",
        passkey=await ceremony.to_add(
            call, session.account, known[0] if known else "", upgrade=True
        ),
    )
    times, _ = _told(call)
    response.set_cookie(
        COOKIE,
        f"{times + 1}.{call.entry.at.toordinal()}",
        max_age=KEPT,
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response


@stale.page
async def submit(call: Call) -> Response:
    """Keep the passkey that the device made; whatever happens, the citizen goes on."""
    csrf.check(call)
    way = await read(call)
    session = await call.session()
    if session is None:
        return see_other(way.address("/login"))
    if call.form.text("passkey"):
        if not await proof.given(call, session):
            return see_other(way.address("/login/confirm"))
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
                mediation=call.form.text("how") or "optional",
            )
        except PasskeyRefused:
            # An offer that fails must not stand in the way of what they came for.
            return see_other(way.onward)
        await mails.tell(call, session.account, "passkey-added")
    elif way.i:
        # A wish for something stronger is met by having been asked; a demand is not, and
        # nothing was proved that a request for a fresh sign-in could be met by.
        await pending.note(call.entry, way.i, "offered", int(call.entry.at.timestamp()))
    return see_other(way.onward)


def _told(call: Call) -> tuple[int, int]:
    times, dot, last = (call.cookie(COOKIE) or "").partition(".")
    if not dot or not (times.isascii() and times.isdecimal() and len(times) < 3):
        return 0, 0
    return int(times), int(last) if last.isascii() and last.isdecimal() and len(last) < 9 else 0
