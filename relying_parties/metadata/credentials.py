"""Credentials of a service: by what it proves who it is.

Specs: RFC 7591 §2, RFC 8705 §2.1.2, RFC 8725 §3.1.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from keys import certificates
from relying_parties import client_keys
from relying_parties.metadata import addresses
from relying_parties.metadata.rules import Problem, Rules, unknown_members
from relying_parties.profiles import CERTIFICATE_METHODS, SEALED_METHODS, SECRET_ALGS, Profile

# How a service's certificate is named (RFC 8705 §2.1.2), as its document and as keys spell it.
CERTIFICATE_NAMES: Mapping[str, str] = {
    "subjectDn": "subject_dn",
    "sanDns": "san_dns",
    "sanUri": "san_uri",
    "sanIp": "san_ip",
    "sanEmail": "san_email",
}
MEMBERS = ("method", "jwks", "jwksUri", *CERTIFICATE_NAMES)

# No sets here: what a client sends as its method may be a list, which has no hash.
_BY_KEY = ("private_key_jwt", CERTIFICATE_METHODS[1])


def auth(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge how the service proves who it is, and with which keys."""
    if not isinstance(value, dict):
        yield path, "not_an_object"
        return
    yield from unknown_members(value, f"{path}.", MEMBERS)
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
        yield from addresses.fetched(jwks_uri, f"{path}.jwksUri", rules, profile)


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


def assertion_alg(spec: Mapping[str, Any], profile: Profile) -> Iterator[Problem]:
    """RFC 8725 §3.1: an algorithm is for secrets or for keys, as the way to prove itself is."""
    alg, auth = spec.get("assertionAlg"), spec.get("auth")
    method = auth.get("method") if isinstance(auth, dict) else None
    known = SECRET_ALGS if method in SEALED_METHODS else profile.assertion_algs
    if alg is not None and alg not in known:
        yield "spec.assertionAlg", "profile_forbids"
