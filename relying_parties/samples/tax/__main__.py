"""Run the tax office: ``python -m relying_parties.samples.tax``."""

from pathlib import Path

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relying_parties.samples.sdk import Service, Settings
from relying_parties.samples.tax.logo import LOGO

service = Service(
    Settings.from_environment(),
    folder=Path(__file__).parent,
    logo=LOGO,
    wants=("name", "birthdate", "address", "email"),
)


async def home(request: Request) -> Response:
    """Show the tax account."""
    return service.page("page.html", person=await service.person(request))


app = service.application([Route("/", home)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=service.settings.port, log_level="warning")
