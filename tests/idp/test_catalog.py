"""The catalogue: every claim of the standard has its row, and the rows fit together."""

import pytest

from gateway import claim_labels
from gateway.pages.account import telling
from idp import catalog, derived, readings, values
from idp.catalog import BY_NAME, CATALOG, SCOPES, Claim
from idp.proofing import sandbox

CLASSES = ("S0", "S1", "S2", "S3")
NEVER_OUT = {"date_of_death", "eidas_person_identifier", "national_identifiers", "tax_identifier"}
every_claim = pytest.mark.parametrize("claim", CATALOG, ids=lambda claim: claim.name)


def test_there_are_57_claims_and_their_proof_each_once() -> None:
    assert len(CATALOG) == len(BY_NAME) == 57 + len(catalog.PROOF)


@every_claim
def test_a_row_says_all_that_a_release_needs(claim: Claim) -> None:
    assert claim.sensitivity in CLASSES
    assert claim.rule in {"R0", "R1", "R2", "R3", "RX"}
    assert claim.mode in {"once", "keep", "-"}
    assert claim.standard in {"oidc", "ida", "ext", "proof"}
    assert claim.validator in values.VALIDATORS
    assert claim.verified_for >= 0
    assert claim.name in claim_labels.LABELS


@every_claim
def test_a_derived_claim_has_inputs_that_are_stored(claim: Claim) -> None:
    assert claim.name not in claim.derived_from
    assert all(not BY_NAME[name].derived_from for name in claim.derived_from)


@pytest.mark.parametrize("name", derived.FUNCTIONS)
def test_what_is_derived_says_from_what(name: str) -> None:
    assert BY_NAME[name].derived_from


@every_claim
def test_high_harm_is_never_agreed_to_as_a_group(claim: Claim) -> None:
    if claim.sensitivity == "S3" or claim.special:
        assert claim.rule in {"R3", "RX"}


def test_what_never_goes_out_is_in_no_scope() -> None:
    assert {claim.name for claim in CATALOG if claim.rule == "RX"} == NEVER_OUT
    for names in SCOPES.values():
        assert set(names) <= BY_NAME.keys() - NEVER_OUT


def test_a_flag_holds_as_long_as_what_it_is_about() -> None:
    assert BY_NAME["email_verified"].verified_for == BY_NAME["email"].verified_for
    assert BY_NAME["phone_number_verified"].derived_from == ("phone_number",)


@every_claim
def test_somebody_says_it(claim: Claim) -> None:
    """No claim of the catalogue is one that never has a value."""
    made = claim.name in {*derived.FUNCTIONS, *derived.OF_TERMS, *readings.COMPUTED}
    written = claim.name in catalog.TOLD | catalog.REGISTERED | catalog.OURS

    assert made != written
    if claim.derived_from:
        assert made


def test_what_citizens_tell_has_a_page_and_nothing_else_does() -> None:
    assert telling.FORMS.keys() == catalog.TOLD


def test_the_register_writes_only_what_registers_write() -> None:
    for person in sandbox.register():
        assert person["attributes"].keys() <= catalog.REGISTERED
        assert person["told"].keys() <= catalog.TOLD | catalog.REGISTERED


def test_proof_is_of_what_registers_say_and_what_follows_from_it() -> None:
    verifiable = set(catalog.VERIFIABLE)

    assert verifiable >= catalog.REGISTERED | {"name", "age_over_18", "is_resident_of"}
    assert not verifiable & {*catalog.PROOF, *catalog.OURS, "nickname", "msisdn", "verified_at"}
    assert list(catalog.VERIFIABLE) == [one.name for one in CATALOG if one.name in verifiable]


def test_an_answer_gives_less_away_than_the_fact_behind_it() -> None:
    assert {"age_over_18", "is_resident_of", "is_citizen"} <= catalog.YES_OR_NO
    for name in catalog.YES_OR_NO:
        facts = BY_NAME[name].derived_from
        assert BY_NAME[name].sensitivity == "S0" < min(BY_NAME[one].sensitivity for one in facts)
