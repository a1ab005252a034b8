"""What a valid service document is: one row per member, all problems told at once.

Members that are not listed are problems too, so a typing error can't weaken a
service in silence.

Specs: RFC 7591 §2 and §5, OpenID Connect Registration 1.0 §2, RFC 9700 §2.1.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from relying_parties.metadata import (
    abilities,
    addresses,
    algorithms,
    backchannel,
    credentials,
    purposes,
    responses,
    switches,
    words,
)
from relying_parties.metadata.rules import STRICT, Check, Problem, Rules, unknown_members
from relying_parties.profiles import PROFILES, Profile
from relying_parties.purposes import AREA
from relying_parties.streams import registered

DEFAULT_PROFILE = "gov-standard"

# What may stand where, besides the members of ``spec``.
KNOWN: Mapping[str, tuple[str, ...]] = {
    "": ("apiVersion", "kind", "metadata", "spec"),
    "metadata": ("id", "agency"),
    "auth": credentials.MEMBERS,
    "purposes": purposes.MEMBERS,
    "claims": purposes.OF_CLAIM,
    "area": AREA,
    "events": registered.MEMBERS,
}


def problems(document: object, rules: Rules = STRICT) -> list[Problem]:
    """Return every problem of a service document as (path, word)."""
    if not isinstance(document, dict):
        return [("", "not_an_object")]
    found = list(unknown_members(document, "", KNOWN[""]))
    for member, value in (("apiVersion", "gatehouse/v1"), ("kind", "Service")):
        if document.get(member) != value:
            found.append((member, "value"))
    found += _identity(document.get("metadata"))
    spec = document.get("spec")
    if not isinstance(spec, dict):
        return [*found, ("spec", "not_an_object")]
    return [*found, *_spec(spec, rules)]


def _identity(about: object) -> Iterator[Problem]:
    if not isinstance(about, dict):
        yield "metadata", "not_an_object"
        return
    yield from unknown_members(about, "metadata.", KNOWN["metadata"])
    for member in ("id", "agency"):
        if word := words.slug_problem(about.get(member)):
            yield f"metadata.{member}", word


def _spec(spec: Mapping[str, Any], rules: Rules) -> Iterator[Problem]:
    yield from unknown_members(spec, "spec.", MEMBERS.keys())
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
    yield from algorithms.keys_to_encrypt_to(spec)
    yield from addresses.frame_at_home(spec)
    yield from backchannel.delivery(spec, profile)
    yield from abilities.of_what_is_asked(spec)
    yield from credentials.assertion_alg(spec, profile)


def _elsewhere(spec: Mapping[str, Any]) -> bool:
    return any(spec.get(member) for member in _ELSEWHERE)


def _nothing(_value: Any, _path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    return iter(())  # judged before the rows, because they depend on it


MEMBERS: Mapping[str, Check] = {
    "name": words.name,
    "description": words.sentences,
    "profile": _nothing,
    "start": addresses.web,
    "initiateLoginUri": addresses.secure,
    "redirectUris": addresses.redirect_uris,
    "postLogoutRedirectUris": addresses.redirect_uris,
    "backchannelLogoutUri": addresses.called,
    "frontchannelLogoutUri": addresses.framed,
    "sectorIdentifierUri": addresses.fetched,
    "auth": credentials.auth,
    "assertionAlg": _nothing,
    "requestAlg": algorithms.request,
    "idTokenAlg": algorithms.signed,
    "introspectionAlg": algorithms.signed,
    "idTokenEncryption": algorithms.encryption,
    "userinfoAlg": algorithms.signed,
    "userinfoEncryption": algorithms.encryption,
    "backchannelMode": backchannel.mode,
    "backchannelRequestAlg": algorithms.proof,
    "notificationEndpoint": addresses.called,
    "requirePar": switches.plain,
    "requirePkce": switches.pkce,
    "offlineAccess": switches.plain,
    "device": switches.plain,
    "openidOptional": switches.openid,
    "dpop": switches.plain,
    "certificateBound": switches.certificate_bound,
    "requireSignedRequest": switches.plain,
    "requestUris": addresses.several,
    "responseTypes": responses.types,
    "responseModes": responses.modes,
    "acr": words.acr,
    "logo": addresses.fetched,
    "contact": words.contact,
    "privacy": addresses.web,
    "terms": addresses.web,
    "otherWays": words.sentences,
    "lifeEvents": abilities.life_events,
    "needs": words.sentences,
    "purposes": purposes.purposes,
    "authorizationDetailsTypes": abilities.detail_types,
    "grantManagement": abilities.grant_management,
    "resource": abilities.resource,
    "calls": abilities.calls,
    "onBehalf": abilities.on_behalf,
    "events": abilities.events,
    "requests": switches.in_own_name,
    "corrections": abilities.corrections,
    "selfRegistered": switches.plain,
}
NECESSARY = frozenset({"name", "redirectUris", "auth"})
# With one of these, citizens need not come at all, or not by their browser.
_ELSEWHERE = ("resource", "calls", "device", "events", "backchannelMode")
