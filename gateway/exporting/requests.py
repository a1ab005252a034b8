"""requests.json: what services asked the citizen who was not in front of them (CIBA).

With what they wanted to do in detail (RFC 9396), and what was asked back and answered.
"""

from collections.abc import Sequence
from typing import Any

from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import MOMENT, OBJECT, TEXT, many, maybe
from gateway.web.locale import N_
from relying_parties import asides, inquiries
from relying_parties.asides import Aside
from relying_parties.grants import backchannel_requests
from relying_parties.grants.backchannel_requests import Asked
from relying_parties.inquiries import Said

NAME = "requests"

SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    requests=many(
        shapes.record(
            service=TEXT,
            message=TEXT,
            scope=TEXT,
            details=many(OBJECT),
            state=TEXT,
            created_at=MOMENT,
            expires_at=MOMENT,
            decided_at=maybe(MOMENT),
            remind_at=maybe(MOMENT),
            said=many(shapes.record(kind=TEXT, reason=TEXT, words=TEXT, said_at=MOMENT)),
        )
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down every request that is still known, answered or not."""
    asked = await backchannel_requests.of(whose.entry, whose.subjects)
    said = await inquiries.of_requests(whose.entry, whose.key, [one.id for one in asked])
    aside = await asides.of(whose.entry, [one.id for one in asked])
    told = {
        "format": shapes.called(NAME),
        "requests": [_request(one, said.get(one.id, ()), aside.get(one.id)) for one in asked],
    }
    return {f"{NAME}.json": spell(told)}


def _request(one: Asked, said: Sequence[Said], aside: Aside | None) -> dict[str, Any]:
    return {
        "service": one.client_id,
        "message": one.message,
        "scope": str(one.request.get("scope") or ""),
        "details": list(one.request.get("authorization_details") or ()),
        "state": one.state,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "decided_at": one.decided_at,
        "remind_at": aside.due_at if aside else None,
        "said": [
            {
                "kind": each.kind,
                "reason": each.reason,
                "words": each.words,
                "said_at": each.said_at,
            }
            for each in said
        ],
    }


PART = Part(
    NAME,
    N_("What services asked you, and what you answered"),
    ("backchannel_requests", "inquiries", "asides"),
    SCHEMA,
    gather,
)
