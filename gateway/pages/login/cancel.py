"""Cancel on the way to a service: the service gets its answer, and it is no."""

from starlette.responses import Response

from gateway.pages import stale
from gateway.pages.passage import read
from gateway.web import csrf
from gateway.web.call import Call, see_other
from relying_parties import pending


@stale.page
async def submit(call: Call) -> Response:
    """End the interaction; its page at /authorize tells the service ``access_denied``."""
    csrf.check(call)
    way = await read(call)
    if not way.i:
        raise stale.DeadEnd(stale.NO_SERVICE)
    await pending.note(call.entry, way.i, "declined", "cancelled")
    return see_other(way.onward)
