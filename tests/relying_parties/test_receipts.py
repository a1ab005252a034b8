"""What a citizen takes away from a decision: security.md CO-20, CO-11. Pure."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from relying_parties import receipts
from relying_parties.consent_records import Change, Consent
from tests.factories import MOMENT, a_client, a_registration, asks, later

ID = UUID("0193567a-0000-7000-8000-000000000001")
BASES = [
    asks("name"),
    asks("email", "optional", why={"en": "To write to you", "fr": "Pour vous écrire"}),
    asks("tax_identifier", basis="law"),
]
CONSENT = Consent(
    id=ID,
    subject="pairwise-subject",
    client_id="parking-permits",
    claims=["name", "email", "tax_identifier"],
    asked=["name", "email", "tax_identifier"],
    state="active",
    offline=True,
    once=False,
    registration_version=3,
    given_at=MOMENT,
    changed_at=MOMENT,
    expires_at=later(days=90),
    version=2,
    citizen=b"sealed",
    locale="fr",
    shown_digest=bytes(range(32)),
)


def receipt(kind: str = "given", **over: Any) -> dict[str, Any]:
    purpose = {"id": "permit", "name": {"en": "To check"}, "keepDays": 90, "claims": BASES}
    client = a_client(registration=a_registration(purposes=[purpose]))
    consent = replace(CONSENT, **over)
    change = Change(ID, 2, kind, consent.claims, None, MOMENT)
    return receipts.receipt(consent, client, change, later(seconds=1))


def pii(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    [purpose] = told["record"]["pii_processing"]["purposes"]
    return {each["attribute"]: each for each in purpose["pii_information"]}


def test_a_receipt_says_who_what_why_and_how_long() -> None:
    told = receipt()

    record = told["record"]
    assert told["metadata"]["receipt_id"] == f"{ID}.2"
    assert told["metadata"]["issued_at"] == "2026-11-23T09:30:01+00:00"
    assert record["party_identification"][0]["party_id"] == "northtown"
    assert record["pii_processing"]["service"]["registration_version"] == 3
    assert record["pii_processing"]["privacy_notice"]["shown_sha256"] == bytes(range(32)).hex()
    assert record["events"] == [
        {
            "event_time": "2026-11-23T09:30:00+00:00",
            "event_type": "given",
            "event_state": "given",
            "valid_until": "2027-02-21T09:30:00+00:00",
            "validity": "until",
            "offline": True,
        }
    ]


def test_a_receipt_tells_choice_from_law() -> None:
    rows = pii(receipt())

    assert (rows["name"]["necessity"], rows["name"]["lawful_basis"]) == ("required", "consent")
    assert rows["email"]["necessity"] == "optional"
    assert rows["email"]["together_with"] == ["email_verified"]
    assert rows["tax_identifier"]["lawful_basis"] == "legal_obligation"
    assert rows["tax_identifier"]["law"] == "Permit Act, section 4"
    assert "law" not in rows["name"]


def test_a_receipt_speaks_the_language_of_the_decision() -> None:
    """Where the service does not, it says the English words that were on the page."""
    assert pii(receipt())["email"]["reason"] == "Pour vous écrire"
    assert pii(receipt(locale="fr-CA"))["email"]["reason"] == "Pour vous écrire"
    assert pii(receipt(locale="ar"))["email"]["reason"] == "To write to you"


def test_a_receipt_joins_nothing() -> None:
    """CO-11: it is about the record, and holds neither subject nor sealed reference."""
    spelt = json.dumps(receipt())

    assert "pairwise-subject" not in spelt
    assert "sealed" not in spelt
    assert receipt()["record"]["pii_principal_id"] == str(ID)


def test_a_receipt_tells_only_what_the_change_left() -> None:
    assert pii(receipt("narrowed", claims=["name"])).keys() == {"name"}
    nothing = receipt("withdrawn", claims=[])
    assert nothing["record"]["pii_processing"]["purposes"] == []


@pytest.mark.parametrize("kind", receipts.STATES)
def test_every_change_has_a_word_of_the_vocabulary(kind: str) -> None:
    [event] = receipt(kind)["record"]["events"]

    assert event["event_type"] == kind
    assert event["event_state"] in {"given", "renewed", "withdrawn", "expired"}


def test_once_is_told_as_once() -> None:
    [event] = receipt(once=True, offline=False)["record"]["events"]

    assert (event["validity"], event["offline"]) == ("one authorization", False)


def test_words_are_found_in_any_language() -> None:
    assert receipts.words({"de": "Warum"}, "ar") == "Warum"
    assert receipts.words({}, "ar") == ""
