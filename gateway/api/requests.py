"""Where a citizen's request stands: its service reports it, the citizen reads it.

    PUT {sub, state, at, title, office, …} ─▶ one more state of its line      GET ─▶ its line

The number of a request is the service's own, and in the hands of another it is unknown. For
those who call this: docs/requests.md.
"""

import re
from typing import Any

from starlette.responses import Response

from gateway.api import access, relations, slips
from gateway.oauth import answers
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import REQUESTS
from gateway.web.call import Call
from gateway.web.dispatch import Route
from keys import pairwise
from relying_parties import request_states, requests
from relying_parties.clients import Client
from relying_parties.errors import ReferenceTaken, StateConflict, StateInvalid, TooManyStates
from relying_parties.requests import File, Request

PATH = "/api/agency/v1/requests/{reference}"
LIMIT = 16 * 1024  # bytes

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@access.of_service(REQUESTS)
async def report(call: Call, client: Client) -> Response:
    """Write down where the request stands; the same again is no news."""
    number, given = _number(call), access.body(call)
    sub = given.pop("sub", None)
    state = _state(call, client, given)
    with_whom = await relations.living(call, client, sub)
    file = File(client.client_id, with_whom.subject, number, _reference(call, client, number))
    try:
        new = await requests.report(call.entry, with_whom.key, file, state)
    except ReferenceTaken as error:
        raise OAuthRefused("conflict", "you have this number for another sub", 409) from error
    except StateConflict as error:
        taken = "you reported something else for this moment"
        raise OAuthRefused("conflict", taken, 409) from error
    except TooManyStates as error:
        raise OAuthRefused("slow_down", "there are too many of them already", 429) from error
    found = await _found(call, client, number)
    return answers.told(_told(found), 201 if new and len(found.states) == 1 else 200)


@access.of_service(REQUESTS)
async def read(call: Call, client: Client) -> Response:
    """Tell what was reported so far."""
    return answers.told(_told(await _found(call, client, _number(call))))


async def _found(call: Call, client: Client, number: str) -> Request:
    known = await requests.of_service(
        call.entry, client.client_id, _reference(call, client, number)
    )
    with_whom = await relations.find(call, client, known[1]) if known else None
    if known is None or with_whom is None:
        raise _unknown()
    found = await requests.find(call.entry, with_whom.key, known[0], [known[1]])
    if found is None:
        raise _unknown()
    return found


def _number(call: Call) -> str:
    number = call.path_text("reference")
    if not _NUMBER.fullmatch(number):
        raise OAuthRefused("invalid_request", "a reference is of letters, digits and . _ -")
    return number


def _reference(call: Call, client: Client, number: str) -> str:
    return pairwise.reference(call.runtime.vault.citizen, client.client_id, number)


def _state(call: Call, client: Client, given: dict[str, Any]) -> request_states.State:
    try:
        return request_states.read(
            given,
            client.registration,
            call.entry.at,
            allow_loopback=call.runtime.settings.allow_loopback,
        )
    except StateInvalid as error:
        raise OAuthRefused("invalid_request", slips.told(error.problems)) from error


def _unknown() -> OAuthRefused:
    return OAuthRefused("not_found", "no such request", 404)


def _told(found: Request) -> dict[str, Any]:
    return {
        "reference": found.number,
        "sub": found.subject,
        **request_states.spell(found.now),
        "states": [
            {
                "state": one.state.state,
                "at": one.state.at.isoformat(),
                "noted_at": one.noted_at.isoformat(),
            }
            for one in found.states
        ],
    }


ROUTES: tuple[Route, ...] = (
    Route(
        PATH, {"GET": read, "PUT": report}, "protocol", LIMIT, safe=False, json=True, aliased=True
    ),
)
