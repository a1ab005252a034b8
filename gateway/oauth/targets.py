"""Targets: which resource a token will be for; one, named by the request or by registration.

What citizens share is read at userinfo alone. At one API of ours services hear events, at
another they report to citizens: those whose registration says so. Beside these there are the
resources that services offer: one that calls them has them in its registration, in its own
name, or for citizens, and then at its own agency only. To act for a citizen at another agency
would take their consent, and no page asks for that yet.

Specs: RFC 8707 §2 and §2.2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.oauth.refusals import OAuthRefused
from gateway.web.call import Call
from gateway.web.params import Params
from relying_parties import clients
from relying_parties.clients import Client
from relying_parties.resources import OPAQUE, Called, Resource

EVENT_SCOPES = READ, MANAGE, ANSWER = "ssf.read", "ssf.manage", "changes.answer"
AGENCY_SCOPES = REQUESTS, INQUIRIES, CORRECTIONS = (
    *("requests.write", "inquiries.answer", "corrections.propose"),
)

_UNKNOWN = "resource is unknown, missing, or not registered"
_UNNAMED = "no resource is named, and no API that you registered for is known by this scope"


@dataclass(frozen=True, slots=True)
class Target:
    """A resource, who offers it, and what may be done there."""

    resource: Resource
    server: Client
    scopes: tuple[str, ...]


def userinfo(issuer: str) -> str:
    """Return the identifier of the one resource that reads about citizens (RFC 9728 §2)."""
    return f"{issuer}/userinfo"


def events(issuer: str) -> str:
    """Return the identifier of the API at which services hear events."""
    return f"{issuer}/ssf"


def agencies(issuer: str) -> str:
    """Return the identifier of the API at which services report to citizens."""
    return f"{issuer}/api/agency"


def home(issuer: str, scope: str) -> str:
    """Return which of our own APIs ``scope`` is for; empty if it is none of ours."""
    if scope in EVENT_SCOPES:
        return events(issuer)
    return agencies(issuer) if scope in AGENCY_SCOPES else ""


def calls(client: Client, issuer: str) -> tuple[Called, ...]:
    """Return what ``client`` may call in its own name: what it registered, and APIs of ours."""
    return (*client.registration.calls, *ours(client, issuer))


def ours(client: Client, issuer: str) -> tuple[Called, ...]:
    """Return the APIs of ours that the registration of ``client`` lets it call."""
    registration = client.registration
    asks = registration.backchannel_mode is not None
    reports = (
        (REQUESTS, registration.requests),
        (INQUIRIES, asks),
        (CORRECTIONS, registration.corrections),
    )
    may = tuple(scope for scope, allowed in reports if allowed)
    return (
        *((Called(events(issuer), EVENT_SCOPES),) if registration.events else ()),
        *((Called(agencies(issuer), may),) if may else ()),
    )


def beside_userinfo(params: Params, issuer: str) -> tuple[str, ...]:
    """Return the resources that an authorization request names, each once."""
    named = dict.fromkeys(params.all("resource"))
    return tuple(each for each in named if each != userinfo(issuer))


async def own(call: Call, client: Client) -> Target:
    """Return where ``client`` wants to go in its own name.

    :raises OAuthRefused: ``invalid_target``, the same for a resource that is not there and
        one that this client may not call
    """
    issuer = call.runtime.settings.issuer
    named, wanted = call.form.all("resource"), set(call.form.text("scope").split())
    registered, homes = calls(client, issuer), {home(issuer, each) for each in wanted} - {""}
    if not named and not homes:
        registered = client.registration.calls or registered
    elif not named:  # no API of anybody else has these scopes
        registered = tuple(one for one in registered if one.resource in homes)
    called = _called(named, registered)
    if called is None and not named:
        raise OAuthRefused("invalid_target", _UNNAMED)
    if called is not None and called in ours(client, issuer):
        # Ours: no other service is asked whether it still offers it.
        return Target(Resource(called.resource, called.scopes, OPAQUE), client, called.scopes)
    return await _offered(call, called)


async def one_for_citizens(call: Call, client: Client) -> Target:
    """Return where the request of ``client`` wants to go for a citizen.

    :raises OAuthRefused: ``invalid_target``
    """
    called = _called(call.form.all("resource"), client.registration.on_behalf)
    return await for_citizens(call, client, called.resource if called else "")


def scope(wanted: str, target: Target) -> str:
    """Return what is granted: all that is registered, or what of it was asked for.

    :raises OAuthRefused: ``invalid_scope``
    """
    scopes = tuple(dict.fromkeys(wanted.split())) or target.scopes
    if not scopes or not set(scopes) <= set(target.scopes):
        has = " ".join(target.scopes) or "none"
        raise OAuthRefused("invalid_scope", f"more than you registered of this resource: {has}")
    return " ".join(scopes)


async def for_citizens(call: Call, client: Client, resource: str) -> Target:
    """Return where ``client`` may go for a citizen.

    :raises OAuthRefused: ``invalid_target``: unknown, not registered, or another agency's
    """
    registered = _of(client.registration.on_behalf, resource)
    target = await _offered(call, registered)
    if target.server.agency.id != client.agency.id:
        raise OAuthRefused("invalid_target", _UNKNOWN)
    return target


def still(registered: Iterable[Called], resource: str, scope: str) -> bool:
    """Whether a token that was issued once is still within the caller's registration."""
    known = _of(registered, resource)
    return known is not None and set(scope.split()) <= set(known.scopes)


async def _offered(call: Call, called: Called | None) -> Target:
    server_id = await clients.of_resource(call.entry, called.resource) if called else None
    server = await call.runtime.client(server_id) if server_id else None
    if called is None or server is None or not server.live:
        raise OAuthRefused("invalid_target", _UNKNOWN)
    offered = server.registration.resource
    if offered is None or offered.identifier != called.resource:  # changed a moment ago
        raise OAuthRefused("invalid_target", "resource is not offered any more")
    scopes = tuple(scope for scope in called.scopes if scope in offered.scopes)
    return Target(offered, server, scopes)


def _called(named: list[str], registered: Sequence[Called]) -> Called | None:
    # One audience for each token, or one resource could use it at another (RFC 9700 §2.3).
    if len(named) > 1:
        return None
    if not named:
        return registered[0] if len(registered) == 1 else None
    return _of(registered, named[0])


def _of(registered: Iterable[Called], resource: str) -> Called | None:
    return next((one for one in registered if one.resource == resource), None)
