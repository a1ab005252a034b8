"""your-requests.json: where the citizen's requests to services stand, as those reported."""

from typing import Any

from gateway.exporting import shapes
from gateway.exporting.part import Files, Part, Whose, spell
from gateway.exporting.shapes import DAY, MOMENT, OBJECT, TEXT, many, maybe
from gateway.web.locale import N_
from relying_parties import requests
from relying_parties.requests import Noted, Request

NAME = "your-requests"

SCHEMA = shapes.document(
    NAME,
    format=shapes.one_of(shapes.called(NAME)),
    requests=many(
        shapes.record(
            service=TEXT,
            number=TEXT,
            states=many(
                shapes.record(
                    state=TEXT,
                    at=MOMENT,
                    title=OBJECT,
                    office=OBJECT,
                    next_step=OBJECT,
                    due=maybe(DAY),
                    link=maybe(TEXT),
                    noted_at=MOMENT,
                )
            ),
        )
    ),
)


async def gather(whose: Whose) -> Files:
    """Write down each request with its whole line."""
    standing = await requests.of_subjects(whose.entry, whose.key, whose.subjects)
    told = {
        "format": shapes.called(NAME),
        "requests": [await _request(whose, one) for one in standing],
    }
    return {f"{NAME}.json": spell(told)}


async def _request(whose: Whose, one: Request) -> dict[str, Any]:
    whole = await requests.find(whose.entry, whose.key, one.id, whose.subjects)
    return {
        "service": one.client_id,
        "number": one.number,
        "states": [_state(each) for each in (whole or one).states],
    }


def _state(one: Noted) -> dict[str, Any]:
    said = one.state
    return {
        "state": said.state,
        "at": said.at,
        "title": dict(said.title),
        "office": dict(said.office),
        "next_step": dict(said.next_step),
        "due": said.due,
        "link": said.link,
        "noted_at": one.noted_at,
    }


PART = Part(
    NAME,
    N_("Where your requests stand, as services reported it"),
    ("citizen_requests", "request_states"),
    SCHEMA,
    gather,
)
