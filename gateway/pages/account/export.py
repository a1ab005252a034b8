"""The file of everything: asked for, made by the worker, fetched once.

    ask ──▶ being made, part by part ──▶ ready, for a day ──fetch──▶ gone here

Whoever asks for it and whoever fetches it signed in just now, as strongly as the account can:
nothing else in the account is worth as much to a thief. What is fetched is gone here, so a
link that somebody finds later leads to nothing.
"""

from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.exporting import PARTS
from gateway.pages import stale
from gateway.pages.account import citizen, proof
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.ends import End
from gateway.web.locale import N_
from idp import attempts, exports
from idp.exports import Export
from idp.sessions import Session

PLACE = "/account/data/export"
CONFIRM = "/login/confirm?next=data/export"
FETCHED = End(
    410,
    N_("This file is not here any more"),
    N_("It was downloaded, a newer one took its place, or its day is over. It can be had once."),
    (N_("If you do not have it, let us make another one. It takes a minute."),),
    N_("Make another file"),
    PLACE,
)


@citizen.signed_in("data")
async def show(call: Call, session: Session) -> Response:
    """Offer to make the file, say how far it is, or hand it out."""
    if not await proof.given(call, session):
        return see_other(CONFIRM)
    found = await exports.latest(call.entry, session.account.id)
    return citizen.page(
        call,
        "account/export.html",
        "data",
        parts=[call.gettext(part.about) for part in PARTS],
        count=len(PARTS),
        one=_shown(call, found) if found else None,
    )


@citizen.signed_in("data")
async def ask(call: Call, session: Session) -> Response:
    """Let the worker make one, instead of any that there is; one that is being made goes on."""
    csrf.check(call)
    if not await proof.given(call, session):
        return see_other(CONFIRM)
    found = await exports.latest(call.entry, session.account.id)
    if found is None or found.state != exports.QUEUED:  # pressing twice is once
        await attempts.count(call.entry, "export", session.account.id.bytes)
    await exports.ask(call.entry, session.account.id, call.locale)
    return see_other(PLACE)


@stale.page
@citizen.signed_in("data")
async def fetch(call: Call, session: Session) -> Response:
    """Hand the file out, to the first who asks for it."""
    csrf.check(call)
    if not await proof.given(call, session):
        return see_other(CONFIRM)
    found = await exports.latest(call.entry, session.account.id)
    if found is None or str(found.id) != call.path_text("export"):
        raise stale.DeadEnd(FETCHED)
    body = await exports.fetch(call.entry, call.runtime.vault, session.account.id, found.id)
    if body is None:
        raise stale.DeadEnd(FETCHED)
    name = f"my-data-{found.asked_at.date().isoformat()}.zip"
    headers = {
        "content-type": "application/zip",
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(body, headers=headers)


def _shown(call: Call, one: Export) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "state": one.state,
        "done": one.done,
        "asked": claim_labels.clock(one.asked_at, call.locale),
        "until": claim_labels.clock(one.expires_at, call.locale),
        "size": max(1, round((one.size or 0) / 1024)),
    }
