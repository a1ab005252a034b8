"""The front desk: a health card that says otherwise than what the citizen shared.

card seen ──propose──▶ the citizen is asked at the gateway ──▶ what they answer stands here
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from relying_parties.samples.sdk import Person, Service
from relying_parties.samples.sdk.provider import SignInFailed

NAMES = {"given_name": "Given name", "family_name": "Family name"}
REASON = {
    "en": "Your health card has another spelling",
    "fr": "Votre carte de santé a une autre orthographe",
    "ar": "بطاقتك الصحية فيها تهجئة أخرى",
}
EVIDENCE = {
    "en": "The health card that you showed at the front desk",
    "fr": "La carte de santé que vous avez présentée à l'accueil",
    "ar": "البطاقة الصحية التي أبرزتها عند الاستقبال",
}
LONGEST = 150  # characters of a name

log = logging.getLogger("service")

Endpoint = Callable[[Request], Awaitable[Response]]


def show(service: Service) -> Endpoint:
    """Show each file by its number, what the card says, and what was answered."""

    async def endpoint(_request: Request) -> Response:
        rows = [await _row(service, person) for person in service.store.people()]
        return service.page("desk.html", rows=rows, names=NAMES)

    return endpoint


def propose(service: Service) -> Endpoint:
    """Ask the citizen of one file about a name on the card."""

    async def endpoint(request: Request) -> Response:
        # A page of somebody else may send a form here, and the browser says so.
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response(status_code=403)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        name, value = form.get("name", ""), form.get("value", "").strip()
        for person in service.store.people():
            if _number(person) == request.path_params["number"] and name in NAMES and value:
                await _ask(service, person, name, value[:LONGEST])
        return RedirectResponse("/desk", 303)

    return endpoint


async def _ask(service: Service, person: Person, name: str, value: str) -> None:
    card = {**person.notes.get("card", {}), name: value}
    try:
        told = await service.corrections.propose(
            person.sub, name, value, reason=REASON, evidence=EVIDENCE
        )
    except SignInFailed as error:
        log.warning("not proposed: %s", error)
        told = {"state": "not taken"}
    notes = {"card": card, "asked": {"name": name, "value": value, **told}}
    service.store.note(person.sub, {**person.notes, **notes})


async def _row(service: Service, person: Person) -> dict[str, Any]:
    asked = person.notes.get("asked", {})
    if asked.get("state") == "open":
        try:
            asked = {**asked, **await service.corrections.read(asked["correction_id"])}
            service.store.note(person.sub, {**person.notes, "asked": asked})
        except SignInFailed as error:
            log.warning("no answer: %s", error)
    return {"number": _number(person), "asked": asked}


def _number(person: Person) -> str:
    return f"F{hashlib.sha256(person.sub.encode()).hexdigest()[:6].upper()}"
