"""Who has your details: by service and by detail, stopped one by one or all at once.

    sharing ──switch off──▶ narrowed ──undo──▶ as before
       ├──stop──▶ withdrawn ──undo within a day──▶ as before
       └──almost over──▶ kept going, until a day of the citizen's choice, or let end

The service's next read returns less at once: it is the same row that its token asks.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import logos, opening, rich, stale
from gateway.pages import receipt as signed
from gateway.pages.account import agreements, citizen, history
from gateway.pages.sharing import Reader, words
from gateway.web import csrf
from gateway.web.call import Call, see_other
from gateway.web.ends import End
from idp.sessions import Session
from relying_parties import approvals, clients, consents, releases, reminders
from relying_parties.clients import Client
from relying_parties.consents import Consent
from relying_parties.errors import ConsentUnknown, RestoreTooLate, StateConflict

UNDO = timedelta(hours=24)
NEWEST = 20  # of what a service read stand beside the decisions; the ledger has all of it
DONE = {
    "saved": "narrowed",
    "kept": "narrowed",
    "stopped": "withdrawn",
    "undone": "restored",
    "longer": "prolonged",
}


@citizen.signed_in("sharing")
async def show(call: Call, session: Session) -> Response:
    """List the services, or the details, and when each was last read."""
    theirs = await citizen.subjects(call, session)
    found = await consents.of_subjects(call.entry, theirs)
    reads = releases.last_reads(await citizen.lines(call, session, theirs))
    cards = [
        await _card(call, one, reads.get(one.client_id, {}))
        for one in agreements.newest(call, found)
    ]
    return citizen.page(
        call,
        "account/sharing.html",
        "sharing",
        active=[card for card in cards if card["active"]],
        ended=[card for card in cards if not card["active"]],
        details=_by_detail(call, cards),
        by="detail" if call.query.text("by") == "detail" else "service",
    )


@stale.page
@citizen.signed_in("sharing")
async def show_service(call: Call, session: Session) -> Response:
    """Show one service: what it may read, what it read, what was decided."""
    return await _service(call, session)


@stale.page
@citizen.signed_in("sharing")
async def change(call: Call, session: Session) -> Response:
    """Keep sharing only what is ticked; what the law demands stays as it is."""
    csrf.check(call)
    theirs, consent, client = await agreements.named(call, session)
    if not consent.live(call.entry.at):
        raise _ended(stale.STOPPED, client)
    ticked = set(call.form.all("share"))
    kept = [name for name in consent.claims if name in ticked or consent.by_law(name)]
    if not kept:
        return see_other(f"/account/sharing/{client.client_id}/stop")
    if set(kept) == set(consent.claims):
        return see_other(f"/account/sharing/{client.client_id}")
    try:
        narrowed = await consents.narrow(call.entry, consent.id, theirs, kept)
    except ConsentUnknown as error:  # stopped in another tab, a moment ago
        raise _ended(stale.STOPPED, client) from error
    await signed.keep(call, client, narrowed, "narrowed")
    return see_other(f"/account/sharing/{client.client_id}?done=saved")


@stale.page
@citizen.signed_in("sharing")
async def ask_stop(call: Call, session: Session) -> Response:
    """Say what stopping means before it happens."""
    _, consent, client = await agreements.named(call, session)
    # Where a law asks for everything, the service's page says so: there is nothing to stop.
    if not consent.live(call.entry.at) or _only_law(consent):
        return see_other(f"/account/sharing/{client.client_id}")
    rows = [_row(call, client, consent, name, {}) for name in consent.claims]
    return citizen.page(
        call,
        "account/stop.html",
        "sharing",
        to=_to(call, client),
        consent=consent,
        law=[row for row in rows if row["fixed"]],
        ends=claim_labels.listed([row["label"] for row in rows if not row["fixed"]], call.locale),
    )


@stale.page
@citizen.signed_in("sharing")
async def stop(call: Call, session: Session) -> Response:
    """Stop all that is the citizen's to stop: tokens end in the same moment."""
    csrf.check(call)
    theirs, consent, client = await agreements.named(call, session)
    try:
        left = await consents.withdraw(call.entry, consent.id, theirs)
    except (StateConflict, ConsentUnknown):
        # By law there is nothing to stop; or it is stopped already, which is what they want.
        return see_other(f"/account/sharing/{client.client_id}")
    done = "kept" if left.live(call.entry.at) else "stopped"
    await signed.keep(call, client, left, DONE[done])
    return see_other(f"/account/sharing/{client.client_id}?done={done}")


@stale.page
@citizen.signed_in("sharing")
async def undo(call: Call, session: Session) -> Response:
    """Take the last change back, within a day."""
    csrf.check(call)
    theirs, consent, client = await agreements.named(call, session)
    try:
        restored = await consents.restore(call.entry, consent.id, theirs)
    except (ConsentUnknown, RestoreTooLate) as error:
        raise _ended(stale.TOO_LATE, client) from error
    await signed.keep(call, client, restored, "restored")
    return see_other(f"/account/sharing/{client.client_id}?done=undone")


@stale.page
@citizen.signed_in("sharing")
async def longer(call: Call, session: Session) -> Response:
    """Keep it going until a day that was offered, or note that it may end."""
    csrf.check(call)
    theirs, consent, client = await agreements.named(call, session)
    here = f"/account/sharing/{client.client_id}"
    if not consent.live(call.entry.at) or not client.live:
        raise _ended(stale.STOPPED, client)
    if call.form.text("answer") == "end":
        await reminders.let_end(call.entry, consent)
        return see_other(here)
    # Also what leads no further any more: the same form was sent a moment ago.
    spans = {str(each): each for each in consents.spans(consent, client.registration)}
    days = spans.get(call.form.text("days"))
    if days is None:
        wrong = {"days": call.gettext("Choose how long to keep it going")}
        return await _service(call, session, errors=wrong, status=422)
    try:
        kept = await consents.prolong(call.entry, consent.id, theirs, client, days=days)
    except ConsentUnknown as error:  # it ended, or was stopped in another tab, a moment ago
        raise _ended(stale.STOPPED, client) from error
    if kept.version != consent.version:
        await signed.keep(call, client, kept, "prolonged")
    return see_other(f"{here}?done=longer")


def _ended(end: End, client: Client) -> stale.DeadEnd:
    """Lead to the service's own page from a change that can't be made any more."""
    return stale.DeadEnd(replace(end, href=f"/account/sharing/{client.client_id}"))


async def _service(
    call: Call, session: Session, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    theirs, consent, client = await agreements.named(call, session)
    lines = await citizen.lines(call, session, theirs)
    reads = releases.last_reads(lines).get(client.client_id, {})
    mine = [
        one for one in await consents.changes(call.entry, theirs) if one.consent_id == consent.id
    ]
    latest = mine[0] if mine else None
    undoable = (
        latest is not None
        and latest.kind in ("narrowed", "withdrawn")
        and call.entry.at - latest.at < UNDO
    )
    released = [one for one in lines.whole if one.client_id == client.client_id][:NEWEST]
    return citizen.page(
        call,
        "account/service.html",
        "sharing",
        status=status,
        errors=errors or {},
        to=_to(call, client),
        soon=await _soon(call, client, consent),
        card=await _card(call, consent, reads),
        rows=[_row(call, client, consent, name, reads) for name in consent.claims],
        agreed=await _agreed(call, client, consent),
        undoable=undoable,
        done=_done(call, latest),
        history=history.told(call, client, mine, released),
    )


async def _soon(call: Call, client: Client, consent: Consent) -> dict[str, Any] | None:
    """Return what a citizen may choose where it ends soon; ``None`` if there is no need."""
    if not reminders.concerns(consent, call.entry.at) or not client.live:
        return None
    until = {
        days: claim_labels.day(call.entry.at + timedelta(days=days), call.locale)
        for days in consents.longer(consent, client.registration, call.entry.at)
    }
    return {
        "ends": claim_labels.day(consent.expires_at, call.locale),
        "let": await reminders.may_end(call.entry, consent),
        "choices": [
            {"value": str(days), "label": call.gettext("Until %(date)s") % {"date": day}}
            for days, day in until.items()
        ],
    }


async def _agreed(call: Call, client: Client, consent: Consent) -> tuple[rich.Matter, ...]:
    """Return what the citizen agreed to in detail and what holds still."""
    if not consent.live(call.entry.at):
        return ()
    held = [one.detail for one in await approvals.all_of(call.entry, consent.id)]
    reader = Reader(call.locale, call.gettext, call.entry.at)
    return rich.matters(held, client.registration, reader)


def _done(call: Call, latest: Any) -> str:
    """Say what was just done, if the address says so and it is true."""
    told = call.query.text("done")
    fresh = latest is not None and call.entry.at - latest.at < timedelta(minutes=1)
    return told if fresh and DONE.get(told) == latest.kind else ""


async def _card(call: Call, consent: Consent, reads: Any) -> dict[str, Any]:
    client = await clients.find(call.entry, consent.client_id)
    last = max((one.last for one in reads.values()), default=None)
    running = consent.live(call.entry.at)
    # The worker writes down a little later that the time is over.
    ended = consent.expires_at if consent.state == "active" else consent.changed_at
    return {
        "client_id": consent.client_id,
        "to": _to(call, client) if client else None,
        "active": running,
        "soon": reminders.concerns(consent, call.entry.at),
        "ran_out": consent.state == "expired" or (consent.state == "active" and not running),
        "claims": list(consent.claims) if running else [],
        "has": history.named(call, [name for name in consent.claims if name in reads]),
        # Agreed to, and perhaps not even known to us yet.
        "allowed": history.named(call, [name for name in consent.claims if name not in reads]),
        "since": claim_labels.day(consent.given_at, call.locale),
        "until": claim_labels.day(consent.expires_at, call.locale),
        "ended": claim_labels.day(ended, call.locale),
        "last": claim_labels.day(last, call.locale) if last else "",
        "once": consent.once,
        "only_law": _only_law(consent),
    }


def _by_detail(call: Call, cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    holders: dict[str, list[dict[str, Any]]] = {}
    for card in cards:
        for name in card["claims"]:
            holders.setdefault(name, []).append(card)
    return [
        {"claim": name, "label": claim_labels.label(name, call.gettext), "cards": held}
        for name, held in holders.items()
    ]


def _row(call: Call, client: Client, consent: Consent, name: str, reads: Any) -> dict[str, Any]:
    asked = client.registration.asked.get(name)
    read, fixed = reads.get(name), consent.by_law(name)
    return {
        "claim": name,
        "label": claim_labels.label(name, call.gettext),
        "why": words(asked.why, call.locale) if asked else "",
        "law": words(asked.law or {}, call.locale) if asked and fixed else "",
        "fixed": fixed,
        "needed": asked is not None and asked.need == "needed",
        "last": claim_labels.day(read.last, call.locale) if read else "",
        "times": read.times if read else 0,
    }


def _only_law(consent: Consent) -> bool:
    return bool(consent.claims) and all(consent.by_law(name) for name in consent.claims)


def _to(call: Call, client: Client) -> dict[str, str]:
    service = client.registration
    return {
        "name": words(service.name, call.locale),
        "agency": words(client.agency.name, call.locale),
        "logo": logos.address(client),
        "start": opening.address(service, call.runtime.settings.issuer),
        "privacy": service.privacy or "",
        "contact": service.contact or "",
    }
