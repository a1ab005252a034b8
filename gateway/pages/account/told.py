"""What was passed on: each change, each service, and what it says that it did."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages.account import citizen
from gateway.pages.sharing import words
from gateway.web.call import Call
from gateway.web.locale import N_
from idp.sessions import Session
from relying_parties import changes, clients, releases
from relying_parties.changes import Notice
from relying_parties.releases import Reads

# What is said of a service, and how the tag beside it looks.
STATES = {
    "due": (N_("We are telling them"), ""),
    "told": (N_("Told"), ""),
    "applied": (N_("They changed it"), "good"),
    "rejected": (N_("They did not change it"), "warn"),
    "not_relevant": (N_("They do not need it"), ""),
    "undelivered": (N_("They could not be told"), "warn"),
    "ended": (N_("You stopped sharing with them"), ""),
    "left_out": (N_("You left them out"), ""),
}
REASONS = {
    "no_record": N_("They have no file about you."),
    "sign_in": N_("They cannot read it while you are away. Sign in there once."),
    "proof_needed": N_("They need a proof from you. Ask them which."),
    "not_accepted": N_("Their rules do not allow it. Ask them why."),
    "elsewhere": N_("It has to be changed somewhere else. Ask them where."),
}
ADVICE = {
    "undelivered": N_("They see it when they next read your details, or you can tell them."),
    "left_out": N_("They can still see it when they next read your details."),
}


@citizen.signed_in("changes")
async def show(call: Call, session: Session) -> Response:
    """List the changes, the latest first, and how far each service is."""
    theirs = await citizen.subjects(call, session)
    notices = await changes.of_subjects(call.entry, theirs)
    lines = await citizen.lines(call, session, theirs)
    reads = releases.last_reads(lines)
    groups: dict[Any, dict[str, Any]] = {}
    for one in notices:
        row = await _row(call, one, reads.get(one.client_id, {}))
        group = groups.setdefault((one.created_at, one.effective_from), _group(call, one))
        group["claims"] |= set(one.claims)
        group["rows"].append(row)
    told = list(groups.values())
    for group in told:
        labels = [claim_labels.label(name, call.gettext) for name in sorted(group["claims"])]
        group["title"] = claim_labels.listed(labels, call.locale)
    return citizen.page(
        call,
        "account/changes.html",
        "changes",
        groups=told,
        saved=call.query.text("done") == "told" and bool(told),
    )


def _group(call: Call, one: Notice) -> dict[str, Any]:
    day = one.effective_from
    return {
        "claims": set(),
        "rows": [],
        "when": claim_labels.clock(one.created_at, call.locale),
        "from": claim_labels.day(day, call.locale) if day else "",
    }


async def _row(call: Call, one: Notice, reads: Mapping[str, Reads]) -> dict[str, Any]:
    _ = call.gettext
    client = await clients.find(call.entry, one.client_id)
    text, look = STATES[one.state]
    return {
        "name": words(client.registration.name, call.locale) if client else one.client_id,
        "agency": words(client.agency.name, call.locale) if client else "",
        "contact": (client.registration.contact or "") if client else "",
        "claims": claim_labels.listed(
            [claim_labels.label(name, _) for name in one.claims], call.locale
        ),
        "state": _(text),
        "look": look,
        "advice": _(ADVICE.get(one.state, "")) if one.state in ADVICE else "",
        "reason": _(REASONS[one.reason]) if one.reason in REASONS else "",
        "overdue": one.overdue(call.entry.at),
        "answer_by": claim_labels.day(one.answer_by, call.locale),
        "steps": _steps(call, one, reads),
    }


def _steps(call: Call, one: Notice, reads: Mapping[str, Reads]) -> list[dict[str, str]]:
    """Return what happened, in its order, each with its moment."""
    _ = call.gettext
    # The notice knows its minute only: a read of that very minute may be the one before.
    later = [reads[name].last for name in one.claims if name in reads]
    read = max((last for last in later if one.told_at and last >= one.told_at), default=None)
    moments = [
        (_("We told them"), one.told_at),
        (_("They read it"), read),
        (_("They answered"), one.answered_at),
    ]
    known = sorted(
        ((moment, text) for text, moment in moments if moment is not None), key=lambda it: it[0]
    )
    return [
        {"text": text, "clock": claim_labels.clock(moment, call.locale)} for moment, text in known
    ]
