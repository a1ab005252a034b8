"""Where you are signed in: each browser, ended one by one or all at once."""

from starlette.responses import Response

from gateway import claim_labels
from gateway.oauth import ending, watching
from gateway.pages.account import citizen
from gateway.web import cookies, csrf, leaving
from gateway.web.call import Call, see_other
from idp import sessions
from idp.sessions import Session


@citizen.signed_in("sessions")
async def show(call: Call, session: Session) -> Response:
    """List the sessions, this one first."""
    found = await sessions.listed(call.entry, session.account.id)
    rows = [
        {
            "id": str(one.id),
            "here": one.id == session.id,
            "device": one.device or call.gettext("A browser"),
            "since": claim_labels.day(one.started_at, call.locale),
            "last": claim_labels.day(one.seen_at, call.locale),
            "clock": claim_labels.clock(one.seen_at, call.locale),
            "passkey": one.phishing_resistant,
        }
        for one in found
    ]
    rows.sort(key=lambda row: not row["here"])
    return citizen.page(
        call, "account/sessions.html", "sessions", rows=rows, done=call.query.text("done")
    )


@citizen.signed_in("sessions")
async def end(call: Call, session: Session) -> Response:
    """End one session, and what services held through it."""
    csrf.check(call)
    found = await sessions.listed(call.entry, session.account.id)
    wanted = call.path_text("session")
    target = next((one.id for one in found if str(one.id) == wanted), None)
    if target is None:
        return see_other("/account/sessions?done=one")
    await sessions.end(call.entry, target)
    held = await ending.end(call, session.account.id, [target])
    if target == session.id:
        return ending.once_more(call, _signed_out(call), held)
    return ending.once_more(call, see_other("/account/sessions?done=one"), held)


@citizen.signed_in("sessions")
async def end_all(call: Call, session: Session) -> Response:
    """End every session, this one too."""
    csrf.check(call)
    ended = await sessions.end_all(call.entry, session.account.id)
    held = await ending.end(call, session.account.id, ended)
    return ending.once_more(call, _signed_out(call), held)


def _signed_out(call: Call) -> Response:
    response = leaving.sign_out(see_other("/logout/done"), cookies.SESSION)
    watching.end(call, response)
    return response
