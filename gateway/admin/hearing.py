"""What a service hears of: its stream, and how much it was told, waits, or was given up."""

from typing import Any

from gateway.web.call import Call
from gateway.web.locale import N_
from relying_parties.streams import delivery, subscriptions

STATUSES = {
    "enabled": (N_("It listens"), "good"),
    "paused": (N_("It rests, and its events wait"), "warn"),
    "disabled": (N_("It is off, and hears nothing"), "warn"),
}
REASONS = {
    "unreachable": N_("Nobody answered at its address for a week."),
    "unread": N_("It did not fetch its events for a week."),
}


async def shown(call: Call, client_id: str) -> dict[str, Any] | None:
    """Return the stream of a service for its page; ``None`` if it has none."""
    stream = await subscriptions.of_client(call.entry, client_id)
    if stream is None:
        return None
    _ = call.gettext
    text, tone = STATUSES[stream.status]
    counted = await delivery.standing(call.entry, client_id)
    return {
        "text": _(text),
        "tone": tone,
        "reason": _(REASONS[stream.reason]) if stream.reason in REASONS else "",
        "counts": [
            {"key": _("Told in the last week"), "value": counted.get("told", 0)},
            {"key": _("Waiting"), "value": counted.get("due", 0)},
            {"key": _("Given up"), "value": counted.get("dead", 0)},
        ],
        "again": counted.get("dead", 0) > 0 or stream.reason in REASONS,
    }
