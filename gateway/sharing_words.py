"""What happened to an agreement, in words: of pages, and of files that are taken along."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from gateway import claim_labels
from gateway.web.locale import N_
from relying_parties import receipts
from relying_parties.consents import Change

KINDS = {
    "given": N_("You agreed to share"),
    "widened": N_("You agreed to share more"),
    "narrowed": N_("You stopped sharing a detail"),
    "withdrawn": N_("You stopped sharing"),
    "restored": N_("You took a change back"),
    "prolonged": N_("You kept it going for longer"),
    "expired": N_("Sharing ran out"),
    "replaced": N_("The service gave up details"),
    "revoked": N_("The service ended it"),
    "superseded": N_("A new agreement took its place"),
}


def receipt(signed: str) -> dict[str, Any]:
    """Return what one of our receipts says.

    It is our own, and whoever wants to be sure of that has the signature beside it.
    """
    payload = signed.split(".")[1]
    said: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return said


def spelled(
    change: Change, said: Mapping[str, Any], locale: str, _: Callable[[str], str]
) -> dict[str, Any]:
    """Return a receipt for a reader: in the language that it was agreed in, but for our words."""
    record = said["record"]
    party, [event] = record["party_identification"][0], record["events"]
    processing = record["pii_processing"]
    return {
        "title": _(KINDS[change.kind]),
        "when": claim_labels.clock(change.at, locale),
        "until": claim_labels.day(datetime.fromisoformat(event["valid_until"]), locale),
        "once": event["validity"] != "until",
        "service": processing["service"]["name"],
        "agency": receipts.words(party["name"], locale),
        "purposes": [
            {
                "why": purpose["purpose"],
                "details": [_detail(row, _) for row in purpose["pii_information"]],
            }
            for purpose in processing["purposes"]
        ],
        "reference": said["metadata"]["receipt_id"],
    }


def _detail(row: Mapping[str, Any], _: Callable[[str], str]) -> str:
    label = claim_labels.label(row["attribute"], _)
    reason = str(row.get("law") or row["reason"])
    return f"{label}: {reason}" if reason else label
