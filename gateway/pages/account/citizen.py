"""Whose pages these are: the session, and who the citizen is to each agency."""

import json
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage
from gateway.pages.account import places
from gateway.web import headers, render
from gateway.web.call import Call, see_other
from idp import attributes
from idp.sessions import Session
from keys import pairwise
from relying_parties import agencies, releases
from relying_parties.agencies import Agency
from relying_parties.releases import Lines

Handler = Callable[[Call], Awaitable[Response]]
Signed = Callable[[Call, Session], Awaitable[Response]]


def signed_in(place: str) -> Callable[[Signed], Handler]:
    """Answer whoever is signed in; anybody else signs in first and comes back.

    :param place: where a form leads back to: what was typed is not sent a second time
    """

    def wrap(handler: Signed) -> Handler:
        @wraps(handler)
        async def answered(call: Call) -> Response:
            session = await call.session()
            if session is None:
                return see_other(f"/login?next={_back(call, place)}")
            return await handler(call, session)

        return answered

    return wrap


def _back(call: Call, place: str) -> str:
    inner = call.path.removeprefix("/account/")
    return inner if call.method == "GET" and passage.is_place(inner) else place


def page(call: Call, template: str, place: str, *, status: int = 200, **context: Any) -> Response:
    """Render a page of the account, with its menu and how long its citizen stays signed in."""
    frame = {"menu": places.menu(call, place), "at_home": place == places.HOME}
    shown = {**frame, **_staying(call, place), **context}
    return render.page(call, template, status=status, **shown)


def _staying(call: Call, place: str) -> dict[str, Any]:
    session = call.known_session
    if session is None:
        return {}
    ends = session.ends_at(call.entry.at)
    return {
        "session_ends": int((ends - call.entry.at).total_seconds()),
        "session_ends_at": claim_labels.hour(ends, call.locale),
        # Whoever opens any page of an account that is to be deleted sees that, and can stop it.
        "leaving": leaving(session.account.leaving_at, call.locale),
        # A form's page can't be opened again by its address.
        "stay": call.path if call.method == "GET" else passage.PLACES[place],
    }


def leaving(at: datetime | None, locale: str) -> str:
    """Say on which day the account is to be deleted, if it is."""
    return claim_labels.day(at, locale) if at else ""


async def stay(call: Call) -> Response:
    """Say until when the session lasts; having asked is using it."""
    if await call.session() is None:
        return _json(401, {"error": "login_required"})
    told = _staying(call, "account")
    return _json(200, {"left": told["session_ends"], "at": told["session_ends_at"]})


def _json(status: int, told: dict[str, Any]) -> Response:
    fields = {**headers.PROTOCOL, "content-type": "application/json"}
    return Response(json.dumps(told).encode(), status, fields)


async def subjects(call: Call, session: Session) -> dict[str, Agency]:
    """Return who the citizen is to every agency: derived here, joined nowhere (ADR 2)."""
    return await subjects_of(call, session.account.id)


async def subjects_of(call: Call, account_id: UUID) -> dict[str, Agency]:
    """Return who the citizen of an account is to every agency."""
    key = call.runtime.vault.pairwise
    return {
        pairwise.subject(key, agency.sector, account_id): agency
        for agency in await agencies.listed(call.entry)
    }


async def lines(call: Call, session: Session, subjects: Collection[str], *limit: int) -> Lines:
    """Open what the ledger says about the citizen, all of it or so many of the latest lines."""
    vault, account = call.runtime.vault, session.account
    key = await attributes.data_key(call.entry, vault, account.id)
    return await releases.of_subjects(call.entry, key, subjects, *limit)
