"""Consent receipts: what the citizen takes away from a decision. Pure.

A receipt is a copy of the record: who asks, for what, on which ground, for how long,
how to stop. It tells of one service only and holds names of claims, never values; its
subject is the record, so two receipts of one citizen can't be joined.

Specs: ISO/IEC TS 27560:2023, W3C Data Privacy Vocabulary.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from relying_parties.claims_policy import FOLLOWS
from relying_parties.clients import Client
from relying_parties.consent_records import Change, Consent
from relying_parties.purposes import Asked, Purpose, Words

SCHEMA = "ISO/IEC TS 27560:2023"

# The words of the vocabulary for what happened.
STATES: Mapping[str, str] = {
    "given": "given",
    "widened": "renewed",
    "narrowed": "given",
    "withdrawn": "withdrawn",
    "restored": "renewed",
    "prolonged": "renewed",
    "expired": "expired",
    "replaced": "given",
    "revoked": "withdrawn",
    "superseded": "withdrawn",
}


def receipt(
    consent: Consent,
    client: Client,
    change: Change,
    at: datetime,
    details: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the receipt for one change of a consent, ready to be signed.

    :param client: as registered when the decision was made
    :param details: what was agreed to in detail with it (RFC 9396), claims by their names here
    """
    return {
        "metadata": {
            "receipt_id": f"{consent.id}.{change.version}",
            "schema_version": SCHEMA,
            "issued_at": _time(at),
        },
        "record": {
            "schema_version": SCHEMA,
            "record_id": str(consent.id),
            "pii_principal_id": str(consent.id),
            "pii_processing": _processing(consent, client, change),
            "party_identification": [_party(client)],
            "events": [_event(consent, change)],
            **({"authorization_details": list(details)} if details else {}),
        },
    }


def _processing(consent: Consent, client: Client, change: Change) -> dict[str, Any]:
    registration = client.registration
    return {
        "service": {
            "id": client.client_id,
            "name": words(registration.name, consent.locale),
            "registration_version": consent.registration_version,
        },
        "privacy_notice": {
            "url": registration.privacy,
            "shown_sha256": consent.shown_digest.hex(),
        },
        "language": consent.locale,
        "collection_method": "consent page",
        "purposes": [
            found
            for purpose in registration.purposes
            if (found := _purpose(purpose, client, consent, change))
        ],
        "withdrawal_method": "account page of the gateway, at any time",
    }


def _purpose(
    purpose: Purpose, client: Client, consent: Consent, change: Change
) -> dict[str, Any] | None:
    rows = [
        row
        for row in purpose.claims
        if row.claim in change.claims and client.registration.asked[row.claim] is row
    ]
    if not rows:
        return None
    return {
        "purpose_id": purpose.id,
        "purpose": words(purpose.name, consent.locale),
        "lawful_basis": sorted({_basis(row) for row in rows}),
        "retention_period": f"P{purpose.keep_days}D",
        "pii_controllers": [client.agency.id],
        "pii_information": [_pii(row, consent.locale) for row in rows],
    }


def _pii(row: Asked, locale: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "attribute": row.claim,
        "necessity": "required" if row.need == "needed" else "optional",
        "lawful_basis": _basis(row),
        "reason": words(row.why, locale),
    }
    if row.law:
        told["law"] = words(row.law, locale)
    if with_it := [flag for flag, of in FOLLOWS.items() if of == row.claim]:
        told["together_with"] = with_it
    return told


def _party(client: Client) -> dict[str, Any]:
    registration = client.registration
    return {
        "party_id": client.agency.id,
        "name": dict(client.agency.name),
        "role": "pii_controller",
        "contact": registration.contact or client.agency.contact,
        "url": registration.start,
    }


def _event(consent: Consent, change: Change) -> dict[str, Any]:
    return {
        "event_time": _time(change.at),
        "event_type": change.kind,
        "event_state": STATES[change.kind],
        "valid_until": _time(consent.expires_at),
        "validity": "one authorization" if consent.once else "until",
        "offline": consent.offline,
    }


def words(by_language: Words, locale: str) -> str:
    """Pick the words in ``locale``, else in its language, else English, else any."""
    for language in (locale, locale.partition("-")[0], "en"):
        if language in by_language:
            return by_language[language]
    return next(iter(by_language.values()), "")


def _basis(row: Asked) -> str:
    return "consent" if row.basis == "consent" else "legal_obligation"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
