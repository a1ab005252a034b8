"""Run the clinic's appointments: ``python -m relying_parties.samples.clinic``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from relying_parties.samples.clinic import desk
from relying_parties.samples.clinic.logo import LOGO
from relying_parties.samples.sdk import Answer, Person, Service, Settings

service = Service(
    Settings.from_environment(),
    folder=Path(__file__).parent,
    logo=LOGO,
    wants=(
        *("given_name", "family_name", "birthdate"),
        *("phone_number", "preferred_language", "address"),
    ),
)
VISITED = "NT"  # how the postcodes begin to which the nurses go


async def home(request: Request) -> Response:
    """Show the next appointment, or offer one."""
    return service.page("page.html", person=await service.person(request))


async def book(request: Request) -> Response:
    """Book the appointment that the page offers."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    service.store.note(person.sub, {**person.notes, "appointment": "Tuesday, 9:40, Room 3"})
    return RedirectResponse("/", 303)


def changed(person: Person, details: Mapping[str, Any]) -> Answer:
    """Call people in by another name once the desk saw a document; visit those who live near."""
    card = person.notes.get("card", {})
    for name in ("given_name", "family_name"):
        new = details.get(name)
        if new != person.details.get(name) and new != card.get(name):
            return "rejected", "proof_needed"
    address = details.get("address", {})
    if address and address != person.details.get("address") and not near(address):
        return "rejected", "not_accepted"
    return "applied", None


def near(address: Mapping[str, Any]) -> bool:
    """Whether the nurses go there."""
    return str(address.get("postal_code", "")).upper().startswith(VISITED)


service.hear(changed, pushed=True)
# A real clinic lets its staff sign in first.
OFFICE = [
    Route("/desk", desk.show(service)),
    Route("/desk/{number}", desk.propose(service), methods=["POST"]),
]
app = service.application(
    [
        Route("/", home),
        Route("/book", book, methods=["POST"]),
        *(OFFICE if service.settings.desk else ()),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=service.settings.port, log_level="warning")
