"""What the citizen agreed to beforehand: the list of it, saying yes to more, and ending it.

    approved request ──offer──▶ until when, how much at most ──yes──▶ stands
    stands ──each use is listed──▶ ended by the citizen at once │ over

A yes beforehand takes what a yes takes: a sign-in of the last minutes, as strong as the account
can give. It is offered for what was approved just before, so nobody agrees to what they have
not seen once.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import passage, stale
from gateway.pages import rich as in_words
from gateway.pages.account import asked as asked_of
from gateway.pages.account import citizen, proof
from gateway.pages.sharing import Reader
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp.sessions import Session
from keys import opaque, pairwise
from relying_parties import authorization_details, consents, standing_rules
from relying_parties.authorization_details import Detail
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.errors import ConsentMissing, StateConflict
from relying_parties.grants import backchannel_requests
from relying_parties.grants.backchannel_requests import Asked
from relying_parties.standing_rules import Rule, Use

PLACE = "/account/standing"
DAYS = (90, 180, 365)
DONE = {"given", "ended"}


@dataclass(frozen=True, slots=True)
class Offer:
    """What the citizen is offered to agree to beforehand; ``ends`` by the name of the choice."""

    asked: Asked
    client: Client
    consent: Consent
    detail: Detail
    ends: dict[str, datetime]

    def shown(self, locale: str) -> str:
        """SHA-256, in hexadecimal, of what the page says."""
        days = [one.date().isoformat() for one in self.ends.values()]
        said = json.dumps([self.client.client_id, dict(self.detail), days, locale], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


@citizen.signed_in("standing")
async def show(call: Call, session: Session) -> Response:
    """List what stands, with each use of it, and what stood before."""
    theirs = await citizen.subjects(call, session)
    used = await standing_rules.uses(call.entry, theirs)
    rows = [
        await _row(call, rule, [one for one in used if one.rule_id == rule.id])
        for rule in await standing_rules.of(call.entry, theirs)
    ]
    known = [row for row in rows if row]
    done = call.query.text("done")
    return citizen.page(
        call,
        "account/standing.html",
        "standing",
        rows=[row for row in known if row["live"]],
        over=[row for row in known if not row["live"]],
        done=done if done in DONE else "",
    )


@stale.page
@citizen.signed_in("standing")
async def offer(call: Call, session: Session) -> Response:
    """Ask until when, and how much at most."""
    return await _page(call, await _offer(call, session), session)


@stale.page
@citizen.signed_in("standing")
async def give(call: Call, session: Session) -> Response:
    """Take the yes."""
    csrf.check(call)
    made = await _offer(call, session)
    if not await proof.given(call, session):
        return see_other(call.path)
    if not opaque.same(call.form.text("shown"), made.shown(call.locale)):
        changed = N_("Something changed while you were reading. Look through it again.")
        return await _page(call, made, session, {"until": call.gettext(changed)})
    if errors := _errors(call, made):
        return await _page(call, made, session, errors)
    try:
        await standing_rules.give(call.entry, _rule(call, made, session))
    except (ConsentMissing, StateConflict) as error:
        why = stale.ENOUGH if isinstance(error, StateConflict) else stale.STOPPED
        raise stale.DeadEnd(why, passage.arrival(made.client, call.locale)) from error
    return see_other(f"{PLACE}?done=given")


@stale.page
@citizen.signed_in("standing")
async def end(call: Call, session: Session) -> Response:
    """End one at once; one that is over stays so."""
    csrf.check(call)
    try:
        rule_id = UUID(call.path_text("rule"))
    except ValueError as error:
        raise stale.DeadEnd(stale.NO_REQUEST) from error
    await standing_rules.end(call.entry, rule_id, await citizen.subjects(call, session))
    return see_other(f"{PLACE}?done=ended")


async def _offer(call: Call, session: Session) -> Offer:
    theirs = await citizen.subjects(call, session)
    asked = await backchannel_requests.find(call.entry, asked_of.request_id(call), theirs)
    client = await asked_of.client_of(call, asked)
    detail = asked_of.stands(asked) if asked else None
    if asked is None or detail is None:
        raise stale.DeadEnd(stale.NO_REQUEST)
    consent = await consents.current(call.entry, asked.subject, client.client_id)
    if consent is None or consent.once:
        raise stale.DeadEnd(stale.STOPPED, passage.arrival(client, call.locale))
    return Offer(asked, client, consent, detail, _ends(call.entry.at, consent))


def _ends(at: datetime, consent: Consent) -> dict[str, datetime]:
    """Return the choices: no longer than the consent, which everything of it stands under."""
    latest = min(at + standing_rules.LONGEST, consent.expires_at)
    ends = {str(days): at + timedelta(days=days) for days in DAYS}
    return {name: one for name, one in ends.items() if one < latest} | {"longest": latest}


def _errors(call: Call, made: Offer) -> dict[str, str]:
    errors = {}
    if call.form.text("until") not in made.ends:
        errors["until"] = call.gettext("Choose until when")
    if "amount" in made.detail and authorization_details.amount_problem(_ceiling(call)):
        errors["ceiling"] = call.gettext("Enter an amount, such as 250.00")
    return errors


def _ceiling(call: Call) -> str:
    return call.form.text("ceiling").strip().replace(",", ".")


def _rule(call: Call, made: Offer, session: Session) -> Rule:
    asked, entry = made.asked, call.entry
    account, ceiling = session.account, _ceiling(call)
    detail = authorization_details.standing(made.detail, ceiling)
    sealer = call.runtime.vault.sealer
    return Rule(
        id=opaque.new_id(),
        client_id=made.client.client_id,
        subject=asked.subject,
        citizen=pairwise.seal_citizen(sealer, account.id, made.client.client_id),
        consent_id=made.consent.id,
        detail=detail or {},
        scope=str(asked.request.get("scope") or ""),
        resources=tuple(asked.request.get("resource") or ()),
        ial=account.ial,
        aal=session.aal,
        amr=session.amr,
        auth_time=session.auth_time,
        shown_digest=bytes.fromhex(made.shown(call.locale)),
        given_at=entry.at,
        ends_at=made.ends[call.form.text("until")],
    )


async def _page(
    call: Call, made: Offer, session: Session, errors: dict[str, str] | None = None
) -> Response:
    reader = Reader(call.locale, call.gettext, call.entry.at)
    amount = made.detail.get("amount") or {}
    return citizen.page(
        call,
        "account/standing_offer.html",
        "standing",
        status=422 if errors else 200,
        id=made.asked.id,
        to=passage.arrival(made.client, call.locale),
        matters=in_words.matters([made.detail], made.client.registration, reader),
        confirmed=await proof.given(call, session),
        choices=[{"value": name, "label": _until(call, at)} for name, at in made.ends.items()],
        until=call.form.text("until") if errors else "",
        currency=amount.get("currency", ""),
        ceiling=_ceiling(call) if errors else amount.get("value", ""),
        shown=made.shown(call.locale),
        errors=errors or {},
    )


def _until(call: Call, at: datetime) -> str:
    return call.gettext("Until %(date)s") % {"date": claim_labels.day(at, call.locale)}


async def _row(call: Call, rule: Rule, used: Sequence[Use]) -> dict[str, Any] | None:
    client = await call.runtime.client(rule.client_id)
    if client is None:
        return None
    reader = Reader(call.locale, call.gettext, call.entry.at)
    ended = rule.ended_at or (None if rule.live(call.entry.at) else rule.ends_at)
    return {
        "id": rule.id,
        "live": rule.live(call.entry.at),
        "to": passage.arrival(client, call.locale),
        "matters": in_words.beforehand(rule.detail, client.registration, reader),
        "until": claim_labels.day(rule.ends_at, call.locale),
        "ended": claim_labels.clock(ended, call.locale) if ended else "",
        "why": call.gettext(_WHY[rule.ended_by]),
        "uses": [_use(call, one) for one in used],
    }


_WHY = {
    standing_rules.CITIZEN: N_("You ended it"),
    standing_rules.CONSENT: N_("You stopped sharing with this service, or that ran out"),
    None: N_("Its time was over"),
}


def _use(call: Call, one: Use) -> dict[str, Any]:
    amount = one.detail.get("amount")
    return {
        "when": claim_labels.clock(one.used_at, call.locale),
        "reference": one.detail.get("reference", ""),
        "amount": claim_labels.money(amount["value"], amount["currency"], call.locale)
        if amount
        else "",
    }
