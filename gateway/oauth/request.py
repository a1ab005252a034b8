"""The authorization request: one frozen record, read from a query, a form or a pushed form.

    query │ form ──read──▶ AuthorizationRequest ──to_json──▶ interaction, pushed request
                                   ▲────────────from_json────────────┘

Reading judges only what can be judged without the client; :mod:`gateway.oauth.checks`
does the rest. Unknown parameters are ignored (OpenID Connect Core §3.1.2.1).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gateway.oauth import names, rich, targets
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.verified import shape, wishes
from gateway.web.params import Params
from keys.assertions import MAX_BYTES, decode_json
from keys.errors import TokenRefused
from relying_parties import response_types
from relying_parties.authorization_details import Detail

PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})
LONGEST = 2048  # characters of state, nonce and login_hint: beyond, refused, never cut
_SCOPES = 100
_RESOURCES = 20
_SUBJECTS = 20
_ACRS = 20
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_SINGLE = (
    "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age",
    "acr_values", "claims", "code_challenge", "code_challenge_method", "id_token_hint",
    "login_hint", "ui_locales", "display", "request", "request_uri", "client_id", "redirect_uri",
    "dpop_jkt", "authorization_details", "grant_management_action", "grant_id",
)  # fmt: skip
_LISTS = (
    *("prompt", "acr_values", "essential_acr", "subjects", "resource"),
    "authorization_details",
)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a client asks; names are those of the wire.

    :ivar claims: of the ``claims`` parameter, by place, names as in the catalogue
    :ivar verified: of the same, what is wanted with its proof; most requests want none
    :ivar essential_acr: an ``acr`` that the ID token must have, or the request fails
    :ivar subjects: whom alone the answer may be about (Core §5.5.1); empty for anybody
    :ivar resource: beside userinfo, which is always meant (RFC 8707 §2.1)
    :ivar authorization_details: claims in them named as in the catalogue (RFC 9396 §2)
    :ivar dpop_jkt: thumbprint of the key that must redeem the code (RFC 9449 §10)
    :ivar device: which device waits for the answer, instead of an address (RFC 8628)
    """

    client_id: str
    redirect_uri: str
    response_type: str = ""
    response_mode: str = ""
    scope: str = ""
    state: str | None = None
    nonce: str | None = None
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    essential_acr: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    claims: Mapping[str, list[str]] = field(default_factory=dict)
    code_challenge: str | None = None
    code_challenge_method: str = ""
    id_token_hint: str | None = field(default=None, repr=False)
    login_hint: str = ""
    ui_locales: str = ""
    dpop_jkt: str | None = None
    resource: tuple[str, ...] = ()
    device: str = ""
    verified: wishes.Elements = field(default_factory=dict, repr=False)
    authorization_details: tuple[Detail, ...] = ()
    grant_management_action: str = ""
    grant_id: str = ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scope values, each once."""
        return tuple(dict.fromkeys(self.scope.split()))

    def to_json(self) -> dict[str, Any]:
        """Return a form that :meth:`from_json` reads back: what was asked, and nothing else."""
        given = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in given if value != _UNSAID.get(name, _ALWAYS)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` wrote."""
        lists = {name: tuple(stored[name]) for name in _LISTS if name in stored}
        return cls(**{**stored, **lists})


_BARE = AuthorizationRequest("", "")
_ALWAYS = object()
_UNSAID = {
    name: getattr(_BARE, name)
    for name in _BARE.__slots__
    if name not in {"client_id", "redirect_uri"}
}


def read(params: Params, issuer: str) -> AuthorizationRequest:
    """Read the request.

    :raises OAuthRefused: a parameter came twice or has no such value; whether that may
        be told by redirect is the caller's
    """
    for name in params.repeated():
        if name in _SINGLE:
            raise OAuthRefused("invalid_request", f"{name} came more than once")
    for name in ("state", "nonce", "login_hint", "ui_locales", "acr_values"):
        if len(params.text(name)) > LONGEST:
            raise OAuthRefused("invalid_request", f"{name} is too long")
    if len(params.text("id_token_hint")) > MAX_BYTES:
        raise OAuthRefused("invalid_request", "id_token_hint is too long")
    asked = _claims(params.text("claims"), issuer)
    response_type = response_types.spelled(params.text("response_type"))
    details = rich.read(params, issuer) or ()
    places = rich.with_claims(asked.names, details) if details else asked.names
    return AuthorizationRequest(
        client_id=params.text("client_id"),
        redirect_uri=params.text("redirect_uri"),
        response_type=response_type,
        response_mode=params.text("response_mode"),
        scope=_scope(params.text("scope"), response_type),
        state=params.text("state") if "state" in params else None,
        nonce=params.text("nonce") if "nonce" in params else None,
        prompt=_prompt(params),
        max_age=_max_age(params),
        acr_values=tuple(params.text("acr_values").split()[:20]),
        essential_acr=asked.acr,
        subjects=asked.subjects,
        claims=places,
        verified=asked.verified,
        code_challenge=params.text("code_challenge") or None,
        code_challenge_method=params.text("code_challenge_method"),
        id_token_hint=params.text("id_token_hint") or None,
        login_hint=params.text("login_hint"),
        ui_locales=params.text("ui_locales"),
        dpop_jkt=_jkt(params),
        resource=_resource(params, issuer),
        authorization_details=details,
        grant_management_action=params.text("grant_management_action"),
        grant_id=params.text("grant_id"),
    )


def _scope(text: str, response_type: str) -> str:
    values = text.split(" ") if text else []
    if len(values) > _SCOPES or len(text) > LONGEST or len(set(values)) != len(values):
        raise OAuthRefused("invalid_scope", "too many scope values, or one of them twice")
    known = response_types.RESPONSE_TYPES.get(response_type)
    if known and not known.code:  # OpenID Connect Core §11: nothing would come of it
        return " ".join(value for value in values if value != "offline_access")
    return text


def _prompt(params: Params) -> tuple[str, ...]:
    if "prompt" not in params:
        return ()
    values = tuple(params.text("prompt").split())
    if not values or not PROMPTS.issuperset(values) or ("none" in values and len(values) > 1):
        raise OAuthRefused("invalid_request", "prompt has no such value, or none with others")
    return values


def _max_age(params: Params) -> int | None:
    if "max_age" not in params:
        return None
    text = params.text("max_age")
    # OpenID Connect Core §3.1.2.1: whole seconds, zero allowed.
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise OAuthRefused("invalid_request", "max_age is whole seconds")
    return int(text)


def _jkt(params: Params) -> str | None:
    if "dpop_jkt" not in params:
        return None
    if not _THUMBPRINT.fullmatch(params.text("dpop_jkt")):
        raise OAuthRefused("invalid_request", "dpop_jkt is no SHA-256 thumbprint")
    return params.text("dpop_jkt")


def _resource(params: Params, issuer: str) -> tuple[str, ...]:
    named = targets.beside_userinfo(params, issuer)
    if len(named) > _RESOURCES or any(len(each) > LONGEST for each in named):
        raise OAuthRefused("invalid_target", "too many resources, or one that is too long")
    return named


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the ``claims`` parameter came to."""

    names: Mapping[str, list[str]] = field(default_factory=dict)
    acr: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    verified: wishes.Elements = field(default_factory=dict)


def _claims(text: str, issuer: str) -> _Asked:
    if not text:
        return _Asked()
    try:
        asked = decode_json(text.encode(), max_depth=shape.DEPTH)
    except TokenRefused as error:
        raise OAuthRefused("invalid_request", "claims is not JSON that we read") from error
    if not isinstance(asked, dict):
        raise OAuthRefused("invalid_request", "claims is not a JSON object")
    places: dict[str, list[str]] = {}
    verified: dict[str, list[wishes.Element]] = {}
    subjects: tuple[str, ...] = ()
    for place in ("userinfo", "id_token"):
        members = asked.get(place) or {}
        if not isinstance(members, dict):
            raise OAuthRefused("invalid_request", f"claims.{place} is not a JSON object")
        found = (names.short(issuer, name) for name in members)
        places[place] = sorted({name for name in found if name})
        if "verified_claims" in members:
            verified[place] = wishes.read(members["verified_claims"], issuer)
        if "sub" in members:
            subjects = _subjects(members["sub"], subjects)
    return _Asked(places, _essential_acr(asked.get("id_token") or {}), subjects, verified)


def _essential_acr(members: Mapping[str, Any]) -> tuple[str, ...]:
    wish = members.get("acr")
    if not isinstance(wish, dict) or wish.get("essential") is not True:
        return ()
    if not {"value", "values"} & wish.keys():
        return ()  # any will do: there is one in every ID token
    values = wish.get("values") or [wish.get("value")]
    # A demand that nobody can read is refused: to leave it out would be to meet it (§5.5.1.1).
    if not isinstance(values, list) or len(values) > _ACRS:
        raise OAuthRefused("invalid_request", "claims.id_token.acr.values is no list, or too long")
    if not all(isinstance(value, str) for value in values):
        raise OAuthRefused("invalid_request", "claims.id_token.acr names what is no acr")
    return tuple(values)


def _subjects(wish: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    """Read whom alone the answer may be about (Core §5.5.1); nobody is named, so anybody."""
    if not isinstance(wish, dict) or not {"value", "values"} & wish.keys():
        return known
    named = [wish["value"]] if "value" in wish else wish["values"]
    if not isinstance(named, list) or not 0 < len(named) <= _SUBJECTS:
        raise OAuthRefused("invalid_request", "claims: sub.values is no list, or too long")
    if not all(isinstance(each, str) and len(each) <= LONGEST for each in named):
        raise OAuthRefused("invalid_request", "claims: sub names what is no subject")
    # Who is named in both places has to be the same.
    both = [each for each in named if not known or each in known]
    if not both:
        raise OAuthRefused("invalid_request", "claims: sub is somebody else in each place")
    return tuple(both)
