"""What waits for a citizen: on top of the front page and of their account. The next is a row."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.pages.account import corrections, requests
from gateway.web.call import Call
from idp.sessions import Session
from relying_parties import asides, changes, consents, reminders
from relying_parties.grants import backchannel_requests

Subjects = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to look at.

    :ivar tag: a word beside it, and ``tone`` how that looks
    """

    title: str
    text: str
    href: str
    tag: str
    tone: str


async def of(call: Call, session: Session, subjects: Subjects) -> list[Waiting]:
    """Return what waits for the citizen who has these ``subjects``, the most urgent first."""
    return [one for row in _ROWS for one in await row(call, session, subjects)]


async def _asked(call: Call, _session: Session, subjects: Subjects) -> list[Waiting]:
    asked = await backchannel_requests.of_subjects(call.entry, subjects)
    pending = [one.id for one in asked if one.state == "pending"]
    aside = await asides.of(call.entry, pending)
    number = len(pending) - sum(one.away(call.entry.at) for one in aside.values())
    if not number:
        return []
    text = call.ngettext(
        "%(num)s request waits for your answer.", "%(num)s requests wait for your answer.", number
    )
    _ = call.gettext
    return [Waiting(_("Inbox"), text, "/account/inbox", _("New"), "brand")]


async def _questioned(call: Call, _session: Session, subjects: Subjects) -> list[Waiting]:
    number = await corrections.count(call, subjects)
    if not number:
        return []
    text = call.ngettext(
        "An office says that %(num)s detail of yours is wrong.",
        "Offices say that %(num)s details of yours are wrong.",
        number,
    )
    _ = call.gettext
    return [Waiting(_("Is this right?"), text, "/account/corrections", _("New"), "warn")]


async def _standing(call: Call, session: Session, subjects: Subjects) -> list[Waiting]:
    """Say what waits for the citizen and what is late: both are read at once."""
    standing, _ = await requests.count(call, session, subjects), call.gettext
    title, href = _("Requests you made"), "/account/requests"
    found = []
    if standing.waiting:
        going = call.ngettext(
            "%(num)s request of yours is open.",
            "%(num)s requests of yours are open.",
            standing.open,
        )
        waits = call.ngettext(
            "%(num)s of them waits for you.", "%(num)s of them wait for you.", standing.waiting
        )
        found.append(Waiting(title, f"{going} {waits}", href, _("Waiting for you"), "warn"))
    if standing.overdue:
        text = call.ngettext(
            "%(num)s request of yours is overdue.",
            "%(num)s requests of yours are overdue.",
            standing.overdue,
        )
        found.append(Waiting(title, text, href, _("Overdue"), "warn"))
    return found


async def _ending(call: Call, _session: Session, subjects: Subjects) -> list[Waiting]:
    shared = await consents.of_subjects(call.entry, subjects)
    number = sum(reminders.concerns(one, call.entry.at) for one in shared)
    if not number:
        return []
    text = call.ngettext(
        "Sharing with %(num)s service ends soon. Keep it going, or let it end.",
        "Sharing with %(num)s services ends soon. Keep it going, or let it end.",
        number,
    )
    _ = call.gettext
    return [Waiting(_("Ends soon"), text, "/account/sharing", _("Decide"), "warn")]


async def _overdue(call: Call, _session: Session, subjects: Subjects) -> list[Waiting]:
    told = await changes.of_subjects(call.entry, subjects)
    number = sum(one.overdue(call.entry.at) for one in told)
    if not number:
        return []
    text = call.ngettext(
        "%(num)s service has not answered in time about a change of yours.",
        "%(num)s services have not answered in time about a change of yours.",
        number,
    )
    _ = call.gettext
    return [Waiting(_("Changes passed on"), text, "/account/changes", _("Overdue"), "warn")]


_ROWS: tuple[Callable[[Call, Session, Subjects], Awaitable[list[Waiting]]], ...] = (
    _asked,
    _questioned,
    _standing,
    _ending,
    _overdue,
)
