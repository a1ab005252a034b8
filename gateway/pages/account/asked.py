"""One request to the citizen: who asks, what its page says now, and how it ended.

Specs: OpenID Connect CIBA Core 1.0 §8, RFC 9396 §3.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway import claim_labels
from gateway.oauth import approving, rich
from gateway.oauth.approving import Standing
from gateway.oauth.interaction import Step
from gateway.oauth.refusals import OAuthRefused
from gateway.pages import agreeing, passage, sharing, stale
from gateway.pages import rich as in_words
from gateway.pages.account import citizen, later, proof
from gateway.pages.agreeing import Question
from gateway.pages.sharing import Reader
from gateway.web.call import Call
from gateway.web.locale import N_
from idp import attributes, authenticators
from idp.sessions import Session
from relying_parties import asides, authorization_details, inquiries, standing_rules
from relying_parties.asides import Aside
from relying_parties.authorization_details import Detail
from relying_parties.clients import Client
from relying_parties.grants.backchannel_requests import Asked
from relying_parties.inquiries import Said

NONE: Mapping[str, str] = MappingProxyType({})
TYPED = ("reason", "why", "words", "later", "moment")

STATES = {
    "pending": (N_("New"), "brand"),
    "question": (N_("You asked them"), ""),
    "answer": (N_("They answered you"), "brand"),
    "aside": (N_("Put aside"), ""),
    "approved": (N_("Approved"), "good"),
    "beforehand": (N_("Agreed beforehand"), "good"),
    "declined": (N_("Not approved"), ""),
    "expired": (N_("Ended"), ""),
}


WHY_NOT = {
    "not_wanted": N_("I do not want this"),
    "wrong": N_("Something in it is not right"),
    "not_now": N_("Not now"),
    "not_me": N_("I do not know what this is about"),
}
SPOKEN = {
    "question": N_("You asked"),
    "answer": N_("They answered"),
    "reason": N_("Why you did not approve"),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, and what its page says now."""

    at: Standing
    question: Question
    step: Step
    said: Sequence[Said] = ()

    @property
    def shown(self) -> str:
        """SHA-256, in hexadecimal, of all that is said: of this request and of no other."""
        asked = self.at.asked
        said = (self.question.page.digest, asked.id.hex, asked.message, asked.expires_at)
        return hashlib.sha256("\0".join(map(str, said)).encode()).hexdigest()


def request_id(call: Call) -> UUID:
    """Return which request the address names.

    :raises stale.DeadEnd: none that could be
    """
    try:
        return UUID(call.path_text("request"))
    except ValueError as error:
        raise stale.DeadEnd(stale.NO_REQUEST) from error


async def client_of(call: Call, asked: Asked | None) -> Client:
    """Return the service that asks.

    :raises stale.DeadEnd: there is no such request to the citizen, or the service is stopped
    """
    client: Client | None = await call.runtime.client(asked.client_id) if asked else None
    if client is None:
        raise stale.DeadEnd(stale.NO_REQUEST)
    if not client.live:
        raise stale.DeadEnd(stale.SUSPENDED, passage.arrival(client, call.locale))
    return client


async def visit(call: Call, asked: Asked, client: Client, session: Session) -> Visit:
    """Work out what the page says at this moment.

    :raises stale.DeadEnd: the service may not ask it any more
    """
    at = await approving.standing(call, asked, client, session)
    try:
        rich.judge(at.request.authorization_details, client.registration, call.entry.at)
    except OAuthRefused as error:  # a citizen takes their time: what it may ask has changed
        to = passage.arrival(client, call.locale)
        raise stale.DeadEnd(stale.NOT_ANY_MORE, to) from error
    confirmed = await proof.given(call, session)
    step = approving.decide(call, at, confirmed=confirmed).step
    party = await agreeing.party(call, client, session, passage.arrival(client, call.locale))
    offline = "offline_access" in at.request.scopes and client.registration.offline_access
    details = at.request.authorization_details
    question = await agreeing.question(call, party, at.new, offline=offline, details=details)
    _, service = call.gettext, {"service": party.to.name if party.to else ""}
    written = dataclasses.replace(
        question.page,
        title=_("%(service)s asks for your approval") % service,
        # Nothing new is nothing to remember for any time.
        until=question.page.until if at.new or details else "",
        allow=_("Approve"),
        deny=_("Do not approve"),
    )
    reader = Reader(call.locale, call.gettext, call.entry.at)
    no = sharing.refusing(written, reader, known=not at.new.first)
    said = await spoken(call, session, [asked])
    question = dataclasses.replace(question, page=dataclasses.replace(written, refusing=no))
    return Visit(at, question, step, said.get(asked.id, ()))


async def spoken(
    call: Call, session: Session, requests: Sequence[Asked]
) -> Mapping[UUID, Sequence[Said]]:
    """Return what the citizen of ``session`` and services said about ``requests``."""
    key = await attributes.data_key(call.entry, call.runtime.vault, session.account.id)
    return await inquiries.of_requests(call.entry, key, [one.id for one in requests])


def row(
    call: Call,
    client: Client,
    asked: Asked,
    said: Sequence[Said] = (),
    aside: Aside | None = None,
) -> dict[str, Any]:
    """Return what every page says of a request, the list included."""
    away = aside if aside and asked.state == "pending" and aside.away(call.entry.at) else None
    reader = Reader(call.locale, call.gettext, call.entry.at)
    details = asked.request.get("authorization_details") or ()
    word, tone = STATES["aside" if away else _state(asked, said)]
    return {
        "id": asked.id,
        "to": passage.arrival(client, call.locale),
        "message": asked.message,
        "matters": in_words.matters(details, client.registration, reader),
        "state": asked.state,
        "by_rule": asked.by_rule,
        "word": call.gettext(word),
        "tone": tone,
        "until": claim_labels.clock(asked.expires_at, call.locale),
        "aside": claim_labels.clock(away.due_at, call.locale) if away else "",
        "when": claim_labels.clock(asked.decided_at or asked.expires_at, call.locale),
        "talk": [_spelt(call, one) for one in said],
    }


def _state(asked: Asked, said: Sequence[Said]) -> str:
    if asked.by_rule:
        return "beforehand"
    if asked.state != "pending" or not inquiries.questions(said):
        return asked.state
    return "question" if inquiries.waits(said) else "answer"


def _spelt(call: Call, one: Said) -> dict[str, Any]:
    return {
        "who": call.gettext(SPOKEN[one.kind]),
        "reason": call.gettext(WHY_NOT[one.reason]) if one.reason in WHY_NOT else "",
        "words": one.words,
        "when": claim_labels.clock(one.said_at, call.locale),
    }


async def over(call: Call, client: Client, asked: Asked, session: Session) -> Response:
    """Show how a request ended."""
    said = (await spoken(call, session, [asked])).get(asked.id, ())
    told = row(call, client, asked, said)
    again = await _may_stand(call, asked)
    return citizen.page(call, "account/request_over.html", "inbox", **told, again=again)


def stands(asked: Asked) -> Detail | None:
    """Return what of an approved request can be agreed to beforehand, if anything."""
    details: Sequence[Detail] = asked.request.get("authorization_details") or ()
    if asked.state != "approved" or asked.by_rule or len(details) != 1:
        return None
    return authorization_details.standing(details[0])


async def _may_stand(call: Call, asked: Asked) -> bool:
    """Whether the citizen may agree beforehand to the next one like it, and did not yet."""
    wanted = stands(asked)
    if wanted is None:
        return False
    rules = await standing_rules.of(call.entry, [asked.subject])
    there = (one for one in rules if one.client_id == asked.client_id and one.live(call.entry.at))
    return not any(authorization_details.within(wanted, one.detail) for one in there)


async def page(
    call: Call, visit: Visit, *, errors: Mapping[str, str] = NONE, picked: bool = False
) -> Response:
    """Show a request that waits for its answer.

    :param errors: what is wrong with the form, by field
    :param picked: what the form chose so far is chosen still
    """
    form = call.form if errors or picked else None
    asked, question = visit.at.asked, visit.question
    enrolled = await authenticators.enrolled(call.entry, visit.at.session.account.id)
    labels = [claim_labels.label(claim, call.gettext) for claim in visit.at.wanted.all]
    aside = (await asides.of(call.entry, [asked.id])).get(asked.id)
    said = row(call, visit.at.client, asked, visit.said, aside)
    reader = later.Reader(call.locale, call.gettext, call.entry.at)
    return citizen.page(
        call,
        "account/request.html",
        "inbox",
        status=422 if errors else 200,
        **said,
        page=question.page,
        email=question.party.email,
        shown=visit.shown,
        step=visit.step.value,
        passkeys=enrolled.passkeys,
        labels=claim_labels.listed(labels, call.locale),
        kept_by="request" if visit.step is Step.CONSENT else "",
        ticked=form.all("share") if form else (),
        duration="once" if form and form.text("duration") == "once" else "until",
        typed={name: form.text(name) if form else "" for name in TYPED},
        later=later.shown(asked, aside, reader) if visit.at.request.authorization_details else None,
        reasons=[{"value": name, "label": call.gettext(said)} for name, said in WHY_NOT.items()],
        may_ask=may_ask(visit),
        errors=errors,
    )


def may_ask(visit: Visit) -> bool:
    """Say whether somebody at the other end reads it in time, and not too much was asked."""
    open_to_it = bool(visit.at.request.authorization_details)
    too_many = inquiries.questions(visit.said) >= inquiries.MOST
    return open_to_it and not too_many and not inquiries.waits(visit.said)
