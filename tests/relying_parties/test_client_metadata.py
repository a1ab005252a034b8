"""Client metadata: whatever a stranger sends, it is judged, and what is taken can be told back."""

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.admin import form
from relying_parties import client_metadata, registration, self_registration
from relying_parties.errors import RegistrationInvalid
from relying_parties.metadata import MEMBERS as OURS
from relying_parties.metadata.rules import STRICT
from tests.factories import A_KEY, asks

MEMBERS = (
    *client_metadata.SAME,
    *client_metadata.MADE.values(),
    *("client_name#fr", "response_types", "subject_type", "application_type", "scope"),
)
WORDS = st.sampled_from(["", "x", "none", "native", "https://rp.example/", "a\x00b", "é", "\u202e"])
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=4,
)
GOOD: dict[str, Any] = {
    "redirect_uris": ["https://rp.example/cb"],
    "client_name": "Library",
    "contacts": ["help@rp.example"],
    "jwks": {"keys": [A_KEY]},
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_signing_alg": "ES256",
    "request_object_signing_alg": "ES256",
    "grant_types": ["authorization_code", "refresh_token"],
    "initiate_login_uri": "https://rp.example/begin",
}


@given(odd=st.dictionaries(st.sampled_from(sorted(set(MEMBERS))), ODD, max_size=4))
def test_odd_values_are_problems_and_never_accidents(odd: dict[str, Any]) -> None:
    """AD-11: wrong types, nulls, nested ones."""
    said = client_metadata.present(GOOD | odd)
    made = self_registration.document("library", "northtown", client_metadata.spec(said))

    with contextlib.suppress(RegistrationInvalid):
        client_metadata.judge(made, said, STRICT)
        registration.parse(made)
        assert client_metadata.told(made, {})


def test_what_is_told_registers_the_same() -> None:
    """RFC 7592 §2.2: a service may send back what it read."""
    made = self_registration.document("library", "northtown", client_metadata.spec(GOOD))
    client_metadata.judge(made, GOOD, STRICT)

    again = client_metadata.spec(client_metadata.told(made, {}), made["spec"])

    assert self_registration.document("library", "northtown", again) == made


def test_an_edit_by_hand_keeps_what_the_form_does_not_show() -> None:
    """AD-05: that it registered itself, above all."""
    spec = client_metadata.spec(GOOD)
    spec["purposes"] = [{"id": "p", "name": {"en": "To serve"}, "claims": [asks("name")]}]
    made = self_registration.document("library", "northtown", spec)

    edited = form.document(form.fields(made), made)["spec"]

    kept = ("selfRegistered", "initiateLoginUri", "assertionAlg", "requestAlg")
    assert {name: edited[name] for name in kept} == {name: made["spec"][name] for name in kept}


def test_every_row_names_a_member_of_the_document() -> None:
    """A row that is spelt wrong would drop what the client says, or break its registration."""
    assert set(client_metadata.SAME.values()) <= OURS.keys()
    assert {name.partition(".")[0] for name in client_metadata.MADE} <= OURS.keys()
