"""What a service did about a change: it says so here, and the citizen reads it (docs/events.md).

    GET ─▶ what is known of the change       POST {state, reason} ─▶ noted

The number of a change is one service's alone; in the hands of another it is unknown.
"""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway.api import access
from gateway.oauth import answers, names
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import ANSWER, MANAGE, READ
from gateway.web.call import Call
from gateway.web.dispatch import Route
from relying_parties import changes
from relying_parties.changes import ANSWERS, REASONS, REJECTED, Notice
from relying_parties.clients import Client

PATH = "/api/agency/v1/changes/{change}"
LIMIT = 4096  # bytes


@access.of_service(READ, MANAGE, ANSWER)
async def read(call: Call, client: Client) -> Response:
    """Tell what is known of a change."""
    return answers.told(_told(call, await _found(call, client)))


@access.of_service(ANSWER)
async def answer(call: Call, client: Client) -> Response:
    """Write down what the service did; it may think again."""
    given = access.body(call)
    state, reason = given.get("state"), given.get("reason")
    if state not in ANSWERS:
        raise OAuthRefused("invalid_request", "state is none of " + ", ".join(ANSWERS))
    if (state == REJECTED and reason not in REASONS) or (state != REJECTED and reason is not None):
        raise OAuthRefused("invalid_request", "rejected has a reason of " + ", ".join(REASONS))
    notice = await _found(call, client)
    written = await changes.answer(call.entry, client.client_id, notice.id, state, reason)
    if written is None:
        raise _unknown()
    return answers.told(_told(call, written))


async def _found(call: Call, client: Client) -> Notice:
    try:
        wanted = UUID(call.path_text("change"))
    except ValueError as error:
        raise _unknown() from error
    notice = await changes.find(call.entry, client.client_id, wanted)
    if notice is None:
        raise _unknown()
    return notice


def _unknown() -> OAuthRefused:
    return OAuthRefused("not_found", "no such change", 404)


def _told(call: Call, notice: Notice) -> dict[str, Any]:
    issuer = call.runtime.settings.issuer
    told = {
        "change_id": str(notice.id),
        "claims": [names.wire(issuer, claim) for claim in notice.claims],
        "state": notice.state,
        "reason": notice.reason,
        "answer_by": notice.answer_by.date().isoformat(),
        "effective_from": notice.effective_from.isoformat() if notice.effective_from else None,
    }
    return {name: value for name, value in told.items() if value is not None}


ROUTES: tuple[Route, ...] = (
    Route(
        PATH, {"GET": read, "POST": answer}, "protocol", LIMIT, safe=False, json=True, aliased=True
    ),
)
