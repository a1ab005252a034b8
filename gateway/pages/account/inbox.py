"""Requests to the citizen: what services ask while the citizen is elsewhere, and the answer.

    new ──look──▶ confirm that it is you ──▶ the page ──approve──▶ the service comes for it
     │                                         ├──ask──▶ the service answers, and it waits on
     │                                         └──decline──▶ the service is told no, and why
     ├──later──▶ aside until a moment, and nobody but the citizen knows
     └──its time──▶ ended, nothing was shared

A yes takes a sign-in of the last minutes, as strong as the account can give, by the decision
that every request passes (:func:`gateway.oauth.interaction.decide`). It covers exactly what
the page said: the message, the service, what is asked in detail and each of the citizen's
details are in the digest that comes back with it. A no, a question, or putting it aside takes
nothing but the session.

Specs: OpenID Connect CIBA Core 1.0 §8, FAPI-CIBA §5.2.2, RFC 9396 §3, GDPR Art. 7.
"""

from starlette.responses import Response

from gateway.oauth import approving
from gateway.oauth.interaction import Step
from gateway.pages import agreeing, stale
from gateway.pages.account import asked as asked_of
from gateway.pages.account import citizen, later
from gateway.pages.account.asked import Visit
from gateway.settings import LOCALES
from gateway.web import cookies, csrf
from gateway.web.call import Call, see_other
from gateway.web.locale import N_
from idp import attributes
from idp.sessions import Session
from keys import opaque, pairwise
from keys.sealing import DataKey
from relying_parties import asides, consents, inquiries
from relying_parties.asides import Aside
from relying_parties.clients import Client
from relying_parties.errors import ConsentMissing, MomentRefused, WordsInvalid
from relying_parties.grants import backchannel_requests
from relying_parties.grants.backchannel_requests import Asked


@citizen.signed_in("inbox")
async def show(call: Call, session: Session) -> Response:
    """List what was asked of late, newest first."""
    theirs = await citizen.subjects(call, session)
    listed = await backchannel_requests.of_subjects(call.entry, theirs)
    said = await asked_of.spoken(call, session, listed)
    aside = await asides.of(call.entry, [one.id for one in listed if one.state == "pending"])
    rows = []
    for asked in sorted(listed, key=lambda one: _rank(call, one, aside.get(one.id))):
        client = await call.runtime.client(asked.client_id)
        if client is not None:
            told = said.get(asked.id, ())
            rows.append(asked_of.row(call, client, asked, told, aside.get(asked.id)))
    done = call.query.text("done") == "aside" and any(
        one.away(call.entry.at) for one in aside.values()
    )
    return citizen.page(call, "account/inbox.html", "inbox", rows=rows, done=done)


def _rank(call: Call, asked: Asked, aside: Aside | None) -> int:
    """Place what waits before what was put aside, and both before what is over."""
    if asked.state != "pending":
        return 2
    return 1 if aside and aside.away(call.entry.at) else 0


@stale.page
@citizen.signed_in("inbox")
async def look(call: Call, session: Session) -> Response:
    """Show one request, or how it ended."""
    theirs = await citizen.subjects(call, session)
    asked = await backchannel_requests.find(call.entry, asked_of.request_id(call), theirs)
    client = await asked_of.client_of(call, asked)
    if asked is None:
        raise stale.DeadEnd(stale.NO_REQUEST)
    if asked.state != "pending":
        return await asked_of.over(call, client, asked, session)
    return await asked_of.page(call, await asked_of.visit(call, asked, client, session))


@stale.page
@citizen.signed_in("inbox")
async def answer(call: Call, session: Session) -> Response:
    """Take the answer, once."""
    csrf.check(call)
    if unseen := _UNSEEN.get(call.form.text("answer")):
        return await unseen(call, session)
    asked, client = await _found(call, session)
    if asked.state != "pending":
        return see_other(call.path)
    if by_session := _BY_SESSION.get(call.form.text("answer")):
        held = await backchannel_requests.hold(call.entry, asked.id, [asked.subject])
        if held is None or held.state != "pending":
            return see_other(call.path)
        return await by_session(call, held, client, session)
    if call.form.text("lang") in LOCALES:
        call.read_on_in(call.form.text("lang"))
    visit = await asked_of.visit(call, asked, client, session)
    if visit.step is not Step.CONSENT:
        return see_other(call.path)
    return await _answered(call, visit)


async def _answered(call: Call, visit: Visit) -> Response:
    if call.form.text("lang") in LOCALES:
        return await _read_on(call, visit)
    if call.form.text("answer") != "approve":
        neither = call.gettext("Choose whether to approve this")
        return await asked_of.page(call, visit, errors={"request-approve": neither})
    if not opaque.same(call.form.text("shown"), visit.shown):
        # What changed may be that it was answered meanwhile, in another tab or by a second press.
        theirs = [visit.at.asked.subject]
        now = await backchannel_requests.find(call.entry, visit.at.asked.id, theirs)
        if now is None or now.state != "pending":
            return see_other(call.path)
        changed = N_("Something changed while you were reading. Look through it again.")
        told = {"request-approve": call.gettext(changed)}
        return await asked_of.page(call, visit, errors=told)
    return await _approve(call, visit)


async def _read_on(call: Call, visit: Visit) -> Response:
    """Show the page in another language, with what was picked on it so far."""
    response = await asked_of.page(call, visit, picked=True)
    cookies.set_language(response, call.locale)
    return response


async def _approve(call: Call, visit: Visit) -> Response:
    at, question = visit.at, visit.question
    # Only now: a poll sees that a request is held, and the service would that somebody is at it.
    held = await backchannel_requests.hold(call.entry, at.asked.id, [at.asked.subject])
    if held is None or held.state != "pending":
        return see_other(call.path)
    agreed = await consents.current(call.entry, at.asked.subject, at.client.client_id)
    asks = at.new or question.details
    consent = await agreeing.give(call, question, visit.shown) if asks else agreed
    try:
        await approving.approve(call, at, consent)
    except ConsentMissing as error:
        raise stale.DeadEnd(stale.STOPPED, question.party.to) from error
    return see_other(call.path)


async def _decline(call: Call, asked: Asked, client: Client, session: Session) -> Response:
    key, whom = await _theirs(call, client, session)
    reason, why = call.form.text("reason"), call.form.text("why")
    try:
        await inquiries.because(call.entry, key, asked, reason=reason, words=why, citizen=whom)
    except WordsInvalid:
        visit = await asked_of.visit(call, asked, client, session)
        wrong = N_("Write at most 300 characters, without < and >")
        return await asked_of.page(call, visit, errors={"why": call.gettext(wrong)})
    await backchannel_requests.decline(call.entry, asked)
    return see_other(call.path)


async def _ask(call: Call, asked: Asked, client: Client, session: Session) -> Response:
    visit = await asked_of.visit(call, asked, client, session)
    if not asked_of.may_ask(visit):
        return see_other(call.path)
    key, whom = await _theirs(call, client, session)
    try:
        await inquiries.ask(call.entry, key, asked, words=call.form.text("words"), citizen=whom)
    except WordsInvalid:
        wrong = N_("Write your question: at most 600 characters, without < and >")
        return await asked_of.page(call, visit, errors={"words": call.gettext(wrong)})
    return see_other(call.path)


async def _later(call: Call, session: Session) -> Response:
    """Put it aside until the moment that the form names."""
    asked, client = await _found(call, session)
    if asked.state != "pending":
        return see_other(call.path)
    whom = pairwise.seal_citizen(call.runtime.vault.sealer, session.account.id, client.client_id)
    wanted, typed = call.form.text("later"), call.form.text("moment").strip()
    try:
        moment = later.meant(asked, call.entry.at, wanted, typed)
        await asides.put(call.entry, asked, whom, until=moment)
    except MomentRefused:
        visit = await asked_of.visit(call, asked, client, session)
        wrong = N_("Choose when we remind you: not at once, and before the request ends")
        return await asked_of.page(call, visit, errors={"later": call.gettext(wrong)})
    return see_other("/account/inbox?done=aside")


async def _not_later(call: Call, session: Session) -> Response:
    """Let it wait as before."""
    asked, _client = await _found(call, session)
    await asides.take_back(call.entry, asked.id)
    return see_other(call.path)


async def _found(call: Call, session: Session) -> tuple[Asked, Client]:
    """Return the request of the address, which nobody holds, and who asks."""
    theirs = await citizen.subjects(call, session)
    asked = await backchannel_requests.find(call.entry, asked_of.request_id(call), theirs)
    client = await asked_of.client_of(call, asked)
    if asked is None:
        raise stale.DeadEnd(stale.NO_REQUEST)
    return asked, client


async def _theirs(call: Call, client: Client, session: Session) -> tuple[DataKey, bytes]:
    """Return the key that the citizen's words are kept under, and the reference to them."""
    vault, account_id = call.runtime.vault, session.account.id
    key = await attributes.data_key(call.entry, vault, account_id)
    return key, pairwise.seal_citizen(vault.sealer, account_id, client.client_id)


# Answers that take nothing but the session.
_BY_SESSION = {"decline": _decline, "ask": _ask}
# And those that the service does not learn of: a poll would see it if the request were held.
_UNSEEN = {"later": _later, "not-later": _not_later}
