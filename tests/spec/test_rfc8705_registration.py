"""What a service may register about its certificate.

Specs: RFC 8705 §2.1.2, §2.2.2 and §3.4; RFC 7517 §4.7.
"""

import base64
from typing import Any

import pytest

from keys.certificates import NAMES
from relying_parties import client_metadata, metadata
from relying_parties.metadata.credentials import CERTIFICATE_NAMES
from relying_parties.metadata.rules import Rules
from tests import factories
from tests.support import newcomers, verdicts
from tests.support.gateway import Gateway
from tests.support.mutual import (
    BERTHS,
    NAMED,
    OWN,
    by_itself,
    vouched,
)
from tests.support.services import document

# What may be registered.

PLAIN: dict[str, Any] = {"method": "tls_client_auth"}
DN = "subjectDn"
FOREIGN = ("jwks.keys[0]", "foreign_certificate")


@pytest.mark.parametrize(
    ("auth", "path", "word"),
    [
        pytest.param(PLAIN, "subjectDn", "one_certificate_name", id="RFC8705-2.1.2-none"),
        pytest.param(
            PLAIN | {"subjectDn": "CN=a", "sanDns": "a.example"},
            "sanDns", "one_certificate_name", id="RFC8705-2.1.2-two",
        ),
        pytest.param(PLAIN | {DN: "berths"}, DN, "certificate_name", id="RFC4514"),
        pytest.param(PLAIN | {DN: ""}, DN, "certificate_name", id="RFC4514-empty"),
        pytest.param(PLAIN | {"subjectDn": "CN=a\0"}, "subjectDn", "certificate_name", id="zero"),
        pytest.param(PLAIN | {"subjectDn": ["a"]}, "subjectDn", "certificate_name", id="a-list"),
        pytest.param(PLAIN | {"sanDns": "*.example"}, "sanDns", "certificate_name", id="wildcard"),
        pytest.param(PLAIN | {"sanDns": "é.example"}, "sanDns", "certificate_name", id="not-ascii"),
        pytest.param(PLAIN | {"sanIp": "10.0.0.0/8"}, "sanIp", "certificate_name", id="network"),
        pytest.param(PLAIN | {"sanEmail": "it"}, "sanEmail", "certificate_name", id="no-address"),
        pytest.param(
            {"method": "private_key_jwt", "jwks": {"keys": [factories.A_KEY]}, "sanDns": "a.b"},
            "sanDns", "unknown_member", id="of-another-method",
        ),
        pytest.param(
            {"method": "self_signed_tls_client_auth"}, "", "keys_missing", id="RFC8705-2.2.2-none"
        ),
        pytest.param(
            by_itself(OWN.jwk() | {"x5c": BERTHS.jwk()["x5c"]}),
            *FOREIGN, id="RFC7517-4.7-of-another-key",
        ),
        pytest.param(
            by_itself(OWN.jwk() | {"x5c": []}), *FOREIGN, id="no-x5c"
        ),
        pytest.param(
            by_itself(OWN.jwk() | {"x5c": [base64.urlsafe_b64encode(OWN.der).decode() + "-"]}),
            *FOREIGN, id="RFC7517-4.7-base64url",
        ),
        pytest.param(
            by_itself(OWN.jwk() | {"x5c": {"a": 1}}), *FOREIGN, id="odd"
        ),
    ],
)  # fmt: skip
def test_what_no_certificate_could_prove_is_refused(
    auth: dict[str, Any], path: str, word: str
) -> None:
    made = document("berths", profile="fapi2", auth=auth)

    found = metadata.problems(made)

    assert (f"spec.auth.{path}".rstrip("."), word) in found, found


def test_what_works_nowhere_is_refused_where_none_can_be_shown() -> None:
    """RFC 7591 §5: nobody is to believe that their tokens are bound."""
    nowhere = Rules(mutual_tls=False)
    made = document("berths", profile="fapi2", auth=vouched(), certificateBound=True)

    assert metadata.problems(made) == []
    assert metadata.problems(made, nowhere) == [
        ("spec.auth.method", "no_certificates"),
        ("spec.certificateBound", "no_certificates"),
    ]


def test_every_kind_of_name_can_be_registered() -> None:
    assert list(CERTIFICATE_NAMES.values()) == list(NAMES)
    assert NAMED.keys() == CERTIFICATE_NAMES.keys()


@pytest.mark.parametrize("name", client_metadata.CERTIFICATE)
async def test_a_service_registers_its_certificate_itself(gateway: Gateway, name: str) -> None:
    """RFC 8705 §2.1.2 and §3.4: by the names of client metadata, told back as they came."""
    said = {
        "token_endpoint_auth_method": "tls_client_auth",
        name: NAMED[client_metadata.CERTIFICATE[name]][0],
        "tls_client_certificate_bound_access_tokens": True,
    }

    told = await newcomers.registered(gateway, **said)

    assert {member: told[member] for member in said} == said
    answer = await newcomers.register(gateway, **{**said, name: "*"})
    verdicts.refused(answer, "invalid_client_metadata")
    assert name in answer.json()["error_description"]
