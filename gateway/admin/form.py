"""The form of a registration: a field is named as its place in the document. Pure.

    document ──fields──▶ {"spec.purposes.0.claims.1.claim": "email", …} ──document──▶ document

So a problem that the rules find at ``spec.purposes[0].claims[1].claim`` belongs to the
field of that name, and what the form has no field for is kept as it was.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from relying_parties.metadata import DEFAULT_PROFILE
from relying_parties.metadata.credentials import CERTIFICATE_NAMES
from relying_parties.purposes import AREA

LANGUAGES = ("en", "fr", "ar")

_WORDS = ("name", "description", "otherWays", "needs")
# Each of these has its field in admin/draft.html: one without would be lost by saving.
_LINES = (
    *("redirectUris", "postLogoutRedirectUris", "acr", "authorizationDetailsTypes"),
    "lifeEvents",
)
_CALLS = ("calls", "onBehalf")
_WHOLE = (*_CALLS, "resource.scopes", "events.types")  # lists that have one field
_TEXTS = (
    *("profile", "idTokenAlg", "start", "backchannelLogoutUri", "grantManagement"),
    *("logo", "contact", "privacy", "terms"),
)
_SWITCHES = ("requirePar", "dpop", "certificateBound", "openidOptional", "offlineAccess", "device")
# A certificate has one name: its kind and its text are a field each.
_NAME, _NAME_KIND = "spec.auth.certificateName", "spec.auth.certificateKind"
_INDEX = re.compile(r"\[(\d+)\]")
_PURPOSE = re.compile(r"spec\.purposes\.(\d{1,2})\.")
_CLAIM = re.compile(r"spec\.purposes\.(\d{1,2})\.claims\.(\d{1,2})\.")

Fields = dict[str, str]
Document = dict[str, Any]


def fields(document: Mapping[str, Any]) -> Fields:
    """Spell a document as the texts of the form's fields."""
    about, spec = document["metadata"], document["spec"]
    found = {"metadata.id": about["id"], "metadata.agency": about["agency"]}
    for member in _WORDS:
        found |= _spell_words(f"spec.{member}", spec.get(member))
    for member in _LINES:
        found[f"spec.{member}"] = "\n".join(spec.get(member) or ())
    for member in _TEXTS:
        found[f"spec.{member}"] = spec.get(member) or ""
    for member in _SWITCHES:
        found[f"spec.{member}"] = "yes" if spec.get(member) else ""
    # A list without a choice would choose its first row.
    found["spec.profile"] = spec.get("profile") or DEFAULT_PROFILE
    auth = spec["auth"]
    found["spec.auth.method"] = auth["method"]
    found["spec.auth.jwksUri"] = auth.get("jwksUri") or ""
    found["spec.auth.jwks"] = json.dumps(auth["jwks"], indent=1) if auth.get("jwks") else ""
    for member in CERTIFICATE_NAMES:
        if auth.get(member):
            found |= {_NAME_KIND: member, _NAME: auth[member]}
    found |= _spell_api(spec) | _spell_events(spec.get("events") or {})
    for number, purpose in enumerate(spec.get("purposes") or ()):
        found |= _spell_purpose(f"spec.purposes.{number}", purpose)
    return {name: text for name, text in found.items() if text}


def document(given: Mapping[str, str], base: Mapping[str, Any] | None = None) -> Document:
    """Read the fields as a document, over ``base``; the rules judge it afterwards."""
    spec: Document = dict((base or {}).get("spec") or {})
    for member in _WORDS:
        _put(spec, member, _words(given, f"spec.{member}", spec.get(member)))
    for member in _LINES:
        lines = given.get(f"spec.{member}", "").splitlines()
        _put(spec, member, [line.strip() for line in lines if line.strip()])
    for member in _TEXTS:
        _put(spec, member, given.get(f"spec.{member}", "").strip())
    for member in _SWITCHES:
        on = given.get(f"spec.{member}") == "yes"
        if on or member in spec:
            spec[member] = on
    spec["auth"] = _auth(given)
    _put(spec, "resource", _resource(given))
    for member in _CALLS:
        _put(spec, member, _calls(given, f"spec.{member}"))
    _put(spec, "events", _events(given))
    old = {one["id"]: one for one in spec.get("purposes") or ()}
    _put(spec, "purposes", [_purpose(given, number, old) for number in purposes(given)])
    about = {name: given.get(f"metadata.{name}", "").strip() for name in ("id", "agency")}
    return {"apiVersion": "gatehouse/v1", "kind": "Service", "metadata": about, "spec": spec}


def purposes(given: Mapping[str, str]) -> list[int]:
    """Return the numbers of the purposes that the fields name."""
    return sorted({int(found[1]) for name in given if (found := _PURPOSE.match(name))})


def claims(given: Mapping[str, str], purpose: int) -> list[int]:
    """Return the numbers of a purpose's claims."""
    return sorted(
        {
            int(found[2])
            for name in given
            if (found := _CLAIM.match(name)) and int(found[1]) == purpose
        }
    )


def add(given: Mapping[str, str], what: str) -> Fields:
    """Add what a button asked for: ``purpose``, or ``claim.0`` for the first purpose."""
    if what == "purpose":
        number = max(purposes(given), default=-1) + 1
        return {
            **given,
            f"spec.purposes.{number}.keepDays": "365",
            f"spec.purposes.{number}.claims.0.need": "needed",
        }
    place = what.removeprefix("claim.")
    if not (place.isdecimal() and len(place) < 3):
        return dict(given)
    number = max(claims(given, int(place)), default=-1) + 1
    return {**given, f"spec.purposes.{int(place)}.claims.{number}.need": "needed"}


def take(given: Mapping[str, str], what: str) -> Fields:
    """Take away what a button asked for: ``0``, a purpose, or ``0.claims.1``, a claim."""
    return {
        name: text for name, text in given.items() if not name.startswith(f"spec.purposes.{what}.")
    }


def field(path: str) -> str:
    """Return the name of the field that a problem's path means."""
    name = _INDEX.sub(r".\1", path)
    for member in (*_LINES, *_WHOLE):
        if name.startswith(f"spec.{member}."):
            return f"spec.{member}"
    if name.removeprefix("spec.auth.") in CERTIFICATE_NAMES:
        return _NAME
    return "spec.auth.jwks" if name.startswith("spec.auth.jwks.") else name


def _spell_words(path: str, by_language: Mapping[str, str] | None) -> Fields:
    return {f"{path}.{tag}": text for tag, text in (by_language or {}).items() if tag in LANGUAGES}


def _spell_api(spec: Mapping[str, Any]) -> Fields:
    offered = spec.get("resource") or {}
    return {
        "spec.resource.identifier": offered.get("identifier") or "",
        "spec.resource.scopes": "\n".join(offered.get("scopes") or ()),
        "spec.resource.tokens": offered.get("tokens") or "",
        **{f"spec.{member}": _spell_calls(spec.get(member) or ()) for member in _CALLS},
    }


def _spell_events(events: Mapping[str, Any]) -> Fields:
    return {
        "spec.events.types": "\n".join(events.get("types") or ()),
        "spec.events.endpoint": events.get("endpoint") or "",
        "spec.events.answerDays": str(events.get("answerDays") or ""),
    }


def _spell_calls(calls: Iterable[Mapping[str, Any]]) -> str:
    return "\n".join(" ".join((each["resource"], *each["scopes"])) for each in calls)


def _spell_purpose(path: str, purpose: Mapping[str, Any]) -> Fields:
    found = {
        f"{path}.id": purpose["id"],
        f"{path}.keepDays": str(purpose.get("keepDays") or 365),
        **_spell_words(f"{path}.name", purpose["name"]),
    }
    for number, asked in enumerate(purpose.get("claims") or ()):
        place = f"{path}.claims.{number}"
        found |= {
            f"{place}.claim": asked["claim"],
            f"{place}.need": asked.get("need") or "needed",
            f"{place}.basis": asked.get("basis") or "consent",
            **_spell_words(f"{place}.why", asked["why"]),
            **_spell_words(f"{place}.law", asked.get("law")),
        }
        area = asked.get("area") or {}
        found |= {f"{place}.area.{member}": area[member] for member in AREA if member in area}
    return found


def _auth(given: Mapping[str, str]) -> Document:
    auth: Document = {"method": given.get("spec.auth.method", "")}
    _put(auth, "jwksUri", given.get("spec.auth.jwksUri", "").strip())
    if (kind := given.get(_NAME_KIND, "")) in CERTIFICATE_NAMES:
        _put(auth, kind, given.get(_NAME, "").strip())
    if keys := given.get("spec.auth.jwks", "").strip():
        try:
            auth["jwks"] = json.loads(keys)
        except (ValueError, RecursionError):
            auth["jwks"] = keys  # the rules say what is wrong with it
    return auth


def _resource(given: Mapping[str, str]) -> Document:
    identifier = given.get("spec.resource.identifier", "").strip()
    scopes = given.get("spec.resource.scopes", "").split()
    if not (identifier or scopes):
        return {}
    offered: Document = {"identifier": identifier, "scopes": scopes}
    _put(offered, "tokens", given.get("spec.resource.tokens", ""))
    return offered


def _events(given: Mapping[str, str]) -> Document:
    types = given.get("spec.events.types", "").split()
    endpoint = given.get("spec.events.endpoint", "").strip()
    days = given.get("spec.events.answerDays", "").strip()
    if not (types or endpoint or days):
        return {}
    heard: Document = {"types": types}
    _put(heard, "endpoint", endpoint)
    if days:
        heard["answerDays"] = _days(days)
    return heard


def _days(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _calls(given: Mapping[str, str], path: str) -> list[Document]:
    """Read an API and its scopes from each line."""
    lines = [line.split() for line in given.get(path, "").splitlines()]
    return [{"resource": line[0], "scopes": line[1:]} for line in lines if line]


def _purpose(given: Mapping[str, str], number: int, old: Mapping[str, Document]) -> Document:
    path = f"spec.purposes.{number}"
    name = given.get(f"{path}.id", "").strip()
    days = given.get(f"{path}.keepDays", "").strip()
    base = old.get(name) or {}
    asked = {one["claim"]: one for one in base.get("claims") or ()}
    return {
        "id": name,
        "name": _words(given, f"{path}.name", base.get("name")),
        "keepDays": _days(days),
        "claims": [_asked(given, f"{path}.claims.{each}", asked) for each in claims(given, number)],
    }


def _asked(given: Mapping[str, str], path: str, old: Mapping[str, Document]) -> Document:
    claim = given.get(f"{path}.claim", "")
    base = old.get(claim) or {}
    asked: Document = {
        "claim": claim,
        "need": given.get(f"{path}.need", "needed"),
        "basis": given.get(f"{path}.basis", "consent"),
        "why": _words(given, f"{path}.why", base.get("why")),
    }
    _put(asked, "law", _words(given, f"{path}.law", base.get("law")))
    spelt = {member: " ".join(given.get(f"{path}.area.{member}", "").split()) for member in AREA}
    _put(asked, "area", {member: text for member, text in spelt.items() if text})
    return asked


def _words(
    given: Mapping[str, str], path: str, old: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Read words by language; those in a language without a field stay as they were."""
    spelt = {tag: " ".join(given.get(f"{path}.{tag}", "").split()) for tag in LANGUAGES}
    own = {tag: text for tag, text in spelt.items() if text}
    kept = {tag: text for tag, text in (old or {}).items() if tag not in LANGUAGES}
    # Whoever empties every field that they see means all of the words.
    emptied = not own and len(kept) < len(old or {})
    return {} if emptied else own | kept


def _put(place: Document, member: str, value: Any) -> None:
    if value:
        place[member] = value
    else:
        place.pop(member, None)
