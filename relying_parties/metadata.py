"""What a valid service document is: one row per member, all problems told at once.

Members that are not listed are problems too, so a typing error can't weaken a
service in silence.

Specs: RFC 7591 §2 and §5, OpenID Connect Registration 1.0 §2, RFC 9700 §2.1.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from keys import certificates, encryption
from relying_parties import client_keys, detail_types, redirects, resources, response_types, wording
from relying_parties.life_events import LIFE_EVENTS
from relying_parties.profiles import (
    CERTIFICATE_METHODS,
    PROFILES,
    SEALED_METHODS,
    SECRET_ALGS,
    Profile,
)
from relying_parties.purposes import AREA, BASES, LONGEST, NEEDS
from relying_parties.streams import registered

DEFAULT_PROFILE = "gov-standard"
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

GRANT_MANAGEMENT = ("optional", "required")  # to name an action in each request
# CIBA Core §5; push would hand tokens to an address, and FAPI-CIBA §5.2.2 forbids it.
DELIVERY_MODES = ("poll", "ping")
RESPONSE_MODES = (
    *("query", "form_post", "fragment"),
    *("jwt", "query.jwt", "form_post.jwt", "fragment.jwt"),
)
BY_FRAGMENT = ("fragment", "fragment.jwt")  # for response types that put a token there

# Characters, from and to.
NAME, SENTENCE, CONTACT, ACR, PLACE = (2, 80), (3, 300), (3, 254), (1, 255), (2, 100)

Problem = tuple[str, str]

_TYPES = (*response_types.RESPONSE_TYPES,)  # a list, because what is asked may not be hashable


@dataclass(frozen=True, slots=True)
class Rules:
    """What depends on where we run.

    :ivar allow_loopback: ``http`` to this machine, for demonstrations and tests
    :ivar unsigned: request objects may be registered that nobody signs
    :ivar claims: the names in the catalogue, if the caller knows it
    :ivar legacy: response types whose tokens go through the browser may be registered
    :ivar by_law: those that go out only where a law says so
    :ivar of_area: those that speak of one area, which the document has to name
    :ivar mutual_tls: services can show certificates to us (RFC 8705)
    :ivar scopes: those that speak of citizens, so that no resource takes them for its own
    """

    allow_loopback: bool = False
    legacy: bool = False
    unsigned: bool = False
    claims: frozenset[str] | None = None
    by_law: frozenset[str] = frozenset()
    of_area: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    mutual_tls: bool = True


STRICT = Rules()

# How a service's certificate is named (RFC 8705 §2.1.2), as its document and as keys spell it.
CERTIFICATE_NAMES: Mapping[str, str] = {
    "subjectDn": "subject_dn",
    "sanDns": "san_dns",
    "sanUri": "san_uri",
    "sanIp": "san_ip",
    "sanEmail": "san_email",
}

# What may stand where, besides the members of ``spec``.
KNOWN: Mapping[str, tuple[str, ...]] = {
    "": ("apiVersion", "kind", "metadata", "spec"),
    "metadata": ("id", "agency"),
    "auth": ("method", "jwks", "jwksUri", *CERTIFICATE_NAMES),
    "purposes": ("id", "name", "keepDays", "claims"),
    "claims": ("claim", "need", "basis", "why", "law", "area"),
    "area": AREA,
    "events": registered.MEMBERS,
}

Check = Callable[[Any, str, Rules, Profile], Iterator[Problem]]


def problems(document: object, rules: Rules = STRICT) -> list[Problem]:
    """Return every problem of a service document as (path, word)."""
    if not isinstance(document, dict):
        return [("", "not_an_object")]
    found = list(_members(document, "", KNOWN[""]))
    for member, value in (("apiVersion", "gatehouse/v1"), ("kind", "Service")):
        if document.get(member) != value:
            found.append((member, "value"))
    found += _identity(document.get("metadata"))
    spec = document.get("spec")
    if not isinstance(spec, dict):
        return [*found, ("spec", "not_an_object")]
    return [*found, *_spec(spec, rules)]


def slug_problem(value: object) -> str | None:
    """Say what is wrong with the id of a service, agency or purpose."""
    return None if isinstance(value, str) and SLUG.fullmatch(value) else "slug"


def _identity(about: object) -> Iterator[Problem]:
    if not isinstance(about, dict):
        yield "metadata", "not_an_object"
        return
    yield from _members(about, "metadata.", KNOWN["metadata"])
    for member in ("id", "agency"):
        if word := slug_problem(about.get(member)):
            yield f"metadata.{member}", word


def _spec(spec: Mapping[str, Any], rules: Rules) -> Iterator[Problem]:
    yield from _members(spec, "spec.", MEMBERS.keys())
    name = spec.get("profile") or DEFAULT_PROFILE
    profile = PROFILES.get(name) if isinstance(name, str) else None
    if profile is None:
        yield "spec.profile", "unknown"
        profile = PROFILES[DEFAULT_PROFILE]
    elif not profile.offered:
        yield "spec.profile", "not_offered"
    for member, check in MEMBERS.items():
        value = spec.get(member)
        if value is not None:
            yield from check(value, f"spec.{member}", rules, profile)
        elif member in NECESSARY and not (member == "redirectUris" and _elsewhere(spec)):
            yield f"spec.{member}", "missing"
    yield from _keys_to_encrypt_to(spec)
    yield from _frame_at_home(spec)
    yield from _delivery(spec, profile)
    yield from _of_what_is_asked(spec)
    yield from _assertion_alg(spec, profile)


def _elsewhere(spec: Mapping[str, Any]) -> bool:
    return any(spec.get(member) for member in _ELSEWHERE)


def _keys_to_encrypt_to(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Say for what there is no key; what is published elsewhere may change any day."""
    auth = spec.get("auth")
    auth = auth if isinstance(auth, dict) else {}
    jwks = auth.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    known = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    for member in ("idTokenEncryption", "userinfoEncryption"):
        wish = spec.get(member)
        alg = wish.get("alg") if isinstance(wish, dict) else None
        if not isinstance(alg, str) or alg not in encryption.ALGORITHMS or auth.get("jwksUri"):
            continue
        if encryption.fit(known, alg) is None:
            yield f"spec.{member}", "encryption_key_missing"


def _frame_at_home(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Front-Channel Logout §2: scheme, host and port of one of the redirect addresses."""
    uri, called = spec.get("frontchannelLogoutUri"), spec.get("redirectUris")
    known = [each for each in called if isinstance(each, str)] if isinstance(called, list) else []
    if isinstance(uri, str) and redirects.origin(uri) not in map(redirects.origin, known):
        yield "spec.frontchannelLogoutUri", "foreign_origin"


def _delivery(spec: Mapping[str, Any], profile: Profile) -> Iterator[Problem]:
    """CIBA Core §4: who asks says how it hears; an address for that is for pings alone."""
    mode, address = (spec.get(member) for member in ("backchannelMode", "notificationEndpoint"))
    if profile.backchannel and mode is None:
        yield "spec.backchannelMode", "missing"
    if mode == "ping" and address is None:
        yield "spec.notificationEndpoint", "missing"
    if mode != "ping" and address is not None:
        yield "spec.notificationEndpoint", "for_pings_only"


def _assertion_alg(spec: Mapping[str, Any], profile: Profile) -> Iterator[Problem]:
    """RFC 8725 §3.1: an algorithm is for secrets or for keys, as the way to prove itself is."""
    alg, auth = spec.get("assertionAlg"), spec.get("auth")
    method = auth.get("method") if isinstance(auth, dict) else None
    known = SECRET_ALGS if method in SEALED_METHODS else profile.assertion_algs
    if alg is not None and alg not in known:
        yield "spec.assertionAlg", "profile_forbids"


def _of_what_is_asked(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Nobody corrects a detail who may not see it."""
    named, purposes = spec.get("corrections"), spec.get("purposes")
    rows = [row for row in purposes if isinstance(row, dict)] if isinstance(purposes, list) else []
    asked = [
        each.get("claim")
        for row in rows
        if isinstance(row.get("claims"), list)
        for each in row["claims"]
        if isinstance(each, dict)
    ]
    for number, name in enumerate(named if isinstance(named, list) else ()):
        if name not in asked:
            yield f"spec.corrections[{number}]", "not_asked"


def _members(value: Mapping[Any, Any], path: str, known: Any) -> Iterator[Problem]:
    for member in value:
        if member not in known:
            yield f"{path}{str(member)[:80]}", "unknown_member"


def _name(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    return wording.names(value, path, *NAME)


def _sentences(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    return wording.words(value, path, *SENTENCE)


def _nothing(_value: Any, _path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    return iter(())  # judged before the rows, because they depend on it


def _switch(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield path, "not_a_switch"


def _pkce(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield path, "not_a_switch"
    elif not value and not profile.pkce_waivable:
        yield path, "profile_forbids"


def _certificate_bound(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield path, "not_a_switch"
    elif value and not rules.mutual_tls:
        yield path, "no_certificates"


def _openid(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield path, "not_a_switch"
    elif value and not profile.openid_waivable:
        yield path, "profile_forbids"


def _address(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if word := redirects.web_problem(value, allow_loopback=rules.allow_loopback):
        yield path, word


def _secure_address(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    # OpenID Connect Core §4: https, wherever we run.
    if word := redirects.web_problem(value):
        yield path, word


def _addresses(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, list) or len(value) > redirects.MOST:
        yield path, "not_a_list"
        return
    for number, address in enumerate(value):
        yield from _address(address, f"{path}[{number}]", rules, profile)


def _called(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if word := redirects.problem(value, allow_loopback=rules.allow_loopback):
        yield path, word


def _framed(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if word := redirects.problem(value, allow_loopback=rules.allow_loopback):
        yield path, word
    elif {name for name, _ in parse_qsl(urlsplit(value).query, keep_blank_values=True)} & {"sid"}:
        yield path, "reserved_query"  # we say it there ourselves


def _redirects(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, list) or (not value and path == "spec.redirectUris"):
        yield path, "not_a_list"
        return
    if len(value) > redirects.MOST:
        yield path, "too_many"
        return
    for number, uri in enumerate(value):
        if word := redirects.problem(
            uri, allow_loopback=rules.allow_loopback, native=profile.loopback
        ):
            yield f"{path}[{number}]", word
        elif uri in value[:number]:
            yield f"{path}[{number}]", "twice"


def _auth(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield path, "not_an_object"
        return
    yield from _members(value, f"{path}.", KNOWN["auth"])
    method, jwks, jwks_uri = value.get("method"), value.get("jwks"), value.get("jwksUri")
    if method not in profile.auth_methods:
        yield f"{path}.method", "profile_forbids"
    elif method in CERTIFICATE_METHODS and not rules.mutual_tls:
        yield f"{path}.method", "no_certificates"
    # RFC 7591 §2: a set by value or by reference, never both.
    if jwks is not None and jwks_uri is not None:
        yield path, "jwks_and_jwks_uri"
    if jwks is None and jwks_uri is None and method in _BY_KEY:
        yield path, "keys_missing"
    yield from _certificate_name(value, path, method)
    if jwks is not None:
        yield from client_keys.problems(jwks, f"{path}.jwks")
    if jwks_uri is not None:
        yield from _address(jwks_uri, f"{path}.jwksUri", rules, profile)


def _certificate_name(auth: Mapping[str, Any], path: str, method: object) -> Iterator[Problem]:
    """RFC 8705 §2.1.2: exactly one, where an authority vouches for it."""
    given = [member for member in CERTIFICATE_NAMES if auth.get(member) is not None]
    if method != "tls_client_auth":
        for member in given:
            yield f"{path}.{member}", "unknown_member"
    elif len(given) != 1:
        yield f"{path}.{given[1] if given else 'subjectDn'}", "one_certificate_name"
    elif not certificates.can_be_named(CERTIFICATE_NAMES[given[0]], auth[given[0]]):
        yield f"{path}.{given[0]}", "certificate_name"


def _alg(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    if value not in profile.id_token_algs:
        yield path, "profile_forbids"


def _encryption(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield path, "not_an_object"
        return
    yield from _members(value, f"{path}.", {"alg", "enc"})
    for member, known in (("alg", (*encryption.ALGORITHMS,)), ("enc", (None, *encryption.CONTENT))):
        if value.get(member) not in known:
            yield f"{path}.{member}", "value"


def _mode(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not profile.backchannel:
        yield path, "profile_forbids"
    elif value not in DELIVERY_MODES:
        yield path, "value"


def _proof_alg(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    if value not in profile.assertion_algs:
        yield path, "profile_forbids"


def _request_alg(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not (value == "none" and rules.unsigned and profile.unsigned_objects):
        yield from _proof_alg(value, path, rules, profile)


def _response_types(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, list) or not value or not all(each in _TYPES for each in value):
        yield path, "value"
    elif set(value) == {response_types.PLAIN}:
        return
    elif not profile.front_channel:
        yield path, "profile_forbids"
    elif not rules.legacy:
        yield path, "not_here"


def _response_modes(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, list) or not all(each in RESPONSE_MODES for each in value):
        yield path, "value"
    elif not profile.front_channel and not set(BY_FRAGMENT).isdisjoint(value):
        yield path, "profile_forbids"


def _grant_management(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    # Grant Management §5.1: for confidential clients only.
    yield from _confidential(path, profile)
    if value not in GRANT_MANAGEMENT:
        yield path, "value"


def _detail_types(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, list) or len(value) > len(detail_types.BY_NAME):
        yield path, "not_a_list"
        return
    for number, name in enumerate(value):
        if not isinstance(name, str) or name not in detail_types.BY_NAME:
            yield f"{path}[{number}]", "unknown"
        elif name in value[:number]:
            yield f"{path}[{number}]", "twice"


def _life_events(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, list) or len(value) > len(LIFE_EVENTS):
        yield path, "not_a_list"
        return
    for number, name in enumerate(value):
        if not isinstance(name, str) or name not in LIFE_EVENTS:
            yield f"{path}[{number}]", "unknown"
        elif name in value[:number]:
            yield f"{path}[{number}]", "twice"


def _acr(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, list) or len(value) > 10:
        yield path, "not_a_list"
        return
    for number, acr in enumerate(value):
        if word := wording.problem(acr, *ACR):
            yield f"{path}[{number}]", word


def _contact(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if word := wording.problem(value, *CONTACT):
        yield path, word


def _purposes(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    if not isinstance(value, list) or len(value) > 20:
        yield path, "not_a_list"
        return
    ids: list[Any] = []
    for number, purpose in enumerate(value):
        where = f"{path}[{number}]"
        if not isinstance(purpose, dict):
            yield where, "not_an_object"
            continue
        yield from _purpose(purpose, where, rules)
        if purpose.get("id") in ids:
            yield f"{where}.id", "twice"
        ids.append(purpose.get("id"))


def _purpose(purpose: Mapping[str, Any], path: str, rules: Rules) -> Iterator[Problem]:
    yield from _members(purpose, f"{path}.", KNOWN["purposes"])
    if word := slug_problem(purpose.get("id")):
        yield f"{path}.id", word
    yield from wording.words(purpose.get("name"), f"{path}.name", *SENTENCE)
    days = purpose.get("keepDays", LONGEST)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST:
        yield f"{path}.keepDays", "range"
    claims = purpose.get("claims")
    if not isinstance(claims, list) or not 1 <= len(claims) <= 60:
        yield f"{path}.claims", "not_a_list"
        return
    seen: list[Any] = []
    for number, asked in enumerate(claims):
        yield from _asked(asked, f"{path}.claims[{number}]", rules, seen)


def _asked(asked: Any, path: str, rules: Rules, seen: list[Any]) -> Iterator[Problem]:
    if not isinstance(asked, dict):
        yield path, "not_an_object"
        return
    yield from _members(asked, f"{path}.", KNOWN["claims"])
    claim = asked.get("claim")
    if not isinstance(claim, str) or not re.fullmatch(r"[a-z][a-z0-9_]{1,63}", claim):
        yield f"{path}.claim", "claim_name"
    elif rules.claims is not None and claim not in rules.claims:
        yield f"{path}.claim", "unknown_claim"
    elif claim in seen:
        yield f"{path}.claim", "twice"
    seen.append(claim)
    if asked.get("need", "needed") not in NEEDS:
        yield f"{path}.need", "value"
    yield from wording.words(asked.get("why"), f"{path}.why", *SENTENCE)
    yield from _ground(asked, path, rules)
    yield from _area(asked, f"{path}.area", rules)


def _area(asked: Mapping[str, Any], path: str, rules: Rules) -> Iterator[Problem]:
    area, speaks = asked.get("area"), asked.get("claim") in rules.of_area
    if area is None:
        if speaks:
            yield path, "area_missing"
        return
    if not speaks:
        yield path, "unknown_member"
    elif not isinstance(area, dict) or not area:
        yield path, "area_missing"
    else:
        yield from _members(area, f"{path}.", KNOWN["area"])
        for member in AREA:
            if member in area and (word := wording.problem(area[member], *PLACE)):
                yield f"{path}.{member}", word
        if not re.fullmatch(r"[A-Z]{2}", str(area.get("country_code", ""))):
            yield f"{path}.country_code", "country"


def _ground(asked: Mapping[str, Any], path: str, rules: Rules) -> Iterator[Problem]:
    basis = asked.get("basis", "consent")
    if basis not in BASES:
        yield f"{path}.basis", "value"
    elif basis != "law" and asked.get("claim") in rules.by_law:
        yield f"{path}.basis", "law_only"
    if basis == "law" or asked.get("law") is not None:
        yield from wording.words(asked.get("law"), f"{path}.law", *SENTENCE)


def _resource(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    yield from _confidential(path, profile)
    loopback = rules.allow_loopback
    yield from resources.resource_problems(value, path, rules.scopes, allow_loopback=loopback)


def _calls(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    yield from _confidential(path, profile)
    yield from _on_behalf(value, path, rules, profile)


def _on_behalf(value: Any, path: str, rules: Rules, _profile: Profile) -> Iterator[Problem]:
    loopback = rules.allow_loopback
    yield from resources.calls_problems(value, path, rules.scopes, allow_loopback=loopback)


def _events(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    yield from _confidential(path, profile)
    yield from registered.problems(value, path, allow_loopback=rules.allow_loopback)


def _own_switch(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    yield from _confidential(path, profile)
    yield from _switch(value, path, rules, profile)


def _corrections(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    yield from _confidential(path, profile)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        yield path, "not_a_list"


def _confidential(path: str, profile: Profile) -> Iterator[Problem]:
    # RFC 6749 §4.4: who can't prove who it is has no name of its own to act in.
    if profile.auth_methods == ("none",):
        yield path, "profile_forbids"


MEMBERS: Mapping[str, Check] = {
    "name": _name,
    "description": _sentences,
    "profile": _nothing,
    "start": _address,
    "initiateLoginUri": _secure_address,
    "redirectUris": _redirects,
    "postLogoutRedirectUris": _redirects,
    "backchannelLogoutUri": _called,
    "frontchannelLogoutUri": _framed,
    "sectorIdentifierUri": _address,
    "auth": _auth,
    "assertionAlg": _nothing,
    "requestAlg": _request_alg,
    "idTokenAlg": _alg,
    "introspectionAlg": _alg,
    "idTokenEncryption": _encryption,
    "userinfoAlg": _alg,
    "userinfoEncryption": _encryption,
    "backchannelMode": _mode,
    "backchannelRequestAlg": _proof_alg,
    "notificationEndpoint": _called,
    "requirePar": _switch,
    "requirePkce": _pkce,
    "offlineAccess": _switch,
    "device": _switch,
    "openidOptional": _openid,
    "dpop": _switch,
    "certificateBound": _certificate_bound,
    "requireSignedRequest": _switch,
    "requestUris": _addresses,
    "responseTypes": _response_types,
    "responseModes": _response_modes,
    "acr": _acr,
    "logo": _address,
    "contact": _contact,
    "privacy": _address,
    "terms": _address,
    "otherWays": _sentences,
    "lifeEvents": _life_events,
    "needs": _sentences,
    "purposes": _purposes,
    "authorizationDetailsTypes": _detail_types,
    "grantManagement": _grant_management,
    "resource": _resource,
    "calls": _calls,
    "onBehalf": _on_behalf,
    "events": _events,
    "requests": _own_switch,
    "corrections": _corrections,
    "selfRegistered": _switch,
}
NECESSARY = frozenset({"name", "redirectUris", "auth"})
# With one of these, citizens need not come at all, or not by their browser.
_ELSEWHERE = ("resource", "calls", "device", "events", "backchannelMode")
_BY_KEY = frozenset({"private_key_jwt", CERTIFICATE_METHODS[1]})
