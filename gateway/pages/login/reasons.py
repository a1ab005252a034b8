"""Why we check again that it is you: what it is for, and the way back. The next place is a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from gateway import claim_labels
from gateway.oauth import claims
from gateway.pages import passage
from gateway.pages.account import citizen
from gateway.pages.passage import Passage
from gateway.web.call import Call
from gateway.web.locale import N_
from idp.sessions import Session
from relying_parties.grants import backchannel_requests


@dataclass(frozen=True, slots=True)
class Aim:
    """What somebody is about to do.

    :ivar back: where they go who would rather not; ``{id}`` is the page that they came from
    :ivar of: the same, where the service that it is about is known
    """

    said: str
    back: str
    of: str = ""


AIMS: Mapping[str, Aim] = {
    "security": Aim(N_("You are about to change how you sign in."), "/account/security"),
    "inbox": Aim(
        N_("You are about to answer what a service asks you."),
        "/account/inbox/{id}",
        N_("You are about to answer what %(service)s asks you."),
    ),
    "standing/for": Aim(
        N_("You are about to let a service do something again without asking you."),
        "/account/inbox/{id}",
        N_("You are about to let %(service)s do something again without asking you."),
    ),
    "corrections": Aim(
        N_("You are about to change a detail that we hold about you."), "/account/corrections/{id}"
    ),
    "data/export": Aim(
        N_("You are about to download everything that we hold about you."), "/account/data"
    ),
    "data/delete": Aim(N_("You are about to delete your account."), "/account/data"),
}
_ELSE = Aim(N_("The next page is for nobody but you."), "/account")
_SO = N_("So we check again that it is you.")


@dataclass(frozen=True, slots=True)
class Why:
    """What the page says; ``back`` is empty on the way to a service, which has its own."""

    said: str
    back: str


async def why(call: Call, way: Passage, session: Session) -> Why:
    """Say what the check is for."""
    if way.client is not None and way.to is not None:
        return Why(_for_service(call, way, session), "")
    _, (aim, page) = call.gettext, _aim(way.next)
    name = await _service(call, session, page) if aim.of else ""
    said = _(aim.of) % {"service": name} if name else _(aim.said)
    return Why(f"{said} {_(_SO)}", aim.back.format(id=page).rstrip("/"))


def _aim(place: str) -> tuple[Aim, str]:
    """Return what a place is for, and which page within it is meant."""
    parts = place.split("/")
    for length in (2, 1):
        if aim := AIMS.get("/".join(parts[:length])):
            return aim, "/".join(parts[length:])
    return _ELSE, ""


def _for_service(call: Call, way: Passage, session: Session) -> str:
    if way.client is None or way.to is None:
        return ""
    wanted = claims.wanted(way.client.registration, way.request, session, call.entry.at)
    _, guarded = call.gettext, [one for one in wanted.all if one in claims.CARE.each_time]
    if not guarded:
        return _("%(service)s asks us to make sure that it is you.") % {"service": way.to.name}
    labels = [claim_labels.label(one, _) for one in guarded]
    said = {"service": way.to.name, "details": claim_labels.listed(labels, call.locale)}
    return _("%(service)s asks for: %(details)s. We make sure first that it is you.") % said


async def _service(call: Call, session: Session, request: str) -> str:
    """Name the service of a request to this citizen, if there is one."""
    try:
        number = UUID(request)
    except ValueError:
        return ""
    theirs = await citizen.subjects(call, session)
    asked = await backchannel_requests.find(call.entry, number, theirs)
    client = await call.runtime.client(asked.client_id) if asked else None
    return passage.arrival(client, call.locale).name if client else ""
