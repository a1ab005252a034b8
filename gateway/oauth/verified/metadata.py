"""What can go out with its proof, read off the providers of proofings and the catalogue.

Specs: OpenID Connect for Identity Assurance 1.0 §8.
"""

from collections.abc import Iterable
from typing import Any

from gateway.oauth import names
from idp import catalog
from idp.proofing import evidence
from idp.proofing.providers import PROVIDERS


def members(issuer: str) -> dict[str, Any]:
    """Return the members of the metadata; a list that would be empty is not there."""
    documents = _each(one.documents for one in PROVIDERS)
    records = _each(one.records for one in PROVIDERS)
    told = {
        "trust_frameworks_supported": _each((one.framework.name,) for one in PROVIDERS),
        "claims_in_verified_claims_supported": [
            names.wire(issuer, name) for name in catalog.VERIFIABLE
        ],
        "evidence_supported": [
            *([evidence.DOCUMENT] if documents else []),
            *([evidence.RECORD] if records else []),
        ],
        "documents_supported": documents,
        "documents_check_methods_supported": _each(one.methods for one in PROVIDERS),
        "electronic_records_supported": records,
    }
    # The first is gone from the final text, and older services look for it.
    return {"verified_claims_supported": True, **{name: one for name, one in told.items() if one}}


def _each(rows: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(value for row in rows for value in row))
