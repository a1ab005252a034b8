"""Visits: one request and how far it has come, read from what a browser brought.

    query, form ──read──▶ request_uri of a pushed one ─▶ Visit
                     └──▶ parameters, or an object ────▶ Visit

Until client and address are known to be right, whatever is wrong is a page; from then on
the client is told by redirect.

Specs: OpenID Connect Core §3.1.2.2 and §3.1.2.6, RFC 9126 §4, RFC 9700 §4.11.
"""

from dataclasses import dataclass
from typing import Any

from gateway.oauth import checks, request, request_objects
from gateway.oauth.refusals import OAuthRefused, PageRefused
from gateway.oauth.request import AuthorizationRequest
from gateway.web import ends
from gateway.web.call import Call
from gateway.web.ends import End
from gateway.web.params import Params
from keys import opaque
from relying_parties import pushed
from relying_parties.clients import Client
from relying_parties.pending import Interaction
from relying_parties.response_types import PLAIN


@dataclass(frozen=True, slots=True)
class Visit:
    """One request and how far it has come."""

    request: AuthorizationRequest
    client: Client
    request_uri: str | None = None
    handle: str = ""
    interaction: Interaction | None = None

    @property
    def steps(self) -> dict[str, Any]:
        """What was done in this interaction."""
        return dict(self.interaction.steps) if self.interaction else {}

    @property
    def goes_with_its_code(self) -> bytes | None:
        """The pushed request that a code uses up in its own statement: nothing else answers it."""
        plain = self.request.response_type == PLAIN and not self.request.grant_management_action
        if self.handle or self.request_uri is None or not plain:
            return None
        return opaque.digest(self.request_uri)


class Returned(Exception):  # noqa: N818 - carries a refusal to where it can be told
    """A refusal that the client may be told by redirect."""

    def __init__(self, client: Client, asked: AuthorizationRequest, refusal: OAuthRefused) -> None:
        super().__init__(refusal.error)
        self.client = client
        self.request = asked
        self.refusal = refusal


async def read(call: Call, params: Params) -> Visit:
    """Read the request that a browser brought.

    :raises PageRefused: nobody can be sent anywhere
    :raises Returned: the client may be told
    """
    for name in ("client_id", "redirect_uri", "request_uri", "request"):
        if len(params.all(name)) > 1:
            raise PageRefused("invalid_request", f"{name} came more than once")
    client = await live(call, params.text("client_id"))
    uri = params.text("request_uri")
    if uri.startswith(pushed.PREFIX):
        if "request" in params:
            raise PageRefused("invalid_request", "request and request_uri at once", client=client)
        return await _pushed(call, client, uri)
    return await _brought(call, params, client)


async def live(call: Call, client_id: str) -> Client:
    """Return the service of a request.

    :raises PageRefused: it is unknown, or switched off
    """
    client: Client | None = await call.runtime.client(client_id)
    if client is None:
        raise PageRefused("unauthorized_client", "no service has this client_id")
    if not client.live:
        raise PageRefused(
            "unauthorized_client", "this service is switched off", end=ends.SUSPENDED, client=client
        )
    return client


async def _pushed(call: Call, client: Client, uri: str) -> Visit:
    asked: AuthorizationRequest | None = call.runtime.pushed.take(uri, call.entry.at)
    if asked is None or asked.client_id != client.client_id:
        asked = await _stored(call, client, uri)
    checks.redirect_uri(asked, client)
    return Visit(asked, client, uri)


async def _stored(call: Call, client: Client, uri: str) -> AuthorizationRequest:
    stored = await pushed.find(call.entry, uri, client.client_id)
    if stored is None:
        end = await _missed(call, client, uri)
        raise PageRefused(
            "invalid_request_uri",
            "the pushed request is unknown, used or over",
            end=end,
            client=client,
        )
    return AuthorizationRequest.from_json(stored)


async def _missed(call: Call, client: Client, uri: str) -> End:
    fate = await pushed.fate(call.entry, uri, client.client_id)
    if fate is None:
        return ends.BROKEN
    return ends.USED if fate.used else ends.LATE


async def _brought(call: Call, params: Params, client: Client) -> Visit:
    """Read what the browser brought; its redirect_uri is judged before anything else."""
    try:
        given = await request_objects.opened(call, client, params)
    except OAuthRefused as refusal:
        # What stands outside the object is all there is to answer to.
        raise Returned(client, _bare(params, client), refusal) from refusal
    bare = _bare(given, client)
    try:
        settings = call.runtime.settings
        asked = request.read(given, settings.issuer)
        checks.run(checks.authorize(legacy=settings.legacy_response_types), asked, client)
    except OAuthRefused as refusal:
        raise Returned(client, bare, refusal) from refusal
    return Visit(asked, client)


def _bare(params: Params, client: Client) -> AuthorizationRequest:
    """Return as much of a request as an error needs to find its way.

    :raises PageRefused: it would not go to an address of this client
    """
    bare = AuthorizationRequest(
        client.client_id,
        params.text("redirect_uri"),
        params.text("response_type"),
        state=_echoed(params),
        response_mode=params.text("response_mode"),
    )
    checks.redirect_uri(bare, client)
    return bare


def _echoed(params: Params) -> str | None:
    """Return the state that an error may carry: one that is itself refused is not sent on."""
    given = params.all("state")
    return given[0] if len(given) == 1 and len(given[0]) <= request.LONGEST else None
