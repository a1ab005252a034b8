"""Algorithms of a service: in which it signs, and in which we sign and encrypt for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from keys import encryption as jwe
from relying_parties.metadata.rules import Problem, Rules, unknown_members
from relying_parties.profiles import Profile


def signed(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge one in which we sign for the service."""
    if value not in profile.id_token_algs:
        yield path, "profile_forbids"


def proof(value: Any, path: str, _rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge one in which the service signs."""
    if value not in profile.assertion_algs:
        yield path, "profile_forbids"


def request(value: Any, path: str, rules: Rules, profile: Profile) -> Iterator[Problem]:
    """Judge the one of its request objects, which nobody may have to sign."""
    if not (value == "none" and rules.unsigned and profile.unsigned_objects):
        yield from proof(value, path, rules, profile)


def encryption(value: Any, path: str, _rules: Rules, _profile: Profile) -> Iterator[Problem]:
    """Judge with what we are to encrypt to a key of the service."""
    if not isinstance(value, dict):
        yield path, "not_an_object"
        return
    yield from unknown_members(value, f"{path}.", {"alg", "enc"})
    for member, known in (("alg", (*jwe.ALGORITHMS,)), ("enc", (None, *jwe.CONTENT))):
        if value.get(member) not in known:
            yield f"{path}.{member}", "value"


def keys_to_encrypt_to(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Say for what there is no key; what is published elsewhere may change any day."""
    auth = spec.get("auth")
    auth = auth if isinstance(auth, dict) else {}
    jwks = auth.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    known = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    for member in ("idTokenEncryption", "userinfoEncryption"):
        wish = spec.get(member)
        alg = wish.get("alg") if isinstance(wish, dict) else None
        if not isinstance(alg, str) or alg not in jwe.ALGORITHMS or auth.get("jwksUri"):
            continue
        if jwe.fit(known, alg) is None:
            yield f"spec.{member}", "encryption_key_missing"
