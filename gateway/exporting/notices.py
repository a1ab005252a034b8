"""notices.json: which services were told of a change, and what each of them did."""

from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import DAY, MOMENT, TEXT, many, maybe
from gateway.web.locale import N_
from relying_parties import changes

NAME = "notices"
ALL = 100_000

SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    notices=many(
        shapes.record(
            service=TEXT,
            claims=many(TEXT),
            state=TEXT,
            reason=maybe(TEXT),
            created_at=MOMENT,
            told_at=maybe(MOMENT),
            answered_at=maybe(MOMENT),
            answer_by=MOMENT,
            effective_from=maybe(DAY),
        )
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down every notice that is still known."""
    told = {
        "format": shapes.called(NAME),
        "notices": [
            {
                "service": one.client_id,
                "claims": list(one.claims),
                "state": one.state,
                "reason": one.reason,
                "created_at": one.created_at,
                "told_at": one.told_at,
                "answered_at": one.answered_at,
                "answer_by": one.answer_by,
                "effective_from": one.effective_from,
            }
            for one in await changes.of_subjects(whose.entry, whose.subjects, ALL)
        ],
    }
    return {f"{NAME}.json": spell(told)}


PART = Part(
    NAME,
    N_("Which services were told of a change, and what they did"),
    ("change_notices",),
    SCHEMA,
    gather,
)
