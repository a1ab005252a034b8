"""Client metadata: a service's registration in the words of RFC 7591, and back.

    metadata ──spec──▶ the part of our document that the client may write ──told──▶ metadata

A member that is not listed is dropped, as the specifications have it; one that asks for
a protection that we do not give is refused, so that nobody believes to be safer than
they are. What the words of RFC 7591 can't say (purposes, grounds, who approved) stays
as it is whatever the client sends.

Specs: RFC 7591 §2, RFC 7592 §2.2, OpenID Connect Registration 1.0 §2, RFC 9126 §6.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from keys import encryption
from keys.keystore import ALGORITHMS
from relying_parties import metadata, redirects, response_types
from relying_parties.errors import RegistrationInvalid
from relying_parties.metadata.credentials import CERTIFICATE_NAMES
from relying_parties.metadata.rules import Problem, Rules
from relying_parties.profiles import PROFILES

# Members that say the same as one of ours. The next is a row.
SAME: Mapping[str, str] = {
    "redirect_uris": "redirectUris",
    "post_logout_redirect_uris": "postLogoutRedirectUris",
    "backchannel_logout_uri": "backchannelLogoutUri",
    "frontchannel_logout_uri": "frontchannelLogoutUri",
    "userinfo_signed_response_alg": "userinfoAlg",
    "introspection_signed_response_alg": "introspectionAlg",
    "backchannel_token_delivery_mode": "backchannelMode",
    "backchannel_authentication_request_signing_alg": "backchannelRequestAlg",
    "backchannel_client_notification_endpoint": "notificationEndpoint",
    "initiate_login_uri": "initiateLoginUri",
    "sector_identifier_uri": "sectorIdentifierUri",
    "client_uri": "start",
    "logo_uri": "logo",
    "policy_uri": "privacy",
    "tos_uri": "terms",
    "request_uris": "requestUris",
    "response_modes": "responseModes",
    "authorization_details_types": "authorizationDetailsTypes",
    "token_endpoint_auth_signing_alg": "assertionAlg",
    "request_object_signing_alg": "requestAlg",
    "require_pushed_authorization_requests": "requirePar",
    "require_signed_request_object": "requireSignedRequest",
    "dpop_bound_access_tokens": "dpop",
    "tls_client_certificate_bound_access_tokens": "certificateBound",
}
# Names of a certificate (RFC 8705 §2.1.2), which stand inside ``auth``.
CERTIFICATE: Mapping[str, str] = {
    f"tls_client_auth_{kind}": member for member, kind in CERTIFICATE_NAMES.items()
}
# Members of ours with an ``alg`` and an ``enc``, each of which has a name of its own there.
ENCRYPTED: Mapping[str, tuple[str, str]] = {
    "idTokenEncryption": ("id_token_encrypted_response_alg", "id_token_encrypted_response_enc"),
    "userinfoEncryption": ("userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc"),
}
# Members of ours that are made of several, or of one in another way.
MADE: Mapping[str, str] = {
    "name": "client_name",
    "contact": "contacts",
    "auth.method": "token_endpoint_auth_method",
    "auth.jwks": "jwks",
    "auth.jwksUri": "jwks_uri",
    **{f"auth.{member}": name for name, member in CERTIFICATE.items()},
    "auth": "jwks",
    "profile": "token_endpoint_auth_method",
    "idTokenAlg": "id_token_signed_response_alg",
    "offlineAccess": "grant_types",
    "device": "grant_types",
    "responseTypes": "response_types",
    **{member: name for member, (name, _) in ENCRYPTED.items()},
    **{f"{member}.enc": name for member, (_, name) in ENCRYPTED.items()},
}

REFRESH = "refresh_token"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CIBA = "urn:openid:params:grant-type:ciba"
SUBJECT_TYPES = ("pairwise",)
APPLICATION_TYPES = ("web", "native")

# A protection that we do not give: what would be encrypted, and a sign-in of a certain age.
NOT_GIVEN = (
    *("authorization_encrypted_response_alg", "authorization_encrypted_response_enc"),
    *("introspection_encrypted_response_alg", "introspection_encrypted_response_enc"),
    "default_max_age",
)
# What the client may do in one of these ways, which is nothing to keep.
OPENED: Mapping[str, tuple[str, ...]] = {
    "request_object_encryption_alg": tuple(ALGORITHMS["enc"]),
    "request_object_encryption_enc": encryption.CONTENT,
}
# Switches of which only ``false`` can be kept.
NEVER = ("backchannel_user_code_parameter",)

DEFAULT_METHOD = "client_secret_basic"  # OpenID Connect Registration 1.0 §2
DEFAULT_ALG = "RS256"
DEFAULT_ENC = encryption.CONTENT[0]
DEFAULT_FAPI_ALG = "ES256"  # FAPI-CIBA §7.10 allows no RS256

_TAGGED = re.compile(r"client_name#(.*)")
_LANGUAGE = "en"  # of a name that does not say its language

Given = Mapping[str, Any]


def present(given: Given) -> dict[str, Any]:
    """Return what ``given`` says: a null says nothing (RFC 7592 §2.2)."""
    return {name: value for name, value in given.items() if value is not None}


def spec(given: Given, before: Given | None = None) -> dict[str, Any]:
    """Write the document's ``spec``; nothing is judged here but by :func:`judge`.

    :param before: the spec that this replaces; what the client can't write is kept
    """
    ours = {*SAME.values(), *(name for name in MADE if "." not in name)}
    made = {name: value for name, value in (before or {}).items() if name not in ours}
    method = given.get("token_endpoint_auth_method", DEFAULT_METHOD)
    certificate = {member: given.get(name) for name, member in CERTIFICATE.items()}
    keys = {"jwks": given.get("jwks"), "jwksUri": given.get("jwks_uri")}
    contacts = given.get("contacts")
    types = _response_types(given)
    made |= {
        "name": _names(given),
        "profile": _profile(given, method),
        "auth": {"method": method, **present(keys), **present(certificate)},
        "idTokenAlg": given.get(
            "id_token_signed_response_alg", DEFAULT_FAPI_ALG if _asks(given) else DEFAULT_ALG
        ),
        "offlineAccess": REFRESH in _list(given, "grant_types"),
        # Said only where it is so: most services never heard of it.
        "device": DEVICE in _list(given, "grant_types") or None,
        "responseTypes": None if types in ([], [response_types.PLAIN]) else types,
        # Citizens see one way to write to a service.
        "contact": contacts[0] if isinstance(contacts, list) and contacts else contacts or None,
        **{member: _encryption(given, *names) for member, names in ENCRYPTED.items()},
        **{member: given.get(name) for name, member in SAME.items()},
    }
    return present(made)


def judge(document: Given, given: Given, rules: Rules) -> None:
    """Refuse metadata that contradicts itself, asks for what we do not give, or breaks rules.

    :param document: what was made of ``given``
    :raises RegistrationInvalid: with every problem, by the names of ``given``
    """
    found = [*_contradictions(given, rules), *_wishes(given), *_signatures(document, given)]
    found += [(_path(path), word) for path, word in metadata.problems(document, rules)]
    if not found:
        found += _kind(given, rules)
    if found:
        raise RegistrationInvalid(tuple(found))


def told(document: Given, scopes: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return a document as metadata, defaults written out (RFC 7591 §3.2.1).

    :param scopes: the claims that each scope value stands for
    """
    of = document["spec"]
    auth, native = of["auth"], of["profile"] == "native-public"
    behind = of["profile"] == "ciba"
    browser = not behind or bool(of.get("redirectUris"))
    types = list(of.get("responseTypes") or (response_types.PLAIN,)) if browser else []
    beside = {REFRESH: of.get("offlineAccess"), DEVICE: of.get("device"), CIBA: behind}
    granted = (*response_types.grant_types(types), *(name for name in beside if beside[name]))
    names = {f"client_name#{tag}": text for tag, text in of["name"].items() if tag != _LANGUAGE}
    if _LANGUAGE in of["name"]:
        names["client_name"] = of["name"][_LANGUAGE]
    return {
        **names,
        **{name: of[member] for name, member in SAME.items() if member in of},
        **_encryptions(of),
        **({"contacts": [of["contact"]]} if "contact" in of else {}),
        **{name: auth[own] for name, own in _KEYS.items() if own in auth},
        "token_endpoint_auth_method": auth["method"],
        "application_type": "native" if native else "web",
        "response_types": types,
        "grant_types": list(granted),
        "subject_type": "pairwise",
        "id_token_signed_response_alg": of["idTokenAlg"],
        "authorization_signed_response_alg": of["idTokenAlg"],
        "scope": " ".join(_scopes(of, scopes)),
        "require_auth_time": True,
    }


_KEYS = {"jwks": "jwks", "jwks_uri": "jwksUri", **CERTIFICATE}


def _encryption(given: Given, alg: str, enc: str) -> dict[str, Any] | None:
    """Say how an answer is to be encrypted, if it is (Registration 1.0 §2)."""
    return {"alg": given[alg], "enc": given.get(enc, DEFAULT_ENC)} if alg in given else None


def _encryptions(of: Given) -> dict[str, Any]:
    return {
        name: wish[part]
        for member, names in ENCRYPTED.items()
        if (wish := of.get(member))
        for name, part in zip(names, ("alg", "enc"), strict=True)
        if part in wish
    }


def _names(given: Given) -> dict[str, Any]:
    names = {
        tag.group(1): value for name, value in given.items() if (tag := _TAGGED.fullmatch(name))
    }
    plain = given.get("client_name")
    if plain is None and not names:
        # It has to be called something, and this is what citizens can check.
        plain = next(iter(_hosts(given)), None)
    return {**names, **({} if plain is None else {_LANGUAGE: plain})}


def _profile(given: Given, method: Any) -> str:
    if method == "none":
        return "native-public"
    if _asks(given):
        return "ciba"
    pushes = given.get("require_pushed_authorization_requests") is True
    strong = method in PROFILES["gov-standard"].auth_methods
    return "gov-standard" if pushes and strong else "oidc-basic"


def _asks(given: Given) -> bool:
    """Whether the client asks citizens who are not in front of it (CIBA Core §4)."""
    return CIBA in _list(given, "grant_types")


def _bare(given: Given) -> bool:
    """Whether it asks citizens in their absence only, and needs no browser."""
    return _asks(given) and not _list(given, "redirect_uris")


def _list(given: Given, name: str) -> list[Any]:
    value = given.get(name)
    return value if isinstance(value, list) else []


def _response_types(given: Given) -> Any:
    """Spell what was named as our rows do; who names none means a code (RFC 7591 §2)."""
    named = given.get("response_types", [] if _bare(given) else [response_types.PLAIN])
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        return named
    return list(dict.fromkeys(response_types.spelled(each) for each in named))


def _contradictions(given: Given, rules: Rules) -> Iterator[Problem]:
    types = response_types.offered(legacy=rules.legacy)
    asked = _response_types(given)
    grants = (*response_types.grant_types(types), REFRESH, DEVICE, CIBA)
    granted = given.get("grant_types", ["authorization_code"])
    wrong = False
    for name, value, known in (("response_types", asked, types), ("grant_types", granted, grants)):
        if not isinstance(value, list) or not (value or _bare(given)):
            yield name, "not_a_list"
        elif not all(each in known for each in value):
            yield name, "not_supported"
        else:
            continue
        wrong = True
    # RFC 7591 §2.1: a code is of no use without the grant that redeems it.
    if not wrong and not set(response_types.grant_types(asked)) <= set(granted):
        yield "grant_types", "missing"
    if not wrong and asked and _bare(given):
        yield "response_types", "contradicts"
    for name, known in (("subject_type", SUBJECT_TYPES), ("application_type", APPLICATION_TYPES)):
        if given.get(name, known[0]) not in known:
            yield name, "not_supported"


def _wishes(given: Given) -> Iterator[Problem]:
    for name in NOT_GIVEN:
        if name in given:
            yield name, "not_supported"
    for name, known in OPENED.items():
        if given.get(name, known[0]) not in known:
            yield name, "not_supported"
    for name in NEVER:
        if given.get(name, False) is not False:
            yield name, "not_supported"


def _signatures(document: Given, given: Given) -> Iterator[Problem]:
    """Refuse what would be signed or encrypted in another way than the client says."""
    for alg, enc in ENCRYPTED.values():
        if enc in given and alg not in given:  # OpenID Connect Registration 1.0 §2
            yield alg, "missing"
    name = "authorization_signed_response_alg"
    if name in given and given[name] != document["spec"]["idTokenAlg"]:  # JARM §3: there is one
        yield name, "contradicts"


def _kind(given: Given, rules: Rules) -> Iterator[Problem]:
    """OpenID Connect Registration 1.0 §2: only an app goes back to the device it runs on."""
    if given.get("application_type", "web") == "native":
        return
    for number, uri in enumerate(_list(given, "redirect_uris")):
        if word := redirects.problem(uri, allow_loopback=rules.allow_loopback):
            yield f"redirect_uris[{number}]", word


def _hosts(given: Given) -> dict[str, None]:
    found: dict[str, None] = {}
    for uri in _list(given, "redirect_uris"):
        try:
            parts = urlsplit(uri) if isinstance(uri, str) else None
            if parts and parts.scheme in ("http", "https") and parts.hostname:
                found[parts.hostname] = None
        except ValueError:
            continue  # the rules say what is wrong with it
    return found


def _path(path: str) -> str:
    inner = path.removeprefix("spec.")
    names = {member: name for name, member in SAME.items()} | dict(MADE)
    for member in sorted(names, key=len, reverse=True):
        if inner == member or inner.startswith((f"{member}.", f"{member}[")):
            return names[member] + inner.removeprefix(member)
    return inner


def _scopes(of: Given, scopes: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield "openid"
    asked = {each["claim"] for purpose in of.get("purposes") or () for each in purpose["claims"]}
    for scope, claims in scopes.items():
        if asked.intersection(claims):
            yield scope
    if of.get("offlineAccess"):
        yield "offline_access"
