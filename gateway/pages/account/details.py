"""Your details: every value that is held, where it came from and when.

What citizens told us they change; what a register wrote they can contest, and nobody
gets it until that is settled.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages import sharing
from gateway.pages.account import citizen, corrections, telling
from gateway.web import csrf
from gateway.web.call import Call, see_other
from idp import attributes, disputes
from idp.errors import NothingToDispute
from idp.sessions import Session

_ORDER = {claim: place for place, claim in enumerate(claim_labels.LABELS)}


@citizen.signed_in("details")
async def show(call: Call, session: Session) -> Response:
    """List what is held, verified or told, and what could be told besides."""
    held = await attributes.all_current(call.entry, call.runtime.vault, session.account.id)
    rows = [_row(call, one) for one in _holding(held) if one.claim in _ORDER]
    coming = {one.claim: one for one in held if one.coming}
    told = {one.claim for one in held if one.source_type == "self"}
    questioned = await corrections.open_of(call, await citizen.subjects(call, session))
    return citizen.page(
        call,
        "account/details.html",
        "details",
        rows=sorted(rows, key=lambda row: _ORDER[row["claim"]]),
        coming=[_to_come(call, coming[claim]) for claim in _ORDER if claim in coming],
        more=[
            {"claim": claim, "label": claim_labels.label(claim, call.gettext)}
            for claim in telling.FORMS
            if claim not in told
        ],
        questioned=questioned,
        verified=session.account.ial > 1,
        saved=call.query.text("done") in told,
        contested=any(one.disputed for one in held if one.claim == call.query.text("contested")),
    )


@citizen.signed_in("details")
async def ask_dispute(call: Call, session: Session) -> Response:
    """Say what contesting a detail means before it happens."""
    return await _ask_dispute(call, session)


@citizen.signed_in("details")
async def dispute(call: Call, session: Session) -> Response:
    """Note that the citizen says a detail is wrong, or says so no more."""
    csrf.check(call)
    claim, account_id = call.path_text("claim"), session.account.id
    if call.form.text("answer") == "drop":
        with suppress(NothingToDispute):  # another tab did it: the page shows how it is
            await disputes.drop(call.entry, account_id, claim)
        return see_other(_contested(claim))
    try:
        await disputes.begin(call.entry, account_id, claim, expected=telling.seen(call))
    except NothingToDispute:
        # A register wrote something else meanwhile, which nobody has called wrong yet.
        return await _ask_dispute(call, session, changed=call.gettext(telling.CHANGED))
    return see_other(_contested(claim))


async def _ask_dispute(call: Call, session: Session, changed: str = "") -> Response:
    claim = call.path_text("claim")
    held = await attributes.all_current(call.entry, call.runtime.vault, session.account.id)
    rows = [_row(call, one) for one in held if one.claim == claim and one.claim in _ORDER]
    row = next((row for row in rows if row["contest"] and not row["disputed"]), None)
    # Another tab did it, or nobody else wrote it: the page shows how it is.
    if row is None:
        return see_other(_contested(claim) if changed else "/account/details")
    status, errors = (409, {"dispute": changed}) if changed else (200, {})
    return citizen.page(
        call, "account/dispute.html", "details", status=status, row=row, errors=errors
    )


def _contested(claim: str) -> str:
    return f"/account/details?{urlencode({'contested': claim})}"


def _holding(held: list[attributes.Attribute]) -> list[attributes.Attribute]:
    """Leave out what is to come, and what something that was to come has taken the place of."""
    begun = {one.claim for one in held if one.status == attributes.COMING and not one.coming}
    return [
        one
        for one in held
        if not one.coming
        and not (one.claim in begun and not one.verified and one.status != attributes.COMING)
    ]


def _to_come(call: Call, held: attributes.Attribute) -> dict[str, Any]:
    _ = call.gettext
    day = claim_labels.day(held.valid_from, call.locale) if held.valid_from else ""
    return {
        "claim": held.claim,
        "label": claim_labels.label(held.claim, _),
        "value": claim_labels.text(held.claim, held.value, locale=call.locale, _=_),
        "from": _("From %(date)s") % {"date": day},
    }


def _row(call: Call, held: attributes.Attribute) -> dict[str, Any]:
    _ = call.gettext
    shown = claim_labels.text(held.claim, held.value, locale=call.locale, _=_)
    moment = held.verified_at or held.recorded_at
    when = claim_labels.day(moment, call.locale)
    said = _("Checked on %(day)s") if held.verified else _("You told us on %(day)s")
    reader = sharing.Reader(call.locale, _, call.entry.at)
    own = held.source_type == "self"
    return {
        "claim": held.claim,
        "label": claim_labels.label(held.claim, _),
        "value": shown,
        "hidden": claim_labels.mask(held.claim, shown),
        "source": said % {"day": when},
        "register": claim_labels.register(held.source or "", _) if held.verified else "",
        "validity": sharing.validity(held, reader),
        "over": held.over,
        "disputed": held.disputed,
        "version": held.version,
        "change": own and held.claim in telling.FORMS,
        "contest": not own,
    }
