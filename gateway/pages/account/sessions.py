"""Where you are signed in: each browser, ended one by one or all at once."""

import uuid

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages.account import citizen
from gateway.web import cookies, csrf
from gateway.web.call import Call, see_other
from idp import sessions
from idp.sessions import Session
from keys import pairwise
from relying_parties import clients
from relying_parties.grants import families


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
    if target is not None:
        await sessions.end(call.entry, target)
        await end_grants(call, session, [target])
    if target == session.id:
        return _signed_out()
    return see_other("/account/sessions?done=one")


@citizen.signed_in("sessions")
async def end_all(call: Call, session: Session) -> Response:
    """End every session, this one too."""
    csrf.check(call)
    ended = await sessions.end_all(call.entry, session.account.id)
    await end_grants(call, session, ended)
    return _signed_out()


async def end_grants(call: Call, session: Session, ended: list[uuid.UUID]) -> None:
    """End what services hold through these sessions; what works in absence stays."""
    theirs = await citizen.subjects(call, session)
    key = call.runtime.vault.pairwise
    sids = [
        pairwise.sid(key, client.client_id, one)
        for client in await clients.listed(call.entry)
        for one in ended
    ]
    await families.end_for_subjects(call.entry, list(theirs), sids=sids, offline_too=False)


def _signed_out() -> Response:
    response = see_other("/logout/done")
    cookies.clear(response, cookies.SESSION)
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response
