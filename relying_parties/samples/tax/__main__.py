"""Run the tax office: ``python -m relying_parties.samples.tax``."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from relying_parties.samples.sdk import Answer, Person, Service, Settings
from relying_parties.samples.tax.logo import LOGO

service = Service(
    Settings.from_environment(),
    folder=Path(__file__).parent,
    logo=LOGO,
    wants=("name", "birthdate", "address", "email"),
)

TITLE = {"en": "Tax assessment", "fr": "Avis d'imposition", "ar": "التقدير الضريبي"}
OFFICE = {
    "en": "National Tax Office, assessments",
    "fr": "Direction nationale des impôts, avis",
    "ar": "مكتب الضرائب الوطني، التقديرات",
}
CONFIRM = {
    "en": "Look at the assessment and say whether it is right",
    "fr": "Regardez l'avis et dites s'il est juste",
    "ar": "اطّلع على التقدير وقل إن كان صحيحًا",
}


async def home(request: Request) -> Response:
    """Show the tax account."""
    return service.page("page.html", person=await service.person(request))


async def assess(request: Request) -> Response:
    """Work out what is to be paid; the citizen says whether that is right."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    if not person.notes:
        service.store.note(person.sub, {"assessment": "waiting_for_you"})
        due = _today() + timedelta(days=30)
        _report(person, "waiting_for_you", next_step=CONFIRM, due=due.isoformat())
    return RedirectResponse("/", 303)


async def confirm(request: Request) -> Response:
    """Hear that it is right: it is decided."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    if person.notes.get("assessment") == "waiting_for_you":
        service.store.note(person.sub, {"assessment": "decided"})
        _report(person, "decided")
    return RedirectResponse("/", 303)


def filed(_person: Person, _details: Mapping[str, Any]) -> Answer:
    """Every file has the details of today: they were written down when they were read."""
    return "applied", None


service.hear(filed, pushed=False)
app = service.application(
    [
        Route("/", home),
        Route("/assess", assess, methods=["POST"]),
        Route("/confirm", confirm, methods=["POST"]),
    ]
)


def _report(person: Person, state: str, **more: Any) -> None:
    number = f"A{_today().year}-{person.sub[:8]}"
    link = f"{service.settings.base_url}/"
    service.requests.put(number, person.sub, state, title=TITLE, office=OFFICE, link=link, **more)


def _today() -> date:
    return datetime.now(UTC).date()  # noqa: TID251 - its own clock


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=service.settings.port, log_level="warning")
