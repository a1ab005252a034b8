"""Run the tax office: ``python -m relying_parties.samples.tax``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relying_parties.samples.sdk import Answer, Person, Service, Settings
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


def filed(_person: Person, _details: Mapping[str, Any]) -> Answer:
    """Every file has the details of today: they were written down when they were read."""
    return "applied", None


service.hear(filed, pushed=False)
app = service.application([Route("/", home)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=service.settings.port, log_level="warning")
