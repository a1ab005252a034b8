"""What `apply` says of a document that is not right: where, what, and the way out."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import factories
from tests.gateway.cli.conftest import Command

AGENCY: dict[str, Any] = {
    "apiVersion": "gatehouse/v1",
    "kind": "Agency",
    "metadata": {"id": "northtown"},
    "spec": {"name": {"en": "Northtown"}, "contact": "help@northtown.example"},
}


def purpose(**row: Any) -> list[dict[str, Any]]:
    """One purpose that asks for one detail, of which ``row`` replaces members."""
    asked = factories.asks("name") | row
    return [{"id": "permit", "name": {"en": "To issue a permit"}, "claims": [asked]}]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"auth": {"method": "client_secret_basic"}},
         "spec.auth.method: gov-standard takes private_key_jwt"),
        ({"idTokenAlg": "HS256"},
         "spec.idTokenAlg: gov-standard signs with ES256 or RS256 or PS256"),
        ({"events": {"types": ["claims-changed"], "answerDays": 91}},
         "spec.events.answerDays: must be a number from 1 to 90"),
        ({"offlineAccess": "yes"}, "spec.offlineAccess: must be true or false"),
        ({"corrections": ["name"], "purposes": purpose()},
         "spec.corrections[0]: this cannot be corrected: it is made of other details"),
        ({"profile": "gov-standart"}, "did you mean gov-standard?"),
        ({"redirectURIs": []}, "there is no such member; did you mean redirectUris?"),
        ({"purposes": purpose(claim="e_mail")}, "the catalogue has no e_mail; did you mean email?"),
        ({"purposes": purpose(whi={})}, "did you mean why?"),
        ({"purposes": purpose(why=None)}, "claims[0].why: is missing: {en: …}"),
        ({"purposes": purpose(why="Because")}, "must say in which language it is: {en: …}"),
        ({"purposes": purpose(need="maybe")}, "must be one of needed, optional"),
        ({"name": None}, "spec.name: is missing: {en: …}"),
        ({"name": {"en": "x" * 90}}, "spec.name.en: must have 2 to 80 characters, this has 90"),
        ({"description": {"en": "x"}}, "must have 3 to 300 characters, this has 1"),
        ({"contact": "x"}, "spec.contact: must have 3 to 254 characters, this has 1"),
        ({"start": "http://rp.example/"}, "spec.start: must be https; http only for this machine"),
        ({"redirectUris": ["https://rp.example/cb"] * 2},
         "spec.redirectUris[1]: this is here twice"),
    ],
)  # fmt: skip
def test_a_problem_says_the_way_out(
    gatehouse: Command, tmp_path: Path, spec: dict[str, Any], says: str
) -> None:
    document = factories.a_document("permits", **spec)
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all([AGENCY, document]))

    ran = gatehouse("apply", "-f", "all.yaml")

    assert ran.code == 6
    assert says in ran.err, ran.err
    lines = ran.err.splitlines()
    assert all(line.startswith("error: Service permits: ") for line in lines), ran.err


def test_all_problems_of_all_documents_are_told_at_once(gatehouse: Command, tmp_path: Path) -> None:
    agency = {**AGENCY, "spec": {**AGENCY["spec"], "contract": "x"}}
    one = factories.a_document("one", profile="none", start="nowhere")
    two = factories.a_document("two", agency="nobody", contact="x")
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all([one, two, agency]))

    ran = gatehouse("apply", "-f", "all.yaml")

    assert ran.code == 6
    for says in (
        "Agency northtown: spec.contract: there is no such member; did you mean contact?",
        "Service one: spec.profile: ",
        "Service one: spec.start: ",
        "Service two: spec.contact: ",
    ):
        assert says in ran.err


def test_a_role_that_is_none_is_told_with_those_that_are(
    gatehouse: Command, tmp_path: Path
) -> None:
    document = {"apiVersion": "gatehouse/v1", "kind": "Administrator",
                "metadata": {"email": "zoe@example.test"}, "spec": {"roles": ["king"]}}  # fmt: skip
    (tmp_path / "zoe.yaml").write_text(yaml.safe_dump(document))

    ran = gatehouse("apply", "-f", "zoe.yaml")

    assert "Administrator zoe@example.test: spec.roles: must be some of" in ran.err
    assert "registrar" in ran.err


def test_what_is_new_is_created_and_only_then_changed(gatehouse: Command, tmp_path: Path) -> None:
    agency = {**AGENCY, "metadata": {"id": "created"}}
    agency["spec"] = {**AGENCY["spec"], "name": {"en": "Created town"}}
    path = tmp_path / "agency.yaml"
    path.write_text(yaml.safe_dump(agency))

    would = gatehouse("apply", "--dry-run", "-f", str(path))
    first, second = gatehouse("apply", "-f", str(path)), gatehouse("apply", "-f", str(path))
    agency["spec"] = {**agency["spec"], "contact": "new@northtown.example"}
    path.write_text(yaml.safe_dump(agency))
    third = gatehouse("apply", "-f", str(path))

    assert would.out.startswith("Agency created: would be created\n")
    assert first.out == "Agency created: created\n"
    assert second.out == "Agency created: unchanged\n"
    assert third.out == "Agency created: changed\n"
