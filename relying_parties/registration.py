"""The registration: everything that was approved about one service, read from its document.

The document is what ``gatehouse apply`` reads, what the administrator's form writes
and what the database keeps. :func:`parse` judges one that somebody wrote and tells
all its problems at once; :func:`read` opens one that was approved, under the rules of its day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keys import encryption
from relying_parties import metadata, resources, response_types
from relying_parties.errors import RegistrationInvalid
from relying_parties.metadata.credentials import CERTIFICATE_NAMES
from relying_parties.metadata.rules import STRICT, Rules
from relying_parties.profiles import PROFILES, SEALED_METHODS, SECRET_ALGS, Profile
from relying_parties.purposes import LONGEST, Asked, Purpose, Words
from relying_parties.resources import Called, Resource
from relying_parties.streams import registered
from relying_parties.streams.registered import Events

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Auth:
    """How the service proves at the token endpoint who it is.

    :ivar certificate_name: kind of name, as :data:`keys.certificates.NAMES`, and the name
    """

    method: str
    certificate_name: tuple[str, str] | None = None
    jwks: tuple[Mapping[str, Any], ...] | None = None
    jwks_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Encryption:
    """How the service wants something encrypted to a key of its own."""

    alg: str
    enc: str


@dataclass(frozen=True, slots=True)
class Registration:
    """One service as approved.

    Words are by language. ``asked`` is what may be asked, by claim: where two purposes
    name one claim, the first speaks for it. ``document`` is what it was all read from.
    """

    client_id: str
    agency_id: str
    name: Words
    description: Words
    profile: Profile
    start: str | None
    initiate_login_uri: str | None
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    frontchannel_logout_uri: str | None
    auth: Auth
    assertion_algs: tuple[str, ...]
    request_algs: tuple[str, ...]
    backchannel_mode: str | None
    backchannel_request_algs: tuple[str, ...]
    notification_endpoint: str | None
    id_token_alg: str
    introspection_alg: str
    id_token_encryption: Encryption | None
    userinfo_alg: str | None
    userinfo_encryption: Encryption | None
    require_par: bool
    require_pkce: bool
    openid_optional: bool
    offline_access: bool
    device: bool
    dpop: bool
    certificate_bound: bool
    require_signed_request: bool
    request_uris: tuple[str, ...]
    response_types: tuple[str, ...]
    response_modes: tuple[str, ...]
    acr: tuple[str, ...]
    logo: str | None
    contact: str | None
    privacy: str | None
    terms: str | None
    other_ways: Words
    life_events: tuple[str, ...]
    needs: Words
    resource: Resource | None
    calls: tuple[Called, ...]
    on_behalf: tuple[Called, ...]
    events: Events | None
    requests: bool
    corrections: tuple[str, ...]
    authorization_details_types: tuple[str, ...]
    grant_management: str | None
    self_registered: bool
    purposes: tuple[Purpose, ...]
    asked: Mapping[str, Asked]
    document: Document

    @property
    def signing_algs(self) -> frozenset[str]:
        """The algorithms in which the service wants what we sign for it."""
        named = (self.id_token_alg, self.introspection_alg, self.userinfo_alg)
        return frozenset(alg for alg in named if alg)

    @property
    def public(self) -> bool:
        """Whether the service can keep no secret."""
        return self.auth.method == "none"


def parse(document: object, rules: Rules = STRICT) -> Registration:
    """Judge ``document`` and read it.

    :raises RegistrationInvalid: with every problem, as (path, word)
    """
    problems = metadata.problems(document, rules)
    if problems or not isinstance(document, dict):
        raise RegistrationInvalid(tuple(problems))
    return read(document)


def read(document: Document) -> Registration:
    """Read a document that was judged before; rules made since do not break it."""
    spec, about = document["spec"], document["metadata"]
    profile = PROFILES[spec.get("profile") or metadata.DEFAULT_PROFILE]
    purposes = tuple(_purpose(each) for each in spec.get("purposes") or ())
    return Registration(
        client_id=about["id"],
        agency_id=about["agency"],
        name=spec["name"],
        description=spec.get("description") or {},
        profile=profile,
        start=spec.get("start"),
        redirect_uris=tuple(spec.get("redirectUris") or ()),
        initiate_login_uri=spec.get("initiateLoginUri"),
        post_logout_redirect_uris=tuple(spec.get("postLogoutRedirectUris") or ()),
        backchannel_logout_uri=spec.get("backchannelLogoutUri"),
        frontchannel_logout_uri=spec.get("frontchannelLogoutUri"),
        auth=_auth(spec["auth"]),
        assertion_algs=_assertion_algs(spec, profile),
        request_algs=_request_algs(spec.get("requestAlg"), profile),
        # Only a profile that allows it honours the mode, whatever the document says.
        backchannel_mode=spec.get("backchannelMode") if profile.backchannel else None,
        backchannel_request_algs=_algs(spec.get("backchannelRequestAlg"), profile),
        notification_endpoint=spec.get("notificationEndpoint"),
        id_token_alg=spec.get("idTokenAlg") or profile.id_token_algs[0],
        introspection_alg=spec.get("introspectionAlg")
        or spec.get("idTokenAlg")
        or profile.id_token_algs[0],
        id_token_encryption=_encryption(spec.get("idTokenEncryption")),
        userinfo_alg=spec.get("userinfoAlg"),
        userinfo_encryption=_encryption(spec.get("userinfoEncryption")),
        require_par=profile.require_par or bool(spec.get("requirePar")),
        # Only a profile that allows it honours the waiver, whatever the document says.
        require_pkce=not profile.pkce_waivable or spec.get("requirePkce") is not False,
        openid_optional=profile.openid_waivable and bool(spec.get("openidOptional")),
        offline_access=bool(spec.get("offlineAccess")),
        device=bool(spec.get("device")),
        dpop=bool(spec.get("dpop")),
        certificate_bound=bool(spec.get("certificateBound")),
        require_signed_request=bool(spec.get("requireSignedRequest")),
        request_uris=tuple(spec.get("requestUris") or ()),
        response_types=tuple(spec.get("responseTypes") or (response_types.PLAIN,)),
        response_modes=tuple(spec.get("responseModes") or ()),
        acr=tuple(spec.get("acr") or ()),
        logo=spec.get("logo"),
        contact=spec.get("contact"),
        privacy=spec.get("privacy"),
        terms=spec.get("terms"),
        other_ways=spec.get("otherWays") or {},
        life_events=tuple(spec.get("lifeEvents") or ()),
        needs=spec.get("needs") or {},
        resource=resources.read_resource(spec.get("resource")),
        calls=resources.read_calls(spec.get("calls") or ()),
        on_behalf=resources.read_calls(spec.get("onBehalf") or ()),
        events=registered.read(spec.get("events")),
        # In its own name, which nobody has who can keep no secret.
        requests=bool(spec.get("requests")) and spec["auth"]["method"] != "none",
        corrections=tuple(spec.get("corrections") or ())
        if spec["auth"]["method"] != "none"
        else (),
        authorization_details_types=tuple(spec.get("authorizationDetailsTypes") or ()),
        # Nobody who can keep no secret manages grants, whatever the document says.
        grant_management=spec.get("grantManagement") if spec["auth"]["method"] != "none" else None,
        self_registered=bool(spec.get("selfRegistered")),
        purposes=purposes,
        asked={each.claim: each for purpose in reversed(purposes) for each in purpose.claims},
        document=document,
    )


def _auth(auth: Document) -> Auth:
    jwks = auth.get("jwks")
    names = ((kind, auth[member]) for member, kind in CERTIFICATE_NAMES.items() if auth.get(member))
    return Auth(
        method=auth["method"],
        certificate_name=next(names, None),
        jwks=tuple(jwks["keys"]) if jwks else None,
        jwks_uri=auth.get("jwksUri"),
    )


def _encryption(wish: Document | None) -> Encryption | None:
    return Encryption(wish["alg"], wish.get("enc") or encryption.CONTENT[0]) if wish else None


def _algs(named: str | None, profile: Profile) -> tuple[str, ...]:
    """Return what a service may sign with: what it named, else all that its profile allows."""
    return (named,) if named else profile.assertion_algs


def _assertion_algs(spec: Document, profile: Profile) -> tuple[str, ...]:
    # Of its secret or of its keys, never of both: neither can pass for the other.
    by_secret = spec["auth"]["method"] in SEALED_METHODS
    named = spec.get("assertionAlg")
    return SECRET_ALGS if by_secret and not named else _algs(named, profile)


def _request_algs(named: str | None, profile: Profile) -> tuple[str, ...]:
    # OpenID Connect Registration §2: who names none may use any that is offered.
    unsigned = () if named or not profile.unsigned_objects else ("none",)
    return (*_algs(named, profile), *unsigned)


def _purpose(purpose: Document) -> Purpose:
    return Purpose(
        id=purpose["id"],
        name=purpose["name"],
        keep_days=purpose.get("keepDays") or LONGEST,
        claims=tuple(
            Asked(
                claim=each["claim"],
                need=each.get("need") or "needed",
                basis=each.get("basis") or "consent",
                why=each["why"],
                law=each.get("law"),
                area=each.get("area"),
            )
            for each in purpose.get("claims") or ()
        ),
    )
