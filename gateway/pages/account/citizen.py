"""Whose pages these are: the session, and who the citizen is to each agency."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway.web import render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp.sessions import Session
from keys import pairwise
from relying_parties import agencies
from relying_parties.agencies import Agency

Handler = Callable[[Call], Awaitable[Response]]
Signed = Callable[[Call, Session], Awaitable[Response]]

MENU = (
    ("/account", N_("Overview"), "account"),
    ("/account/details", N_("Your details"), "details"),
    ("/account/sharing", N_("Who has your details"), "sharing"),
    ("/account/security", N_("How you sign in"), "security"),
    ("/account/sessions", N_("Where you are signed in"), "sessions"),
    ("/account/activity", N_("What happened"), "activity"),
)


def signed_in(place: str) -> Callable[[Signed], Handler]:
    """Answer whoever is signed in; anybody else signs in first and comes back to ``place``."""

    def wrap(handler: Signed) -> Handler:
        @wraps(handler)
        async def answered(call: Call) -> Response:
            session = await call.session()
            if session is None:
                return see_other(f"/login?next={place}")
            return await handler(call, session)

        return answered

    return wrap


def page(call: Call, template: str, place: str, *, status: int = 200, **context: Any) -> Response:
    """Render a page of the account, with its menu."""
    menu = [
        {"href": href, "text": call.gettext(text), "current": name == place}
        for href, text, name in MENU
    ]
    return render.page(call, template, status=status, menu=menu, **context)


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
