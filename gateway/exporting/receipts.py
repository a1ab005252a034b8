"""receipts/: the signed receipt of each decision, as JSON and as a page to print.

Specs: ISO/IEC TS 27560.
"""

from gateway import sharing_words
from gateway.exporting import shapes
from gateway.exporting.consents import receipt_name
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import OBJECT, TEXT
from gateway.web import render
from gateway.web.locale import N_
from relying_parties import consents

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
        said, name = sharing_words.receipt(change.receipt), receipt_name(change)
        told = {"format": shapes.called(NAME), "receipt": said, "signed": change.receipt}
        files[f"{name}.json"] = spell(told)
        words = sharing_words.spelled(change, said, whose.locale, whose.gettext)
        page = render.document(whose.locale, "export/receipt.html", **words)
        files[f"{name}.html"] = page.encode()
    return files


PART = Part(
    NAME,
    N_("A signed receipt for each decision, to check and to print"),
    ("consent_changes",),
    SCHEMA,
    gather,
)
