"""The offer to keep an account that is to be deleted, to whoever just signed in to it."""

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.account import citizen, leaving
from gateway.pages.passage import read
from gateway.web import csrf
from gateway.web.call import Call, see_other


@stale.page
async def show(call: Call) -> Response:
    """Say when it will be deleted, and offer to keep it."""
    way = await read(call)
    session = await call.session()
    if session is None:
        return see_other(way.address("/login"))
    day = citizen.leaving(session.account.leaving_at, call.locale)
    if not day:
        return see_other(way.onward)
    return passage.show(call, way, "login/keep.html", day=day)


@stale.page
async def submit(call: Call) -> Response:
    """Keep it, or leave it at that; either way the citizen goes on."""
    csrf.check(call)
    way = await read(call)
    session = await call.session()
    if session is None:
        return see_other(way.address("/login"))
    if call.form.text("answer") == "keep":
        await leaving.kept(call, session)
    return see_other(way.onward)
