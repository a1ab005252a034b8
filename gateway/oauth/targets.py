"""Targets: which resource a token will be for; one, named by the request or by registration.

What citizens let a service read is read at userinfo alone; what a service does in its own
name it does at a resource that its registration names and that another one offers.

Specs: RFC 8707 §2 and §2.2.
"""

from dataclasses import dataclass

from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from gateway.web.params import Params
from relying_parties import clients
from relying_parties.clients import Client
from relying_parties.registration import Registration
from relying_parties.resources import Called, Resource


@dataclass(frozen=True, slots=True)
class Target:
    """A resource, who offers it, and what may be done there."""

    resource: Resource
    server: Client
    scopes: tuple[str, ...]


def userinfo(issuer: str) -> str:
    """Return the identifier of the one resource that reads about citizens (RFC 9728 §2)."""
    return f"{issuer}/userinfo"


def citizens(params: Params, issuer: str) -> None:
    """Refuse every resource but userinfo.

    :raises OAuthRefused: ``invalid_target``
    """
    if any(each != userinfo(issuer) for each in params.all("resource")):
        raise OAuthRefused("invalid_target", "what citizens share is read at userinfo alone")


async def own(call: Call, client: Client) -> Target:
    """Return where ``client`` wants to go in its own name.

    :raises OAuthRefused: ``invalid_target``, the same for a resource that is not there and
        one that this client may not call
    """
    called = _called(call.form.all("resource"), client.registration)
    server_id = await clients.of_resource(call.entry, called.resource) if called else None
    server = await call.runtime.client(server_id) if server_id else None
    if called is None or server is None or not server.live:
        raise OAuthRefused("invalid_target", "resource is unknown, missing, or not registered")
    offered = server.registration.resource
    if offered is None or offered.identifier != called.resource:  # changed a moment ago
        raise OAuthRefused("invalid_target", "resource is not offered any more")
    scopes = tuple(scope for scope in called.scopes if scope in offered.scopes)
    return Target(offered, server, scopes)


def still(registration: Registration, resource: str, scope: str) -> bool:
    """Whether a token that was issued once is still within the caller's registration."""
    known = (one for one in registration.calls if one.resource == resource)
    return any(set(scope.split()) <= set(one.scopes) for one in known)


def _called(named: list[str], registration: Registration) -> Called | None:
    # One audience for each token, or one resource could use it at another (RFC 9700 §2.3).
    if len(named) > 1:
        return None
    calls = registration.calls
    if not named:
        return calls[0] if len(calls) == 1 else None
    return next((one for one in calls if one.resource == named[0]), None)
