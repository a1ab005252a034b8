"""corrections.json: what services said is wrong with a detail, and what the citizen answered."""

from typing import Any

from gateway import correcting
from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import ANY, DAY, OBJECT, TEXT, many, maybe
from gateway.web.locale import N_
from relying_parties import corrections
from relying_parties.corrections import Correction

NAME = "corrections"

SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    corrections=many(
        shapes.record(
            service=TEXT,
            claim=TEXT,
            value=ANY,
            reason=OBJECT,
            evidence=OBJECT,
            proposed_on=DAY,
            state=TEXT,
            answered_on=maybe(DAY),
            said=maybe(TEXT),
        )
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down each proposal that opens, with its answer."""
    found = await corrections.of(whose.entry, whose.subjects)
    rows = [row for one in found if (row := _row(whose, one))]
    return {f"{NAME}.json": spell({"format": shapes.called(NAME), "corrections": rows})}


def _row(whose: Whose, one: Correction) -> dict[str, Any] | None:
    said = correcting.opened(whose.key, one)
    if said is None:
        return None
    return {
        "service": one.client_id,
        "claim": one.claim,
        "value": said.value,
        "reason": dict(said.reason),
        "evidence": dict(said.evidence),
        "proposed_on": one.created_at.date(),
        "state": one.state,
        "answered_on": one.answered_at.date() if one.answered_at else None,
        "said": correcting.answered(whose.key, one) or None,
    }


PART = Part(
    NAME,
    N_("What services said is wrong, and what you answered"),
    ("corrections",),
    SCHEMA,
    gather,
)
