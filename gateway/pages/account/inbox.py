"""Requests to the citizen: what services ask while the citizen is elsewhere, and the answer.

    new ──look──▶ confirm that it is you ──▶ the page ──approve──▶ the service comes for it
     │                                         └──decline──▶ the service is told no
     └──its time──▶ ended, nothing was shared

A yes takes a sign-in of the last minutes, as strong as the account can give, by the decision
that every request passes (:func:`gateway.oauth.interaction.decide`). It covers exactly what
the page said: the message, the service and each detail are in the digest that comes back
with it. A no takes nothing but the session.

Specs: OpenID Connect CIBA Core 1.0 §8, FAPI-CIBA §5.2.2, GDPR Art. 7.
"""

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway import claim_labels
from gateway.oauth import approving
from gateway.oauth.approving import Standing
from gateway.oauth.interaction import Step
from gateway.pages import agreeing, passage, stale
from gateway.pages.account import citizen, proof
from gateway.pages.agreeing import Question
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import authenticators
from idp.sessions import Session
from keys import opaque
from relying_parties import consents
from relying_parties.clients import Client
from relying_parties.errors import ConsentMissing
from relying_parties.grants import backchannel_requests
from relying_parties.grants.backchannel_requests import Asked

STATES = {
    "pending": (N_("New"), "brand"),
    "approved": (N_("Approved"), "good"),
    "declined": (N_("Not approved"), ""),
    "expired": (N_("Ended"), ""),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, and what its page says now."""

    at: Standing
    question: Question
    step: Step

    @property
    def shown(self) -> str:
        """SHA-256, in hexadecimal, of all that is said: of this request and of no other."""
        asked = self.at.asked
        said = (self.question.page.digest, asked.id.hex, asked.message, asked.expires_at)
        return hashlib.sha256("\0".join(map(str, said)).encode()).hexdigest()


@citizen.signed_in("inbox")
async def show(call: Call, session: Session) -> Response:
    """List what was asked of late, newest first."""
    theirs = await citizen.subjects(call, session)
    rows = []
    for asked in await backchannel_requests.of_subjects(call.entry, theirs):
        client = await call.runtime.client(asked.client_id)
        if client is not None:
            rows.append(_row(call, client, asked))
    return citizen.page(call, "account/inbox.html", "inbox", rows=rows)


@stale.page
@citizen.signed_in("inbox")
async def look(call: Call, session: Session) -> Response:
    """Show one request, or how it ended."""
    theirs = await citizen.subjects(call, session)
    asked = await backchannel_requests.find(call.entry, _id(call), theirs)
    client = await _client(call, asked)
    if asked is None or asked.state != "pending":
        return _over(call, client, asked)
    return await _page(call, await _visit(call, asked, client, session))


@stale.page
@citizen.signed_in("inbox")
async def answer(call: Call, session: Session) -> Response:
    """Take the answer, once."""
    csrf.check(call)
    theirs = await citizen.subjects(call, session)
    asked = await backchannel_requests.hold(call.entry, _id(call), theirs)
    client = await _client(call, asked)
    if asked is None or asked.state != "pending":
        return see_other(call.path)
    if call.form.text("answer") == "decline":
        await backchannel_requests.decline(call.entry, asked)
        return see_other(call.path)
    visit = await _visit(call, asked, client, session)
    if visit.step is not Step.CONSENT:
        return see_other(call.path)
    if call.form.text("answer") != "approve":
        return await _page(call, visit, error=call.gettext("Choose whether to approve this"))
    if not opaque.same(call.form.text("shown"), visit.shown):
        changed = N_("Something changed while you were reading. Look through it again.")
        return await _page(call, visit, error=call.gettext(changed))
    return await _approve(call, visit)


async def _approve(call: Call, visit: Visit) -> Response:
    at, question = visit.at, visit.question
    agreed = await consents.current(call.entry, at.asked.subject, at.client.client_id)
    consent = await agreeing.give(call, question, visit.shown) if at.new else agreed
    try:
        await approving.approve(call, at, consent)
    except ConsentMissing as error:
        raise stale.DeadEnd(stale.STOPPED, question.party.to) from error
    return see_other(call.path)


def _id(call: Call) -> UUID:
    try:
        return UUID(call.path_text("request"))
    except ValueError as error:
        raise stale.DeadEnd(stale.NO_REQUEST) from error


async def _client(call: Call, asked: Asked | None) -> Client:
    client: Client | None = await call.runtime.client(asked.client_id) if asked else None
    if client is None:
        raise stale.DeadEnd(stale.NO_REQUEST)
    if not client.live:
        raise stale.DeadEnd(stale.SUSPENDED, passage.arrival(client, call.locale))
    return client


async def _visit(call: Call, asked: Asked, client: Client, session: Session) -> Visit:
    at = await approving.standing(call, asked, client, session)
    confirmed = await proof.given(call, session)
    step = approving.decide(call, at, confirmed=confirmed).step
    party = await agreeing.party(call, client, session, passage.arrival(client, call.locale))
    offline = "offline_access" in at.request.scopes and client.registration.offline_access
    question = await agreeing.question(call, party, at.new, offline=offline)
    _, service = call.gettext, {"service": party.to.name if party.to else ""}
    page = dataclasses.replace(
        question.page,
        title=_("%(service)s asks for your approval") % service,
        # Nothing new is nothing to remember for any time.
        until=question.page.until if at.new else "",
        allow=_("Approve"),
        deny=_("Do not approve"),
    )
    return Visit(at, dataclasses.replace(question, page=page), step)


def _row(call: Call, client: Client, asked: Asked) -> dict[str, Any]:
    word, tone = STATES[asked.state]
    return {
        "id": asked.id,
        "to": passage.arrival(client, call.locale),
        "message": asked.message,
        "state": asked.state,
        "word": call.gettext(word),
        "tone": tone,
        "until": claim_labels.clock(asked.expires_at, call.locale),
        "when": claim_labels.clock(asked.decided_at or asked.expires_at, call.locale),
    }


def _over(call: Call, client: Client, asked: Asked | None) -> Response:
    if asked is None:
        raise stale.DeadEnd(stale.NO_REQUEST)
    row = _row(call, client, asked)
    return citizen.page(call, "account/request_over.html", "inbox", **row)


async def _page(call: Call, visit: Visit, *, error: str = "") -> Response:
    asked, question = visit.at.asked, visit.question
    enrolled = await authenticators.enrolled(call.entry, visit.at.session.account.id)
    labels = [claim_labels.label(claim, call.gettext) for claim in visit.at.wanted.all]
    row = _row(call, visit.at.client, asked)
    return citizen.page(
        call,
        "account/request.html",
        "inbox",
        status=422 if error else 200,
        **row,
        page=question.page,
        email=question.party.email,
        shown=visit.shown,
        step=visit.step.value,
        passkeys=enrolled.passkeys,
        labels=claim_labels.listed(labels, call.locale),
        ticked=call.form.all("share") if error else (),
        duration="once" if call.form.text("duration") == "once" else "until",
        errors={"request-approve": error} if error else {},
    )
