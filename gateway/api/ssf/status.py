"""Whether a stream runs: read, and let run, rest or be off (SSF 1.0 §8.1.2)."""

from typing import Any

from starlette.responses import Response

from gateway.api import access
from gateway.api.ssf import streams
from gateway.oauth import answers
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import MANAGE, READ
from gateway.web.call import Call
from relying_parties.clients import Client
from relying_parties.streams import subscriptions
from relying_parties.streams.subscriptions import STATUSES, Stream

PATH = "/ssf/status"


@access.of_service(READ, MANAGE)
async def read(call: Call, client: Client) -> Response:
    """Tell whether the stream runs (§8.1.2.1)."""
    if not call.query.text("stream_id"):
        raise OAuthRefused("invalid_request", "stream_id is missing")
    found = await subscriptions.of_client(call.entry, client.client_id)
    return answers.told(_told(streams.own(found, call.query.text("stream_id"))))


@access.of_service(MANAGE)
async def update(call: Call, client: Client) -> Response:
    """Let it run, rest or be off (§8.1.2.2)."""
    given = access.body(call)
    stream = await streams.named(call, client, given)
    status, reason = given.get("status"), given.get("reason")
    if status not in STATUSES:
        raise OAuthRefused("invalid_request", "status is none of enabled, paused, disabled")
    if reason is not None and not (
        isinstance(reason, str) and len(reason) <= streams.TEXT and "\0" not in reason
    ):
        raise OAuthRefused("invalid_request", "reason is no text, or too long")
    changed = await subscriptions.set_status(call.entry, stream, status, reason)
    return answers.told(_told(changed))


def _told(stream: Stream) -> dict[str, Any]:
    reason = {"reason": stream.reason} if stream.reason else {}
    return {"stream_id": stream.id, "status": stream.status, **reason}
