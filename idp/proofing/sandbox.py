"""A population register for demos and trials: fictional people, looked up for real.

A production gateway puts its country's register in this place; nothing else knows
which one answered.
"""

import json
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from idp.attributes import Validity
from idp.proofing import Outcome, evidence
from idp.proofing.providers import SANDBOX

SOURCE = "Population Register"
FREE = "free to be proved"  # the case of those who have no account: for trying the proofing


@cache
def register() -> tuple[Mapping[str, Any], ...]:
    """Return the people of the register."""
    path = Path(__file__).with_name("sandbox_register.json")
    return tuple(json.loads(path.read_text()))


def verify(typed: Mapping[str, str]) -> Outcome:
    """Compare a document number, a family name and a date of birth with the register.

    A person with one name only types it as the family name.
    """
    number = _folded(typed.get("document_number", ""))
    for person in register():
        if _folded(person["document_number"]) == number:
            return _compare(person, typed)
    return Outcome(SANDBOX, reason="not_found")


def known(person: Mapping[str, Any]) -> Outcome:
    """Return what the register says of ``person``, as if they had been found."""
    return Outcome(
        provider=SANDBOX,
        ial=2,
        attributes=person["attributes"],
        validity={claim: _validity(said) for claim, said in person.get("valid", {}).items()},
        source=SOURCE,
        person=person["person"],
        evidence=_looked_at(person["document_number"]),
    )


def _looked_at(number: str) -> tuple[evidence.Item, ...]:
    return (
        evidence.document("idcard", number, issuer=SOURCE, method="data", asked=SOURCE),
        evidence.record("population_register", source=SOURCE, method="data", asked=SOURCE),
    )


def _compare(person: Mapping[str, Any], typed: Mapping[str, str]) -> Outcome:
    held = person["attributes"]
    name = held.get("family_name") or held["given_name"]
    if _folded(typed.get("family_name", "")) != _folded(name):
        return Outcome(SANDBOX, reason="name_differs")
    if typed.get("birthdate", "").strip() != held["birthdate"]:
        return Outcome(SANDBOX, reason="birthdate_differs")
    if person.get("deceased"):
        return Outcome(SANDBOX, reason="not_alive")
    return known(person)


def _validity(said: Mapping[str, str]) -> Validity:
    days = {end: date.fromisoformat(day) for end, day in said.items()}
    return Validity(days.get("since"), days.get("until"))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())
