"""Corrections: a service says that a detail is other than what is held, and hears the answer.

    POST {sub, claim, value, reason, evidence} ─▶ open       GET ─▶ how the citizen answered
                                                   └─ DELETE ─▶ taken back

Only of a detail that its registration names and the citizen lets it have now. For those who
call this: docs/corrections.md.
"""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway import correcting
from gateway.api import access, relations, slips
from gateway.api.relations import Relation
from gateway.correcting import Said
from gateway.oauth import answers, names
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import CORRECTIONS
from gateway.web.call import Call
from gateway.web.dispatch import Route
from idp import catalog, values
from idp.errors import ValueRefused
from keys.sealing import DataKey
from relying_parties import corrections, wording
from relying_parties.clients import Client
from relying_parties.corrections import Correction, Proposal
from relying_parties.errors import StateConflict, TooManyStates

PATH = "/api/agency/v1/corrections"
LIMIT = 16 * 1024  # bytes
TEXT, TONGUES = slips.PROPOSED, 10
MEMBERS = ("sub", "claim", "value", "reason", "evidence")


@access.of_service(CORRECTIONS)
async def propose(call: Call, client: Client) -> Response:
    """Ask the citizen; the same again, while it waits, is told as it stands."""
    given = access.body(call)
    claim = _claim(call, client, given.get("claim"))
    said = _said(call, claim, given)
    with_whom = await relations.living(call, client, given.get("sub"))
    if claim not in with_whom.consent.claims:
        raise relations.unknown()
    whom = (client.client_id, with_whom.subject, claim)
    waiting = await corrections.open_of(call.entry, *whom)
    if waiting is None:
        made = await _made(call, client, with_whom, claim, said)
        if made is not None:
            return answers.told(_told(call, with_whom.key, made), 201)
        waiting = await corrections.open_of(call.entry, *whom)
    if waiting is None or correcting.opened(with_whom.key, waiting) != said:
        raise OAuthRefused("conflict", "something else about this detail waits still", 409)
    return answers.told(_told(call, with_whom.key, waiting))


@access.of_service(CORRECTIONS)
async def read(call: Call, client: Client) -> Response:
    """Tell how the citizen answered."""
    found, with_whom = await _found(call, client)
    return answers.told(_told(call, with_whom.key, found))


@access.of_service(CORRECTIONS)
async def withdraw(call: Call, client: Client) -> Response:
    """Take back what nobody has answered."""
    found, _ = await _found(call, client)
    try:
        await corrections.withdraw(call.entry, client.client_id, found.id)
    except StateConflict as error:
        raise OAuthRefused("conflict", "it does not wait any more", 409) from error
    return access.empty(204)


async def _made(
    call: Call, client: Client, with_whom: Relation, claim: str, said: Said
) -> Correction | None:
    new = corrections.new_id()
    sealed = correcting.sealed(with_whom.key, new, with_whom.subject, said)
    given = Proposal(new, client.client_id, with_whom.subject, claim, sealed)
    try:
        return await corrections.propose(call.entry, given)
    except TooManyStates as error:
        raise OAuthRefused("slow_down", "this citizen has heard enough for now", 429) from error


async def _found(call: Call, client: Client) -> tuple[Correction, Relation]:
    try:
        wanted = UUID(call.path_text("correction"))
    except ValueError as error:
        raise _unknown() from error
    found = await corrections.of_service(call.entry, client.client_id, wanted)
    with_whom = await relations.find(call, client, found.subject) if found else None
    if found is None or with_whom is None:
        raise _unknown()
    return found, with_whom


def _claim(call: Call, client: Client, wired: object) -> str:
    issuer = call.runtime.settings.issuer
    name = names.short(issuer, wired) if isinstance(wired, str) else None
    asked = client.registration.asked
    if name not in client.registration.corrections or name not in asked:
        raise OAuthRefused("invalid_request", "claim is none that you may propose")
    if name not in correcting.CORRIGIBLE:
        raise OAuthRefused("invalid_request", "claim is made of others, or the citizen proves it")
    return name


def _said(call: Call, claim: str, given: dict[str, Any]) -> Said:
    for member in given:
        if member not in MEMBERS:
            raise OAuthRefused("invalid_request", "there is a member that is not known")
    known = catalog.BY_NAME[claim]
    try:
        value = values.check(known.validator, given.get("value"), call.entry.at.date())
    except ValueRefused as refused:
        raise OAuthRefused("invalid_request", slips.told([("value", refused.reason)])) from refused
    return Said(value, _words(given, "reason"), _words(given, "evidence"))


def _words(given: dict[str, Any], member: str) -> dict[str, str]:
    value = given.get(member)
    if value is None and member == "evidence":
        return {}
    many = isinstance(value, dict) and len(value) > TONGUES
    problems = [(member, "too_many")] if many else [*wording.words(value, member, *TEXT)]
    if problems or not isinstance(value, dict):
        raise OAuthRefused("invalid_request", slips.told(problems))
    return value


def _unknown() -> OAuthRefused:
    return OAuthRefused("not_found", "no such correction", 404)


def _told(call: Call, key: DataKey, one: Correction) -> dict[str, Any]:
    told = {
        "correction_id": str(one.id),
        "sub": one.subject,
        "claim": names.wire(call.runtime.settings.issuer, one.claim),
        "state": one.state,
        "answer_by": one.expires_at.date().isoformat(),
        "answered_on": one.answered_at.date().isoformat() if one.answered_at else None,
        "said": correcting.answered(key, one),
    }
    return {name: value for name, value in told.items() if value}


ROUTES: tuple[Route, ...] = (
    Route(PATH, {"POST": propose}, "protocol", LIMIT, safe=False, json=True, aliased=True),
    Route(f"{PATH}/{{correction}}", {"GET": read, "DELETE": withdraw}, "protocol", aliased=True),
)
