"""Watching: a service sees in a frame whether the session at the gateway is still the same.

    answer ──session_state──▶ the service's frame ──asks──▶ our frame ──reads──▶ the cookie

The cookie that our frame reads names the session by a hash of our own, and opens nothing.
What a service is told is a hash of that, of the service and of where it runs, so no two
services can compare what they hold. It is for older products, where the gateway is set
so: most browsers give a frame no cookies of another site any more.

Specs: OpenID Connect Session Management 1.0 §2, §3.2 and §4.2.
"""

import hashlib

from starlette.responses import Response

from gateway.oauth.request import AuthorizationRequest
from gateway.runtime import Runtime
from gateway.web import cookies
from gateway.web.call import Call
from idp.sessions import Session
from keys import opaque, pairwise
from relying_parties import redirects
from relying_parties.clients import Client


def offered(runtime: Runtime) -> bool:
    """Whether this gateway lets anybody watch."""
    return runtime.settings.legacy_response_types


def tell(
    call: Call, client: Client, asked: AuthorizationRequest, session: Session
) -> dict[str, str]:
    """Return what the answer to a service says of the session (§2)."""
    if not (offered(call.runtime) and client.registration.profile.front_channel):
        return {}
    origin, salt = redirects.origin(asked.redirect_uri), opaque.handle()[:16]
    named = f"{client.client_id} {origin} {_state(call.runtime, session)} {salt}"
    made = opaque.unpadded(hashlib.sha256(named.encode()).digest())
    return {"session_state": f"{made}.{salt}"}


def begin(call: Call, response: Response, session: Session) -> None:
    """Let our frame see which session this browser has."""
    if not offered(call.runtime):
        return
    state = _state(call.runtime, session)
    if call.cookie(cookies.STATE) != state:
        cookies.set_state(response, state)


def end(call: Call, response: Response) -> None:
    """Let our frame see that this browser has none."""
    if call.cookie(cookies.STATE):
        cookies.clear(response, cookies.STATE)


def _state(runtime: Runtime, session: Session) -> str:
    """Name a session by what neither its handle nor any service's name for it can be had from."""
    return pairwise.sid(runtime.vault.derive("session state"), "", session.id)
