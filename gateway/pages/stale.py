"""Dead ends on the way of signing in and sharing.

A handler raises :class:`DeadEnd` and :func:`page` turns it into the answer; what was
written before it is kept.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING

from starlette.responses import Response

from gateway.web import ends
from gateway.web.call import Call
from gateway.web.ends import Back, End
from gateway.web.locale import N_

if TYPE_CHECKING:
    from gateway.pages.passage import Arrival

Handler = Callable[[Call], Awaitable[Response]]

UNKNOWN = ends.UNKNOWN
ANSWERED = ends.ANSWERED
SUSPENDED = ends.SUSPENDED
NO_SERVICE = ends.NO_SERVICE
RUN_OUT = ends.RUN_OUT
NOT_HERE = ends.NOT_HERE
CODE_OVER = ends.CODE_OVER


NO_SUCH_SERVICE = End(
    404,
    N_("There is no service at this address"),
    N_("It may have ended, or the address is not right."),
    (N_("Look for it among the services that are open now."),),
)
NOTHING_SHARED = End(
    404,
    N_("You share nothing with this service"),
    N_("There is no entry for it in your account."),
    (N_("If you use it with another account of yours, sign in there."),),
    N_("See who has your details"),
    "/account/sharing",
)
NO_LINE = End(
    404,
    N_("There is no such line in your account"),
    N_("The address is of another account, or it is not right."),
    (N_("Look for the line among all of yours."),),
    N_("See every line"),
    "/account/ledger",
)
NO_RECEIPT = End(
    404,
    N_("There is no such receipt"),
    N_("Each of your decisions has its own receipt, and this address names none of them."),
    (N_("Choose the service, then the receipt that you want."),),
    N_("See who has your details"),
    "/account/sharing",
)
NO_REQUEST = End(
    404,
    N_("There is no such request to you"),
    N_("It ended some time ago, or it is to another account."),
    (N_("Look at the requests that you have now."),),
    N_("See requests to you"),
    "/account/inbox",
)
NOT_ANY_MORE = End(
    409,
    N_("This service may not ask you this any more"),
    N_("What we let it ask has changed since. Nothing was shared, and nothing was agreed to."),
    (N_("If you still want it, ask the service itself."),),
    N_("See requests to you"),
    "/account/inbox",
)
NO_CORRECTION = End(
    404,
    N_("There is no such question to you"),
    N_("The office took it back, it ended long ago, or it is to another account."),
    (N_("Look at the questions that you have now."),),
    N_("See all of them"),
    "/account/corrections",
)
NO_PROGRESS = End(
    404,
    N_("There is no such request of yours"),
    N_("It ended long ago, or it is of another account."),
    (N_("Look at the requests that you have now."),),
    N_("See your requests"),
    "/account/requests",
)
ENOUGH = End(
    409,
    N_("You agreed to enough beforehand"),
    N_("There are many things already that this service may do without asking you."),
    (N_("End one that you do not want any more, or let them ask you each time."),),
    N_("See what you agreed to beforehand"),
    "/account/standing",
)
STOPPED = End(
    409,
    N_("You do not share with this service any more"),
    N_("It ran out, or you stopped in another tab. Nothing was changed now."),
    (N_("To share again, use the service: it asks you first."),),
    N_("See how it is now"),
    "/account/sharing",
)
TOO_LATE = End(
    409,
    N_("This cannot be taken back any more"),
    N_("A change can be taken back for a day, and only while you decided nothing newer."),
    (N_("To share again, use the service: it asks you first."),),
    N_("See how it is now"),
    "/account/sharing",
)
NO_PASSKEY = End(
    404,
    N_("There is no such passkey in your account"),
    N_("It was removed, perhaps in another tab."),
    (N_("Look at the passkeys that you have now."),),
    N_("See how you sign in"),
    "/account/security",
)


class DeadEnd(Exception):  # noqa: N818 - named as the fact it reports
    """There is no way on from this page."""

    def __init__(self, end: End, to: "Arrival | None" = None) -> None:
        super().__init__(end.title)
        self.end = end
        self.to = to


def page(handler: Handler) -> Handler:
    """Let ``handler`` end in a :class:`DeadEnd`."""

    @wraps(handler)
    async def answered(call: Call) -> Response:
        try:
            return await handler(call)
        except DeadEnd as reached:
            return show(call, reached.end, reached.to)

    return answered


def show(call: Call, end: End, to: "Arrival | None" = None) -> Response:
    """Render ``end``, with the way back to ``to`` if it is known."""
    return ends.show(call, end, Back(to.name, to.lang, to.start) if to else None)
