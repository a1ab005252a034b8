"""The share page: what a service asks, in the citizen's own values; and the answer.

    shown ──allow──▶ consent given, receipt signed ──▶ /authorize/{i}
      │  ├──deny───▶ noted as declined ─────────────▶ /authorize/{i}
      │  └──add, or another language──▶ what was picked is noted ──▶ shown
      └─ another citizen signed in meanwhile ▶ 409, nothing given to anybody

The approved registration says what may be asked and what is needed. Of the form only
the ticks count, and only for rows that have a switch.

Specs: OpenID Connect Core §3.1.2.4, GDPR Art. 7, ISO/IEC TS 27560.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from gateway import claim_labels
from gateway.oauth import claims, marks
from gateway.pages import passage, receipt, sharing, stale
from gateway.pages.passage import Passage
from gateway.settings import LOCALES
from gateway.web import csrf, render
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attributes, identifiers, notices
from idp.attributes import Attribute
from idp.sessions import Session
from keys import opaque, pairwise
from relying_parties import claims_policy, consents, pending
from relying_parties.claims_policy import New
from relying_parties.clients import Client
from relying_parties.consents import Consent, Decision
from relying_parties.errors import StateConflict


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here, on the way to which service."""

    way: Passage
    client: Client
    session: Session
    subject: str
    email: str


@dataclass(frozen=True, slots=True)
class Question:
    """All that one share page depends on."""

    visit: Visit
    new: New
    held: dict[str, Attribute]
    page: sharing.Page
    offline: bool


@stale.page
async def show(call: Call) -> Response:
    """Show the page, or go on if there is nothing to decide."""
    visit = await _visit(call)
    question = await _question(call, visit) if visit else None
    return _page(call, question) if question else see_other(_back(call))


@stale.page
async def submit(call: Call) -> Response:
    """Take the answer."""
    csrf.check(call)
    visit = await _visit(call)
    if visit is None:
        return see_other(_back(call))
    if not opaque.same(call.form.text("as"), visit.subject):
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
    way = sharing.way_to(claim) if claim in visit.client.registration.asked else ""
    return visit.way.address(way) if way else ""


def _picks(call: Call, visit: Visit) -> dict[str, Any]:
    asked = visit.client.registration.asked
    return {
        "by": marks.of(call.runtime, visit.client.client_id, visit.session),
        "share": [claim for claim in call.form.all("share") if claim in asked],
        "duration": "once" if call.form.text("duration") == "once" else "until",
    }


def _picked(call: Call, visit: Visit) -> Mapping[str, Any]:
    """Return what this very citizen picked on this page before they went aside."""
    steps = visit.way.interaction.steps if visit.way.interaction else {}
    picked: Mapping[str, Any] = steps.get(marks.PICKED) or {}
    mark = marks.of(call.runtime, visit.client.client_id, visit.session)
    return picked if marks.by(picked, "by", mark) else {}


async def _allow(call: Call, visit: Visit) -> Response:
    question = await _question(call, visit)
    if question is None:
        return see_other(visit.way.onward)
    if call.form.text("answer") != "allow":
        return _page(call, question, error=call.gettext("Choose whether to share"))
    if call.form.text("shown") != question.page.digest:
        changed = N_("Something changed while you were reading. Look through it again.")
        return _page(call, question, error=call.gettext(changed))
    await _give(call, question)
    return see_other(visit.way.onward)


async def _visit(call: Call) -> Visit | None:
    way = await passage.of(call, call.path_text("interaction"))
    session = await call.session()
    if session is None or way.client is None:
        return None
    vault, account_id = call.runtime.vault, session.account.id
    subject = pairwise.subject(vault.pairwise, way.client.sector, account_id)
    known = await identifiers.emails(call.entry, vault, account_id)
    return Visit(way, way.client, session, subject, known[0] if known else "")


async def _question(call: Call, visit: Visit) -> Question | None:
    new = await _new(call, visit)
    if not new:
        return None
    entry, client = call.entry, visit.client
    names = (*new.claims, *new.known)
    vault, account_id = call.runtime.vault, visit.session.account.id
    terms = claims.terms(call.runtime.settings, client.registration)
    held = await attributes.read(entry, vault, account_id, names, terms)
    offline = "offline_access" in str(visit.way.request.get("scope", "")).split()
    page = sharing.page(
        client.registration,
        new,
        held,
        sharing.Reader(call.locale, call.gettext, entry.at),
        version=client.version,
        offline=offline,
    )
    to = visit.way.to
    page = dataclasses.replace(page, agency=to.agency if to else "", domain=_domain(visit))
    return Question(visit, new, held, page, offline)


async def _new(call: Call, visit: Visit) -> New:
    request, client = visit.way.request, visit.client
    steps = visit.way.interaction.steps if visit.way.interaction else {}
    asked = claims.wanted(client.registration, request, visit.session, call.entry.at)
    agreed = await consents.current(call.entry, visit.subject, client.client_id)
    given_here = marks.consented(steps, agreed)
    if "consent" in (request.get("prompt") or ()) and not given_here:
        return New(asked.all, (), first=True)
    return claims_policy.difference(
        client.registration, asked, agreed, care=claims.CARE, given_here=given_here
    )


async def _give(call: Call, question: Question) -> None:
    visit = question.visit
    entry, client = call.entry, visit.client
    registration = client.registration
    switches = set(claims_policy.switches(registration, question.new.claims))
    there = {claim for claim, one in question.held.items() if not one.disputed}
    ticked = switches & set(call.form.all("share")) & there
    decision = Decision(
        asked=question.new.claims,
        claims=claims_policy.chosen(registration, question.new.claims, ticked),
        duration="once" if call.form.text("duration") == "once" else "until",
        offline=question.offline,
        locale=call.locale,
        shown_digest=bytes.fromhex(question.page.digest),
    )
    vault = call.runtime.vault
    citizen = pairwise.seal_citizen(vault.sealer, visit.session.account.id, client.client_id)
    try:
        consent = await consents.give(
            entry, subject=visit.subject, client=client, citizen=citizen, decision=decision
        )
    except StateConflict as error:
        raise stale.DeadEnd(stale.ANSWERED, visit.way.to) from error
    kind = "given" if consent.version == 1 else "widened"
    await receipt.keep(call, client, consent, kind)
    await pending.note(entry, visit.way.i, marks.CONSENTED, str(consent.id))
    if question.new.first and decision.claims:
        await _notice(call, question, consent)


async def _notice(call: Call, question: Question, consent: Consent) -> None:
    to, _ = question.visit.way.to, call.gettext
    if to is None or not question.visit.email:
        return
    await notices.queue(
        call.entry,
        call.runtime.vault,
        template="first-share",
        locale=call.locale,
        email=question.visit.email,
        fields={
            "service": to.name,
            "agency": to.agency,
            "labels": [claim_labels.label(claim, _) for claim in consent.claims],
            "when": claim_labels.clock(consent.given_at, call.locale),
            "until": claim_labels.day(consent.expires_at, call.locale),
        },
    )


def _back(call: Call) -> str:
    return f"/authorize/{call.path_text('interaction')}"


def _someone_else(call: Call, visit: Visit) -> Response:
    _, who = call.gettext, {"email": visit.email}
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


def _page(call: Call, question: Question, *, error: str = "") -> Response:
    visit = question.visit
    chosen = _picks(call, visit) if error else _picked(call, visit)
    return passage.show(
        call,
        visit.way,
        "consent/share.html",
        status=422 if error else 200,
        page=question.page,
        who=visit.subject,
        email=visit.email,
        ticked=chosen.get("share", ()),
        duration=chosen.get("duration", "until"),
        kept_by="share",
        errors={"consent-allow": error} if error else {},
    )
