"""Dead ends: a page that ran out, came from the back button, or belongs elsewhere.

Each says what happened, of which service if that is known, and has a way on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from gateway.web import render
from gateway.web.call import Call
from gateway.web.locale import N_
from keys import opaque


@dataclass(frozen=True, slots=True)
class End:
    """One dead end, in words that are translated when shown.

    :ivar on: the way on that always is there, and ``href`` where it leads
    """

    status: int
    title: str
    lead: str
    sentences: tuple[str, ...] = field(default=())
    on: str = N_("Find a service")
    href: str = "/"


@dataclass(frozen=True, slots=True)
class Back:
    """The service that the citizen was on the way to, and where it begins.

    :ivar lang: of the name, if it is not the page's
    """

    name: str
    lang: str = ""
    start: str = ""


# What the client's own link is to blame for; the title is one that test suites look for.
BROKEN = End(
    400,
    N_("Request cannot be completed"),
    N_("There is a problem with the link that brought you here."),
    (N_("This is not your fault. Go back to the service and start again there."),),
)
USED = End(
    400,
    N_("Request cannot be completed"),
    N_("You are done here already, perhaps in another tab."),
    (N_("If you want to do it again, start at the service."),),
)
LATE = End(
    400,
    N_("Request cannot be completed"),
    N_("You were away for a while, so we stopped, to protect your details."),
    (N_("Start again. It does not take long."),),
)
UNKNOWN = End(
    400,
    N_("Request cannot be completed"),
    N_("This page has expired, or it was opened in another browser."),
    (N_("Nothing was shared. Go back to the service and start again there."),),
)
ANSWERED = End(
    410,
    N_("You have used the back button, or this page has expired"),
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
    N_("This page has expired"),
    N_("You were away for a while, so we stopped, to protect your details."),
    (N_("Start again. It does not take long."),),
)
CODE_OVER = End(
    410,
    N_("This code does not work any more"),
    N_("It was used already, or it has run out. Nothing was shared."),
    (N_("Start again on your device: it shows you a new code."),),
    N_("Enter another code"),
    "/device",
)
NOT_HERE = End(
    410,
    N_("This page has expired"),
    N_("Or it was opened in another browser than the one where you began."),
    (N_("Go back to that browser, or start again. It does not take long."),),
)


def show(
    call: Call, end: End, back: Back | None = None, *, developer: Mapping[str, str] | None = None
) -> Response:
    """Render ``end``, with the way back if it is known.

    :param developer: what only who made the link can put right, by name
    """
    _ = call.gettext
    actions: list[dict[str, Any]] = [{"text": _(end.on), "href": end.href, "kind": "second"}]
    # A service that is switched off would lead here again.
    if back and back.start and end is not SUSPENDED:
        again = _("Start again at %(service)s") % {"service": back.name}
        actions.insert(0, {"text": again, "href": back.start, "kind": ""})
    return render.page(
        call,
        "error.html",
        status=end.status,
        service=back,
        title=_(end.title),
        lead=_(end.lead),
        sentences=[_(text) for text in end.sentences],
        actions=actions,
        reference=opaque.reference() if developer else "",
        developer=developer,
    )
