"""What a service's document may say: security.md RU-10 to RU-19, CA-23, CO-13, AD-10, AD-11."""

import copy
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway import outbound
from relying_parties import client_keys, metadata, redirects, registration
from relying_parties.errors import RegistrationInvalid
from relying_parties.metadata.rules import STRICT, Rules
from relying_parties.profiles import PROFILES
from tests.factories import A_KEY, a_document, a_registration, asks


def problems(rules: Rules = STRICT, **spec: Any) -> list[tuple[str, str]]:
    return metadata.problems(a_document(**spec), rules)


def test_a_usual_document_has_no_problems() -> None:
    assert problems() == []


def test_a_document_is_read_as_it_was_written() -> None:
    read = a_registration()

    assert read.client_id == "parking-permits"
    assert read.require_par
    assert read.require_pkce
    assert list(read.asked) == ["name", "address", "phone_number"]
    assert read.document == a_document()


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(RegistrationInvalid) as refused:
        registration.parse(a_document(redirectUris=["http://x.example/"], colour="red", start=7))

    assert set(refused.value.problems) == {
        ("spec.redirectUris[0]", "scheme"),
        ("spec.colour", "unknown_member"),
        ("spec.start", "not_text"),
    }


@pytest.mark.parametrize(
    "document",
    [None, [], "text", 7, {}, {"spec": None}, {"spec": [], "metadata": []}],
    ids=repr,
)
def test_what_is_no_document_is_refused(document: object) -> None:
    with pytest.raises(RegistrationInvalid):
        registration.parse(document)


@pytest.mark.parametrize(
    "member", [*metadata.MEMBERS, "apiVersion", "kind", "metadata"], ids=lambda name: name
)
@pytest.mark.parametrize(
    "value", [0, 7, "\ud800", "\x00", [None], {"a": {}}, {"en": None}, [[]], True], ids=repr
)
def test_wrong_types_are_problems_and_not_crashes(member: str, value: object) -> None:
    document = a_document()
    (document["spec"] if member in metadata.MEMBERS else document)[member] = value

    assert isinstance(metadata.problems(document), list)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in ``value`` at which something stands, as the steps that lead there."""
    named = value.items() if isinstance(value, dict) else ()
    for step, member in enumerate(value) if isinstance(value, list) else named:
        yield (*above, step)
        yield from places(member, (*above, step))


@pytest.mark.parametrize("value", [None, 7, "\ud800", [], {}, [[]], [{}], {"a": []}], ids=repr)
def test_what_stands_deeper_is_a_problem_and_not_a_crash_either(value: object) -> None:
    spec = {
        "idTokenEncryption": {"alg": "ECDH-ES", "enc": "A256GCM"},
        "purposes": [
            {
                "id": "permit",
                "name": {"en": "To check where you live"},
                "claims": [asks("lives", basis="law", area={"country_code": "GB"})],
            }
        ],
        "resource": {"identifier": "https://api.example/", "scopes": ["read"], "tokens": "jwt"},
        "calls": [{"resource": "https://api.example/", "scopes": ["read"]}],
        "events": {"types": ["consent-withdrawn"], "endpoint": "https://parking.example/events"},
        "corrections": ["lives"],
    }
    rules = Rules(
        claims=frozenset({"lives"}), by_law=frozenset({"lives"}), of_area=frozenset({"lives"})
    )

    for place in places(a_document(**spec)):
        document = a_document(**copy.deepcopy(spec))
        *way, last = place
        functools.reduce(lambda inside, step: inside[step], way, document)[last] = value
        assert isinstance(metadata.problems(document, rules), list), place


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        pytest.param("https://rp.gov/*", "wildcard", id="RU-10-wildcard"),
        pytest.param("https://*.gov/cb", "wildcard", id="RU-10-wildcard-host"),
        pytest.param("https://rp[.]gov/^cb$", "characters", id="RU-10-regular-expression"),
        pytest.param("https://${host}/cb", "characters", id="SS-10-placeholder"),
        pytest.param("https://rp.gov/{tenant}/cb", "characters", id="SS-10-template"),
        pytest.param("javascript:alert(1)", "scheme", id="RU-11-javascript"),
        pytest.param("JaVaScRiPt:alert(1)", "scheme", id="RU-11-mixed-case"),
        pytest.param("data:text/html,x", "scheme", id="RU-11-data"),
        pytest.param("vbscript:x", "scheme", id="RU-11-vbscript"),
        pytest.param("\x01javascript:alert(1)", "characters", id="RU-11-control"),
        pytest.param("https://rp.gov/cb?code=1", "reserved_query", id="RU-13-code"),
        pytest.param("https://rp.gov/cb?a=1&STATE=", "reserved_query", id="RU-13-state"),
        pytest.param("https://rp.gov/cb?%69ss=x", "reserved_query", id="RU-13-escaped"),
        pytest.param("https://rp.gov/cb?a=1;code=2", "reserved_query", id="RU-13-semicolon"),
        pytest.param("https://rp.gov/cb#", "fragment", id="RU-01-fragment"),
        pytest.param("http://rp.gov/cb", "scheme", id="RU-08-http"),
        pytest.param("http://localhost/cb", "scheme", id="RU-08-http-localhost"),
        pytest.param("https://user@rp.gov/cb", "userinfo", id="userinfo"),
        pytest.param("https://rp.gov\\@evil.org/cb", "characters", id="RU-04-backslash"),
        pytest.param("https://rp.gov/a\tb", "characters", id="RU-05-tab"),
        pytest.param(" https://rp.gov/cb", "characters", id="RU-05-space"),
        pytest.param("https://rp.gov/a%00b", "characters", id="RU-05-escaped-nul"),
        pytest.param("https://rp.gov/a%0d%0Ab", "characters", id="RU-05-escaped-line"),
        pytest.param("https://rp.gov/a%zz", "characters", id="RU-05-no-escape"),
        pytest.param("https://2130706433/cb", "host", id="RU-14-number"),
        pytest.param("https://0x7f.1/cb", "host", id="RU-14-hexadecimal"),
        pytest.param("https://0177.0.0.1/cb", "host", id="RU-14-octal"),
        pytest.param("https://rp。gov/cb", "characters", id="RU-14-full-width-dot"),
        pytest.param("https://g\u043ev.example/cb", "characters", id="RU-14-homograph"),
        pytest.param("https://rp.\u202egov/cb", "characters", id="RU-14-bidi"),
        pytest.param("https://xn--a-\u00e9.gov/", "characters", id="RU-14-garbage"),
        pytest.param("https://xn--99999999999.gov/cb", "host", id="RU-14-not-punycode"),
        pytest.param("https://rp.gov:/cb", "port", id="RU-07-empty-port"),
        pytest.param("https://rp.gov:99999/cb", "malformed", id="port-range"),
        pytest.param("https:///cb", "host", id="no-host"),
        pytest.param("https://[::1/cb", "malformed", id="open-bracket"),
        pytest.param("https://-rp.gov/cb", "host", id="host-hyphen"),
        pytest.param("https://rp.gov/a/../cb", "dot_segment", id="dot-segment"),
        pytest.param("https://rp.gov/a/%2e%2e/cb", "dot_segment", id="escaped-dot-segment"),
        pytest.param("https://rp.gov/" + "a" * 2000, "too_long", id="RU-19-length"),
    ],
)
def test_an_unsafe_redirect_address_is_refused(uri: str, word: str) -> None:
    assert problems(redirectUris=[uri]) == [("spec.redirectUris[0]", word)]


@pytest.mark.parametrize(
    "uri", ["http://localhost:3000/cb", "http://127.0.0.1/cb", "http://parking.localhost:9000/cb"]
)
def test_this_machine_is_allowed_for_demonstrations_only(uri: str) -> None:
    assert redirects.problem(uri) == "scheme"
    assert redirects.problem(uri, allow_loopback=True) is None
    assert redirects.problem("http://evil.example/cb", allow_loopback=True) == "scheme"


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("http://127.0.0.1/cb", None),
        ("http://127.0.0.1:51004/cb", None),
        ("http://[::1]/cb", None),
        ("gov.northtown.parking:/cb", None),
        ("https://parking.example/cb", None),
        ("http://localhost/cb", "scheme"),
        ("http://evil.localhost/cb", "scheme"),
        ("http://127.0.0.2/cb", "scheme"),
        ("http://127.1/cb", "scheme"),
        ("http://[::2]/cb", "scheme"),
        ("http://127.0.0.1.evil.example/cb", "scheme"),
        ("http://evil.example/cb", "scheme"),
    ],
)
def test_an_app_s_own_device_is_named_by_number(uri: str, word: str | None) -> None:
    """RU-08, RFC 8252 §8.3: a name may be resolved to somebody else's machine."""
    assert redirects.problem(uri, native=True) == word
    app = {"profile": "native-public", "auth": {"method": "none"}, "redirectUris": [uri]}
    assert problems(**app) == ([("spec.redirectUris[0]", word)] if word else [])


def test_fifty_addresses_are_enough() -> None:
    fifty = [f"https://rp.gov/{number}" for number in range(50)]

    assert problems(redirectUris=fifty) == []
    assert problems(redirectUris=[*fifty, "https://rp.gov/x"]) == [
        ("spec.redirectUris", "too_many")
    ]
    assert problems(redirectUris=["https://rp.gov/1"] * 2) == [("spec.redirectUris[1]", "twice")]


@pytest.mark.parametrize(
    "uri",
    [
        *("https://rp.gov/cb/", "https://rp.gov/cb?x=1", "https://rp.gov/cb#", "https://rp.gov/CB"),
        *("https://rp.gov/cb%2f", "https://rp.gov/cb;x", "https://rp.gov.evil.org/cb"),
        *("https://x.rp.gov/cb", "https://rp.gov\\@evil.org/cb", " https://rp.gov/cb"),
        *("https://rp.\tgov/cb", "https://rp.gov:443/cb", "https://rp.gov:/cb"),
        *("https://RP.gov/cb", "http://rp.gov/cb", "https://rp.gov/cb\x00", ""),
    ],
)
def test_only_the_very_same_address_matches(uri: str) -> None:
    assert redirects.match("https://rp.gov/cb", ["https://rp.gov/cb"])
    assert not redirects.match(uri, ["https://rp.gov/cb"])
    assert not redirects.match(uri, ["https://rp.gov/cb"], loopback=True)


@pytest.mark.parametrize(
    ("uri", "matches"),
    [
        ("http://127.0.0.1:51004/cb", True),
        ("http://127.0.0.1/cb", True),
        ("http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1:51004/cb?x=1", False),
        ("http://127.0.0.1.evil.org/cb", False),
        ("http://127.0.0.1:1@evil.org/cb", False),
        ("http://127.0.0.1:x/cb", False),
        ("https://127.0.0.1:51004/cb", False),
        ("http://localhost:51004/cb", False),
        ("http://[::1]:51004/cb", False),
    ],
)
def test_a_native_app_may_choose_its_port(uri: str, matches: bool) -> None:
    registered = ["http://127.0.0.1:8000/cb"]

    assert redirects.match(uri, registered, loopback=True) is matches
    assert not redirects.match(uri, registered)


@pytest.mark.parametrize(
    ("uri", "confusable"),
    [
        ("https://parking.example/cb", False),
        ("https://xn--mnchen-3ya.example/cb", False),  # a town
        ("https://xn--80ak6aa92e.com/cb", True),  # looks like a fruit
    ],
)
def test_a_reviewer_sees_what_a_host_looks_like(uri: str, confusable: bool) -> None:
    assert redirects.host(uri).confusable is confusable


def _rsa(bits: int, exponent: int = 65537) -> dict[str, str]:
    from keys.opaque import unpadded  # noqa: PLC0415 - one test's need

    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    size = (bits + 7) // 8
    return {
        "kty": "RSA",
        "kid": "r",
        "n": unpadded(numbers.n.to_bytes(size)),
        "e": unpadded(exponent.to_bytes(4).lstrip(b"\x00")),
    }


@pytest.mark.parametrize(
    ("key", "word"),
    [
        pytest.param(_rsa(1024), "rsa_size", id="CA-23-rsa-1024"),
        pytest.param(_rsa(2048, 1), "rsa_exponent", id="CA-23-exponent-1"),
        pytest.param(A_KEY | {"y": A_KEY["x"]}, "not_on_curve", id="CA-23-off-curve"),
        pytest.param(A_KEY | {"d": "AAAA"}, "private_key", id="CA-23-private"),
        pytest.param({"kty": "oct", "kid": "k", "k": "AAAA"}, "symmetric_key", id="CA-23-oct"),
        pytest.param(None, "not_a_key", id="CA-23-null"),
        pytest.param(A_KEY | {"kid": None}, "kid_missing", id="CA-23-no-kid"),
        pytest.param(A_KEY | {"jku": "https://x.example"}, "remote_key", id="remote"),
        pytest.param(A_KEY | {"crv": "P-521"}, "curve", id="other-curve"),
        pytest.param(A_KEY | {"x": "!!!!"}, "malformed_key", id="not-base64"),
        pytest.param(A_KEY | {"x": 7}, "malformed_key", id="not-text"),
        pytest.param(A_KEY | {"kty": "PQ"}, "key_type", id="other-type"),
        pytest.param(A_KEY | {"kty": {}}, "key_type", id="odd-type"),
        pytest.param(A_KEY | {"use": "both"}, "use", id="use"),
    ],
)
def test_an_unfit_key_is_refused(key: Mapping[str, Any] | None, word: str) -> None:
    auth = {"method": "private_key_jwt", "jwks": {"keys": [key]}}

    assert problems(auth=auth) == [("spec.auth.jwks.keys[0]", word)]


def test_of_a_published_set_only_fit_keys_count() -> None:
    """CA-23: a name that comes twice is the first one's; of too many bits, too few, or secret."""
    twice = A_KEY | {"x": A_KEY["x"]}
    keys = [None, _rsa(1024), A_KEY, twice, A_KEY | {"kid": "d", "d": "AAAA"}, _rsa(2048)]

    assert [key["kid"] for key in client_keys.fit(keys)] == [A_KEY["kid"], "r"]


def test_the_only_key_of_a_set_needs_no_name() -> None:
    """RFC 7517 §4.5, OpenID Connect Core §10.1; one of several does (CA-23)."""
    nameless = {name: value for name, value in A_KEY.items() if name != "kid"}
    alone, beside = ({"keys": keys} for keys in ([nameless], [_rsa(2048), nameless]))

    assert problems(auth={"method": "private_key_jwt", "jwks": alone}) == []
    assert problems(auth={"method": "private_key_jwt", "jwks": beside}) == [
        ("spec.auth.jwks.keys[1]", "kid_missing")
    ]


def test_a_fit_rsa_key_is_taken() -> None:
    assert problems(auth={"method": "private_key_jwt", "jwks": {"keys": [_rsa(2048)]}}) == []


@pytest.mark.parametrize(
    ("auth", "problem"),
    [
        ({"method": "private_key_jwt"}, ("spec.auth", "keys_missing")),
        ({"method": "client_secret_basic"}, ("spec.auth.method", "profile_forbids")),
        (
            {"method": "private_key_jwt", "jwks": {"keys": []}},
            ("spec.auth.jwks", "keys_missing"),
        ),
        (
            {"method": "private_key_jwt", "jwks": {"keys": [A_KEY, A_KEY]}},
            ("spec.auth.jwks.keys[1]", "kid_twice"),
        ),
        (
            {"method": "private_key_jwt", "jwks": {"keys": [A_KEY] * 1000}},
            ("spec.auth.jwks.keys", "too_many"),
        ),
        (
            {"method": "private_key_jwt", "jwksUri": "http://169.254.169.254/"},
            ("spec.auth.jwksUri", "scheme"),
        ),
        (
            {"method": "private_key_jwt", "jwks": {"keys": [A_KEY]}, "jwksUri": "https://a.gov/"},
            ("spec.auth", "jwks_and_jwks_uri"),
        ),
    ],
)
def test_a_service_shows_how_it_proves_who_it_is(
    auth: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert problems(auth=auth) == [problem]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Tax \u202eeciffO", id="CO-13-bidi"),
        pytest.param("Tax\u200bOffice", id="CO-13-zero-width"),
        pytest.param("T\u0430x Office", id="CO-13-look-alike"),
        pytest.param("<b>Tax</b>", id="CO-13-markup"),
        pytest.param("T" * 5000, id="CO-13-length"),
        pytest.param("Tax\nOffice", id="control"),
        pytest.param("Cafe\u0301", id="not-composed"),
        pytest.param(" Tax", id="space"),
    ],
)
def test_a_deceiving_name_is_refused(name: str) -> None:
    assert [path for path, _ in problems(name={"en": name})] == ["spec.name.en"]


@pytest.mark.parametrize(
    "name", ["ضريبة الدخل", "Налоговая служба", "税務署", "Impôts 2026", "Δήμος"]
)
def test_a_name_in_any_script_is_fine(name: str) -> None:
    assert problems(name={"en": "Tax", "xx": name}) == []


@pytest.mark.parametrize(
    ("why", "word"), [("ab", "length"), ("a" * 301, "length"), ("a<b> c", "markup")]
)
def test_a_reason_is_a_short_plain_sentence(why: str, word: str) -> None:
    purposes = [{"id": "p", "name": {"en": "To serve"}, "claims": [asks("name", why={"en": why})]}]

    assert problems(purposes=purposes) == [("spec.purposes[0].claims[0].why.en", word)]


def test_a_claim_is_in_the_catalogue_and_stands_once() -> None:
    purposes = [
        {
            "id": "p",
            "name": {"en": "To serve"},
            "keepDays": 366,
            "claims": [asks("name"), asks("name"), asks("shoe_size"), asks("x", "maybe")],
        }
    ]

    assert problems(Rules(claims=frozenset({"name"})), purposes=purposes) == [
        ("spec.purposes[0].keepDays", "range"),
        ("spec.purposes[0].claims[1].claim", "twice"),
        ("spec.purposes[0].claims[2].claim", "unknown_claim"),
        ("spec.purposes[0].claims[3].claim", "claim_name"),
        ("spec.purposes[0].claims[3].need", "value"),
    ]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        pytest.param(asks("tax_identifier"), "law_only", id="on-consent"),
        pytest.param(asks("tax_identifier", basis="law"), "", id="by-law"),
        pytest.param(asks("name"), "", id="another-claim"),
    ],
)
def test_what_only_a_law_gives_is_registered_with_its_law(row: Any, found: str) -> None:
    """RX of the catalogue: no consent is enough for it."""
    rules = Rules(by_law=frozenset({"tax_identifier"}))
    purposes = [{"id": "p", "name": {"en": "To tax"}, "claims": [row]}]

    wrong = [("spec.purposes[0].claims[0].basis", found)] if found else []
    assert problems(rules, purposes=purposes) == wrong


@pytest.mark.parametrize(
    ("row", "found"),
    [
        pytest.param(
            asks("lives", area={"country_code": "GB", "locality": "Leeds"}), "", id="town"
        ),
        pytest.param(asks("lives"), "area=area_missing", id="none"),
        pytest.param(asks("lives", area=[]), "area=area_missing", id="a-list"),
        pytest.param(
            asks("lives", area={"locality": "Leeds"}), "area.country_code=country", id="bare"
        ),
        pytest.param(
            asks("lives", area={"country_code": "GB", "postal_code": "LS1 1AA"}),
            "area.postal_code=unknown_member",
            id="a-house",
        ),
        pytest.param(
            asks("name", area={"country_code": "GB"}), "area=unknown_member", id="no-need"
        ),
    ],
)
def test_a_claim_about_an_area_names_it(row: Any, found: str) -> None:
    """The request can't, or it could close in on the address."""
    purposes = [{"id": "p", "name": {"en": "To serve"}, "claims": [row]}]

    at, _, word = found.partition("=")
    wrong = [(f"spec.purposes[0].claims[0].{at}", word)] if found else []
    assert problems(Rules(of_area=frozenset({"lives"})), purposes=purposes) == wrong


def test_a_law_is_named() -> None:
    row = asks("name", basis="law")
    del row["law"]
    purposes = [{"id": "p", "name": {"en": "To serve"}, "claims": [row]}]

    assert problems(purposes=purposes) == [("spec.purposes[0].claims[0].law", "words_by_language")]


@pytest.mark.parametrize("member", ["logo", "privacy", "terms", "start"])
@pytest.mark.parametrize("uri", ["javascript:x", "data:image/svg+xml,x", "http://a.gov/x"])
def test_what_is_shown_or_linked_is_https(member: str, uri: str) -> None:
    assert problems(**{member: uri}) == [(f"spec.{member}", "scheme")]


def test_a_profile_that_demands_what_is_not_built_is_not_offered() -> None:
    """Nobody is believed to be safer than they are; what was approved before is still read."""
    document = a_document(profile="federated")

    assert metadata.problems(document) == [("spec.profile", "not_offered")]
    assert registration.read(document).profile.name == "federated"


def test_an_offered_profile_promises_only_what_is_enforced() -> None:
    offered = {profile.name for profile in PROFILES.values() if profile.offered}

    assert offered == {"oidc-basic", "gov-standard", "fapi2", "native-public", "ciba"}


BEHIND = {
    "profile": "ciba",
    "backchannelMode": "ping",
    "notificationEndpoint": "https://a.gov/ping",
}


@pytest.mark.parametrize(
    ("over", "path", "word"),
    [
        pytest.param({"backchannelMode": None}, "backchannelMode", "missing", id="no-mode"),
        pytest.param({"backchannelMode": "push"}, "backchannelMode", "value", id="FAPI-CIBA-push"),
        pytest.param({"backchannelMode": 1}, "backchannelMode", "value", id="no-word"),
        pytest.param({"notificationEndpoint": None}, "notificationEndpoint", "missing", id="ping"),
        pytest.param(
            {"backchannelMode": "poll"}, "notificationEndpoint", "for_pings_only", id="poll"
        ),
        pytest.param(
            {"notificationEndpoint": "http://a.gov/x"}, "notificationEndpoint", "scheme", id="http"
        ),
        pytest.param(
            {"backchannelRequestAlg": "RS256"},
            "backchannelRequestAlg",
            "profile_forbids",
            id="FAPI-CIBA-7.10-RS256",
        ),
        pytest.param({"idTokenAlg": "RS256"}, "idTokenAlg", "profile_forbids", id="ID-token-RS256"),
    ],
)
def test_who_asks_from_behind_says_how_it_hears(over: dict[str, Any], path: str, word: str) -> None:
    """CIBA Core §4."""
    spec = {name: value for name, value in (BEHIND | over).items() if value is not None}

    assert (f"spec.{path}", word) in problems(**spec)


def test_only_one_profile_asks_from_behind() -> None:
    document = a_document(**BEHIND | {"profile": "gov-standard"})

    assert metadata.problems(document) == [("spec.backchannelMode", "profile_forbids")]
    assert registration.read(document).backchannel_mode is None


def test_who_asks_from_behind_needs_no_browser() -> None:
    document = a_document(**BEHIND)
    del document["spec"]["redirectUris"]

    assert metadata.problems(document) == []
    assert registration.read(document).profile.require_sender_constraint


def test_a_service_that_is_on_no_device_needs_an_address() -> None:
    document = a_document(device=False)
    del document["spec"]["redirectUris"]

    assert metadata.problems(document) == [("spec.redirectUris", "missing")]


RESOURCE = {"identifier": "https://api.example/v1", "scopes": ["payments:read"]}
CALL = {"resource": "https://api.example/v1", "scopes": ["payments:read"]}


def test_a_service_that_no_citizen_comes_to_needs_no_address() -> None:
    """RFC6749-4.4, RFC8628-3.1: it offers an API, calls one, or is on a device."""
    for member in ({"resource": RESOURCE}, {"calls": [CALL]}, {"device": True}):
        document = a_document(**member)
        del document["spec"]["redirectUris"]
        assert metadata.problems(document) == []
        assert registration.read(document).redirect_uris == ()


@pytest.mark.parametrize(
    ("over", "at", "word"),
    [
        pytest.param({"identifier": "http://api.example"}, ".identifier", "scheme", id="plain"),
        pytest.param({"identifier": "api"}, ".identifier", "scheme", id="RFC8707-2-relative"),
        pytest.param(
            {"identifier": "https://a.example/#b"}, ".identifier", "fragment", id="RFC8707-2-part"
        ),
        pytest.param(
            {"identifier": "https://a.example/?b"}, ".identifier", "query", id="RFC8707-2-query"
        ),
        pytest.param({"identifier": None}, ".identifier", "not_text", id="missing"),
        pytest.param({"scopes": []}, ".scopes", "not_a_list", id="none"),
        pytest.param({"scopes": ["a"] * 21}, ".scopes", "not_a_list", id="many"),
        pytest.param({"scopes": ["openid"]}, ".scopes[0]", "scope", id="TK-22-openid"),
        pytest.param({"scopes": ["offline_access"]}, ".scopes[0]", "scope", id="TK-22-offline"),
        pytest.param({"scopes": ["address"]}, ".scopes[0]", "scope", id="TK-22-citizens"),
        pytest.param({"scopes": ["two words"]}, ".scopes[0]", "scope", id="RFC6749-3.3-space"),
        pytest.param({"scopes": ['"']}, ".scopes[0]", "scope", id="RFC6749-3.3-quote"),
        pytest.param({"scopes": ["a", "a"]}, ".scopes[1]", "twice", id="twice"),
        pytest.param({"colour": 1}, ".colour", "unknown_member", id="unknown"),
    ],
)
def test_what_is_called_is_judged(over: Mapping[str, Any], at: str, word: str) -> None:
    """What one offers, and what another one calls, by the same rules."""
    rules = Rules(scopes=frozenset({"address"}))
    called = {name.replace("identifier", "resource"): value for name, value in over.items()}
    where = at.replace("identifier", "resource")

    assert problems(rules, resource=RESOURCE | dict(over)) == [(f"spec.resource{at}", word)]
    assert problems(rules, calls=[CALL | called]) == [(f"spec.calls[0]{where}", word)]
    assert problems(rules, onBehalf=[CALL | called]) == [(f"spec.onBehalf[0]{where}", word)]


def test_tokens_of_a_resource_are_of_a_known_kind() -> None:
    assert problems(resource=RESOURCE | {"tokens": "jwt"}) == []
    assert problems(resource=RESOURCE | {"tokens": "saml"}) == [("spec.resource.tokens", "value")]


def test_each_resource_is_named_once() -> None:
    assert problems(calls=[CALL, CALL]) == [("spec.calls[1].resource", "twice")]


def test_who_can_keep_no_secret_has_no_name_of_its_own() -> None:
    """RFC6749-4.4."""
    found = problems(
        profile="native-public", auth={"method": "none"}, calls=[CALL], resource=RESOURCE
    )

    assert {("spec.calls", "profile_forbids"), ("spec.resource", "profile_forbids")} <= {*found}


READS = A_KEY | {"use": "enc", "kid": "reads"}


@pytest.mark.parametrize("member", ["idTokenEncryption", "userinfoEncryption"])
@pytest.mark.parametrize(
    ("wish", "path", "word"),
    [
        ({"alg": "RSA1_5"}, ".alg", "value"),
        ({"alg": "dir"}, ".alg", "value"),
        ({"enc": "A256GCM"}, ".alg", "value"),
        ({"alg": "ECDH-ES", "enc": "A128GCM"}, ".enc", "value"),
        ({"alg": "ECDH-ES", "zip": "DEF"}, ".zip", "unknown_member"),
        ({"alg": "RSA-OAEP-256"}, "", "encryption_key_missing"),
        ("ECDH-ES", "", "not_an_object"),
    ],
    ids=str,
)
def test_an_encryption_that_we_can_not_do_is_not_registered(
    member: str, wish: object, path: str, word: str
) -> None:
    """OpenID Connect Registration 1.0 §2; RFC 8725 §3.2."""
    auth = {"method": "private_key_jwt", "jwks": {"keys": [A_KEY, READS]}}

    assert problems(auth=auth, **{member: wish}) == [(f"spec.{member}{path}", word)]


def test_an_encryption_is_registered_with_its_key() -> None:
    wish = {"alg": "ECDH-ES+A256KW"}
    keyed = {"method": "private_key_jwt", "jwks": {"keys": [A_KEY, READS]}}
    named = {"method": "private_key_jwt", "jwksUri": "https://rp.gov/jwks"}

    assert problems(idTokenEncryption=wish) == [
        ("spec.idTokenEncryption", "encryption_key_missing")
    ]
    for auth in (keyed, named):
        read = a_registration(auth=auth, idTokenEncryption=wish, userinfoAlg="RS256")
        assert read.id_token_encryption == registration.Encryption(
            "ECDH-ES+A256KW", "A128CBC-HS256"
        )
        assert (read.userinfo_alg, read.userinfo_encryption) == ("RS256", None)


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("https://parking.example/frontchannel?kept=1", None),
        ("https://parking.example:8443/frontchannel", "foreign_origin"),
        ("https://other.example/frontchannel", "foreign_origin"),
        ("https://parking.example.evil.org/", "foreign_origin"),
        ("http://parking.example/frontchannel", "scheme"),
        ("https://parking.example/frontchannel#x", "fragment"),
        ("https://parking.example/frontchannel?iss=x", "reserved_query"),
        ("https://parking.example/frontchannel?sid=x", "reserved_query"),
    ],
)
def test_a_frame_is_of_a_redirect_address_s_origin(uri: str, word: str | None) -> None:
    """FCL-4: Front-Channel Logout 1.0 §2."""
    found = [told for told in problems(frontchannelLogoutUri=uri) if told[1] == word]

    assert found == ([("spec.frontchannelLogoutUri", word)] if word else [])
    assert bool(problems(frontchannelLogoutUri=uri)) is (word is not None)


LEGACY = Rules(legacy=True, unsigned=True)


@pytest.mark.parametrize(
    ("rules", "spec", "word"),
    [
        pytest.param(LEGACY, {"profile": "oidc-basic"}, None, id="where-it-is-offered"),
        pytest.param(STRICT, {"profile": "oidc-basic"}, "not_here", id="switched-off"),
        *(
            pytest.param(LEGACY, {"profile": name}, "profile_forbids", id=name)
            for name in ("gov-standard", "fapi2", "native-public")
        ),
    ],
)
def test_tokens_go_through_the_browser_of_one_profile_alone(
    rules: Rules, spec: dict[str, Any], word: str | None
) -> None:
    """RFC 9700 §2.1.2."""
    found = problems(rules, responseTypes=["code", "code id_token"], **spec)

    wanted = [("spec.responseTypes", word)] if word else []
    assert [each for each in found if each[0] == "spec.responseTypes"] == wanted


@pytest.mark.parametrize("value", [[], ["token"], ["id_token code"], "code", [["code"]], [None]])
def test_a_response_type_is_spelt_as_its_row(value: Any) -> None:
    found = problems(LEGACY, profile="oidc-basic", responseTypes=value)

    assert ("spec.responseTypes", "value") in found


def test_who_names_no_response_type_means_a_code() -> None:
    assert registration.parse(a_document()).response_types == ("code",)


def test_a_request_that_nobody_signs_is_for_one_profile_and_the_suite_alone() -> None:
    """RFC 9101 §10.5."""
    given = {"requestAlg": "none"}

    assert problems(LEGACY, profile="oidc-basic", **given) == []
    for rules, profile in ((STRICT, "oidc-basic"), (LEGACY, "gov-standard")):
        assert ("spec.requestAlg", "profile_forbids") in problems(rules, profile=profile, **given)


@pytest.mark.parametrize("odd", ["https://${host}/x", "https://{x}.gov/", "https://rp.gov/{y}"])
@pytest.mark.parametrize(
    "member",
    ["start", "initiateLoginUri", "backchannelLogoutUri", "logo", "privacy", "sectorIdentifierUri"],
)
def test_ss_10_nothing_is_put_into_an_address(member: str, odd: str) -> None:
    """CVE-2026-4874: a placeholder is refused when it is registered, whatever would read it."""
    assert [path for path, _ in problems(**{member: odd})] == [f"spec.{member}"]


def elsewhere(port: str) -> dict[str, Any]:
    """Return a service whose addresses that we call are all at one port."""
    of = f"https://rp.gov{port}"
    return BEHIND | {
        "auth": {"method": "private_key_jwt", "jwksUri": f"{of}/jwks"},
        "backchannelLogoutUri": f"{of}/bye",
        "notificationEndpoint": f"{of}/ping",
        "sectorIdentifierUri": f"{of}/sector",
        "logo": f"{of}/logo.png",
        "requestUris": [f"{of}/request"],
        "events": {"types": ["session-revoked"], "endpoint": f"{of}/events"},
        "start": f"{of}:8443/" if not port else f"{of}/",  # which citizens open
    }


def test_ss_01_what_would_never_be_called_is_not_registered() -> None:
    """Nobody would hear of it but in a log: one port alone is called."""
    assert redirects.CALLED in outbound.PORTS
    assert [problems(**elsewhere(port)) for port in ("", ":443")] == [[], []]

    assert sorted(problems(**elsewhere(":8443"))) == sorted(
        (f"spec.{name}", "port")
        for name in (
            *("auth.jwksUri", "backchannelLogoutUri", "notificationEndpoint"),
            *("sectorIdentifierUri", "logo", "requestUris[0]", "events.endpoint"),
        )
    )


def test_a_demo_is_called_at_any_port() -> None:
    demo = Rules(allow_loopback=True)

    assert problems(demo, backchannelLogoutUri="http://localhost:8443/bye") == []
