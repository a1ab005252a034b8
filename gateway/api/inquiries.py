"""What citizens ask back: a service reads it here, and answers (docs/asking-from-behind.md).

    GET ─▶ its requests that citizens said something about
    POST {answer} ─▶ the citizen is told that there is something to read

Here are questions, the answers to them, and why somebody said no. Who did not say anything
does not show, so nothing tells which address has an account.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway.api import access
from gateway.oauth import answers, rich
from gateway.oauth.refusals import OAuthRefused
from gateway.oauth.targets import INQUIRIES
from gateway.web.call import Call
from gateway.web.dispatch import Route
from idp import person_keys
from keys import pairwise
from keys.sealing import DataKey
from relying_parties import inquiries
from relying_parties.clients import Client
from relying_parties.errors import StateConflict, WordsInvalid
from relying_parties.inquiries import Inquiry, Said

PATH = "/api/agency/v1/inquiries"
LIMIT = 4096  # bytes


@access.of_service(INQUIRIES)
async def listed(call: Call, client: Client) -> Response:
    """Tell what citizens said, the newest request first; with ``?open=true`` what waits."""
    only_open = call.query.text("open") == "true"
    found = [
        one
        for one in await inquiries.of_client(call.entry, client.client_id)
        if one.state == "pending" or not only_open
    ]
    said = await _all_said(call, found)
    told = [
        _told(call, one, said[one.id])
        for one in found
        if one.id in said and (_open(one, said[one.id]) or not only_open)
    ]
    return answers.told({"inquiries": told})


@access.of_service(INQUIRIES)
async def read(call: Call, client: Client) -> Response:
    """Tell what the citizen said about one request."""
    found = await inquiries.find(call.entry, client.client_id, _id(call))
    said = await _said(call, found) if found else ()
    if found is None or not said:
        raise _unknown()
    return answers.told(_told(call, found, said))


@access.of_service(INQUIRIES)
async def answer(call: Call, client: Client) -> Response:
    """Answer the question that waits."""
    words = access.body(call).get("answer")
    if not isinstance(words, str):
        raise OAuthRefused("invalid_request", "answer is no text")
    held = await inquiries.hold(call.entry, client.client_id, _id(call))
    key = (await _keys(call, [held])).get(held.id) if held else None
    if held is None or key is None:
        raise _unknown()
    try:
        await inquiries.answer(call.entry, key, held, words=words)
    except WordsInvalid as error:
        most = f"answer: 1 to {inquiries.LONGEST} characters of plain text"
        raise OAuthRefused("invalid_request", most) from error
    except StateConflict as error:
        raise OAuthRefused("conflict", "no question waits for an answer", 409) from error
    return answers.told(_told(call, held, await _said(call, held)))


def _id(call: Call) -> UUID:
    try:
        return UUID(call.path_text("request"))
    except ValueError as error:
        raise _unknown() from error


async def _keys(call: Call, some: Collection[Inquiry]) -> dict[UUID, DataKey]:
    """Return for each request the key of its citizen, if their account is open."""
    vault = call.runtime.vault
    whose = [
        (one.id, account_id)
        for one in some
        if (account_id := pairwise.citizen_of(vault.sealer, one.citizen, one.client_id))
    ]
    keys = await person_keys.of_open(call.entry, vault, {account_id for _, account_id in whose})
    return {name: keys[account_id] for name, account_id in whose if account_id in keys}


async def _all_said(call: Call, some: Collection[Inquiry]) -> Mapping[UUID, Sequence[Said]]:
    """Return what was said about requests: as many statements for all as for one."""
    return await inquiries.of_each(call.entry, await _keys(call, some))


async def _said(call: Call, one: Inquiry) -> Sequence[Said]:
    return (await _all_said(call, [one])).get(one.id, ())


def _open(one: Inquiry, said: Sequence[Said]) -> bool:
    return one.state == "pending" and inquiries.waits(said)


def _unknown() -> OAuthRefused:
    return OAuthRefused("not_found", "nobody said anything about such a request", 404)


def _told(call: Call, one: Inquiry, said: Sequence[Said]) -> dict[str, Any]:
    details = one.request.get("authorization_details") or ()
    return {
        "request_id": str(one.id),
        "binding_message": one.message,
        "authorization_details": rich.spelt(details, call.runtime.settings.issuer),
        "state": one.state,
        "expires_at": one.expires_at.isoformat(timespec="seconds"),
        "waits_for_answer": _open(one, said),
        "said": [_spelt(each) for each in said],
    }


def _spelt(one: Said) -> dict[str, Any]:
    told = {
        "kind": one.kind,
        "words": one.words or None,
        "reason": one.reason or None,
        "at": one.said_at.isoformat(timespec="seconds"),
    }
    return {name: value for name, value in told.items() if value is not None}


ROUTES: tuple[Route, ...] = (
    Route(PATH, {"GET": listed}, "protocol", LIMIT, safe=False, json=True, aliased=True),
    Route(
        f"{PATH}/{{request}}",
        {"GET": read, "POST": answer},
        "protocol",
        LIMIT,
        safe=False,
        json=True,
        aliased=True,
    ),
)
