"""Run the council's parking permits: ``python -m relying_parties.samples.parking``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from relying_parties.samples.parking import desk
from relying_parties.samples.parking.logo import LOGO
from relying_parties.samples.sdk import Answer, Person, Service, Settings

service = Service(
    Settings.from_environment(),
    folder=Path(__file__).parent,
    logo=LOGO,
    wants=("name", "address", "phone_number", "email", "age_over_65"),
)

FULL_PRICE, REDUCED_PRICE = 96, 48  # a year
TOWN = "NT"  # how its postcodes begin


async def home(request: Request) -> Response:
    """Show the permit, how the application stands, or what is needed for one."""
    person = await service.person(request)
    price = REDUCED_PRICE if person and person.details.get("age_over_65") else FULL_PRICE
    return service.page("page.html", person=person, price=price)


async def apply(request: Request) -> Response:
    """Take an application for the address that the citizen shared; the desk decides it."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    address = person.details.get("address", {})
    if address.get("postal_code") and not person.notes:
        desk.take(service, person.sub, _zone(address["postal_code"]))
    return RedirectResponse("/", 303)


async def papers(request: Request) -> Response:
    """Take the papers that the desk asked for."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    desk.move(service, person, "papers")
    return RedirectResponse("/", 303)


async def work(request: Request) -> Response:
    """Show the desk what there is to do, or do one step of it."""
    if request.method == "POST":
        # A page of somebody else may send a form here, and the browser says so.
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return Response(status_code=403)
        number, step = request.path_params["number"], request.path_params["step"]
        for person in service.store.people():
            if person.notes.get("number") == number and step in desk.BY_DESK:
                desk.move(service, person, step)
        return RedirectResponse("/desk", 303)
    return service.page("desk.html", files=desk.files(service))


def moved(person: Person, details: Mapping[str, Any]) -> Answer:
    """Give a permit its new zone; without one there is nothing to change."""
    if "permit" not in person.notes:
        return "not_relevant", None
    code = str(details.get("address", {}).get("postal_code", "")).upper()
    if not code.startswith(TOWN):
        return "rejected", "not_accepted"  # whoever left the town has no use of its permits
    service.store.note(person.sub, {**person.notes, "zone": _zone(code)})
    return "applied", None


service.hear(moved, pushed=True)
# A real office lets its staff sign in first.
OFFICE = [Route("/desk", work), Route("/desk/{number}/{step}", work, methods=["POST"])]
app = service.application(
    [
        Route("/", home),
        Route("/apply", apply, methods=["POST"]),
        Route("/papers", papers, methods=["POST"]),
        *(OFFICE if service.settings.desk else ()),
    ]
)


def _zone(postal_code: str) -> str:
    return f"Zone {postal_code[:3].upper()}"


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=service.settings.port, log_level="warning")
