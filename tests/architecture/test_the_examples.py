"""The examples in the pages for engineers are taken by the rules that take the real thing."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.api import slips
from gateway.api.corrections import MEMBERS
from gateway.oauth import claims
from gateway.settings import Settings
from idp import catalog, values
from relying_parties import authorization_details, metadata, request_states, wording
from relying_parties.changes import ANSWERS
from tests.factories import a_document, a_registration, asks

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
WRITTEN = datetime(2026, 11, 25, 12, tzinfo=UTC)  # the day that the examples are of
PURPOSE = {
    "id": "card",
    "name": {"en": "To make your library card"},
    "claims": [asks(claim) for claim in ("name", "given_name", "birthdate", "email")],
}
RULES = claims.rules(Settings(environment="test"))


def blocks(page: str, *languages: str) -> list[str]:
    """Return the examples of a page."""
    return [text for said, text in BLOCK.findall((DOCS / page).read_text()) if said in languages]


def bodies(page: str) -> list[Any]:
    """Return the JSON of a page's examples, sent or received."""
    found = (
        re.search(r"^[\[{].*", text, re.MULTILINE | re.DOTALL)
        for text in blocks(page, "json", "http")
    )
    return [json.loads(one[0]) for one in found if one]


def sent(page: str, member: str) -> dict[str, Any]:
    """Return the first example of a page that has ``member``."""
    return next(one for one in bodies(page) if isinstance(one, dict) and member in one)


@pytest.mark.parametrize("page", [path.name for path in sorted(DOCS.glob("*.md"))])
def test_every_example_of_json_is_json(page: str) -> None:
    assert len(bodies(page)) >= len(blocks(page, "json"))


@pytest.mark.parametrize(
    "page", ["events.md", "requests.md", "corrections.md", "asking.md", "asking-from-behind.md"]
)
def test_a_registration_that_a_page_shows_is_taken(page: str) -> None:
    shown = yaml.safe_load(blocks(page, "yaml")[0].replace("[…]", "[]"))
    document = a_document(**{"purposes": [PURPOSE], **shown["spec"]})
    document["spec"]["purposes"] = document["spec"]["purposes"] or [PURPOSE]

    assert metadata.problems(document, RULES) == []


def test_the_report_of_a_request_is_taken() -> None:
    given = sent("requests.md", "state")
    assert given.pop("sub")
    service = a_registration(start=given["link"])

    read = request_states.read(given, service, WRITTEN, allow_loopback=False)

    assert read.due == date(2026, 12, 9)


def test_the_proposal_of_a_correction_is_taken() -> None:
    given = sent("corrections.md", "claim")

    assert set(given) == set(MEMBERS)
    kind = catalog.BY_NAME[given["claim"]].validator
    assert values.check(kind, given["value"], WRITTEN.date()) == given["value"]
    for member in ("reason", "evidence"):
        assert not [*wording.words(given[member], member, *slips.PROPOSED)]


def test_the_answer_to_a_change_is_one() -> None:
    assert sent("events.md", "state")["state"] in ANSWERS


@pytest.mark.parametrize(
    "details",
    [
        pytest.param(bodies("asking.md")[0], id="by-browser"),
        pytest.param(
            sent("asking-from-behind.md", "requested_expiry")["authorization_details"],
            id="from-behind",
        ),
    ],
)
def test_what_is_asked_in_detail_is_taken(details: list[dict[str, Any]]) -> None:
    service = a_registration(
        authorizationDetailsTypes=["data-share", "proactive-decision"], purposes=[PURPOSE]
    )

    for one in details:
        assert authorization_details.problem(one, service) is None
        assert authorization_details.late(one, service, WRITTEN) is None
