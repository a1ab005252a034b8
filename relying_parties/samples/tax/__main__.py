"""Run the tax office: ``python -m relying_parties.samples.tax``."""

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from relying_parties.samples.sdk import Answer, Decided, Person, Service, Settings
from relying_parties.samples.sdk.provider import Unavailable
from relying_parties.samples.tax import desk
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

REFUND: Mapping[str, Any] = {
    "type": "proactive-decision",
    "action": {
        "en": "We pay back what you paid too much",
        "fr": "Nous vous remboursons ce que vous avez payé en trop",
        "ar": "نعيد إليك ما دفعته زيادة",
    },
    "data": ["name"],
    "effect": {
        "en": "The money goes to the bank account from which you paid",
        "fr": "L'argent va sur le compte depuis lequel vous avez payé",
        "ar": "يذهب المال إلى الحساب المصرفي الذي دفعت منه",
    },
    "amount": {"currency": "GBP", "value": "312.40"},
    "legal_basis": {
        "en": "Tax Code, section 37",
        "fr": "Code des impôts, article 37",
        "ar": "قانون الضرائب، المادة 37",
    },
}

log = logging.getLogger("service")


async def home(request: Request) -> Response:
    """Show the tax account."""
    asks = service.asking is not None
    return service.page("page.html", person=await service.person(request), asks=asks)


async def assess(request: Request) -> Response:
    """Work out what is to be paid; the citizen says whether that is right."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    if not person.notes.get("assessment"):
        service.store.note(person.sub, {**person.notes, "assessment": "waiting_for_you"})
        due = _today() + timedelta(days=30)
        _report(person, "waiting_for_you", next_step=CONFIRM, due=due.isoformat())
    return RedirectResponse("/", 303)


async def confirm(request: Request) -> Response:
    """Hear that it is right: it is decided."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    if person.notes.get("assessment") == "waiting_for_you":
        service.store.note(person.sub, {**person.notes, "assessment": "decided"})
        _report(person, "decided")
    return RedirectResponse("/", 303)


async def refund(request: Request) -> Response:
    """Ask whether to pay back what was paid too much; it is not done before they say yes."""
    person = await service.person(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    email, asking = person.details.get("email"), service.asking
    if asking is None or not email or person.notes.get("refund") == "asked":
        return RedirectResponse("/", 303)
    year = int(person.notes.get("refund_year", _today().year - 1))
    detail = {**REFUND, "deadline": f"{_today() + timedelta(days=14)}", "reference": f"T-{year}"}
    try:
        await asking.ask(person.sub, email, f"Your tax of {year}", detail)
    except Unavailable as error:
        log.warning("nobody was asked: %s", error)
        note = {"refund": "busy"}
    else:
        note = {"refund": "asked"}
    service.store.note(person.sub, {**person.notes, **note, "refund_year": year})
    return RedirectResponse("/", 303)


def refunded(decided: Decided) -> None:
    """Do what was approved, and nothing else: the sum is the one that they saw."""
    person = service.store.person(decided.sub)
    if person is None:
        return
    year = int(person.notes.get("refund_year", _today().year))
    notes = {**person.notes, "refund": decided.state}
    if decided.state == "approved":
        [detail] = decided.details
        paid = [
            *person.notes.get("paid", ()),
            f"{detail['reference']}: £{detail['amount']['value']}",
        ]
        notes |= {"paid": paid, "refund_year": year + 1}
    service.store.note(person.sub, notes)


def filed(_person: Person, _details: Mapping[str, Any]) -> Answer:
    """Every file has the details of today: they were written down when they were read."""
    return "applied", None


DESK = (
    Route("/desk", desk.show(service)),
    Route("/desk/{number}", desk.reply(service), methods=["POST"]),
)

service.hear(filed, pushed=False)
service.ask(refunded)
app = service.application(
    [
        Route("/", home),
        Route("/assess", assess, methods=["POST"]),
        Route("/confirm", confirm, methods=["POST"]),
        Route("/refund", refund, methods=["POST"]),
        *(DESK if service.settings.desk else ()),
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
