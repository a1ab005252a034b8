"""JWTs that others signed: one strict reader for all of them.

What it refuses before it looks at a signature: more than 16 kB, anything but three
parts, JSON with a name twice, with NaN or Infinity, nested deeper than eight, with
integers past 2^53, with text that is none (half a surrogate pair, a NUL); headers that
bring a key along (`jwk`, `jku`, `x5c`, `x5u`) or ask for extensions (`crit`, `b64`,
`zip`). Then algorithm, type, key, signature, issuer, audience and times, each pinned by
the caller.

Specs: RFC 7519, RFC 8725, RFC 10070.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NewType

from keys import signatures
from keys.errors import TokenRefused

VerifiedClaims = NewType("VerifiedClaims", dict[str, Any])
"""The claims of a token whose signature and checks all held."""

MAX_BYTES = 16 * 1024
MAX_DEPTH = 8
MAX_INTEGER = 2**53
SKEW = timedelta(seconds=10)

# The closing quote is optional and nothing is given back: a string that never ends costs its
# length once, not once for each quote in it.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_COMPACT = re.compile(r"(?:[A-Za-z0-9_-]*\.){2}[A-Za-z0-9_-]*")  # RFC 7515 §2: no padding
_BRINGS_A_KEY = frozenset({"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip"})


@dataclass(frozen=True, slots=True)
class Expected:
    """What a caller pins.

    :ivar typs: media types of the header; ``None`` among them allows none at all
    :ivar audience: the only one (RFC 10070), or one of several where ``many`` is set
    :ivar named: whether issuer and audience must be there at all
    :ivar longest: from ``iat``, or from now, to ``exp``
    :ivar deepest: how many brackets may be open at once in the payload
    """

    algs: frozenset[str]
    typs: frozenset[str | None]
    issuer: str
    audience: str
    subject: str | None = None
    many: bool = False
    named: bool = True
    longest: timedelta = timedelta(minutes=5)
    required: tuple[str, ...] = ("exp", "jti")
    deepest: int = MAX_DEPTH


@dataclass(frozen=True, slots=True)
class Unproved:
    """A token that was read and says nothing that counts yet: not even who sent it."""

    raw: str = field(repr=False)
    header: dict[str, Any]
    claims: dict[str, Any]


def unproved(raw: str, *, deepest: int = MAX_DEPTH) -> Unproved:
    """Read ``raw`` strictly, for what has to be known before it can be verified.

    :raises TokenRefused: not one that anyone of good will would send
    """
    return Unproved(raw, strict_header(raw), strict_claims(raw, max_depth=deepest))


def read(
    raw: str | Unproved, keys: Sequence[Mapping[str, Any]], expected: Expected, at: datetime
) -> VerifiedClaims:
    """Verify ``raw`` against the sender's public ``keys``.

    :raises TokenRefused: with the first check that failed as its reason
    """
    return read_by(raw, expected, at, partial(check_signature, keys=keys))


def read_by(
    raw: str | Unproved,
    expected: Expected,
    at: datetime,
    prove: Callable[[str, dict[str, Any]], None],
) -> VerifiedClaims:
    """Verify ``raw``, whose signature ``prove`` judges by its header.

    :raises TokenRefused: with the first check that failed as its reason
    """
    known = raw if isinstance(raw, Unproved) else None
    text = known.raw if known else str(raw)
    header = known.header if known else strict_header(text)
    if header["alg"] not in expected.algs:
        raise TokenRefused("alg")
    _check_typ(header, expected)
    prove(text, header)
    claims = known.claims if known else strict_claims(text, max_depth=expected.deepest)
    _check_parties(claims, expected)
    _check_times(claims, expected, at)
    return VerifiedClaims(claims)


def unsigned(raw: str, expected: Expected, at: datetime) -> dict[str, Any]:
    """Read a token that says itself that nobody signed it: it proves nothing.

    :raises TokenRefused: with the first check that failed as its reason
    """
    header = _header(raw, frozenset())
    if header["alg"] != "none" or raw.rpartition(".")[2]:
        raise TokenRefused("alg")
    _check_typ(header, expected)
    claims = strict_claims(raw)
    _check_parties(claims, expected)
    _check_times(claims, expected, at)
    return claims


def strict_header(raw: str, *, brings: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the header of a compact JWS.

    :param brings: members, of those that bring a key along, that this use is about
    :raises TokenRefused: not one that anyone of good will would send
    """
    header = _header(raw, brings)
    if header["alg"].lower() == "none":
        raise TokenRefused("alg")
    return header


def _header(raw: str, brings: frozenset[str]) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise TokenRefused("size")
    if not _COMPACT.fullmatch(raw):  # header, payload, signature
        raise TokenRefused("format")
    header = json_part(raw.split(".", 1)[0])
    if not isinstance(header.get("alg"), str):
        raise TokenRefused("alg")
    if (_BRINGS_A_KEY - brings) & header.keys():
        raise TokenRefused("header")
    kid = header.get("kid")
    if kid is not None and (not isinstance(kid, str) or len(kid) > 256):
        raise TokenRefused("kid")
    if not isinstance(header.get("typ"), str | None):
        raise TokenRefused("typ")
    return header


def strict_claims(raw: str, *, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """Return the payload of a compact JWS, read strictly; the signature is the caller's."""
    return json_part(raw.split(".")[1], max_depth=max_depth)


def decode_json(text: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Read JSON from a stranger.

    :raises TokenRefused: reason ``size``, ``depth`` or ``json``
    """
    if len(text) > max_bytes:
        raise TokenRefused("size")
    # Counted before parsing: the parser recurses, and its own limit is the process's.
    if text.count(b"{") + text.count(b"[") > max_depth and _depth(text) > max_depth:
        raise TokenRefused("depth")
    try:
        value = _STRICT.decode(text.decode("utf-8"))
        if b"\\" in text:  # only an escape spells what is no text
            _refuse_no_text(value)
    except (ValueError, RecursionError) as error:
        raise TokenRefused("json") from error
    return value


def json_part(part: str, *, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """Read one part of a compact token, strictly, as a JSON object.

    :raises TokenRefused: it is none, or not one that anyone of good will would send
    """
    try:
        decoded = signatures.canonical(part)
    except ValueError as error:
        raise TokenRefused("format") from error
    value = decode_json(decoded, max_depth=max_depth)
    if not isinstance(value, dict):
        raise TokenRefused("json")
    return value


def check_signature(raw: str, header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> None:
    """Verify ``raw`` with one of ``keys``: the one that ``header`` names, if it does.

    :raises TokenRefused: reason ``unknown_kid`` or ``signature``
    """
    kid, alg = header.get("kid"), header["alg"]
    candidates = [key for key in keys if kid is None or key.get("kid") == kid]
    if not candidates:
        raise TokenRefused("unknown_kid")
    for jwk in candidates:
        if jwk.get("use", "sig") != "sig" or jwk.get("alg", alg) != alg:
            continue
        if signatures.good(raw, jwk, alg):
            return
    raise TokenRefused("signature")


def _check_typ(header: Mapping[str, Any], expected: Expected) -> None:
    typ = header.get("typ")
    if (typ.lower() if isinstance(typ, str) else typ) not in expected.typs:
        raise TokenRefused("typ")


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if _told(claims, "iss", expected) and claims.get("iss") != expected.issuer:
        raise TokenRefused("iss")
    if expected.subject is not None and claims.get("sub") != expected.subject:
        raise TokenRefused("sub")
    audience = claims.get("aud")
    among = expected.many and isinstance(audience, list) and expected.audience in audience
    if _told(claims, "aud", expected) and audience != expected.audience and not among:
        raise TokenRefused("aud")
    for name in expected.required:
        if name not in claims:
            raise TokenRefused(f"{name}_missing")
    jti = claims.get("jti", "-")
    if not isinstance(jti, str) or not 0 < len(jti) <= 256:
        raise TokenRefused("jti")


def _told(claims: Mapping[str, Any], name: str, expected: Expected) -> bool:
    return expected.named or name in claims


def _check_times(claims: Mapping[str, Any], expected: Expected, at: datetime) -> None:
    now = at.timestamp()
    times: dict[str, float] = {}
    for name in ("exp", "iat", "nbf"):
        if name in claims:
            value = claims[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise TokenRefused(name)
            times[name] = float(value)
    if "exp" in times and times["exp"] <= now - 5:
        raise TokenRefused("exp")
    for name in ("iat", "nbf"):
        if times.get(name, 0) > now + SKEW.total_seconds():
            raise TokenRefused(name)
    start = min(times.get("iat", now), now)
    if "exp" in times and times["exp"] - start > expected.longest.total_seconds() + 10:
        raise TokenRefused("lifetime")


def _depth(text: bytes) -> int:
    """Count how deep brackets nest outside strings."""
    depth = deepest = 0
    for byte in _STRING.sub(b"", text):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name twice")
    return made


def _refuse_no_text(value: Any) -> None:
    """Refuse what an escape can spell and neither UTF-8 nor the database can hold."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            waiting += [*found, *found.values()]
        elif isinstance(found, list):
            waiting += found
        elif isinstance(found, str) and ("\0" in found or not _encodes(found)):
            raise ValueError("not text")


def _encodes(text: str) -> bool:
    return text.isascii() or not _SURROGATE.search(text)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _bounded_int(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise ValueError("integer out of range")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return value


_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_refuse_constant,
    parse_int=_bounded_int,
    parse_float=_finite,
)
