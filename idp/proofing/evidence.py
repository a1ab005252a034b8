"""Evidence: what was looked at to find out who somebody is, in the form in which it is told.

An item says its type, what it is, and by which method whom was asked; when, is when it was
written down. Nothing of it goes out unless it was asked for by its name.

Specs: OpenID Identity Assurance Schema Definition 1.0 §5.4.4.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

Item = Mapping[str, Any]

DOCUMENT, RECORD = "document", "electronic_record"


def document(kind: str, number: str, *, issuer: str, method: str, asked: str) -> Item:
    """Describe a document that was shown.

    :param kind: idcard, passport …
    :param method: how it was checked: ``data`` is a look into the data of who issued it
    :param asked: who checked it
    """
    details = {"type": kind, "document_number": number, "issuer": {"name": issuer}}
    return {
        "type": DOCUMENT,
        "check_details": [{"check_method": method, "organization": asked}],
        "document_details": details,
    }


def record(kind: str, *, source: str, method: str, asked: str) -> Item:
    """Describe an entry of a register, such as a population_register."""
    return {
        "type": RECORD,
        "check_details": [{"check_method": method, "organization": asked}],
        "record": {"type": kind, "source": {"name": source}},
    }


def kinds(items: Sequence[Item]) -> list[str]:
    """Name what was looked at: the kind of each document and of each record."""
    return [str((item.get("document_details") or item["record"])["type"]) for item in items]


def place(account_id: UUID, evidence_id: UUID) -> tuple[str, str, str]:
    """Return where an item is sealed, and nowhere else opens."""
    return "idp.evidence", str(account_id), str(evidence_id)
