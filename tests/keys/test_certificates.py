"""Certificates: what is none is refused, and none proves more than it says."""

import base64
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from gateway.runtime import now
from keys import certificates
from keys.certificates import NAMES
from keys.errors import CertificateRefused
from tests.support.mutual import AUTHORITY, BERTHS, OWN, Held, issued

PSEUDO = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
STORE = certificates.authorities(AUTHORITY.pem.encode())


def read(held: Held) -> certificates.Certificate:
    return certificates.read(held.der)


@pytest.mark.parametrize(
    "der",
    [b"", b"\0", b"0" * 1000, BERTHS.der[:-1], BERTHS.der + b"\0", BERTHS.pem.encode()],
    ids=["empty", "zero", "noise", "cut", "more", "PEM"],
)
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(CertificateRefused):
        certificates.read(der)


@pytest.mark.parametrize("pem", [b"", b"words", PSEUDO], ids=["empty", "words", "pseudo"])
def test_who_vouches_can_be_read_or_nobody_does(pem: bytes) -> None:
    for look in (certificates.authorities, certificates.ends):
        with pytest.raises(CertificateRefused):
            look(pem)


def test_the_first_to_end_is_told() -> None:
    soon = issued("CN=soon", ends=timedelta(days=2))

    ends = certificates.ends((AUTHORITY.pem + soon.pem).encode())

    assert timedelta(days=1) < ends - now() <= timedelta(days=2)


@pytest.mark.parametrize("kind", NAMES)
def test_without_alternatives_there_is_only_the_subject(kind: str) -> None:
    """RFC 8705 §2.1.2."""
    wanted = {"subject_dn": "CN=self", "san_ip": "10.0.0.1"}.get(kind, "self")

    assert certificates.names(read(OWN), kind, wanted) is (kind == "subject_dn")


@pytest.mark.parametrize(
    ("kind", "name", "wanted"),
    [
        ("san_dns", x509.DNSName("Berths.Example"), "berths.example"),  # RFC 4343
        ("san_ip", x509.IPAddress(ip_address("2001:db8::7")), "2001:0db8:0:0:0:0:0:7"),
        ("san_uri", x509.UniformResourceIdentifier("urn:a"), "urn:a"),
        ("san_email", x509.RFC822Name("it@berths.example"), "it@berths.example"),
    ],
)
def test_one_of_several_alternatives_is_enough(
    kind: str, name: x509.GeneralName, wanted: str
) -> None:
    held = issued("CN=x", alternatives=(x509.DNSName("first.example"), name))

    assert certificates.can_be_named(kind, wanted)
    assert certificates.names(read(held), kind, wanted)


def test_a_wildcard_in_a_certificate_is_no_pattern() -> None:
    held = issued("CN=x", alternatives=(x509.DNSName("*.example"),))

    assert not certificates.names(read(held), "san_dns", "berths.example")


@pytest.mark.parametrize(
    "expected",
    [None, 7, "", "x" * 1025, "CN=a\0", "CN", "CN=a, O=b", "unheard=a"],
)
def test_what_no_certificate_carries_cannot_be_registered(expected: object) -> None:
    assert not certificates.can_be_named("subject_dn", expected)


@pytest.mark.parametrize(
    "spelt",
    [
        "cn=berths,o=Harbour,c=GB",
        "2.5.4.3=berths,O=Harbour,C=GB",
        "CN=ber\\74hs,O=Harbour,C=GB",
    ],
)
def test_a_name_may_be_spelt_otherwise(spelt: str) -> None:
    """RFC 4514 §2.3 and §2.4: keywords in any letters, numbers for them, escapes."""
    assert certificates.names(read(BERTHS), "subject_dn", spelt)


def test_parts_that_stand_side_by_side_have_no_order() -> None:
    held = issued("CN=a+OU=b,C=GB")

    assert certificates.names(read(held), "subject_dn", "OU=b+CN=a,C=GB")
    assert not certificates.names(read(held), "subject_dn", "OU=b,CN=a,C=GB")


@pytest.mark.parametrize("hours", [-2, 24 * 31])
def test_who_vouches_does_so_in_time(hours: int) -> None:
    assert certificates.vouched(read(BERTHS), STORE, now())
    assert not certificates.vouched(read(BERTHS), STORE, now() + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("key", "jwk"),
    [
        pytest.param(rsa.generate_private_key(65537, 2048), "RSA", id="RSA"),
        pytest.param(ed25519.Ed25519PrivateKey.generate(), "OKP", id="Ed25519"),
    ],
)
def test_a_certificate_is_of_its_key_alone(key: Any, jwk: str) -> None:
    """RFC 8705 §2.2: of every kind that can be registered."""
    held = issued("CN=self", key=key)
    own = held.jwk(certified=False)

    assert own["kty"] == jwk
    assert certificates.is_of(read(held), own)
    assert certificates.fits(held.jwk())
    assert not certificates.is_of(read(OWN), own)


@pytest.mark.parametrize("key", [{}, {"kty": "EC"}, {"kty": "oct", "k": "AA"}, {"kty": []}])
def test_what_is_no_key_has_no_certificate(key: dict[str, Any]) -> None:
    assert not certificates.is_of(read(OWN), key)


@pytest.mark.parametrize(
    "chain", [None, "", [], [7], ["x"], ["é"], ["A" * 17_000], [base64.b64encode(b"0").decode()]]
)
def test_a_chain_that_cannot_be_read_proves_nothing(chain: object) -> None:
    key = OWN.jwk() | {"x5c": chain}

    assert not certificates.fits(key)
    assert not certificates.is_of(read(OWN), key)


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), dsa.generate_private_key(2048)]
)
def test_a_key_that_nobody_may_register_is_nobody_s(key: Any) -> None:
    assert not certificates.is_of(read(issued("CN=self", key=key)), OWN.jwk(certified=False))
