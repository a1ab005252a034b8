"""The metadata of the issuer as a whole, by configuration: what we tell changes by decision only.

Each document is kept in tests/vectors as it is served, but for its layout; who changes what is told
changes it there, too. Spec: RFC 8414 §2.
"""

import json
from pathlib import Path

import pytest

from gateway import settings
from gateway.oauth import metadata

VECTORS = Path(__file__).parents[1] / "vectors"
BASE = {
    "GATEHOUSE_ISSUER": "https://id.northtown.example",
    "GATEHOUSE_DATABASE_URL": "postgresql://gatehouse@127.0.0.1/gatehouse",
    "GATEHOUSE_MASTER_KEY_FILE": "/etc/gatehouse/master.key",
}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("plain", {}),
        ("older-services", {"GATEHOUSE_LEGACY_RESPONSE_TYPES": "true"}),
        (
            "certificates",
            {
                "GATEHOUSE_MTLS_ADDRESS": "https://mtls.northtown.example",
                "GATEHOUSE_CLIENT_AUTHORITIES": "/etc/gatehouse/authorities.pem",
            },
        ),
    ],
)
def test_disc_7_we_tell_what_was_decided(name: str, given: dict[str, str]) -> None:
    """In this order, too: a document that differs is another one to a cache (KE-14)."""
    kept = json.loads((VECTORS / f"metadata-{name}.json").read_text("utf-8"))

    told = metadata.document(settings.read({**BASE, **given}))

    assert json.loads(metadata.encoded(told)) == kept
    assert list(told) == list(kept)
