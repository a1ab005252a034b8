"""Does a stream work? Its service asks, and an event with its own words comes (SSF §8.1.4)."""

from starlette.responses import Response

from gateway.api import access
from gateway.api.ssf import streams
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import MANAGE
from gateway.web.call import Call
from relying_parties.clients import Client
from relying_parties.streams import delivery, subscriptions
from relying_parties.streams.event_types import VERIFICATION
from relying_parties.streams.subscriptions import DISABLED

PATH = "/ssf/verify"


@access.of_service(MANAGE)
async def ask(call: Call, client: Client) -> Response:
    """Send a verification event on its way, at most once a minute."""
    given = access.body(call)
    stream = await streams.named(call, client, given)
    state = given.get("state")
    if state is not None and not (
        isinstance(state, str) and len(state) <= streams.TEXT and "\0" not in state
    ):
        raise OAuthRefused("invalid_request", "state is no text, or too long")
    if not await subscriptions.may_verify(call.entry, stream):
        raise OAuthRefused("too_many_requests", "min_verification_interval has not passed", 429)
    if stream.status != DISABLED:
        payload = {"state": state} if state is not None else {}
        await delivery.say(call.entry, stream.id, VERIFICATION.name, payload)
    return access.empty(204)
