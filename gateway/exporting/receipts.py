"""receipts/: the signed receipt of each decision, as JSON and as a page to print.

Specs: ISO/IEC TS 27560.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from gateway import claim_labels
from gateway.exporting import shapes
from gateway.exporting.consents import receipt_name
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import OBJECT, TEXT
from gateway.sharing_words import KINDS
from gateway.web import render
from gateway.web.locale import N_
from relying_parties import consents, receipts
from relying_parties.consents import Change

NAME = "receipts"

SCHEMA = shapes.document(
    NAME, format=shapes.one_of(shapes.called(NAME)), receipt=OBJECT, signed=TEXT
)


async def gather(whose: Whose) -> Files:
    """Write each receipt down twice: to check, and to read."""
    files: dict[str, bytes] = {}
    for change in await consents.changes(whose.entry, whose.subjects):
        if change.receipt is None:
            continue
        said, name = _said(change.receipt), receipt_name(change)
        told = {"format": shapes.called(NAME), "receipt": said, "signed": change.receipt}
        files[f"{name}.json"] = spell(told)
        files[f"{name}.html"] = _page(whose, change, said).encode()
    return files


def _said(signed: str) -> dict[str, Any]:
    # It is our own, and whoever wants to be sure of that has the signature beside it.
    payload = signed.split(".")[1]
    said: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return said


def _page(whose: Whose, change: Change, said: Mapping[str, Any]) -> str:
    record = said["record"]
    party = record["party_identification"][0]
    return render.document(
        whose.locale,
        "export/receipt.html",
        title=whose.gettext(KINDS[change.kind]),
        when=claim_labels.clock(change.at, whose.locale),
        service=record["pii_processing"]["service"]["name"],
        agency=receipts.words(party["name"], whose.locale),
        purposes=[
            {
                "why": purpose["purpose"],
                "details": [_detail(whose, row) for row in purpose["pii_information"]],
            }
            for purpose in record["pii_processing"]["purposes"]
        ],
        reference=said["metadata"]["receipt_id"],
    )


def _detail(whose: Whose, row: Mapping[str, Any]) -> str:
    label = claim_labels.label(row["attribute"], whose.gettext)
    reason = str(row.get("law") or row["reason"])
    return f"{label}: {reason}" if reason else label


PART = Part(NAME, N_("A signed receipt for each decision, to check and to print"), SCHEMA, gather)
