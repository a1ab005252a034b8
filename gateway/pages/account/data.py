"""Everything that we hold, in one place: where to look at it, take it along, or end it."""

from starlette.responses import Response

from gateway.pages.account import citizen
from gateway.web.call import Call
from idp.sessions import Session


@citizen.signed_in("data")
async def show(call: Call, _session: Session) -> Response:
    """Say what there is and where, and offer the two ways out."""
    return citizen.page(call, "account/data.html", "data", kept=call.query.text("done") == "kept")
