"""Create an account, the end: the flow is used up, the citizen is signed in."""

from uuid import UUID

from starlette.responses import Response

from gateway.pages import passage, stale
from gateway.pages.create.flow import Flow
from gateway.pages.login import arrive
from gateway.pages.passage import read
from gateway.web.call import Call, see_other
from idp import signups
from keys import opaque


async def finish(
    call: Call, flow: Flow, account_id: UUID, *, amr: tuple[str, ...], aal: int
) -> Response:
    """Use the flow up, once, and go on.

    :raises stale.DeadEnd: another tab was quicker
    """
    if not await signups.use(call.entry, flow.handle, opaque.digest(call.browser)):
        raise stale.DeadEnd(stale.ANSWERED, flow.way.to)
    to = flow.way.address("/create/done")
    return await arrive.signed_in(call, flow.way, account_id, amr=amr, aal=aal, to=to)


@stale.page
async def show(call: Call) -> Response:
    """Say that it is done, and lead on."""
    way = await read(call)
    if await call.session() is None:
        return see_other(way.address("/login"))
    _ = call.gettext
    return passage.show(
        call,
        way,
        "create/done.html",
        title=_("Account created"),
        lead=_("You can sign in to every service with it."),
        go=way.onward,
    )
