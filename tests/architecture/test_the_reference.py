"""The reference of the service document says what the rules say, row by row."""

import re
from pathlib import Path

import pytest

from gateway.claim_labels import LABELS
from idp import catalog
from idp.catalog import Claim
from relying_parties.metadata import DEFAULT_PROFILE, MEMBERS, NECESSARY
from relying_parties.metadata.responses import RESPONSE_MODES
from relying_parties.profiles import PROFILES, Profile
from relying_parties.purposes import AREA, BASES, NEEDS

PAGE = (Path(__file__).parents[2] / "docs" / "registration.md").read_text()
CARE = (
    (catalog.BY_LAW, "only where a law says so"),
    (catalog.EACH_TIME, "asked and shown each time, after a strong sign-in"),
    (catalog.OF_AREA, "needs an `area`"),
    (catalog.SPECIAL, "special category (GDPR Art. 9)"),
)


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without its head."""
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (text,) = [one for one in section if one.startswith(f"{heading}\n")]
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def codes(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]


def spelt(profile: Profile) -> list[str]:
    """A profile's row."""
    return [
        f"`{profile.name}`",
        codes(profile.auth_methods),
        codes(profile.id_token_algs),
        codes(profile.assertion_algs) if "private_key_jwt" in profile.auth_methods else "",
        "yes" if profile.require_par else "",
        "can be waived" if profile.pkce_waivable else "yes",
        "yes" if profile.require_sender_constraint else "",
    ]


def told(claim: Claim) -> list[str]:
    """A claim's row."""
    care = "; ".join(words for claims, words in CARE if claim.name in claims)
    ours = "yes" if claim.standard == "ext" else ""
    return [f"`{claim.name}`", LABELS[claim.name], ours, care]


def test_every_member_has_a_row() -> None:
    found = {row[0].strip("`"): row for row in rows("Members of `spec`")}

    assert list(found) == list(MEMBERS)
    assert {name for name, row in found.items() if row[1] == "needed"} == NECESSARY


def test_every_profile_that_is_offered_has_a_row() -> None:
    assert rows("Profiles") == [spelt(one) for one in PROFILES.values() if one.offered]
    assert f"Without one, `{DEFAULT_PROFILE}`" in PAGE


@pytest.mark.parametrize("word", [*NEEDS, *BASES, *AREA, *RESPONSE_MODES])
def test_every_word_that_can_be_chosen_is_told(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_every_claim_of_the_catalogue_has_a_row() -> None:
    wanted = [told(one) for one in catalog.CATALOG if one.name != "sub"]

    assert rows("Details that can be asked for") == wanted
