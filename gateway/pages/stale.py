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

if TYPE_CHECKING:
    from gateway.pages.passage import Arrival

Handler = Callable[[Call], Awaitable[Response]]

UNKNOWN = ends.UNKNOWN
ANSWERED = ends.ANSWERED
SUSPENDED = ends.SUSPENDED
NO_SERVICE = ends.NO_SERVICE
RUN_OUT = ends.RUN_OUT
NOT_HERE = ends.NOT_HERE


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
