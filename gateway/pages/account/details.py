"""Your details: every value that is held, where it came from and when."""

from starlette.responses import Response

from gateway import claim_labels
from gateway.pages.account import citizen
from gateway.web.call import Call
from idp import attributes
from idp.sessions import Session


@citizen.signed_in("details")
async def show(call: Call, session: Session) -> Response:
    """List what is held, verified or told."""
    held = await attributes.all_current(call.entry, call.runtime.vault, session.account.id)
    rows = [_row(call, one) for one in held if one.claim in claim_labels.LABELS]
    return citizen.page(
        call,
        "account/details.html",
        "details",
        rows=sorted(rows, key=lambda row: list(claim_labels.LABELS).index(row["claim"])),
        verified=session.account.ial > 1,
    )


def _row(call: Call, held: attributes.Attribute) -> dict[str, object]:
    _ = call.gettext
    shown = claim_labels.text(held.claim, held.value, locale=call.locale, _=_)
    moment = held.verified_at or held.recorded_at
    when = claim_labels.day(moment, call.locale)
    said = _("Checked on %(day)s") if held.verified else _("You told us on %(day)s")
    return {
        "claim": held.claim,
        "label": claim_labels.label(held.claim, _),
        "value": shown,
        "hidden": claim_labels.mask(held.claim, shown),
        "source": said % {"day": when},
        "register": held.source if held.verified else "",
        "disputed": held.status == "disputed",
    }
