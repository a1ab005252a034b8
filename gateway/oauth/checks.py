"""Checks: pure rows, each one rule about one request and its client.

| check             | /authorize | /par | /device_authorization | /bc-authorize |
|-------------------|------------|------|------|------|
| redirect_uri      | first, as a page | first | | |
| device            |            |      | yes  |      |
| pushed            | yes        |      |      |      |
| offered           | yes        | yes  |      |      |
| response_type     | yes        | yes  |      |      |
| response_mode     | yes        | yes  |      |      |
| scope             | yes        | yes  | yes  | yes  |
| resource          | yes        | yes  | yes  | yes  |
| grant_management  | yes        | yes  | yes  |      |
| pkce              | yes        | yes  |      |      |
| nonce             | yes        | yes  |      |      |
| by_browser        | yes        | yes  |      |      |

A failing row is the error. The next rule is a function and a row.
"""

import re
from collections.abc import Callable
from functools import partial

from gateway.oauth import managed
from gateway.oauth.refusals import OAuthRefused, PageRefused
from gateway.oauth.request import AuthorizationRequest
from relying_parties import redirects, response_types
from relying_parties.clients import Client
from relying_parties.metadata.responses import BY_FRAGMENT, RESPONSE_MODES
from relying_parties.response_types import ResponseType

_PLAIN_MODES = tuple(mode for mode in RESPONSE_MODES if mode not in BY_FRAGMENT)
_BY_QUERY = ("query", "query.jwt")
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


def offered(request: AuthorizationRequest, _client: Client, *, legacy: bool) -> None:
    """RFC 6749 §3.1.1: a response type and a mode that this gateway has."""
    if not request.response_type:
        raise OAuthRefused("invalid_request", "response_type is missing")
    if request.response_type not in response_types.offered(legacy=legacy):
        raise OAuthRefused("unsupported_response_type", "response_type is not supported")
    if request.response_mode and request.response_mode not in modes(legacy=legacy):
        raise OAuthRefused("invalid_request", "response_mode is not supported")


def modes(*, legacy: bool) -> tuple[str, ...]:
    """Return the response modes that this gateway has."""
    return RESPONSE_MODES if legacy else _PLAIN_MODES


def response_type(request: AuthorizationRequest, client: Client) -> None:
    """RFC 7591 §2: one that is registered."""
    if request.response_type not in client.registration.response_types:
        raise OAuthRefused("unauthorized_client", "response_type is not registered")


def response_mode(request: AuthorizationRequest, client: Client) -> None:
    """OAuth 2.0 Multiple Response Types §2.1: one that is registered."""
    if request.response_mode in BY_FRAGMENT and not client.registration.profile.front_channel:
        raise OAuthRefused("invalid_request", "response_mode is not for clients of this profile")
    registered = client.registration.response_modes
    if registered and (request.response_mode or _default(request)) not in registered:
        raise OAuthRefused("invalid_request", "response_mode is not one of the registered ones")


def _default(request: AuthorizationRequest) -> str:
    return "fragment" if response_types.by_browser(request.response_type) else "query"


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


def grant_management(request: AuthorizationRequest, client: Client) -> None:
    """Grant Management §5.4: an action that is ours, with the grant that it needs, and no other."""
    action, registered = request.grant_management_action, client.registration.grant_management
    if not action:
        if request.grant_id or registered == managed.REQUIRED:
            raise OAuthRefused("invalid_request", "grant_management_action is missing")
        return
    if registered is None:
        raise OAuthRefused("invalid_request", "this client is not registered to manage grants")
    if action not in managed.ACTIONS:
        raise OAuthRefused("invalid_request", "grant_management_action is not supported")
    if (action == managed.CREATE) == bool(request.grant_id):
        raise OAuthRefused(
            "invalid_request", "grant_id goes with merge and replace, and only there"
        )


def pkce(request: AuthorizationRequest, client: Client) -> None:
    """RFC 7636 §4.3, RFC 9700 §2.1.1: S256 always; a missing method means plain, so refused."""
    if request.code_challenge is None:
        if client.registration.require_pkce and _kind(request).code:
            raise OAuthRefused("invalid_request", "code_challenge is missing (PKCE, S256)")
        return
    if request.code_challenge_method != "S256":
        raise OAuthRefused("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(request.code_challenge):
        raise OAuthRefused("invalid_request", "code_challenge is not 43 base64url characters")


def nonce(request: AuthorizationRequest, _client: Client) -> None:
    """OpenID Connect Core §3.2.2.1, §3.3.2.11: what keeps an ID token of another from fitting."""
    if request.nonce is None and _kind(request).id_token:
        raise OAuthRefused("invalid_request", "nonce is missing")


def by_browser(request: AuthorizationRequest, client: Client) -> None:
    """OAuth 2.0 Multiple Response Types §3: no token in a query, and none that needs a key."""
    kind = _kind(request)
    if kind.by_browser and request.response_mode in _BY_QUERY:
        raise OAuthRefused("invalid_request", "response_mode would put a token into a query")
    if not kind.token:
        return
    registered = client.registration
    if registered.dpop or registered.certificate_bound or request.dpop_jkt:
        raise OAuthRefused("invalid_request", "the browser can't prove a key for an access token")
    if request.resource:
        raise OAuthRefused("invalid_target", "the browser gets access tokens for userinfo alone")
    if request.authorization_details:
        # RFC 9396 §7: the answer would have to repeat them, in the address.
        raise OAuthRefused("invalid_request", "what is asked in detail takes a code")


def _kind(request: AuthorizationRequest) -> ResponseType:
    return response_types.RESPONSE_TYPES[request.response_type]


_COMMON: tuple[Check, ...] = (
    *(response_type, response_mode, scope, resource, grant_management, pkce),
    *(nonce, by_browser),
)
DEVICE: tuple[Check, ...] = (device, scope, resource, grant_management)
CIBA: tuple[Check, ...] = (scope, resource)
_OFFERED: dict[bool, Check] = {on: partial(offered, legacy=on) for on in (False, True)}
_AUTHORIZE = {on: (pushed, check, *_COMMON) for on, check in _OFFERED.items()}
_PAR = {on: (redirect_uri, check, *_COMMON) for on, check in _OFFERED.items()}


def authorize(*, legacy: bool) -> tuple[Check, ...]:
    """Return the rows for a request that a browser brings.

    :param legacy: this gateway has response types whose tokens go through the browser
    """
    return _AUTHORIZE[legacy]


def par(*, legacy: bool) -> tuple[Check, ...]:
    """Return the rows for a request that is pushed."""
    return _PAR[legacy]


def run(checks: tuple[Check, ...], request: AuthorizationRequest, client: Client) -> None:
    """Run ``checks`` in order.

    :raises OAuthRefused: the first that fails
    """
    for check in checks:
        check(request, client)
