"""Certificates of our own making, for a gateway that only this machine reaches.

One for the gateway itself, an authority that vouches for the suite's clients, and one for
each of these; every start makes new ones, and nothing else knows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.runtime import now

LIVES = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a certificate and its key lie, both in PEM."""

    certificate: Path
    key: Path


def own(place: Path, names: Sequence[str]) -> Pair:
    """Draw a key and sign a certificate for ``names`` and 127.0.0.1; each call makes new ones."""
    pair = Pair(place / "tls.crt", place / "tls.key")
    # The suite's TLS probes offer RSA suites in any case, ECDSA not always.
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pair.key.touch(mode=0o600)
    pair.key.write_bytes(_private(key))
    pair.certificate.write_text(_pem(_signed(key, names)))
    return pair


@dataclass(frozen=True, slots=True)
class Authority:
    """Who vouches for clients; ``place`` is its certificate."""

    place: Path
    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    def issue(self, name: str) -> dict[str, str]:
        """Draw a key and certify it for the client ``name``, as the suite reads it."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _begun(_named(name), _named(_AUTHORITY), key.public_key())
        made = made.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        return {
            "cert": _pem(made.sign(self._key, hashes.SHA256())),
            "key": _private(key).decode(),
            "ca": self.place.read_text(),
        }


_AUTHORITY = "Conformance authority"


def authority(place: Path) -> Authority:
    """Draw an authority; whoever the former one vouched for is nobody from now on."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = _named(_AUTHORITY)
    made = _begun(who, who, key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    path = place / "authority.crt"
    path.write_text(_pem(made.sign(key, hashes.SHA256())))
    return Authority(path, key)


def _signed(key: rsa.RSAPrivateKey, names: Sequence[str]) -> x509.Certificate:
    who = _named(names[0])
    known = [*(x509.DNSName(name) for name in names), x509.IPAddress(ip_address("127.0.0.1"))]
    return (
        _begun(who, who, key.public_key())
        .add_extension(x509.SubjectAlternativeName(known), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _begun(
    who: x509.Name, by: x509.Name, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(by)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(minutes=5))
        .not_valid_after(now() + LIVES)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _private(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _pem(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()
