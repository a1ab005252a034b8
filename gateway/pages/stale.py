"""Dead ends: a page that ran out, came from the back button, or belongs elsewhere.

Each says what happened and has a way on. A handler raises :class:`DeadEnd` and
:func:`page` turns it into the answer; what was written before it is kept.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from gateway.web import render
from gateway.web.call import Call
from gateway.web.locale import N_

if TYPE_CHECKING:
    from gateway.pages.passage import Arrival

Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class End:
    """One dead end, in words that are translated when shown."""

    status: int
    title: str
    lead: str
    sentences: tuple[str, ...] = field(default=())


UNKNOWN = End(
    400,
    N_("Request cannot be completed"),
    N_("This page has run out, or it was opened in another browser."),
    (N_("Nothing was shared. Go back to the service and start again there."),),
)
ANSWERED = End(
    410,
    N_("You have used the back button, or this page has run out"),
    N_("You are done here already, perhaps in another tab."),
    (N_("If you want to do it again, start at the service."),),
)
SUSPENDED = End(
    400,
    N_("This service cannot be used at the moment"),
    N_("It is switched off here. Nothing was shared."),
)
NO_SERVICE = End(
    400,
    N_("You did not come from a service"),
    N_("This page only works on the way to a service."),
    (N_("Find the service that you want, and start there."),),
)
RUN_OUT = End(
    410,
    N_("This page has run out"),
    N_("You were away for a while, so we stopped, to protect your details."),
    (N_("Start again. It does not take long."),),
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
    _ = call.gettext
    actions: list[dict[str, Any]] = [{"text": _("Find a service"), "href": "/", "kind": "second"}]
    if to and to.start:
        again = _("Start again at %(service)s") % {"service": to.name}
        actions.insert(0, {"text": again, "href": to.start, "kind": ""})
    return render.page(
        call,
        "error.html",
        status=end.status,
        title=_(end.title),
        lead=_(end.lead),
        sentences=[_(text) for text in end.sentences],
        actions=actions,
    )
