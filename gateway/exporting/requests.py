"""requests.json: what services asked the citizen who was not in front of them (CIBA)."""

from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import MOMENT, TEXT, many, maybe
from gateway.web.locale import N_
from relying_parties.grants import backchannel_requests

NAME = "requests"

SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    requests=many(
        shapes.record(
            service=TEXT,
            message=TEXT,
            scope=TEXT,
            state=TEXT,
            created_at=MOMENT,
            expires_at=MOMENT,
            decided_at=maybe(MOMENT),
        )
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down every request that is still known, answered or not."""
    asked = await backchannel_requests.of_subjects(whose.entry, whose.subjects)
    told = {
        "format": shapes.called(NAME),
        "requests": [
            {
                "service": one.client_id,
                "message": one.message,
                "scope": str(one.request.get("scope") or ""),
                "state": one.state,
                "created_at": one.created_at,
                "expires_at": one.expires_at,
                "decided_at": one.decided_at,
            }
            for one in asked
        ],
    }
    return {f"{NAME}.json": spell(told)}


PART = Part(NAME, N_("What services asked you, and what you answered"), SCHEMA, gather)
