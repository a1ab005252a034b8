"""The share page: what a service asks, in the citizen's own values; and the answer.

    shown ──allow──▶ consent given, receipt signed ──▶ /authorize/{i}
      │  ├──deny───▶ noted as declined ─────────────▶ /authorize/{i}
      │  └──add, or another language──▶ what was picked is noted ──▶ shown
      └─ another citizen signed in meanwhile ▶ 409, nothing given to anybody

Specs: OpenID Connect Core §3.1.2.4, GDPR Art. 7, ISO/IEC TS 27560.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from gateway.oauth import claims, managed, marks
from gateway.pages import agreeing, passage, sharing, stale
from gateway.pages.agreeing import Party, Question
from gateway.pages.passage import Passage
from gateway.settings import LOCALES
from gateway.web import csrf, render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from keys import opaque
from relying_parties import approvals, claims_policy, consents, pending
from relying_parties.authorization_details import Detail
from relying_parties.claims_policy import New


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here, on the way to which service."""

    way: Passage
    party: Party


@stale.page
async def show(call: Call) -> Response:
    """Show the page, or go on if there is nothing to decide."""
    visit = await _visit(call)
    question = await _question(call, visit) if visit else None
    return _page(call, visit, question) if visit and question else see_other(_back(call))


@stale.page
async def submit(call: Call) -> Response:
    """Take the answer."""
    csrf.check(call)
    visit = await _visit(call)
    if visit is None:
        return see_other(_back(call))
    if not opaque.same(call.form.text("as"), visit.party.subject):
        return _someone_else(call, visit)
    if aside := _aside(call, visit):
        await pending.note(call.entry, visit.way.i, marks.PICKED, _picks(call, visit))
        return see_other(aside)
    if call.form.text("answer") == "deny":
        await pending.note(call.entry, visit.way.i, "declined", "consent")
        return see_other(visit.way.onward)
    return await _allow(call, visit)


def _aside(call: Call, visit: Visit) -> str:
    """Return where the citizen goes without an answer: to add a detail, or to read on."""
    claim, language = call.form.text("add"), call.form.text("lang")
    if language in LOCALES:
        return f"{call.path}?{urlencode({'lang': language})}"
    way = sharing.way_to(claim) if claim in visit.party.client.registration.asked else ""
    return visit.way.address(way) if way else ""


def _picks(call: Call, visit: Visit) -> dict[str, Any]:
    asked = visit.party.client.registration.asked
    return {
        "by": marks.of(call.runtime, visit.party.client.client_id, visit.party.session),
        "share": [claim for claim in call.form.all("share") if claim in asked],
        "duration": "once" if call.form.text("duration") == "once" else "until",
    }


def _picked(call: Call, visit: Visit) -> Mapping[str, Any]:
    """Return what this very citizen picked on this page before they went aside."""
    steps = visit.way.interaction.steps if visit.way.interaction else {}
    picked: Mapping[str, Any] = steps.get(marks.PICKED) or {}
    mark = marks.of(call.runtime, visit.party.client.client_id, visit.party.session)
    return picked if marks.by(picked, "by", mark) else {}


async def _allow(call: Call, visit: Visit) -> Response:
    question = await _question(call, visit)
    if question is None:
        return see_other(visit.way.onward)
    if call.form.text("answer") != "allow":
        return _page(call, visit, question, error=call.gettext("Choose whether to share"))
    if call.form.text("shown") != question.page.digest:
        changed = N_("Something changed while you were reading. Look through it again.")
        return _page(call, visit, question, error=call.gettext(changed))
    consent = await agreeing.give(call, question, question.page.digest)
    await pending.note(call.entry, visit.way.i, marks.CONSENTED, str(consent.id))
    return see_other(visit.way.onward)


async def _visit(call: Call) -> Visit | None:
    way = await passage.of(call, call.path_text("interaction"))
    session = await call.session()
    if session is None or way.client is None:
        return None
    return Visit(way, await agreeing.party(call, way.client, session, way.to))


async def _question(call: Call, visit: Visit) -> Question | None:
    new, details = await _open(call, visit)
    if not new and not details:
        return None
    offline = "offline_access" in str(visit.way.request.get("scope", "")).split()
    question = await agreeing.question(
        call, visit.party, new, offline=offline, domain=_domain(visit), details=details
    )
    creates = managed.fresh(_action(visit), given_here=False)
    return agreeing.in_place(call, question) if creates else question


async def _open(call: Call, visit: Visit) -> tuple[New, list[Detail]]:
    """Return what is left to decide: claims, and what is asked in detail."""
    request, client = visit.way.request, visit.party.client
    steps = visit.way.interaction.steps if visit.way.interaction else {}
    asked = claims.wanted(client.registration, request, visit.party.session, call.entry.at)
    agreed = await consents.current(call.entry, visit.party.subject, client.client_id)
    details = request.get("authorization_details") or ()
    given_here = marks.consented(steps, agreed)
    anew = "consent" in (request.get("prompt") or ()) and not given_here
    if anew or managed.fresh(_action(visit), given_here=given_here):
        return New(asked.all, (), first=True), list(details)
    new = claims_policy.difference(
        client.registration, asked, agreed, care=claims.CARE, given_here=given_here
    )
    known = agreed.id if agreed else None
    return new, await approvals.missing(call.entry, known, details, given_here=given_here)


def _action(visit: Visit) -> str:
    return str(visit.way.request.get("grant_management_action") or "")


def _back(call: Call) -> str:
    return f"/authorize/{call.path_text('interaction')}"


def _someone_else(call: Call, visit: Visit) -> Response:
    _, who = call.gettext, {"email": visit.party.email}
    other = visit.way.address("/login", switch="yes")
    return render.page(
        call,
        "error.html",
        status=409,
        title=_("Someone else is signed in now"),
        lead=_("This browser is signed in as %(email)s.") % who,
        sentences=[_("Nothing was shared, for you or for them.")],
        actions=[
            {"text": _("Carry on as %(email)s") % who, "href": visit.way.onward},
            {"text": _("Use another account"), "href": other, "kind": "second"},
        ],
    )


def _domain(visit: Visit) -> str:
    """Return the host that the citizen goes on to, in ASCII; an app on their device has none."""
    address = urlsplit(str(visit.way.request.get("redirect_uri") or ""))
    return (address.hostname or "") if address.scheme == "https" else ""


def _page(call: Call, visit: Visit, question: Question, *, error: str = "") -> Response:
    chosen = _picks(call, visit) if error else _picked(call, visit)
    return passage.show(
        call,
        visit.way,
        "consent/share.html",
        status=422 if error else 200,
        page=question.page,
        who=visit.party.subject,
        email=visit.party.email,
        ticked=chosen.get("share", ()),
        duration=chosen.get("duration", "until"),
        kept_by="share",
        errors={"consent-allow": error} if error else {},
    )
