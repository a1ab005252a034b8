"""The release: what was asked for with proof, agreed to, checked, and is as it was wanted.

For each element of the request there is one in the answer for every act of checking that it
fits; what fits nothing leaves no trace (§5.7). Which evidence there is, and the number of a
document, are details in their own right: who may not have them can't ask about them either.

Specs: OpenID Connect for Identity Assurance 1.0 §5, §6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from gateway.oauth import claims, names
from gateway.oauth.told import Told
from gateway.oauth.verified import fitting, keeping, shape, wishes
from gateway.oauth.verified.wishes import Element
from gateway.web.call import Call
from idp import catalog, verifications
from idp.proofing.evidence import Item
from idp.verifications import Verification, Verified
from relying_parties.clients import Client
from relying_parties.grants import proofs

MEMBER = "verified_claims"


class Given(Protocol):
    """What this module needs to see of a code, a refresh token or an access token."""

    @property
    def code(self) -> bytes:
        """Digest, the name of the family."""

    @property
    def acr(self) -> str | None:
        """What was achieved."""

    @property
    def auth_time(self) -> datetime:
        """When."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was checked of a citizen, as far as this service may know it now."""

    may: frozenset[str]
    values: Mapping[str, Verified]
    items: Mapping[UUID, Item]
    issuer: str
    at: datetime


async def values(
    call: Call, client: Client, given: Given, account_id: UUID, allowed: tuple[str, ...], place: str
) -> Told:
    """Read the citizen's values, those that were wanted with their proof among them.

    :param allowed: what may be read by its name now
    :param place: ``userinfo`` or ``id_token``
    :raises AccountNotOpen: the account is locked or closed
    """
    runtime, registration = call.runtime, client.registration
    if keeping.MARK not in allowed:
        return await claims.values(runtime, call.entry, account_id, allowed, registration)
    plain = [name for name in allowed if name not in catalog.PROOF]
    told = await claims.values(runtime, call.entry, account_id, plain, registration)
    proved, more = await _proved(call, client, given, account_id, place)
    present = tuple(dict.fromkeys((*told.present, *proved)))
    return replace(told, present=present, values=told.values | more)


async def _proved(
    call: Call, client: Client, given: Given, account_id: UUID, place: str
) -> tuple[tuple[str, ...], dict[str, Any]]:
    kept = await proofs.of_code(call.entry, given.code)
    if kept is None:
        return (), {}
    asked = keeping.opened(call, client, given.code, kept.sealed).get(place) or ()
    wanted = wishes.names_of(asked) & set(kept.agreed)
    if place == "id_token":
        wanted -= claims.CARE.userinfo_only
    may = frozenset(claims.allowed(client.registration, sorted(wanted), given, call.entry.at))
    if keeping.MARK not in may:
        return (), {}
    return _answer(await _known(call, client, account_id, may), asked)


async def _known(call: Call, client: Client, account_id: UUID, may: frozenset[str]) -> _Known:
    entry, vault = call.entry, call.runtime.vault
    terms = claims.terms(call.runtime.settings, client.registration)
    verifiable = sorted(may.intersection(catalog.VERIFIABLE))
    values = await verifications.read(entry, vault, account_id, verifiable, terms)
    items: Mapping[UUID, Item] = {}
    if "evidence" in may:
        ids = {one for each in values.values() for one in each.verification.evidence}
        items = await verifications.looked_at(entry, vault, account_id, ids)
    return _Known(may, values, items, call.runtime.settings.issuer, entry.at)


def _answer(known: _Known, asked: Sequence[Element]) -> tuple[tuple[str, ...], dict[str, Any]]:
    answers = [answer for each in asked for answer in _answers(known, each)]
    if not answers:
        return (), {}
    told = dict.fromkeys(name for answer in answers for name in answer.names)
    bodies = [answer.body for answer in answers]
    return tuple(told), {MEMBER: bodies[0] if len(bodies) == 1 else bodies}


@dataclass(frozen=True, slots=True)
class _Element:
    """One element of the answer, and the catalogue's names of what is in it."""

    names: tuple[str, ...]
    body: Mapping[str, Any]


def _answers(known: _Known, asked: Element) -> list[_Element]:
    """Answer one element, once for each act of checking; §5.6 wants each taken by itself."""
    groups: dict[Verification, list[str]] = {}
    for name in asked["claims"]:
        if name in known.values:
            groups.setdefault(known.values[name].verification, []).append(name)
    found = [
        answer
        for verification, members in groups.items()
        if (answer := _one(known, asked, verification, members))
    ]
    # A value that is not the wanted one leaves its claim out and the rest valid: with
    # nothing else to tell, the answer says that it was checked, and no more.
    return [each for each in found if each.body["claims"]] or found[:1]


def _one(
    known: _Known, asked: Element, verification: Verification, members: Sequence[str]
) -> _Element | None:
    held = {**verification.told(), "evidence": _evidence(known, verification)}
    proof = fitting.verification(asked["verification"], held, known.at)
    if proof is None:
        return None
    told = [
        name
        for name in members
        if fitting.meets(asked["claims"][name], known.values[name].value, known.at)
    ]
    values = {names.wire(known.issuer, name): known.values[name].value for name in told}
    with_it = [keeping.MARK, *(["evidence"] if "evidence" in proof else [])]
    if wishes.asks_for(proof, shape.NUMBERS):
        with_it.append("documents")
    return _Element((*told, *with_it), {"verification": proof, "claims": values})


def _evidence(known: _Known, verification: Verification) -> list[Item]:
    items = [known.items[one] for one in verification.evidence if one in known.items]
    return items if "documents" in known.may else [_unnumbered(item) for item in items]


def _unnumbered(item: Item) -> Item:
    details = item.get("document_details")
    if details is None:
        return item
    plain = {name: one for name, one in details.items() if name not in shape.NUMBERS}
    return {**item, "document_details": plain}
