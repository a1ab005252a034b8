"""Whose pages these are: a person of the staff or of an agency, and what they may do.

The staff's roles are on the account; an agency's members are known to
``relying_parties`` by a subject in a sector of the gateway itself. What somebody may
not see is not found, so that no address tells what exists (AD-01).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway.runtime import Runtime
from gateway.web import csrf, errors, render
from gateway.web.call import Call, see_other
from gateway.web.dispatch import refusal
from gateway.web.locale import N_
from idp.accounts import Account
from idp.sessions import Session
from keys import pairwise
from relying_parties import agencies, sectors

WRITES = frozenset({"registrar", "operator"})
JUDGES = frozenset({"registrar", "privacy", "operator"})
STOPS = frozenset({"registrar", "security", "operator"})
AUDITS = frozenset({"auditor", "security", "operator"})
AGENCY_WRITES = frozenset({"owner", "engineer"})

MENU = (
    ("/admin", N_("To do"), "home"),
    ("/admin/services", N_("Services"), "services"),
    ("/admin/agencies", N_("Agencies"), "agencies"),
    ("/admin/audit", N_("Journal"), "audit"),
)

Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Officer:
    """Who is at work here.

    :ivar agencies: the agencies that they act for, each with the role there
    """

    session: Session
    roles: frozenset[str]
    agencies: dict[str, str]

    @property
    def actor(self) -> str:
        """The name under which the journal keeps what they do."""
        return f"account:{self.session.account.id}"

    @property
    def staff(self) -> bool:
        """Whether they see every agency."""
        return bool(self.roles)

    def sees(self, agency_id: str) -> bool:
        """Whether an agency's services are theirs to look at."""
        return self.staff or agency_id in self.agencies

    def writes(self, agency_id: str) -> bool:
        """Whether they may write an agency's services."""
        return bool(self.roles & WRITES) or self.agencies.get(agency_id) in AGENCY_WRITES

    def may(self, roles: frozenset[str]) -> bool:
        """Whether one of their roles is among ``roles``."""
        return bool(self.roles & roles)


class NotFound(Exception):  # noqa: N818 - named as what the person is told
    """There is no such thing, or none that this person may see."""


class NotAllowed(Exception):  # noqa: N818 - named as what the person is told
    """They see it, and may not do this with it."""


Work = Callable[[Call, Officer], Awaitable[Response]]


def at_work(handler: Work) -> Handler:
    """Answer whoever is signed in here with a passkey; forms are checked before anything else."""

    @wraps(handler)
    async def answered(call: Call) -> Response:
        session = await call.session("admin")
        officer = await _officer(call, session) if session else None
        if officer is None:
            return see_other("/admin/login")
        if call.method == "POST":
            csrf.check(call)
        try:
            return await handler(call, officer)
        except NotFound:
            return refusal(call, errors.NOT_FOUND)
        except NotAllowed:
            return refusal(call, errors.NOT_ALLOWED)

    return answered


async def belongs(call: Call, account: Account) -> bool:
    """Whether somebody has any business here."""
    return bool(account.roles) or bool(await _memberships(call, account.id))


def subject(call: Call, account_id: UUID) -> str:
    """Return who an account is to the agencies it acts for."""
    return subject_of(call.runtime, account_id)


def subject_of(runtime: Runtime, account_id: UUID) -> str:
    """Return the same without a request, for the command line."""
    return pairwise.subject(runtime.vault.pairwise, sectors.OWN, account_id)


async def pass_on(call: Call, account_id: UUID, to: UUID, *, by: str) -> None:
    """Let another account act for every agency that this one acts for."""
    former, whom = subject(call, account_id), subject(call, to)
    for agency_id, role in (await agencies.memberships(call.entry, former)).items():
        await agencies.remove_member(call.entry, agency_id, former, by=by)
        await agencies.add_member(call.entry, agency_id, whom, role=role, by=by)


def page(
    call: Call, officer: Officer, template: str, place: str, *, status: int = 200, **context: Any
) -> Response:
    """Render a page with the menu of what this person may open."""
    menu = [
        {"href": href, "text": call.gettext(text), "current": name == place}
        for href, text, name in MENU
        if name != "audit" or officer.may(AUDITS)
    ]
    return render.page(
        call, f"admin/{template}.html", status=status, menu=menu, officer=officer, **context
    )


async def _officer(call: Call, session: Session) -> Officer | None:
    roles = frozenset(session.account.roles)
    acts_for = await _memberships(call, session.account.id)
    return Officer(session, roles, acts_for) if roles or acts_for else None


async def _memberships(call: Call, account_id: UUID) -> dict[str, str]:
    return await agencies.memberships(call.entry, subject(call, account_id))
