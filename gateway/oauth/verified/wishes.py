"""Wishes: the ``verified_claims`` of a request, read once into what can be kept. Pure.

    JSON ──read──▶ [{"verification": …, "claims": {…}}, …]

Bad form is an error; what is unknown to us is left out and says nothing (§5.7), unless a
condition stands on it, which can't be met and must not be ignored (§5.5.1). Members are those
of the request, so what is kept is no more than what was asked; ``essential`` changes nothing
here and is not kept.

Specs: OpenID Connect for Identity Assurance 1.0 §5.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gateway.oauth import names
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.verified import shape
from idp import catalog

Element = Mapping[str, Any]
Elements = Mapping[str, list[Element]]  # by place: userinfo, id_token

_ELEMENTS, _MEMBERS, _CLAIMS, _VALUES = 10, 10, 60, 20  # beyond, refused
_CONDITIONS = frozenset({"value", "values", "max_age"})
_EVER = 10**11  # seconds: three thousand years, so that what is longer is no other wish


def read(given: Any, issuer: str) -> list[Element]:
    """Read what stands in one place of the ``claims`` parameter.

    :raises OAuthRefused: ``invalid_request``, it is not of the form that it must have
    """
    listed = given if isinstance(given, list) else [given]
    if len(listed) > _ELEMENTS:
        raise _bad("verified_claims")
    elements = [_element(each, issuer) for each in listed]
    return [each for each in elements if each["claims"]]


def names_of(elements: Iterable[Element]) -> set[str]:
    """Return the catalogue's names of all that has to be agreed to for ``elements``."""
    found: set[str] = set()
    for each in elements:
        found |= {"verification", *each["claims"]}
        if "evidence" in each["verification"]:
            found.add("evidence")
        if asks_for(each["verification"], shape.NUMBERS):
            found.add("documents")
    return found


def within(elements: Iterable[Element], registered: Collection[str]) -> list[Element]:
    """Return those that a registration lets a service ask at all.

    Whether evidence fits can't be said to somebody who may know nothing of it.
    """
    may = "verification" in registered
    return [
        each
        for each in elements
        if may and ("evidence" in registered or "evidence" not in each["verification"])
    ]


def asks_for(wish: Any, members: Collection[str]) -> bool:
    """Whether any of ``members`` stands anywhere in ``wish``."""
    if isinstance(wish, list):
        return any(asks_for(one, members) for one in wish)
    if not isinstance(wish, Mapping):
        return False
    return any(name in members or asks_for(one, members) for name, one in wish.items())


def _element(given: Any, issuer: str) -> Element:
    element = _object(given, "verified_claims")
    if "verification" not in element or "claims" not in element:
        raise _bad("verified_claims")
    verification = _object(element["verification"], "verification")
    if "trust_framework" not in verification:
        raise _bad("trust_framework")
    wanted = _shaped(shape.VERIFICATION, verification, "verification")
    if "evidence" in verification:
        wanted["evidence"] = _evidence(verification["evidence"])
    return {"verification": wanted, "claims": _claims(element["claims"], issuer)}


def _claims(given: Any, issuer: str) -> dict[str, Any]:
    if given is None:
        return {}
    claims = _object(given, "claims")
    if not 0 < len(claims) <= _CLAIMS:
        raise _bad("claims")
    wanted = {}
    for wired, wish in claims.items():
        judged = _leaf(wish, "claims", text=False)
        if (name := names.short(issuer, wired)) and name in catalog.VERIFIABLE:
            wanted[name] = judged
    return wanted


def _evidence(given: Any) -> list[dict[str, Any]]:
    wanted = []
    for item in _array(given, "evidence"):
        kind = _leaf(_object(item, "evidence").get("type"), "evidence.type") or {}
        # §5.4: each entry is for one type, said by `value` and not by `values`.
        if kind.keys() != {"value"}:
            raise _bad("evidence.type")
        known = shape.EVIDENCE.get(kind["value"], {"type": shape.LEAF})
        wanted.append(_shaped(known, item, "evidence"))
    return wanted


def _shaped(known: Mapping[str, Any], given: Mapping[str, Any], path: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for name, inner in known.items():
        if name not in given:
            continue
        wish, where = given[name], f"{path}.{name}"
        if inner is shape.LEAF:
            wanted[name] = _leaf(wish, where)
        elif isinstance(inner, list):
            members = (_object(one, where) for one in _array(wish, where))
            wanted[name] = [_shaped(inner[0], one, where) for one in members]
        else:
            wanted[name] = _shaped(inner, _object(wish, where), where)
    strange = given.keys() - known.keys() - shape.ELSEWHERE
    if any(asks_for(given[name], _CONDITIONS) for name in strange):
        wanted[shape.STRANGE] = True
    return wanted


def _leaf(given: Any, path: str, *, text: bool = True) -> dict[str, Any] | None:
    """Judge what a single value may be asked with; ``None`` if it is taken as it is."""
    if given is None:
        return None
    wish = _object(given, path)
    if not isinstance(wish.get("essential", False), bool):
        raise _bad(path)
    if "value" in wish and text and not isinstance(wish["value"], str):
        raise _bad(path)
    if "values" in wish:
        listed = _array(wish["values"], path, _VALUES)
        if text and not all(isinstance(one, str) for one in listed):
            raise _bad(path)
    age = wish.get("max_age", 0)
    if isinstance(age, bool) or not isinstance(age, int) or age < 0:
        raise _bad(path)
    kept = {name: wish[name] for name in ("value", "values") if name in wish}
    return kept | ({"max_age": min(age, _EVER)} if "max_age" in wish else {}) or None


def _object(given: Any, path: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _bad(path)
    return given


def _array(given: Any, path: str, most: int = _MEMBERS) -> list[Any]:
    if not isinstance(given, list) or not 0 < len(given) <= most:
        raise _bad(path)
    return given


def _bad(path: str) -> OAuthRefused:
    return OAuthRefused("invalid_request", f"claims: {path} is not as it must be")
