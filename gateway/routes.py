"""The table of addresses. Discovery and probes first, then the protocol, then pages."""

from gateway import admin
from gateway.api import (
    changes,
    corrections,
    health,
    inquiries,
    requests,
    ssf,
    transparency,
)
from gateway.oauth.endpoints import (
    authorize,
    bc_authorize,
    check_session,
    device_authorization,
    discovery,
    end_session,
    grants,
    introspect,
    par,
    register,
    revoke,
    token,
    trial,
    trial_citizen,
    userinfo,
)
from gateway.pages import account, portal, public_register, signing_in
from gateway.settings import Settings
from gateway.web import static
from gateway.web.dispatch import Route

_TOKEN_LIMIT = 32 * 1024
_OF_USERINFO = "/.well-known/oauth-protected-resource/userinfo"
_OF_GRANTS = "/.well-known/oauth-protected-resource/grants"
_GRANT = {"GET": grants.show, "DELETE": grants.end}
_USERINFO = {"GET": userinfo.read, "POST": userinfo.read}
_TOKEN, _REVOKE = {"POST": token.exchange}, {"POST": revoke.end}
_MANAGED = {"GET": register.read, "PUT": register.replace, "DELETE": register.remove}

PROTOCOL: tuple[Route, ...] = (
    Route("/authorize", {"GET": authorize.arrive, "POST": authorize.arrive}, safe=False),
    Route("/authorize/{interaction}", {"GET": authorize.resume}, safe=False),
    Route("/token", _TOKEN, "protocol", _TOKEN_LIMIT, aliased=True, shared=True),
    Route("/userinfo", _USERINFO, "protocol", _TOKEN_LIMIT, safe=False, aliased=True, shared=True),
    Route("/par", {"POST": par.push}, "protocol", aliased=True, shared=True),
    Route("/bc-authorize", {"POST": bc_authorize.ask}, "protocol", _TOKEN_LIMIT, aliased=True),
    Route("/grants/{grant}", _GRANT, "protocol", aliased=True),
    Route("/device_authorization", {"POST": device_authorization.ask}, "protocol", aliased=True),
    Route("/introspect", {"POST": introspect.look}, "protocol", _TOKEN_LIMIT, aliased=True),
    Route("/revoke", _REVOKE, "protocol", _TOKEN_LIMIT, aliased=True, shared=True),
    Route("/register", {"POST": register.register}, "protocol", register.LIMIT, json=True),
    Route("/register/{client}", _MANAGED, "protocol", register.LIMIT, json=True),
    Route("/logout", {"GET": end_session.arrive, "POST": end_session.answer}, safe=False),
    Route("/jwks", {"GET": discovery.jwks}, "protocol"),
    Route("/.well-known/openid-configuration", {"GET": discovery.configuration}, "protocol"),
    Route("/.well-known/oauth-authorization-server", {"GET": discovery.configuration}, "protocol"),
    Route(_OF_GRANTS, {"GET": discovery.grants}, "protocol"),
    Route(_OF_USERINFO, {"GET": discovery.userinfo}, "protocol"),
    *ssf.ROUTES,
    *changes.ROUTES,
    *requests.ROUTES,
    *inquiries.ROUTES,
    *corrections.ROUTES,
)

# For the OpenID Foundation's suite alone.
TRIAL = (
    Route(trial.PATH, {"GET": trial.read, "POST": trial.read}, "protocol", aliased=True),
    Route(trial_citizen.PATH, {"POST": trial_citizen.answer}, "protocol"),
)

# Where services may watch a session in a frame.
CHECK_SESSION = Route(check_session.PATH, {"GET": check_session.show}, "protocol")

PLUMBING: tuple[Route, ...] = (
    Route("/health/live", {"GET": health.live}, "open"),
    Route("/health/ready", {"GET": health.ready}, "open"),
    Route("/health/started", {"GET": health.live}, "open"),
    Route("/static/{hash}/{name}", {"GET": static.show}, paced=False),
)

ROUTES: tuple[Route, ...] = (
    *PROTOCOL,
    *PLUMBING,
    *transparency.ROUTES,
    *signing_in.ROUTES,
    *account.ROUTES,
    *portal.ROUTES,
    *public_register.ROUTES,
    *admin.ROUTES,
)


def of(settings: Settings) -> tuple[Route, ...]:
    """Return the addresses that a gateway with these settings has."""
    switched = (
        *((route, settings.conformance) for route in TRIAL),
        (CHECK_SESSION, settings.legacy_response_types),
    )
    return (*ROUTES, *(route for route, on in switched if on))
