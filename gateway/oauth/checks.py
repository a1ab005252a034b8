"""Checks: pure rows, each one rule about one request and its client.

| check             | /authorize | /par | /device_authorization |
|-------------------|------------|------|------|
| redirect_uri      | first, as a page | first | |
| device            |            |      | yes  |
| pushed            | yes        |      |      |
| response_type     | yes        | yes  |      |
| response_mode     | yes        | yes  |      |
| scope             | yes        | yes  | yes  |
| resource          | yes        | yes  | yes  |
| pkce              | yes        | yes  |      |

A failing row is the error. The next rule is a function and a row.
"""

import re
from collections.abc import Callable

from gateway.oauth.refusals import OAuthRefused, PageRefused
from gateway.oauth.request import AuthorizationRequest
from relying_parties import redirects
from relying_parties.clients import Client
from relying_parties.metadata import RESPONSE_MODES

RESPONSE_TYPES = ("code",)

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

Check = Callable[[AuthorizationRequest, Client], None]


def redirect_uri(request: AuthorizationRequest, client: Client) -> None:
    """RFC 9700 §2.1: exactly one of the registered addresses, byte for byte, never a default."""
    registration = client.registration
    known = registration.redirect_uris
    if not redirects.match(request.redirect_uri, known, loopback=registration.profile.loopback):
        raise PageRefused(
            "invalid_request", "redirect_uri is not one of the registered addresses", client=client
        )


def way_back(request: AuthorizationRequest, client: Client) -> None:
    """Hold a request that was kept to the registration of today (RU-20)."""
    if not request.device:
        redirect_uri(request, client)
    elif not client.registration.device:
        raise PageRefused("unauthorized_client", "not registered for devices", client=client)


def device(_request: AuthorizationRequest, client: Client) -> None:
    """RFC 8628 §3.1: who is registered for it; nobody whose requests must be signed."""
    if not client.registration.device or client.registration.require_signed_request:
        raise OAuthRefused("unauthorized_client", "this client is not registered for devices")


def pushed(_request: AuthorizationRequest, client: Client) -> None:
    """RFC 9126 §5: who is registered to push its requests can't bring them by the browser."""
    if client.registration.require_par:
        raise OAuthRefused("invalid_request", "this client must push its request (PAR)")


def response_type(request: AuthorizationRequest, _client: Client) -> None:
    """RFC 6749 §3.1.1."""
    if not request.response_type:
        raise OAuthRefused("invalid_request", "response_type is missing")
    if request.response_type not in RESPONSE_TYPES:
        raise OAuthRefused("unsupported_response_type", "only code is supported")


def response_mode(request: AuthorizationRequest, client: Client) -> None:
    """OAuth 2.0 Multiple Response Types §2.1: one that we offer, and that is registered."""
    if request.response_mode and request.response_mode not in RESPONSE_MODES:
        raise OAuthRefused("invalid_request", "response_mode is not supported")
    registered = client.registration.response_modes
    if registered and (request.response_mode or "query") not in registered:
        raise OAuthRefused("invalid_request", "response_mode is not one of the registered ones")


def scope(request: AuthorizationRequest, client: Client) -> None:
    """OpenID Connect Core §3.1.2.1: without openid it is not a sign-in; RFC 6749 §3.3."""
    if not request.scopes:
        raise OAuthRefused("invalid_scope", "scope is missing")
    if "openid" not in request.scopes and not client.registration.openid_optional:
        raise OAuthRefused("invalid_scope", "scope must contain openid")


def resource(request: AuthorizationRequest, client: Client) -> None:
    """RFC 8707 §2: beside userinfo, only what the registration names."""
    registered = {one.resource for one in client.registration.on_behalf}
    if not registered.issuperset(request.resource):
        raise OAuthRefused("invalid_target", "resource is not registered for this client")


def pkce(request: AuthorizationRequest, client: Client) -> None:
    """RFC 7636 §4.3, RFC 9700 §2.1.1: S256 always; a missing method means plain, so refused."""
    if request.code_challenge is None:
        if client.registration.require_pkce:
            raise OAuthRefused("invalid_request", "code_challenge is missing (PKCE, S256)")
        return
    if request.code_challenge_method != "S256":
        raise OAuthRefused("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(request.code_challenge):
        raise OAuthRefused("invalid_request", "code_challenge is not 43 base64url characters")


COMMON: tuple[Check, ...] = (response_type, response_mode, scope, resource, pkce)
AUTHORIZE: tuple[Check, ...] = (pushed, *COMMON)
PAR: tuple[Check, ...] = (redirect_uri, *COMMON)
DEVICE: tuple[Check, ...] = (device, scope, resource)


def run(checks: tuple[Check, ...], request: AuthorizationRequest, client: Client) -> None:
    """Run ``checks`` in order.

    :raises OAuthRefused: the first that fails
    """
    for check in checks:
        check(request, client)
