"""Run the council's parking permits: ``python -m relying_parties.samples.parking``."""

from pathlib import Path

import uvicorn
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from relying_parties.samples.parking.logo import LOGO
from relying_parties.samples.sdk import Service, Settings

service = Service(
    Settings.from_environment(),
    folder=Path(__file__).parent,
    logo=LOGO,
    wants=("name", "address", "phone_number", "email", "age_over_65"),
)

FULL_PRICE, REDUCED_PRICE = 96, 48  # a year


async def home(request: Request) -> Response:
    """Show the permit, or what is needed for one."""
    person = await service.person(request)
    price = REDUCED_PRICE if person and person.details.get("age_over_65") else FULL_PRICE
    return service.page("page.html", person=person, price=price)


async def apply(request: Request) -> Response:
    """Give the permit to the address that the citizen shared."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    address = person.details.get("address", {})
    if address.get("postal_code"):
        zone = f"Zone {address['postal_code'][:3].upper()}"
        service.store.note(person.sub, {"permit": f"NT-{person.sub[:6].upper()}", "zone": zone})
    return RedirectResponse("/", 303)


app = service.application([Route("/", home), Route("/apply", apply, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=service.settings.port, log_level="warning")
