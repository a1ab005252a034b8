"""The permit desk: what becomes of an application, and what the citizen is told of each step.

received ──take──▶ in progress ──ask──▶ waiting for the citizen ──papers──▶ in progress
                        └──grant──▶ decided: the permit is there
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from relying_parties.samples.sdk import Person, Service

TITLE = {
    "en": "Resident parking permit",
    "fr": "Carte de stationnement résidentiel",
    "ar": "تصريح موقف للسكان",
}
OFFICE = {
    "en": "Permit desk, town hall",
    "fr": "Guichet du stationnement, mairie",
    "ar": "مكتب التصاريح، مبنى البلدية",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from which states it leads, to which, and what is said of that.

    :ivar days: in which the next thing happens
    """

    before: tuple[str, ...]
    after: str
    next_step: Mapping[str, str] = field(default_factory=dict)
    days: int | None = None


_CHECKING = {
    "en": "We check that you live in the zone",
    "fr": "Nous vérifions que vous habitez dans la zone",
    "ar": "نتحقق من أنك تسكن في المنطقة",
}
_PAPERS = {
    "en": "Send us the registration papers of your car",
    "fr": "Envoyez-nous la carte grise de votre voiture",
    "ar": "أرسل إلينا رخصة سير سيارتك",
}
STEPS: Mapping[str, Step] = {
    "take": Step(("received",), "in_progress", _CHECKING, 7),
    "ask": Step(("in_progress",), "waiting_for_you", _PAPERS, 14),
    "papers": Step(("waiting_for_you",), "in_progress", _CHECKING, 7),
    "grant": Step(("in_progress",), "decided"),
}
BY_DESK = {"take": "Take it up", "ask": "Ask for the car's papers", "grant": "Give the permit"}


def take(service: Service, sub: str, zone: str) -> None:
    """Open a file: the application is there."""
    notes = {"number": _number(sub), "zone": zone, "state": "received"}
    service.store.note(sub, notes)
    _report(service, sub, notes, Step((), "received", days=3))


def move(service: Service, person: Person, name: str) -> None:
    """Take a step with somebody's application, if it leads from where that stands."""
    step, notes = STEPS[name], dict(person.notes)
    if notes.get("state") not in step.before:
        return
    notes["state"] = step.after
    if name == "grant":
        notes["permit"] = notes["number"]
    service.store.note(person.sub, notes)
    _report(service, person.sub, notes, step)


def files(service: Service) -> list[dict[str, Any]]:
    """Return the applications and what can be done with each; by number, not by name."""
    return [
        {
            **person.notes,
            "steps": [
                {"name": name, "text": text}
                for name, text in BY_DESK.items()
                if person.notes["state"] in STEPS[name].before
            ],
        }
        for person in service.store.people()
        if "state" in person.notes
    ]


def _number(sub: str) -> str:
    """Give a number that can be read out on the phone."""
    drawn = int.from_bytes(hashlib.sha256(sub.encode()).digest()[:8])
    return f"NT-{drawn % 10**7:07}"


def _report(service: Service, sub: str, notes: Mapping[str, Any], step: Step) -> None:
    more: dict[str, Any] = {"title": TITLE, "office": OFFICE}
    if step.next_step:
        more["next_step"] = step.next_step
    if step.days is not None:
        today = datetime.now(UTC).date()  # noqa: TID251 - its own clock
        more["due"] = (today + timedelta(days=step.days)).isoformat()
    link = f"{service.settings.base_url}/"
    service.requests.put(notes["number"], sub, step.after, link=link, **more)
