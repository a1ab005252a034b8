"""Agreeing: what a citizen is asked on a page of ours, and what their answer comes to.

    Party + what is new ──question──▶ Question ──page, answer──▶ give ──▶ consent, receipt, mail

The approved registration says what may be asked and what is needed. Of the form only
the ticks count, and only for rows that have a switch.

Specs: OpenID Connect Core §3.1.2.4, GDPR Art. 7, ISO/IEC TS 27560.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from gateway import claim_labels
from gateway.oauth import claims
from gateway.pages import receipt, sharing, stale
from gateway.pages.passage import Arrival
from gateway.web.call import Call
from gateway.web.locale import N_
from idp import attributes, channels, identifiers, notices
from idp.attributes import Attribute
from idp.sessions import Session
from keys import pairwise
from relying_parties import approvals, authorization_details, claims_policy, consents
from relying_parties.authorization_details import Detail
from relying_parties.claims_policy import New
from relying_parties.clients import Client
from relying_parties.consents import Consent, Decision
from relying_parties.errors import StateConflict


@dataclass(frozen=True, slots=True)
class Party:
    """Who is asked, and by which service; ``to`` introduces it in the citizen's language."""

    client: Client
    session: Session
    subject: str
    email: str
    to: Arrival | None


@dataclass(frozen=True, slots=True)
class Question:
    """All that one page depends on."""

    party: Party
    new: New
    held: dict[str, Attribute]
    page: sharing.Page
    offline: bool
    details: Sequence[Detail] = ()
    fresh: bool = False


async def party(call: Call, client: Client, session: Session, to: Arrival | None) -> Party:
    """Return who is here, as ``client`` knows them."""
    vault, account_id = call.runtime.vault, session.account.id
    known = await identifiers.emails(call.entry, vault, account_id)
    subject = pairwise.subject(vault.pairwise, client.sector, account_id)
    return Party(client, session, subject, known[0] if known else "", to)


async def question(
    call: Call,
    asked: Party,
    new: New,
    *,
    offline: bool,
    domain: str = "",
    details: Sequence[Detail] = (),
) -> Question:
    """Write the page for what ``new`` asks.

    :param domain: the host that the citizen goes on to, if they go anywhere
    :param details: what is asked in detail (RFC 9396), judged and not agreed to yet
    """
    client = asked.client
    names = (*new.claims, *new.known)
    vault, account_id = call.runtime.vault, asked.session.account.id
    terms = claims.terms(call.runtime.settings, client.registration)
    held = await attributes.read(call.entry, vault, account_id, names, terms)
    reader = sharing.Reader(call.locale, call.gettext, call.entry.at)
    page = sharing.page(
        client.registration, new, held, reader, version=client.version, offline=offline
    )
    page = sharing.with_details(page, details, new, client.registration, reader)
    to = {"service": asked.to.name, "agency": asked.to.agency} if asked.to else {}
    page = dataclasses.replace(
        page,
        agency=to.get("agency", ""),
        domain=domain,
        refusing=sharing.refusing(page, reader, service=to.get("service", ""), known=not new.first),
    )
    return Question(asked, new, held, page, offline, details)


def in_place(call: Call, asked: Question) -> Question:
    """Say on the page that the answer takes the place of what was agreed to before."""
    said = N_("This takes the place of what you agreed to before with this service.")
    page = dataclasses.replace(asked.page, instead=call.gettext(said))
    return dataclasses.replace(asked, page=page, fresh=True)


async def give(call: Call, question: Question, shown: str) -> Consent:
    """Write down what the form agreed to.

    :param shown: digest, in hexadecimal, of what the page said
    :raises stale.DeadEnd: it was given and withdrawn elsewhere at the same moment
    """
    asked, client = question.party, question.party.client
    registration = client.registration
    switches = set(claims_policy.switches(registration, question.new.claims))
    there = {claim for claim, one in question.held.items() if not one.disputed}
    ticked = switches & set(call.form.all("share")) & there
    decision = Decision(
        asked=question.new.claims,
        claims=claims_policy.chosen(registration, question.new.claims, ticked),
        duration="once" if question.page.once or call.form.text("duration") == "once" else "until",
        offline=question.offline,
        locale=call.locale,
        shown_digest=bytes.fromhex(shown),
        until=authorization_details.until(question.details),
        fresh=question.fresh,
    )
    sealer, account_id = call.runtime.vault.sealer, asked.session.account.id
    citizen = pairwise.seal_citizen(sealer, account_id, client.client_id)
    try:
        consent = await consents.give(
            call.entry, subject=asked.subject, client=client, citizen=citizen, decision=decision
        )
    except StateConflict as error:
        raise stale.DeadEnd(stale.ANSWERED, asked.to) from error
    digest = decision.shown_digest
    await approvals.approve(call.entry, consent.id, question.details, shown_digest=digest)
    kind = "given" if consent.version == 1 else "widened"
    await receipt.keep(call, client, consent, kind, question.details)
    if question.new.first and decision.claims:
        await _notice(call, asked, consent)
    return consent


async def _notice(call: Call, asked: Party, consent: Consent) -> None:
    to, _ = asked.to, call.gettext
    if to is None or not asked.email:
        return
    if not await channels.by_mail(call.entry, asked.session.account.id, "first-share"):
        return
    await notices.queue(
        call.entry,
        call.runtime.vault,
        template="first-share",
        locale=call.locale,
        email=asked.email,
        fields={
            "service": to.name,
            "agency": to.agency,
            "labels": [claim_labels.label(claim, _) for claim in consent.claims],
            "when": claim_labels.clock(consent.given_at, call.locale),
            "until": claim_labels.day(consent.expires_at, call.locale),
        },
    )
