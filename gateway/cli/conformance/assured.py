"""What the suite's plan for identity assurance asks for, and what it may expect to hear.

Its modules make requests of what they read here. One name is a claim that nobody has, because a
module wants to see it left out. Release 5.2.4 can't read two things that it may ask for: electronic
records (it looks for them where the schema has none) and an age of the verification (it fails
on every time that ends in Z), so the requests are without.
"""

from typing import Any

from gateway.cli.conformance import citizen
from idp.proofing import evidence
from idp.proofing.providers import SANDBOX
from idp.proofing.sandbox import SOURCE

NAMES = ("given_name", "family_name", "birthdate")
NOBODY_S = "shoe_size"

_VERIFICATION = {
    "trust_framework": SANDBOX.framework.name,
    "assurance_level": SANDBOX.framework.levels[2],
    "assurance_process": {
        "policy": SANDBOX.framework.policy,
        "procedure": SANDBOX.procedure,
    },
    "evidence": [
        {
            "type": evidence.DOCUMENT,
            "check_details": [{"check_method": SANDBOX.methods[0], "organization": SOURCE}],
            "document_details": {"type": SANDBOX.documents[0], "issuer": {"name": SOURCE}},
        }
    ],
}


def members() -> dict[str, Any]:
    """Return the ``ekyc`` member of a configuration."""
    held = {name: citizen.PROVED[name] for name in NAMES}
    return {
        "verified_claims_names": list(NAMES),
        "verified_claims_request_list": _requests(),
        "userinfo": {
            "verified_claims": {
                "verification": _VERIFICATION,
                "claims": held | {NOBODY_S: "42"},
            }
        },
    }


def _requests() -> list[dict[str, Any]]:
    plain = {"trust_framework": None}
    how = {
        "trust_framework": {"value": SANDBOX.framework.name},
        "assurance_level": None,
        "time": None,
    }
    by_what = how | {
        "evidence": [
            {
                "type": {"value": evidence.DOCUMENT},
                "check_details": [{"check_method": None, "organization": None, "time": None}],
                "document_details": {
                    "type": {"values": list(SANDBOX.documents)},
                    "issuer": {"name": None},
                },
            }
        ]
    }
    return [
        _in_both(_wants(plain)),
        _in_both(_wants(by_what)),
        _in_both([_wants(how), _wants({"trust_framework": {"value": "de_aml"}})]),
    ]


def _wants(verification: dict[str, Any]) -> dict[str, Any]:
    return {"verification": verification, "claims": dict.fromkeys(NAMES)}


def _in_both(asked: Any) -> dict[str, Any]:
    return {place: {"verified_claims": asked} for place in ("userinfo", "id_token")}
