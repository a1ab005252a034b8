"""X.509 certificates that others show us: what they are, whose they are, who vouches.

Whoever shows one has proved its private key to whoever ended TLS. What that means for a
client is judged here and nowhere else, by the same rules whichever way it reached us:

    bytes ──read──▶ Certificate ──current──▶ in its time
                        ├──vouched──▶ an authority of ours issued it for a client
                        ├──names────▶ it carries the one name that was registered
                        └──is_of────▶ it is the certificate, or the key, of a JWK

Names are compared as they were issued, without folding letters: what is refused for
nothing is mended in a registration, what is let in for nothing is another agency.

Specs: RFC 8705 §2 and §3.1, RFC 4514, RFC 5280 §6, RFC 7517 §4.7.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from keys import jwks
from keys.errors import CertificateRefused
from keys.opaque import unpadded

# What the library raises for bytes that are no certificate, or one it can't make sense of.
_BROKEN = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension,
           x509.UnsupportedGeneralNameType, x509.InvalidVersion)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate, and the name that tokens know it by.

    :ivar thumbprint: ``x5t#S256`` (RFC 8705 §3.1)
    """

    thumbprint: str
    known: x509.Certificate = field(repr=False)


def read(der: bytes) -> Certificate:
    """Read a certificate in DER.

    :raises CertificateRefused: it is none, or its key is of no kind that we know
    """
    try:
        known = x509.load_der_x509_certificate(der)
        known.public_key()
    except _BROKEN as error:
        raise CertificateRefused from error
    # RFC 8705 §3.1: over the bytes that came, so nothing is spelt anew.
    return Certificate(unpadded(hashlib.sha256(der).digest()), known)


def current(certificate: Certificate, at: datetime) -> bool:
    """Whether ``at`` is within its time."""
    known = certificate.known
    return known.not_valid_before_utc <= at <= known.not_valid_after_utc


def authorities(pem: bytes) -> Store:
    """Read the certificates of those who may vouch for a client.

    :raises CertificateRefused: there is none, or one of them can't be read
    """
    try:
        return Store(x509.load_pem_x509_certificates(pem))
    except _BROKEN as error:
        raise CertificateRefused from error


def ends(pem: bytes) -> datetime:
    """Return when the first of some certificates ends.

    :raises CertificateRefused: there is none, or one of them can't be read
    """
    try:
        return min(each.not_valid_after_utc for each in x509.load_pem_x509_certificates(pem))
    except _BROKEN as error:
        raise CertificateRefused from error


def vouched(certificate: Certificate, by: Store, at: datetime) -> bool:
    """Whether one of ``by`` issued it, for a client to show, and both are in their time."""
    builder = PolicyBuilder().store(by).time(at)
    builder = builder.extension_policies(ca_policy=_AUTHORITY, ee_policy=_CLIENT)
    try:
        found = builder.build_client_verifier().verify(certificate.known, [])
    except (VerificationError, *_BROKEN):
        return False
    # One that vouches for itself is nobody's, even if somebody put it among the authorities.
    return len(found.chain) > 1


def _for_clients(_policy: object, _leaf: object, use: x509.ExtendedKeyUsage | None) -> None:
    allowed = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if use is not None and not allowed & set(use):
        raise ValueError("not for clients")


# Agencies' authorities are not the web's: what is judged is that one is an authority at all.
_AUTHORITY = ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, Criticality.AGNOSTIC, None
)
_CLIENT = ExtensionPolicy.permit_all().may_be_present(
    x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _for_clients
)


def names(certificate: Certificate, kind: str, expected: str) -> bool:
    """Whether it carries the name ``expected``.

    :param kind: one of :data:`NAMES`
    """
    try:
        return NAMES[kind](certificate.known, expected)
    except (x509.ExtensionNotFound, *_BROKEN):
        return False


def can_be_named(kind: str, expected: object) -> bool:
    """Whether any certificate could carry the name ``expected``."""
    if not isinstance(expected, str) or not 1 <= len(expected) <= 1024 or "\0" in expected:
        return False
    try:
        return _SPELT[kind](expected)
    except ValueError:
        return False


def _subject(known: x509.Certificate, expected: str) -> bool:
    return _parts(known.subject) == _parts(_distinguished(expected))


def _parts(name: x509.Name) -> list[set[tuple[str, str | bytes]]]:
    # RFC 4517 §4.2.15: in order, but what stands beside each other by a plus sign in any.
    return [{(each.oid.dotted_string, each.value) for each in part} for part in name.rdns]


def _distinguished(text: str) -> x509.Name:
    return x509.Name.from_rfc4514_string(text, _KEYWORDS)


def _dns(known: x509.Certificate, expected: str) -> bool:
    return expected.lower() in (each.lower() for each in _alternatives(known, x509.DNSName))


def _uri(known: x509.Certificate, expected: str) -> bool:
    return expected in _alternatives(known, x509.UniformResourceIdentifier)


def _ip(known: x509.Certificate, expected: str) -> bool:
    return ip_address(expected) in _alternatives(known, x509.IPAddress)


def _email(known: x509.Certificate, expected: str) -> bool:
    return expected in _alternatives(known, x509.RFC822Name)


def _alternatives(known: x509.Certificate, kind: Any) -> list[Any]:
    extension = known.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    found: list[Any] = extension.value.get_values_for_type(kind)
    return found


# RFC 8705 §2.1.2: the kinds of name, by the ends of their names in client metadata.
NAMES: Mapping[str, Callable[[x509.Certificate, str], bool]] = {
    "subject_dn": _subject,
    "san_dns": _dns,
    "san_uri": _uri,
    "san_ip": _ip,
    "san_email": _email,
}
_SPELT: Mapping[str, Callable[[str], bool]] = {
    "subject_dn": lambda text: bool(_distinguished(text).rdns),
    "san_dns": lambda text: text.isascii() and x509.DNSName(text).value == text and "*" not in text,
    "san_uri": lambda text: text.isascii() and text.isprintable() and ":" in text[1:],
    "san_ip": lambda text: bool(ip_address(text)),
    "san_email": lambda text: x509.RFC822Name(text).value.count("@") == 1,
}
_MORE = {
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "E": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
    "title": NameOID.TITLE,
    "GN": NameOID.GIVEN_NAME,
    "SN": NameOID.SURNAME,
}
# RFC 4514 §2.3: keywords in letters of any size.
_KEYWORDS = {
    spelt: oid for name, oid in _MORE.items() for spelt in (name, name.lower(), name.upper())
}


def is_of(certificate: Certificate, key: Mapping[str, Any]) -> bool:
    """Whether it is the certificate that a JWK carries, or, if it carries none, of its key."""
    if "x5c" in key:
        try:
            return _first(key["x5c"]) == certificate.known
        except CertificateRefused:
            return False
    return _is_key(certificate.known, key)


def fits(key: Mapping[str, Any]) -> bool:
    """Whether the certificate that a JWK carries is of that very key (RFC 7517 §4.7)."""
    try:
        return _is_key(_first(key["x5c"]), key)
    except CertificateRefused:
        return False


def _first(chain: object) -> x509.Certificate:
    """Return the certificate of ``x5c`` that is the key's own.

    :raises CertificateRefused: it is none
    """
    first = chain[0] if isinstance(chain, list) and chain else None
    if not isinstance(first, str) or len(first) > 16 * 1024:
        raise CertificateRefused
    try:
        return read(base64.b64decode(first, validate=True)).known  # RFC 7517 §4.7: not base64url
    except ValueError as error:
        raise CertificateRefused from error


def _is_key(known: x509.Certificate, key: Mapping[str, Any]) -> bool:
    public = known.public_key()
    try:
        named = jwks.thumbprint(key)
    except (KeyError, TypeError):
        return False
    return any(named == jwks.thumbprint(spelt) for spelt in _spelt(public))


def _spelt(public: object) -> Sequence[Mapping[str, Any]]:
    """Spell a key as the JWK that a service may register; none for another kind of key."""
    if isinstance(public, RSAPublicKey):
        return [jwks.public_jwk(public, "PS256")]
    if isinstance(public, EllipticCurvePublicKey) and public.curve.name == "secp256r1":
        return [jwks.public_jwk(public, "ES256")]
    if isinstance(public, Ed25519PublicKey):
        x = unpadded(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
        return [{"kty": "OKP", "crv": "Ed25519", "x": x}]
    return []
